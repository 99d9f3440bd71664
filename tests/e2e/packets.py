# SPDX-License-Identifier: GPL-2.0-or-later
"""Varied IP packets, and the pcap files that the service plays with --traffic.

All of them are well formed: what a filter says about a damaged packet is nobody's promise. Check
sums are wrong, no filter cares; where others have ports, ICMP and ESP have the like of them. Addresses are documentation ones (RFC 5737, RFC 3849).
"""

import ipaddress
import random
import struct

RAW = 101
ETHERNET = 1

IPV4_ADDRESSES = ("203.0.113.7", "203.0.113.80", "198.51.100.20", "192.0.2.33")
IPV6_ADDRESSES = ("2001:db8::1", "2001:db8::22", "2001:db8:1::7")
MULTICAST = ("224.0.0.251", "ff02::fb")
PORTS = (22, 53, 80, 443, 5353)

ICMP, IP_IN_IP, TCP, UDP, IPV6_IN_IP, GRE, ESP, AH, ICMPV6, OSPF, SCTP = (
    1, 4, 6, 17, 41, 47, 50, 51, 58, 89, 132)
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, MOBILITY = 0, 43, 44, 60, 135

ETHERTYPES = {4: 0x0800, 6: 0x86DD}
VLAN, SERVICE_VLAN = 0x8100, 0x88A8
MACS = (bytes.fromhex("00005e005301"), bytes.fromhex("00005e005302"))


def packed(address):
    return ipaddress.ip_address(address).packed


# ---- headers -------------------------------------------------------------------------------------


def ipv4(source, destination, protocol, payload, options=b"", offset=0, more=False, ttl=64):
    """offset: of a fragment, in bytes; options: a multiple of 4 bytes."""
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 7,
        (0x2000 if more else 0) | offset // 8, ttl, protocol, 0, packed(source),
        packed(destination))
    return header + options + payload


def ipv6(source, destination, next_header, payload, hops=64):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), next_header, hops, packed(source),
                       packed(destination)) + payload


def extended(kinds, protocol, payload, offset=0, more=False):
    """A chain of IPv6 extension headers in front of a payload: the first one's number, and it."""
    for kind in reversed(kinds):
        if kind == FRAGMENT:
            header = struct.pack(">BBHI", protocol, 0, offset | more, 99)
        elif kind == AH:
            header = struct.pack(">BBHII12s", protocol, 4, 0, 5, 1, bytes(12))
        elif kind == ROUTING:
            header = struct.pack(">BBBB4x", protocol, 0, 0, 0)
        else:
            header = struct.pack(">BBBB4x", protocol, 0, 1, 4)  # PadN
        protocol, payload = kind, header + payload
    return protocol, payload


def tcp(source, destination, flags=2, payload=b""):
    return struct.pack(">HHIIBBHHH", source, destination, 1, 0, 0x50, flags, 512, 0, 0) + payload


def udp(source, destination, payload=b""):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def sctp(source, destination, payload=b""):
    return struct.pack(">HHII", source, destination, 1, 0) + payload


# ---- a random mix --------------------------------------------------------------------------------


class Mix:
    """Packets of one seed: random.Random(seed) gives the same ones everywhere."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *weighted):
        """One of (weight, value)."""
        weights, values = zip(*weighted)
        return self.random.choices(values, weights)[0]

    def ends(self, is_ipv6):
        pool = IPV6_ADDRESSES if is_ipv6 else IPV4_ADDRESSES
        source = self.random.choice(pool)
        destination = self.random.choice(pool)
        if self.random.random() < 0.04:
            destination = MULTICAST[is_ipv6]
        return source, destination

    def payload(self):
        size = self.pick((4, self.random.randrange(4)), (5, self.random.randrange(60)),
                         (2, self.random.randrange(100, 400)))
        return self.random.randbytes(size)

    def segment(self, protocol):
        ports = self.random.choice(PORTS), self.random.choice(PORTS)
        if protocol == TCP:
            return tcp(*ports, self.random.choice((2, 18, 16, 24, 17, 4)), self.payload())
        if protocol == UDP:
            return udp(*ports, self.payload())
        if protocol == SCTP:
            return sctp(*ports, self.payload())
        if protocol == ICMP:
            kind = self.random.choice((0, 3, 8, 11))
            return struct.pack(">BBHI", kind, 0, ports[1], 1) + self.payload()
        if protocol == ICMPV6:
            kind = self.random.choice((1, 128, 129, 135))
            return struct.pack(">BBHI", kind, 0, ports[1], 1) + self.payload()
        if protocol == GRE:
            return struct.pack(">HH", 0, 0x0800) + self.make_ipv4((TCP, UDP))
        if protocol == AH:
            inner = self.random.choice((TCP, UDP))
            return extended((AH,), inner, self.segment(inner))[1]
        if protocol == IP_IN_IP:
            return self.make_ipv4((TCP, UDP, ICMP))
        if protocol == IPV6_IN_IP:
            return self.make_ipv6((TCP, UDP, ICMPV6))
        return struct.pack(">HHQ", *ports, 1) + self.payload()

    def make_ipv4(self, protocols=None):
        protocol = self.random.choice(protocols) if protocols else self.pick(
            (30, TCP), (25, UDP), (10, ICMP), (9, SCTP), (7, GRE), (6, ESP), (3, AH), (3, OSPF),
            (3, IP_IN_IP), (2, IPV6_IN_IP), (1, ICMPV6), (1, 253))
        segment = self.segment(protocol)
        options = bytes([1] * 4 * self.pick((17, 0), (1, 1), (1, 3), (1, 10)))
        offset, more = self.pick((17, (0, False)), (1, (0, True)), (1, (1480, True)),
                                 (1, (8, False)))
        return ipv4(*self.ends(False), protocol, segment, options, offset, more,
                    self.random.choice((1, 64, 255)))

    def make_ipv6(self, protocols=None):
        protocol = self.random.choice(protocols) if protocols else self.pick(
            (30, TCP), (25, UDP), (14, ICMPV6), (9, SCTP), (5, ESP), (3, OSPF), (3, GRE), (1, ICMP),
            (1, 59))
        segment = b"" if protocol == 59 else self.segment(protocol)
        kinds = self.pick((14, ()), (1, (HOP_BY_HOP,)), (1, (DESTINATION,)), (1, (ROUTING,)),
                          (1, (MOBILITY,)), (1, (AH,)), (2, (FRAGMENT,)),
                          (1, (HOP_BY_HOP, FRAGMENT)), (1, (FRAGMENT, DESTINATION)),
                          (1, (HOP_BY_HOP, ROUTING, DESTINATION)))
        if protocols and self.random.random() < 0.7:
            kinds = ()
        offset, more = self.pick((3, (0, True)), (1, (0, False)), (2, (64, True)))
        first, payload = extended(kinds, protocol, segment, offset, more)
        return ipv6(*self.ends(True), first, payload, self.random.choice((1, 64, 255)))

    def packets(self, count):
        return [self.make_ipv6() if self.random.random() < 0.35 else self.make_ipv4()
                for _ in range(count)]

    def frames(self, packets):
        """The packets in Ethernet frames, some of them behind one or two VLAN tags."""
        return [ethernet(packet, self.pick((8, ()), (2, ((VLAN, 5),)), (1, ((VLAN, 6),)),
                                           (1, ((SERVICE_VLAN, 5),)),
                                           (1, ((SERVICE_VLAN, 7), (VLAN, 5))),
                                           (1, ((VLAN, 5), (VLAN, 6)))))
                for packet in packets]


def ethernet(packet, tags=()):
    """tags: (EtherType, VLAN), the outer one first."""
    words = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return b"".join(MACS) + words + struct.pack(">H", ETHERTYPES[packet[0] >> 4]) + packet


# ---- files ---------------------------------------------------------------------------------------


def pcap(linktype, packets, snaplen=0):
    """A file: little-endian, microseconds. snaplen: bytes kept of each packet; 0: all."""
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen or 262144, linktype)]
    for number, packet in enumerate(packets):
        kept = packet[:snaplen] if snaplen else packet
        seconds, part = divmod(1_767_323_045_000_000 + number * 1_037, 1_000_000)
        records.append(struct.pack("<IIII", seconds, part, len(kept), len(packet)) + kept)
    return b"".join(records)
