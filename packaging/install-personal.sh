#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the plugin where Wireshark looks for the extcap plugins of one user.
set -eu

name=cloudflare-pcap

usage() {
    cat <<'USAGE'
Usage: packaging/install-personal.sh [PROGRAM]
       packaging/install-personal.sh --remove
       packaging/install-personal.sh --where

Copies PROGRAM (default: build/cloudflare-pcap) into your personal extcap folder, as the installed
Wireshark names it, and checks that Wireshark lists the interface. Needs no rights of root.
  --remove  takes it out of there again
  --where   only prints the folder
USAGE
}

fail() {
    printf 'install-personal: %s\n' "$*" >&2
    exit 1
}

# The value of one line of "tshark -G folders": "Name:<blanks>value".
folder() {
    printf '%s\n' "$folders" | sed -n "s/^$1:[[:space:]]*//p" | head -n 1
}

# 4.4 and later name the folder. Before, it follows from others: 4.2 moved it from the
# configuration (~/.config/wireshark/extcap) to the libraries (~/.local/lib/wireshark/extcap).
find_folder() {
    folders=$(tshark -G folders 2>/dev/null) || fail "tshark -G folders fails"
    found=$(folder "Personal Extcap path")
    if [ -z "$found" ]; then
        version=$(tshark --version 2>/dev/null |
            sed -n '1s/^[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
        # shellcheck disable=SC2086 # two numbers
        set -- $version
        if [ "${1:-0}" -gt 4 ] || { [ "${1:-0}" -eq 4 ] && [ "${2:-0}" -ge 2 ]; }; then
            found=$(folder "Personal Plugins" | sed 's,/plugins\(/.*\)*$,/extcap,')
        else
            found=$(folder "Personal configuration")/extcap
        fi
    fi
    case $found in
    /*/extcap*) printf '%s\n' "$found" ;;
    *) fail "tshark -G folders names no personal folder that this script understands" ;;
    esac
}

# A new file takes the old one's place in one step: a capture that runs keeps the old one.
install_program() {
    mkdir -p "$2"
    cp "$1" "$2/.$name.$$"
    chmod 755 "$2/.$name.$$"
    mv -f "$2/.$name.$$" "$2/$name"
}

case ${1:-} in
-h | --help)
    usage
    exit 0
    ;;
esac
command -v tshark >/dev/null 2>&1 || fail "tshark is not installed (Debian package: tshark)"
folder=$(find_folder)

case ${1:-} in
--where)
    printf '%s\n' "$folder"
    exit 0
    ;;
--remove)
    rm -f "$folder/$name"
    printf 'Removed %s\n' "$folder/$name"
    exit 0
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac

program=${1:-$(dirname "$0")/../build/$name}
[ -x "$program" ] || fail "$program is not there: build it first (cmake --build build)"
install_program "$program" "$folder"
tshark -D 2>/dev/null | grep -q "[[:space:]]${name}[[:space:]]" ||
    fail "$folder/$name is installed, but tshark -D does not list it"
printf 'Installed %s\n' "$folder/$name"
# Both are found then; the personal one counts, and Wireshark 4.0 warns at each start.
for other in /usr/lib/*/wireshark/extcap /usr/lib*/wireshark/extcap /usr/libexec/wireshark/extcap; do
    [ ! -e "$other/$name" ] || printf 'Note: there is one for all users too: %s\n' "$other/$name"
done
