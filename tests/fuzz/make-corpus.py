#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seeds of the capture file fuzzers, which are committed beside it.

Inputs that a fuzzer found are not made here: they stand in the same directories, named after what
they broke.
"""
import gzip
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
IP = bytes.fromhex("450000200001000040110000c0000201c6336401") + b"\x30\x39\x00\x35\x00\x0c\x00\x00seed"
LITTLE, BIG = "<", ">"


def pcap_header(order, magic=0xA1B2C3D4, version=(2, 4), snaplen=65535, linktype=101):
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, linktype)


def pcap_record(order, seconds, fraction, data, length=None):
    length = len(data) if length is None else length
    return struct.pack(order + "IIII", seconds, fraction, len(data), length) + data


def padded(data):
    return data + bytes(-len(data) % 4)


def block(order, kind, body):
    body = padded(body)
    total = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + total + body + total


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def section(order, options=b"", version=(1, 0)):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1) + options)


def interface(order, linktype=101, snaplen=65535, options=b""):
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, snaplen) + options)


def packet(order, number, ticks, data, options=b"", caplen=None, length=None):
    caplen = len(data) if caplen is None else caplen
    length = len(data) if length is None else length
    fields = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, caplen, length)
    return block(order, 6, fields + padded(data) + options)


def simple_packet(order, data, length=None):
    length = len(data) if length is None else length
    return block(order, 3, struct.pack(order + "I", length) + data)


def old_packet(order, number, ticks, data, options=b""):
    fields = struct.pack(order + "HHIIII", number, 1, ticks >> 32, ticks & 0xFFFFFFFF, len(data),
                         len(data))
    return block(order, 2, fields + padded(data) + options)


def rich_interface(order):
    return interface(order, 228, 262144, b"".join([
        option(order, 2, b"ord02"), option(order, 3, "Größe".encode()), option(order, 9, b"\x09"),
        option(order, 11, b"\0tcp port 443"), option(order, 14, struct.pack(order + "q", 3600)),
        option(order, 1, b"not \xff UTF-8"), option(order, 0, b"")]))


def pcapng(order):
    options = option(order, 1, b"comment") + option(order, 2, struct.pack(order + "I", 0x81)) \
        + option(order, 1, b"second") + option(order, 0, b"")
    return b"".join([
        section(order, option(order, 4, b"maker") + option(order, 0, b"")),
        interface(order), rich_interface(order),
        packet(order, 0, 1700000000000000, IP), packet(order, 1, 1700000000000000001, IP, options),
        block(order, 0x0BAD, b"unknown"), simple_packet(order, IP), old_packet(order, 1, 5, IP, options),
        block(order, 5, struct.pack(order + "III", 0, 1, 2)), packet(order, 0, 1, b"", length=1500)])


def classic(order, magic=0xA1B2C3D4, **keywords):
    return pcap_header(order, magic, **keywords) + pcap_record(order, 1700000000, 123456, IP) \
        + pcap_record(order, 1700000001, 2500000, b"") + pcap_record(order, 0, 0, IP[:9], 1500)


def times(order):
    """One interface for each kind of time resolution, at the ends of its range."""
    data = section(order)
    kinds = [0, 3, 6, 9, 10, 19, 20, 29, 127, 0x80, 0x8A, 0x94, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    for number, resolution in enumerate(kinds):
        offset = [0, 1, -1, 2**63 - 1, -2**63][number % 5]
        data += interface(order, options=option(order, 9, bytes([resolution]))
                          + option(order, 14, struct.pack(order + "q", offset)))
        data += packet(order, number, 2**64 - 1, b"a") + packet(order, number, 1 << 40, b"b")
    return data


def plain_seeds():
    yield "pcap-us-little", classic(LITTLE)
    yield "pcap-us-big", classic(BIG)
    yield "pcap-ns-little", classic(LITTLE, 0xA1B23C4D)
    yield "pcap-ns-big", classic(BIG, 0xA1B23C4D)
    yield "pcap-fcs", classic(LITTLE, linktype=0x24000001)
    yield "pcap-no-packets", pcap_header(LITTLE)
    yield "pcap-truncated", classic(LITTLE)[:-3]
    yield "pcap-huge-record", pcap_header(LITTLE) + struct.pack("<IIII", 0, 0, 2**31 - 1, 60)
    yield "pcapng-little", pcapng(LITTLE)
    yield "pcapng-big", pcapng(BIG)
    yield "pcapng-sections", pcapng(BIG) + pcapng(LITTLE)
    yield "pcapng-times-little", times(LITTLE)
    yield "pcapng-times-big", times(BIG)
    yield "pcapng-truncated", pcapng(LITTLE)[:-7]
    yield "pcapng-snaplen", section(LITTLE) + interface(LITTLE, snaplen=20) \
        + simple_packet(LITTLE, IP[:20], len(IP))
    start = section(LITTLE) + interface(LITTLE)
    yield "pcapng-caplen-beyond-block", start + packet(LITTLE, 0, 1, IP, caplen=len(IP) + 4)
    yield "pcapng-no-such-interface", start + packet(LITTLE, 1, 1, IP)
    yield "pcapng-option-beyond-block", start + packet(LITTLE, 0, 1, IP, struct.pack("<HH", 1, 99))
    yield "pcapng-lengths-differ", start + block(LITTLE, 77, b"data")[:-4] + struct.pack("<I", 20)
    yield "pcapng-huge-block", start + struct.pack("<III", 6, 2**32 - 4, 0)
    yield "pcapng-huge-unknown-block", start + struct.pack("<III", 99, 2**32 - 4, 0)
    yield "pcapng-version", section(LITTLE, version=(2, 0))


def other_seeds():
    def member(data, **keywords):
        return gzip.compress(data, mtime=0, **keywords)

    whole = member(classic(LITTLE))
    yield "empty", b""
    yield "html", b"<!DOCTYPE html><html><body>Not found</body></html>"
    yield "json", b'{"success": false, "errors": []}'
    yield "modified-pcap", struct.pack("<I", 0xA1B2CD34) + bytes(60)
    yield "zstd", b"\x28\xb5\x2f\xfd" + bytes(20)
    yield "gzip-pcap", whole
    yield "gzip-pcapng", member(pcapng(BIG))
    yield "gzip-members", member(classic(LITTLE)[:50]) + member(b"") + member(classic(LITTLE)[50:])
    yield "gzip-stored", member(classic(LITTLE), compresslevel=0)
    yield "gzip-padding", whole + bytes(512)
    yield "gzip-trailing-bytes", whole + b"trailing"
    yield "gzip-check-sum", whole[:-8] + b"\0\0\0\0" + whole[-4:]
    yield "gzip-truncated", whole[:-20]
    fields = b"\x04\0text" + b"name\0" + b"comment\0" + b"cc"
    yield "gzip-header-fields", whole[:3] + b"\x1e" + whole[4:10] + fields + whole[10:]
    yield "gzip-zeros", member(pcap_header(LITTLE) + bytes(300000))


def write(name, seeds):
    directory = CORPUS / name
    directory.mkdir(parents=True, exist_ok=True)
    for seed, data in seeds:
        (directory / seed).write_bytes(data)


write("pcap-reader", [*plain_seeds(), *other_seeds()])
write("pipeline", plain_seeds())
