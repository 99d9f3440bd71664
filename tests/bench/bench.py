#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The measurements of bench.sh; see there."""

import argparse
import os
import pathlib
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ACCOUNT = "0123456789abcdef0123456789abcdef"
TOKEN = "bench-token"
TRIES = 5
PACKET = 1400
SAMPLE_PACKET = 160

missed = []


def show(what, ours, peer, unit, bar=None, more_is_better=False):
    """One line of the result; bar: the ratio that must not be exceeded (or undercut)."""
    line = f"{what:<44} {ours:10.2f} {unit:<5}"
    if peer is not None:
        ratio = ours / peer
        line += f" {peer:10.2f} {unit:<5} {ratio:6.2f}"
        if bar is not None:
            met = ratio >= bar if more_is_better else ratio <= bar
            line += f"   {'>=' if more_is_better else '<='} {bar:.2f} {'met' if met else 'MISSED'}"
            if not met:
                missed.append(what)
    print(line, flush=True)


# ---- start-up ------------------------------------------------------------------------------------


def time_call(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if process.wait() != 0:
        sys.exit(f"bench: {' '.join(command)} fails")
    return (time.perf_counter() - start) * 1000


def measure_start(args):
    calls = {
        "start-up, --extcap-interfaces": ["--extcap-interfaces", "--extcap-version=4.0"],
        "start-up, --extcap-config": ["--extcap-config", "--extcap-interface"],
    }
    for what, call in calls.items():
        ours, peer = [], []
        tail = ["cloudflare-pcap"], ["sshdump"]
        for _ in range(args.runs):
            with_name = call[-1] == "--extcap-interface"
            ours.append(time_call([args.plugin] + call + (tail[0] if with_name else [])))
            peer.append(time_call([args.sshdump] + call + (tail[1] if with_name else [])))
        show(what, statistics.median(ours), statistics.median(peer), "ms", bar=1.0)


# ---- captures ------------------------------------------------------------------------------------


def make_record(packet_size, port):
    payload = packet_size - 28
    header = struct.pack(">BBHHHBBH4s4sHHHH", 0x45, 0, packet_size, 0, 0, 64, 17, 0,
                         bytes([192, 0, 2, 1]), bytes([203, 0, 113, 7]), 1024, port, payload + 8, 0)
    return struct.pack("<IIII", 1700000000, 0, packet_size, packet_size) + header + bytes(payload)


def make_capture(path, size, packet_size):
    """A pcap file of raw IP packets, UDP to port 9 and the last one to port 10; returns the number
    of packets."""
    record = make_record(packet_size, 9)
    count = size // len(record)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for first in range(0, count, 1000):
            file.write(record * min(1000, count - first))
        file.write(make_record(packet_size, 10))
    return count + 1


class Service:
    """The local PCAPs service, which ends when its standard input is closed."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [program, "--port", "0", "--exit-with-stdin", "--account", ACCOUNT, "--token", TOKEN,
             "--create-status", "success", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def most_memory(process):
    """MiB that the process has held at most. (What wait4() says begins with our own size.)"""
    try:
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return int((text.split("VmHWM:")[1:] or ["0"])[0].split()[0]) / 1024


def run_plugin(args, url, directory, options=()):
    """Seconds to the first packet and to the end, bytes, and the most memory in MiB."""
    fifo = os.path.join(directory, "fifo")
    os.mkfifo(fifo)
    environment = {"PATH": os.environ["PATH"], "HOME": directory, "CLOUDFLARE_API_TOKEN": TOKEN}
    start = time.perf_counter()
    process = subprocess.Popen(
        [args.plugin, "--capture", "--extcap-interface", "cloudflare-pcap", "--fifo", fifo,
         "--account-id", ACCOUNT, "--api-url", url, *options], env=environment,
        # A capture filter that drops most earns a warning.
        stderr=subprocess.DEVNULL if options else None)
    reader = os.open(fifo, os.O_RDONLY)
    received, first, most, looked = 0, None, 0, 0
    buffer = bytearray(1 << 20)
    while True:
        count = os.readv(reader, [buffer])
        if count == 0:
            break
        received += count
        if received - looked > 1 << 20 or first is None:
            most, looked = most_memory(process), received
        # Section header and interface come before; a packet block is behind 2 kB for sure.
        if first is None and received > 2048:
            first = time.perf_counter() - start
    end = time.perf_counter() - start
    os.close(reader)
    os.unlink(fifo)
    if process.wait() != 0:
        sys.exit(f"bench: the plugin ends with status {process.returncode}")
    return first, end, received, most


def create_capture(url):
    """A capture made with curl; returns the URL of its file."""
    base = f"{url}/accounts/{ACCOUNT}/pcaps"
    body = '{"type":"simple","system":"magic-transit","time_limit":60,"packet_limit":10000}'
    answer = subprocess.run(
        ["curl", "-sf", "-H", f"Authorization: Bearer {TOKEN}", "-H",
         "Content-Type: application/json", "-d", body, base],
        check=True, capture_output=True, text=True).stdout
    return f"{base}/{answer.split(chr(34) + 'id' + chr(34) + ':' + chr(34))[1][:32]}/download"


def run_curl(url):
    """Seconds from the first byte to the end, bytes, and the most memory in MiB."""
    process = subprocess.Popen(
        ["curl", "-sf", "-o", "/dev/null", "-H", f"Authorization: Bearer {TOKEN}", "-w",
         "%{time_starttransfer} %{time_total} %{size_download}", url],
        stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        most = max(most, most_memory(process))
        time.sleep(0.01)
    if process.returncode != 0:
        sys.exit(f"bench: curl ends with status {process.returncode}")
    first, total, size = (float(word) for word in process.stdout.read().split())
    return total - first, size, most


def measure_throughput(args, packet_size, bar):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "big.pcap")
        make_capture(path, args.megabytes * 1000 * 1000, packet_size)
        size = os.path.getsize(path)
        ours, peer, memory, peer_memory = [], [], [], []
        with Service(args.service, "--file", path) as service:
            url = create_capture(service.url)
            for _ in range(TRIES):
                first, end, received, most = run_plugin(args, service.url, directory)
                if received < size:
                    sys.exit(f"bench: {received} bytes came out of {size}")
                ours.append(size / 1e6 / (end - first))
                memory.append(most)
                seconds, _, most = run_curl(url)
                peer.append(size / 1e6 / seconds)
                peer_memory.append(most)
        what = f"{args.megabytes} MB, packets of {packet_size} bytes"
        show(f"throughput, {what}", statistics.median(ours), statistics.median(peer), "MB/s",
             bar=bar, more_is_better=True)
        show(f"memory, {what}", max(memory), max(peer_memory), "MiB")


def processor_time(run, *args):
    """Seconds of processor time, user and system, that the processes take which `run` waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(*args)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run_tcpdump(path, expression):
    subprocess.run(["tcpdump", "-r", path, "-w", "/dev/null", expression], check=True,
                   stderr=subprocess.DEVNULL)


def measure_filter(args):
    """Millions of packets for a second of processor time, since the wall clock would mostly measure
    the service that sends the file: with a filter and without, and tcpdump with the same filter on
    the same file. The plugin's has TCP, pcapng and a FIFO in it, tcpdump's a copy of the file."""
    filters = {
        "all pass": "udp and dst port 9 and not src port 22 or dst port 10",
        "one passes": "udp and dst port 10 and not src port 22",
    }
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "big.pcap")
        count = make_capture(path, args.megabytes * 1000 * 1000, SAMPLE_PACKET) / 1e6
        without, ours, peer = [], {name: [] for name in filters}, {name: [] for name in filters}
        with Service(args.service, "--file", path) as service:
            for _ in range(TRIES):
                without.append(count / processor_time(run_plugin, args, service.url, directory))
                for name, expression in filters.items():
                    options = ("--extcap-capture-filter", expression)
                    seconds = processor_time(run_plugin, args, service.url, directory, options)
                    ours[name].append(count / seconds)
                    peer[name].append(count / processor_time(run_tcpdump, path, expression))
    none = statistics.median(without)
    for name in filters:
        rate = statistics.median(ours[name])
        show(f"filter, {name}: against no filter", rate, none, "Mp/s")
        show(f"filter, {name}: against tcpdump", rate, statistics.median(peer[name]), "Mp/s")


def measure_first_packet(args):
    with tempfile.TemporaryDirectory() as directory:
        with Service(args.service, "--packets", "10000") as service:
            runs = [run_plugin(args, service.url, directory) for _ in range(TRIES)]
    show("first packet of 10000 (ready at once)", statistics.median(r[0] for r in runs) * 1000,
         None, "ms")
    show("last packet of 10000 (ready at once)", statistics.median(r[1] for r in runs) * 1000,
         None, "ms")
    show("memory, 10000 packets of a sample", max(r[3] for r in runs), None, "MiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plugin", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--sshdump", required=True)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if not pathlib.Path(args.sshdump).exists():
        sys.exit(f"bench: {args.sshdump} is missing (Debian package: wireshark-common)")
    print(f"{'':<44} {'plugin':>16} {'peer':>16} {'ratio':>6}   bar")
    measure_start(args)
    measure_first_packet(args)
    measure_throughput(args, PACKET, 0.8)
    measure_throughput(args, SAMPLE_PACKET, None)
    measure_filter(args)
    if missed and args.check:
        sys.exit(1)


if __name__ == "__main__":
    main()
