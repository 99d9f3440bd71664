#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From a fresh checkout to packets in tshark, with a local service in the place of Cloudflare.
set -euo pipefail

if [ "${1:-}" = -h ] || [ "${1:-}" = --help ]; then
    cat <<'USAGE'
Usage: packaging/demo.sh

Installs what is needed, builds the plugin in ./build, installs it into your personal extcap folder,
starts a local service that answers like Cloudflare's PCAPs API, and shows packets through
tshark -i cloudflare-pcap. No Cloudflare account is needed and nothing is sent to Cloudflare.
The capture is kept as build/demo.pcapng. Run it as often as you like, as root or as a user with
sudo (for apt-get only).
USAGE
    exit 0
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly account=0123456789abcdef0123456789abcdef
readonly token=demo-token
readonly capture=build/demo.pcapng
readonly log=build/demo.log
work=$(mktemp -d)
service_pid=

say() { printf '\n[%s] %s\n' "$1" "$2"; }

fail() {
    printf '\ndemo: %s\n' "$*" >&2
    exit 1
}

end_process() {
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# tshark may run under sudo, which an ordinary user can't signal: tshark itself then tells its id.
clean_up() {
    trap - EXIT INT TERM HUP
    if [ -s "$work/tshark.pid" ]; then
        kill "$(cat "$work/tshark.pid")" 2>/dev/null || true
    fi
    end_process "${tshark_pid:-}"
    end_process "$service_pid"
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# ---- building ------------------------------------------------------------------------------------

# Runs a command with its output in the log; shows the end of it only when it fails.
quietly() {
    "$@" >>"$log" 2>&1 && return
    tail -n 25 "$log" >&2
    return 1
}

build() {
    if ! { mkdir -p build && : >"$log"; } 2>/dev/null; then
        fail "$PWD/build can't be written (built as another user?): remove it and try again"
    fi
    # A tree that was moved or copied has the old place in its cache.
    if [ -f build/CMakeCache.txt ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" build/CMakeCache.txt; then
        rm -rf build/CMakeCache.txt build/CMakeFiles
    fi
    quietly cmake -S . -B build -DBUILD_TESTING=ON || fail "cmake failed, see $PWD/$log"
    quietly cmake --build build --target cloudflare-pcap pcaps-service --parallel "$(nproc)" ||
        fail "the build failed, see $PWD/$log"
}

# ---- the service ---------------------------------------------------------------------------------

# It ends when its standard input is closed, so it can't outlive this script, whatever happens.
start_service() {
    local line=
    coproc SERVICE {
        exec build/tests/service/pcaps-service --port 0 --exit-with-stdin \
            --account "$account" --token "$token" 2>"$work/service.err"
    }
    # shellcheck disable=SC2153 # coproc sets it
    service_pid=$SERVICE_PID
    read -r -t 20 line <&"${SERVICE[0]}" ||
        fail "the local service did not start: $(cat "$work/service.err")"
    url=${line#*: }
}

# ---- the capture ---------------------------------------------------------------------------------

# Where Debian's wireshark-common was told to let a group capture, nobody else may run dumpcap.
dumpcap_group() {
    local dumpcap
    dumpcap=$(command -v dumpcap || echo /usr/bin/dumpcap)
    [ -x "$dumpcap" ] || stat -c %G "$dumpcap"
}

run_tshark() {
    local group
    local -a as_member=()
    group=$(dumpcap_group) || fail "dumpcap is missing (Debian package: wireshark-common)"
    if [ -n "$group" ]; then
        echo "    (dumpcap may only be run by the group $group: sudo lends it for this run;"
        echo "     for good: sudo usermod -aG $group $(id -un), and log in again)"
        command -v sudo >/dev/null || fail "join the group $group first; there is no sudo here"
        as_member=(sudo setpriv --reuid "$(id -u)" --regid "$(id -g)"
            --groups "$(getent group "$group" | cut -d : -f 3)" env "HOME=$HOME"
            "XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-}" "CLOUDFLARE_API_TOKEN=$token")
    fi
    export CLOUDFLARE_API_TOKEN=$token
    # In the background, so that a signal to this script is noticed at once.
    # shellcheck disable=SC2016 # for the inner shell
    "${as_member[@]}" sh -c 'echo $$ >"$0"; exec "$@"' "$work/tshark.pid" \
        "${command[@]}" 2>"$work/tshark.err" &
    tshark_pid=$!
    wait "$tshark_pid" || fail "tshark failed: $(grep -v '^Running as user' "$work/tshark.err")"
    tshark_pid=
    rm -f "$work/tshark.pid"
}

print_command() {
    printf '\n    CLOUDFLARE_API_TOKEN=%s \\\n    tshark' "$token"
    local word
    for word in "${command[@]:1}"; do
        case $word in
        -o) printf ' \\\n      -o' ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n\n'
}

capture_packets() {
    local packets
    command=(tshark -i cloudflare-pcap -P -w "$capture"
        -o "extcap.cloudflare_pcap.accountid:$account"
        -o "extcap.cloudflare_pcap.packetlimit:25"
        -o "extcap.cloudflare_pcap.apiurl:$url")
    print_command
    rm -f "$capture"
    run_tshark
    packets=$(capinfos -cMT "$capture" 2>/dev/null | tail -n 1 | cut -f 2) || packets=0
    if ! [ "${packets:-0}" -gt 0 ] 2>/dev/null; then
        fail "no packets came: $(grep -v '^Running as user' "$work/tshark.err")"
    fi
    printf '\n    %s packets. What the capture says of itself:\n' "$packets"
    capinfos -M "$capture" 2>/dev/null | sed -n 's/^Capture comment: */    /p'
}

# --------------------------------------------------------------------------------------------------

echo "cloudflare-pcap: a demonstration on this machine, without a Cloudflare account."
say 1/5 "Installing what is needed to build and to capture (apt-get, only what is missing)"
packaging/install-deps.sh build
PATH=$PATH:/usr/sbin:/sbin

say 2/5 "Building the plugin and the local service in $PWD/build"
build
echo "Built build/cloudflare-pcap"

say 3/5 "Installing the plugin into your personal extcap folder"
packaging/install-personal.sh build/cloudflare-pcap

say 4/5 "Starting the local service, which answers like Cloudflare's API and makes up attack traffic"
start_service
echo "Listening on $url"

say 5/5 "Capturing 25 packets of the last minute with tshark:"
capture_packets

folder=$(packaging/install-personal.sh --where)
cat <<NEXT

Done. The local service has ended; the command above works only while it runs.
The plugin stays installed in $folder
and the capture in $capture (open it with: wireshark $capture).

With your own account (README.md, "Use it with your account"):
  1. Make an API token with the permission Magic Firewall Packet Captures: Edit.
  2. tshark:     CLOUDFLARE_API_TOKEN=... tshark -i cloudflare-pcap \\
                   -o extcap.cloudflare_pcap.accountid:YOUR_ACCOUNT_ID
     Wireshark:  click the gear beside "Cloudflare Magic Transit", fill in the Account tab, Start.
NEXT
