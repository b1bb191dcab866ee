"""A real Dovecot 2.3 with its own configuration, users and mail folders, as root and as an ordinary user.

Any user name is accepted with the one password, except names that begin with "wrong". Everything lies in a directory
of its own below /tmp and is removed at the end. A missing server is an error, never a reason to skip.
"""

import grp
import imaplib
import itertools
import os
import pwd
import re
import shutil
import signal
import smtplib
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from imapclient.imap_utf7 import encode as encode_utf7

from tests.servers.ports import LOOPBACK, free_port, served, wait_until

PASSWORD = "dovecot-secret"
NARROW = "127.0.0.2"  # the address on which a user may have one connection only


class Stored(NamedTuple):
    """A mail as it lies in a folder."""

    uid: int
    flags: frozenset[str]
    content: bytes


class Dovecot:
    """One server; `start` and `stop` it, or use the `dovecot` fixture."""

    def __init__(self, prefix: str = "", separator: str = "/") -> None:
        """`prefix` and `separator` are those of the personal namespace, as in Courier's "INBOX." and "."."""
        self.prefix, self.separator = prefix, separator
        self.host, self.password = "localhost", PASSWORD
        self.imap_port = self.imaps_port = self.lmtp_port = 0
        self.base = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    @property
    def ca(self) -> Path:
        """The certificate to trust for TLS on `localhost` and 127.0.0.1."""
        return self.base / "ca.pem"

    @property
    def other_ca(self) -> Path:
        """A certificate authority that has nothing to do with this server."""
        return self.base / "other-ca.pem"

    def start(self) -> None:
        """Start on free ports and wait until mail can be read and delivered."""
        _demand_version()
        self.base = Path(tempfile.mkdtemp(dir="/tmp", prefix="mdc"))
        self.base.chmod(0o755)
        _make_certificates(self.base)
        for _attempt in range(5):
            self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
            if self._launched():
                return
        message = f"Dovecot does not start:\n{self.log()}"
        self.stop()
        raise RuntimeError(message)

    def stop(self) -> None:
        """End the server and remove its mail."""
        self.halt()
        if self.base != Path():
            shutil.rmtree(self.base, ignore_errors=True)

    def halt(self) -> None:
        """End the server; its mail stays for `resume`."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:  # it gives its own processes five seconds
                self._process.kill()
                self._process.wait(10)
            with suppress(ProcessLookupError):  # its children serve who is connected until he leaves
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None

    def resume(self) -> None:
        """Start again on the same ports with the same mail."""
        if not self._launched():
            raise RuntimeError(f"Dovecot does not start again:\n{self.log()}")

    def user(self, name: str = "user") -> str:
        """A user that no other test has."""
        return f"{name}{next(self._numbers)}-{uuid4().hex[:8]}@kanzlei.example"

    def deliver(self, user: str, raw: bytes, sender: str = "sender@extern.example") -> None:
        """Deliver a mail by LMTP, which adds Return-Path (the envelope's sender), Delivered-To and Received."""
        with smtplib.LMTP(LOOPBACK, self.lmtp_port, local_hostname="localhost") as lmtp:
            lmtp.sendmail(sender, [user], raw)

    def store(self, user: str, raw: bytes, folder: str = "INBOX", flags: Iterable[str] = ()) -> int:
        """Lay a mail into a folder byte for byte; its UID. Independent of maild."""
        with self._imap(user) as imap:
            imap.create(self._name(folder))
            status, answer = imap.append(self._name(folder), f"({' '.join(flags)})", None, raw)
            assert status == "OK", answer
            found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
            assert found
            return int(found.group(1))

    def messages(self, user: str, folder: str = "INBOX") -> list[Stored]:
        """All mails of a folder, read independently of maild; none if the folder does not exist."""
        with self._imap(user) as imap:
            if imap.select(self._name(folder), readonly=True)[0] != "OK":
                return []
            _, answer = imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        return [_stored(*item) for item in answer if isinstance(item, tuple)]

    def folders(self, user: str) -> set[str]:
        """Names of all folders as the server spells them, modified UTF-7."""
        with self._imap(user) as imap:
            _, rows = imap.list()
        return {row.decode().rsplit(f' "{self.separator}" ', 1)[1].strip('"') for row in rows if row}

    def subscribed(self, user: str) -> set[str]:
        """Names of subscribed folders as the server spells them."""
        with self._imap(user) as imap:
            _, rows = imap.lsub()
        return {row.decode().rsplit(f' "{self.separator}" ', 1)[1].strip('"') for row in rows if row}

    @contextmanager
    def session(self, user: str, folder: str = "INBOX"):
        """A plain imaplib session with a folder selected: somebody else who works in the mailbox."""
        with self._imap(user) as imap:
            assert imap.select(self._name(folder))[0] == "OK"
            yield imap

    def log(self) -> str:
        """What the server wrote."""
        paths = (self.base / "stderr", self.base / "log")
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def _imap(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4(LOOPBACK, self.imap_port, timeout=20)
        imap.login(user, self.password)
        return imap

    def _name(self, folder: str) -> str:
        prefix = "" if folder.upper() == "INBOX" else self.prefix
        return '"' + encode_utf7(prefix + folder.replace("/", self.separator)).decode() + '"'

    def _launched(self) -> bool:
        user, group, demoted = _owner()
        (self.base / "dovecot.conf").write_text(self._configuration(user, group))
        if demoted:
            shutil.chown(self.base, user, group)
        command = [*_MORTAL, _program(), "-F", "-c", str(self.base / "dovecot.conf")]
        with (self.base / "stderr").open("ab") as errors:
            nothing = subprocess.DEVNULL
            self._process = subprocess.Popen(
                command, stdin=nothing, stdout=nothing, stderr=errors, start_new_session=True, **demoted
            )
        wait_until(self._up_or_dead, what="the start of Dovecot")
        return self._process.poll() is None

    def _up_or_dead(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None or (served(self.imap_port) and served(self.lmtp_port))

    def _configuration(self, user: str, group: str) -> str:
        entry = pwd.getpwnam(user)
        return CONFIGURATION.format(
            base=self.base,
            user=user,
            group=group,
            uid=entry.pw_uid,
            gid=grp.getgrnam(group).gr_gid,
            imap=self.imap_port,
            imaps=self.imaps_port,
            lmtp=self.lmtp_port,
            password=self.password,
            nobodys=uuid4().hex,
            prefix=self.prefix,
            separator=self.separator,
            narrow=NARROW,
        )


CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
default_vsz_limit = 1G
protocols = imap lmtp
listen = 127.0.0.1 {narrow}

ssl = yes
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
disable_plaintext_auth = no
auth_username_chars =
auth_failure_delay = 0
auth_mechanisms = plain login
mail_max_userip_connections = 1000
local {narrow} {{
  mail_max_userip_connections = 1
}}

passdb {{
  driver = static
  username_filter = !wrong*
  args = password={password}
}}
passdb {{
  driver = static
  username_filter = wrong*
  args = password={nobodys}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
mail_location = maildir:~/Maildir
mail_fsync = never
maildir_very_dirty_syncs = yes
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = subscribe
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@kanzlei.example
}}

service imap-login {{
  chroot =
  service_count = 0
  client_limit = 2000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 2000
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 4000
}}
service stats {{
  chroot =
}}
service old-stats {{
  chroot =
}}
service dns_client {{
  chroot =
}}
service ipc {{
  chroot =
}}
service imap-urlauth-login {{
  chroot =
}}
"""

PROGRAMS = (Path("/usr/lib/dovecot"), Path("/usr/libexec/dovecot"))
PACKAGES = "apt-get install dovecot-imapd dovecot-lmtpd (or: make test, which does it)"


# The server ends with the tests, even if those are killed; setpriv is part of util-linux.
_MORTAL = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def _program() -> str:
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found or not any((place / "lmtp").exists() for place in PROGRAMS):
        raise RuntimeError(f"the tests need a Dovecot with IMAP and LMTP: {PACKAGES}")
    return found


def _demand_version() -> None:
    shown = subprocess.run([_program(), "--version"], capture_output=True, text=True, check=True).stdout
    if not shown.startswith("2.3."):
        raise RuntimeError(f"the tests are written for Dovecot 2.3, this is {shown.split()[0]}")


def _owner() -> tuple[str, str, dict[str, object]]:
    """User and group that the server runs as, and what makes a process of root's theirs."""
    if os.getuid() == 0:
        gid = pwd.getpwnam("nobody").pw_gid
        group = grp.getgrgid(gid).gr_name
        return "nobody", group, {"user": "nobody", "group": group, "extra_groups": []}
    return pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name, {}


def _make_certificates(base: Path) -> None:
    for name in ("ca", "other-ca"):
        subject = ["-subj", f"/CN=maild test {name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        _openssl(base, "req", "-x509", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem", *subject)
    (base / "server.ext").write_text(SERVER_EXTENSIONS)
    _openssl(base, "req", *_NEW_KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    signing = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "30",
        "-extfile",
        "server.ext",
    ]
    _openssl(base, "x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)
    (base / "server.key").chmod(0o644)  # the server may run as somebody else than the tests


_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

SERVER_EXTENSIONS = """
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


def _openssl(base: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=base, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")


def _stored(head: bytes, content: bytes) -> Stored:
    uid, flags = re.search(rb"UID (\d+)", head), re.search(rb"FLAGS \(([^)]*)\)", head)
    assert uid
    assert flags
    words = flags.group(1).decode().split()
    return Stored(int(uid.group(1)), frozenset(words) - {"\\Recent"}, content)
