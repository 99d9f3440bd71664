#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seeds of fuzz-pushdown: filters as text, each with choices for fields and packets, and
choices for the grammar alone. They are committed beside it; inputs that a fuzzer found stand in the
same directory.
"""
import pathlib
import random

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus" / "pushdown"

TEXTS = {
    "empty": "",
    "host-port": "src host 192.0.2.1 and udp dst port 53",
    "hosts": "host 192.0.2.1 and host 198.51.100.7",
    "host-of-two": "src host (198.51.100.6 or 198.51.100.7)",
    "nets": "src net 192.0.2.0/24 and not src net 192.0.2.0/25",
    "net-mask": "dst net 192.0.2.0 mask 255.0.255.0",
    "ipv6": "src host 2001:db8::1 and dst net 2001:db8::/32 and tcp",
    "ipv6-words": "ip6[24:4] = 0x20010db8 and ip6[28:4] = 0 and ip6[32:8] = 2",
    "ports": "tcp port 80 or tcp port 443",
    "port-range": "portrange 53-53",
    "port-zero": "udp dst port 0",
    "both-ports": "src and dst port 53",
    "protocols": "ip proto 6 or ip6 proto 6",
    "protocol-zero": "ip6 proto 0 or ip proto 0",
    "extension": "proto 44",
    "chain": "ip6 protochain 17",
    "sctp": "sctp dst port 80 and not ip6",
    "bytes": "ip[9] = 17 and udp[0:4] = 0x00350050",
    "bits": "ip[8:4] >> 16 & 0xff = 6 and ip[16:4] & 0xffffff00 = 0xc0000200",
    "fragment": "ip[6:2] & 0x1fff = 0 and ip[20:2] = 53",
    "variable": "ip[(ip[0] & 0xf) * 4 + 2:2] = 80",
    "division": "ip[9] / 2 = 3 or 7 / ip[9] = 1",
    "wrap": "ip[9] + 4294967290 = 0 or - ip[9] = 4294967290",
    "contradiction": "tcp dst port 53 and udp",
    "vlan": "vlan 7 and dst host 192.0.2.1",
    "vlans": "tcp or vlan and udp or vlan and icmp",
    "not-vlan": "not vlan and tcp",
    "geneve": "geneve and tcp port 80",
    "ether": "ether[12:2] = 0x86dd and link[20] = 6",
    "flags": "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "length": "greater 40 and not less 60",
    "name": "host www.example.com",
    "broken": "((tcp and (",
}

# The same choices in every run.
chance = random.Random(1)
CORPUS.mkdir(parents=True, exist_ok=True)
for name, text in TEXTS.items():
    (CORPUS / name).write_bytes(b"t" + text.encode() + b"\0" + chance.randbytes(60))
for number in range(8):
    (CORPUS / f"grammar-{number}").write_bytes(chance.randbytes(150))
