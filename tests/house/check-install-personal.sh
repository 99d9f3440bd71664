#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The personal installation finds the folder of each version of Wireshark:
#   check-install-personal.sh INSTALLER PROGRAM
# A stand-in for tshark prints what the versions print.
set -eu

installer=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# $1: version; stdin: what "tshark -G folders" prints.
pretend() {
    cat >"$work/folders"
    cat >"$work/tshark" <<STANDIN
#!/bin/sh
case \$1 in
-G) cat "$work/folders" ;;
--version) echo "TShark (Wireshark) $1 (Git v$1 packaged as $1-1)." ;;
-D) printf '1. eth0\n2. cloudflare-pcap (Cloudflare Magic Transit)\n' ;;
esac
STANDIN
    chmod +x "$work/tshark"
}

# $1: what is tested; $2: the folder that must be found.
expect() {
    where=$(PATH="$work:$PATH" sh "$installer" --where) || where="(exit status $?)"
    if [ "$where" != "$2" ]; then
        echo "$1: $where instead of $2"
        failures=$((failures + 1))
    fi
}

pretend 4.0.17 <<EOT
Personal configuration:	$work/home/.config/wireshark
Personal Plugins:    	$work/home/.local/lib/wireshark/plugins/4.0
Extcap path:         	/usr/lib/x86_64-linux-gnu/wireshark/extcap
EOT
expect "4.0" "$work/home/.config/wireshark/extcap"

PATH="$work:$PATH" sh "$installer" "$program" >/dev/null
PATH="$work:$PATH" sh "$installer" "$program" >/dev/null
if [ "$(ls -A "$work/home/.config/wireshark/extcap")" != cloudflare-pcap ] ||
    ! cmp -s "$program" "$work/home/.config/wireshark/extcap/cloudflare-pcap"; then
    echo "installing twice does not leave exactly the program"
    failures=$((failures + 1))
fi
PATH="$work:$PATH" sh "$installer" --remove >/dev/null
if [ -n "$(ls -A "$work/home/.config/wireshark/extcap")" ]; then
    echo "--remove leaves something"
    failures=$((failures + 1))
fi

pretend 4.2.2 <<EOT
Personal configuration:	$work/home/.config/wireshark
Personal Plugins:    	$work/home/.local/lib/wireshark/plugins/4.2
Extcap path:         	/usr/lib/x86_64-linux-gnu/wireshark/extcap
EOT
expect "4.2 without a line of its own" "$work/home/.local/lib/wireshark/extcap"

pretend 4.6.0 <<EOT
Personal configuration:	$work/home/.config/wireshark
Personal Plugins:    	$work/home/.local/lib/wireshark/plugins/4-6
Personal Extcap path:	$work/home/.local/lib/wireshark/extcap
Global Extcap path:	/usr/libexec/wireshark/extcap
EOT
expect "4.6" "$work/home/.local/lib/wireshark/extcap"

pretend 4.0.17 <<EOT
Temp: /tmp
EOT
if PATH="$work:$PATH" sh "$installer" --where >/dev/null 2>&1; then
    echo "folders that can't be understood are not an error"
    failures=$((failures + 1))
fi

[ "$failures" -eq 0 ]
