#!/bin/sh
# Installs what the tests run against: Dovecot with IMAP and LMTP, openssl, systemd-analyze. Does nothing where all
# is there. Exit code 2, with a clear message, where it can't be installed.
set -eu

missing=""
for pair in /usr/sbin/dovecot:dovecot-imapd /usr/lib/dovecot/imap:dovecot-imapd /usr/lib/dovecot/lmtp:dovecot-lmtpd \
    /usr/bin/openssl:openssl /usr/bin/systemd-analyze:systemd; do
    package="${pair#*:}"
    case "$missing " in
        *" $package "*) ;;
        *) [ -e "${pair%%:*}" ] || missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

refuse() {
    echo "The tests need:$missing. $1" >&2
    exit 2
}

command -v apt-get >/dev/null || refuse "This machine has no apt-get; install them by its own means."
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    refuse "Neither root nor sudo without a password: run  apt-get install$missing  as root, then again."
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # both are lists of words
{ $as_root apt-get update -qq && $as_root apt-get install -qq -y --no-install-recommends $missing; } >/dev/null \
    || refuse "apt-get could not install them."
