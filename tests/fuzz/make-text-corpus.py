#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seeds of the fuzzers of texts: answers, command lines, config files, filters, headers
and times. They are committed beside it; inputs that a fuzzer found stand in the same directories.
"""
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
ID = "66802ca5668e47a2b82c2e6746e45037"
CAPTURE = {
    "id": ID, "status": "success", "type": "simple", "system": "magic-transit", "time_limit": 300,
    "submitted": "2022-06-02T18:38:22.269047Z", "offset_time": "2020-01-01T08:00:00Z",
    "filter_v1": {"source_address": "1.2.3.4", "source_port": 123, "destination_address": "5.6.7.8",
                  "destination_port": 80, "protocol": 6},
}
FULL = dict(CAPTURE, type="full", colo_name="ord02", error_message="No packets", packets_captured=7)
ERROR = {"code": 6003, "message": "Invalid request headers", "documentation_url": "https://x/y",
         "source": {"pointer": "/time_limit"}, "error_chain": [{"code": 6111, "message": "format"}]}


def envelope(result, errors=(), success=True):
    return json.dumps({"success": success, "errors": list(errors), "messages": [],
                       "result": result}).encode()


def line(*words):
    return b"\0".join(word.encode() for word in words)


def start(text, zone=0, now=1795262400):
    return struct.pack("<BI", zone, now) + text.encode()


SEEDS = {
    "api-codec": {
        "capture": envelope(CAPTURE),
        "full": envelope(FULL),
        "list": envelope([CAPTURE, FULL, None, 7, {}]),
        "list-null": envelope(None),
        "refusal": envelope(None, [ERROR, ERROR], False),
        "numbers-as-text": envelope(dict(CAPTURE, time_limit="300", packets_captured="7")),
        "wrong-types": envelope(dict(CAPTURE, status=7, filter_v1=[], submitted={}, type=None)),
        "html": b"<!DOCTYPE html><html><title>502 Bad Gateway</title>",
        "cut": envelope(CAPTURE)[:100],
        "empty": b"",
        "deep": b"[" * 70 + b"]" * 70,
        "comment-before-depth": b"/*\"*/" + b"[" * 70,
        "quote-before-depth": b"'\"'" + b"[" * 70,
        "escapes": b'{"result":{"id":"a","error_message":"\\u0000\\ud834\\udd1e\\n\\"[[["}}',
    },
    "extcap-request": {
        "interfaces": line("--extcap-interfaces", "--extcap-version=4.0"),
        "config": line("--extcap-config", "--extcap-interface", "cloudflare-pcap"),
        "reload": line("--extcap-config", "--extcap-interface", "cloudflare-pcap",
                       "--extcap-reload-option", "format", "--api-token", "secret"),
        "filter": line("--extcap-capture-filter", "tcp port 80", "--extcap-interface",
                       "cloudflare-pcap"),
        "capture": line("--capture", "--extcap-interface", "cloudflare-pcap", "--fifo", "/tmp/x",
                        "--type", "sample", "--time-limit", "60", "--api-token=secret",
                        "--extcap-control-in", "/tmp/in", "--extcap-control-out", "/tmp/out"),
        "future": line("--extcap-future", "5", "--extcap-other=6", "--extcap-interfaces"),
        "mistakes": line("--nosuch", "word", "--api-key", "secret", "--fifo"),
        "help": line("-h", "-v", "--help", "--version", "--"),
    },
    "config": {
        "default": b"[default]\ntime-limit=30\nstart=15m\napi-token=secret\n",
        "profiles": b"# comment\n[default]\nemail=a@b\n\n[profile p]\ntype=full\ncolo=ord02\n"
                    b"destination=s3://bucket?region=x\n",
        "escapes": b"[default]\nlog-file=/a\\sb\\\\c\\q\n",
        "filter": b"[profile p]\nsource-address=192.0.2.0/24\nprotocol=udp\nsource-port=53\n",
        "unknown": b"[default]\nnosuch=1\n",
        "sections": b"[other]\n[profile ]\n",
        "broken": b"[default\n=x\n\xff\n",
        "empty": b"",
    },
    "filter-check": {
        name: text.encode() for name, text in {
            "port": "tcp port http or port 53",
            "addresses": "src host 192.0.2.1 and dst net 2001:db8::/32",
            "flags": "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not icmp[icmptype] = icmp-echo",
            "ether": "ether host 00:11:22:33:44:55 or vlan 7",
            "proto": "ip proto \\icmp or ether proto 0x0806",
            "bytes": "ip[2:2] - ((ip[0]&0xf)<<2) > 5",
            "name": "host www.example.com",
            "name-in-figures": "host 1.de",
            "name-with-dash": "host 1-2",
            "name-behind-port": "port 53 and 1.2.3.4.5",
            "name-like-flag": "host tcp-x.example",
            "name-escaped": "host \\_x",
            "name-of-llc": "host rr",
            "colon": "host a:b",
            "wlan": "wlan type mgt subtype beacon",
            "llc": "llc rr",
            "broken": "((tcp and (",
        }.items()
    },
    "http-header": {
        "usual": b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                 b"Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 17\r\n"
                 b"ETag: \"abc\"\r\nCF-Ray: 8f1d-FRA\r\n",
        "range": b"Content-Range: bytes 100-199/200\r\nLocation: https://x/y\r\n",
        "rate": b"Retry-After: 120\r\nRatelimit: \"default\";r=50;t=30\r\n"
                b"Ratelimit-Policy: \"burst\";q=100;w=60\r\n",
        "retry-date": b"retry-after: Thu, 01 Jan 2099 00:00:00 GMT",
        "odd": b": x\r\nEtag\r\n ETag: x\r\nContent-Length: -1\r\nDate: Sun, 99 Nfe\r\n\r\n",
    },
    "start-time": {
        "now": start("now"),
        "age": start("2h30m"),
        "age-huge": start("2147483647d2147483647d"),
        "day": start("14:05", 1),
        "day-seconds": start("9:05:30", 2),
        "twice": start("02:30", 1, 1792888500),
        "never": start("02:30", 1, 1774778400),
        "date": start("2026-11-21 11:30", 3),
        "rfc3339": start("2026-11-21T11:30:00.123456+01:00"),
        "broken": start("2026-11-21T11:30:00+"),
    },
}

for fuzzer, seeds in SEEDS.items():
    directory = CORPUS / fuzzer
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (directory / name).write_bytes(data)
