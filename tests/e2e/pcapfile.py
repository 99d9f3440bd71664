# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads pcap and pcapng, independently of the plugin: only what the tests look at.

Strict: what does not fit the format is a FormatError, so that a test can say "well-formed".
Specifications: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

import dataclasses
import struct

SECTION = 0x0A0D0D0A
INTERFACE = 1
SIMPLE_PACKET = 3
NAMES = 4
STATISTICS = 5
ENHANCED_PACKET = 6

CLASSIC_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


class FormatError(Exception):
    """The bytes are not a file of the format."""


@dataclasses.dataclass
class Packet:
    """One packet; time in nanoseconds since 1970, length as it was on the wire."""

    time: int
    data: bytes
    length: int
    interface: int = 0
    comments: list = dataclasses.field(default_factory=list)

    def key(self):
        """What must survive the way through the plugin."""
        return (self.time, self.length, self.data)


@dataclasses.dataclass
class Interface:
    """Options by their code; several of one code are kept in order."""

    linktype: int
    snaplen: int
    options: list
    units_per_second: int

    def text(self, code):
        return text_of(self.options, code)

    @property
    def name(self):
        return self.text(2)

    @property
    def description(self):
        return self.text(3)

    @property
    def filter(self):
        """The string of if_filter: its first byte says that it is one."""
        for code, value in self.options:
            if code == 11 and value[:1] == b"\0":
                return value[1:].decode()
        return None


@dataclasses.dataclass
class Statistics:
    """An interface statistics block; times in nanoseconds."""

    interface: int
    options: list
    units_per_second: int

    def number(self, code):
        for found, value in self.options:
            if found == code:
                return int.from_bytes(value, "little")
        return None

    def time(self, code):
        for found, value in self.options:
            if found == code:
                high, low = struct.unpack("<II", value)
                return ((high << 32) | low) * 10**9 // self.units_per_second
        return None

    @property
    def start(self):
        return self.time(2)

    @property
    def end(self):
        return self.time(3)

    @property
    def received(self):
        return self.number(4)

    @property
    def accepted(self):
        return self.number(6)


@dataclasses.dataclass
class File:
    """A whole capture file."""

    kind: str
    packets: list
    interfaces: list
    section_options: list = dataclasses.field(default_factory=list)
    section_length: int = 0
    statistics: list = dataclasses.field(default_factory=list)
    blocks: list = dataclasses.field(default_factory=list)

    @property
    def comments(self):
        return [value.decode() for code, value in self.section_options if code == 1]

    @property
    def application(self):
        return text_of(self.section_options, 4)

    def keys(self):
        return [packet.key() for packet in self.packets]


def text_of(options, code):
    for found, value in options:
        if found == code:
            return value.decode()
    return None


def parse(data):
    """The file in `data`. Raises FormatError, also when it ends in the middle of something."""
    if data[:4] in CLASSIC_MAGICS:
        return parse_classic(data)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return parse_pcapng(data)
    raise FormatError(f"unknown magic {data[:4].hex()}")


def parse_classic(data):
    order, ns_per_unit = CLASSIC_MAGICS[data[:4]]
    if len(data) < 24:
        raise FormatError("short file header")
    major, minor, _zone, _figures, snaplen, linktype = struct.unpack_from(order + "HHiIII", data, 4)
    if (major, minor) != (2, 4):
        raise FormatError(f"version {major}.{minor}")
    kind = f"pcap{'-ns' if ns_per_unit == 1 else ''}{'-be' if order == '>' else ''}"
    file = File(kind, [], [Interface(linktype, snaplen, [], 10**9 // ns_per_unit)])
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            raise FormatError(f"short record header at {at}")
        seconds, part, kept, length = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + kept > len(data):
            raise FormatError(f"short record at {at}")
        time = seconds * 1_000_000_000 + part * ns_per_unit
        file.packets.append(Packet(time, data[at + 16 : at + 16 + kept], length))
        at += 16 + kept
    return file


def parse_options(data, order):
    options = []
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            if length != 0 or at + 4 != len(data):
                raise FormatError("bytes after the end of options")
            return options
        if at + 4 + length > len(data):
            raise FormatError(f"option {code} is longer than its block")
        options.append((code, data[at + 4 : at + 4 + length]))
        at += 4 + (length + 3) // 4 * 4
    if at != len(data):
        raise FormatError("options without their end")
    if options:
        raise FormatError("options without an end mark")
    return options


def resolution(options):
    for code, value in options:
        if code == 9:
            base = 2 if value[0] & 0x80 else 10
            return base ** (value[0] & 0x7F)
    return 10**6


def read_block(data, at, order):
    """Type, body and total length of the block at an offset."""
    if at + 12 > len(data):
        raise FormatError(f"short block at {at}")
    kind, total = struct.unpack_from(order + "II", data, at)
    if total < 12 or total % 4 or at + total > len(data):
        raise FormatError(f"block length {total} at {at}")
    if struct.unpack_from(order + "I", data, at + total - 4)[0] != total:
        raise FormatError(f"the lengths of the block at {at} differ")
    return kind, data[at + 8 : at + total - 4], total


def order_of(data, at):
    magic = data[at + 8 : at + 12]
    if magic == b"\x4d\x3c\x2b\x1a":
        return "<"
    if magic == b"\x1a\x2b\x3c\x4d":
        return ">"
    raise FormatError("no byte-order magic")


def take_packet(file, body, order):
    if len(body) < 20:
        raise FormatError("short packet block")
    number, high, low, kept, length = struct.unpack_from(order + "IIIII", body)
    padded = (kept + 3) // 4 * 4
    if number >= len(file.interfaces) or 20 + padded > len(body):
        raise FormatError("a packet block that does not fit")
    units_per_second = file.interfaces[number].units_per_second
    time = ((high << 32) | low) * 10**9 // units_per_second
    options = parse_options(body[20 + padded :], order)
    comments = [value.decode() for code, value in options if code == 1]
    file.packets.append(Packet(time, body[20 : 20 + kept], length, number, comments))


def take_block(file, kind, body, order):
    if kind == INTERFACE:
        linktype, _reserved, snaplen = struct.unpack_from(order + "HHI", body)
        options = parse_options(body[8:], order)
        file.interfaces.append(Interface(linktype, snaplen, options, resolution(options)))
    elif kind == ENHANCED_PACKET:
        take_packet(file, body, order)
    elif kind == STATISTICS:
        number = struct.unpack_from(order + "I", body)[0]
        if number >= len(file.interfaces):
            raise FormatError("statistics of no interface")
        units_per_second = file.interfaces[number].units_per_second
        options = parse_options(body[12:], order)
        file.statistics.append(Statistics(number, options, units_per_second))
    elif kind == SIMPLE_PACKET:
        raise FormatError("simple packet blocks are not expected")


def parse_pcapng(data):
    """One section; a second one is an error, since Wireshark 4.0 can't save it."""
    file = File("pcapng", [], [])
    order = "<"
    at = 0
    while at < len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            if at > 0:
                raise FormatError(f"a second section at {at}")
            order = order_of(data, at)
        kind, body, total = read_block(data, at, order)
        if kind == SECTION:
            file.section_length = total
            file.section_options = parse_options(body[16:], order)
        else:
            take_block(file, kind, body, order)
        file.blocks.append(kind)
        at += total
    return file


def record_offsets(data):
    """Where the records of a classic pcap file begin, and where it ends."""
    order, _ns = CLASSIC_MAGICS[data[:4]]
    offsets = [24]
    while offsets[-1] < len(data):
        offsets.append(offsets[-1] + 16 + struct.unpack_from(order + "I", data, offsets[-1] + 8)[0])
    return offsets
