#!/bin/sh
# Fetches foreign mail to read: the test messages of other projects, as PyPI and Debian carry them. Nothing of it is
# kept in the repository. Usage: fetch.sh FOLDER [PIP…]; what is there already is not fetched again.
set -eu

into="$1"
shift
mkdir -p "$into"
for project in flufl.bounce dkimpy mailman mail-parser talon tnefparse; do
    [ -d "$into/$project" ] && continue
    echo "Fetching $project"
    rm -rf "$into/.partial"
    mkdir -p "$into/.partial/files"
    "$@" download --quiet --no-deps --no-binary "$project" --dest "$into/.partial" "$project"
    tar -xzf "$into/.partial"/*.tar.gz -C "$into/.partial/files"
    mv "$into/.partial/files" "$into/$project"
done
if [ ! -d "$into/python-testsuite" ]; then
    echo "Fetching libpython3.11-testsuite"
    rm -rf "$into/.partial"
    mkdir -p "$into/.partial"
    if (cd "$into/.partial" && apt-get download -qq libpython3.11-testsuite) 2>/dev/null; then
        dpkg-deb -x "$into/.partial"/*.deb "$into/.partial/files"
        mv "$into/.partial/files" "$into/python-testsuite"
    else
        echo "This system offers no libpython3.11-testsuite (Debian 12 does); the others will do." >&2
    fi
fi
rm -rf "$into/.partial"
