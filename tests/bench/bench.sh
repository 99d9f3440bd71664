#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures the plugin against its peers, in one run on one machine.
set -euo pipefail

if [ "${1:-}" = -h ] || [ "${1:-}" = --help ]; then
    cat <<'USAGE'
Usage: tests/bench/bench.sh [--check] [--megabytes N] [--runs N]

Builds the plugin in ./build-bench (release) and measures, alternating with the peer:
  start-up     --extcap-interfaces and --extcap-config against Wireshark's sshdump
  throughput   a capture of N megabytes (default 200) into a FIFO against curl of the same URL
  first packet time from the start of the plugin to the first packet in the FIFO
  memory       the most that the plugin and curl hold while they do that
  filter       packets for a second of processor time with a capture filter, against none and
               against tcpdump -r -w
Start-up is the median of --runs (default 200), the rest of five. With --check the exit status is 1
when a bar is missed. Needs what packaging/install-deps.sh test installs, and curl.
USAGE
    exit 0
fi

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for tool in cmake tshark curl tcpdump python3; do
    command -v "$tool" >/dev/null || { echo "bench: $tool is missing" >&2 && exit 1; }
done
unset "${!CLOUDFLARE_@}" XDG_CONFIG_HOME
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

cmake -S . -B build-bench -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=ON >/dev/null
cmake --build build-bench --target cloudflare-pcap pcaps-service --parallel "$(nproc)" >/dev/null
extcap=$(tshark -G folders 2>/dev/null | sed -n 's/^\(Global \)*Extcap path:[[:space:]]*//p')
exec python3 tests/bench/bench.py --plugin build-bench/cloudflare-pcap \
    --service build-bench/tests/service/pcaps-service --sshdump "${extcap%%:*}/sshdump" "$@"
