# SPDX-License-Identifier: GPL-2.0-or-later
"""Capture filters for the tests: by hand, and generated from a grammar with a fixed seed."""

import random

from packets import IPV4_ADDRESSES, IPV6_ADDRESSES, PORTS

# Of issue and manual, and the corners of pcap-filter(7) that an analysis may trip over.
BY_HAND = (
    "host 203.0.113.7 and tcp dst port 443",
    "udp and port 53",
    "net 198.51.100.0/24",
    "icmp or icmp6",
    "not port 22",
    "tcp[tcpflags] & tcp-syn != 0",
    "ip6 host 2001:db8::1",
    "proto gre",
    "src host 203.0.113.7 and (tcp or udp) and dst port 53",
    "(src host 203.0.113.7 and tcp) or (src host 203.0.113.7 and udp)",
    "tcp port 80",
    "tcp src port 80",
    "tcp dst port 80",
    "dst port 443",
    "src port 53 and dst port 53",
    "udp and dst port domain",
    "tcp and dst port https",
    "ip proto ospf",
    "ip proto \\tcp",
    "ip6 proto \\udp",
    "ip6 proto 43",
    "ip6 proto 44",
    "ip6 proto 0",
    "ip6 protochain 6",
    "ip6 protochain \\udp",
    "ip protochain 51",
    "protochain 6",
    "protochain 17 and src host 2001:db8::1",
    "proto 50",
    "proto 51",
    "esp",
    "ah",
    "sctp",
    "sctp dst port 80",
    "ip",
    "ip6",
    "ip or ip6",
    "not ip",
    "not ip6 and not icmp",
    "src host 203.0.113.7",
    "dst host 198.51.100.20",
    "src host 2001:db8::1",
    "dst host 2001:db8:1::7 and udp",
    "ip host 203.0.113.7",
    "ip src host 203.0.113.7",
    "ip6 dst host 2001:db8::22",
    "src or dst host 203.0.113.7",
    "src and dst host 203.0.113.7",
    "host 203.0.113.7 or host 198.51.100.20",
    "src host 203.0.113.7 or src host 203.0.113.80",
    "src host 203.0.113.7 or dst host 203.0.113.7",
    "src net 203.0.113",
    "src net 203.0.113.0/25",
    "src net 203.0.113.0 mask 255.255.255.0",
    "dst net 2001:db8::/32",
    "dst net 2001:db8:1::/48 and tcp",
    "net 192.0.2.32/28",
    "src net 0.0.0.0/0",
    "src net 2001:db8::/31",
    "portrange 50-130",
    "tcp src portrange 50-130",
    "dst portrange 53-53",
    "udp dst portrange 53-53",
    "port 53 or port 80",
    "dst port 53 or dst port 53",
    "(tcp or udp) and dst port 53",
    "(tcp or udp or sctp) and dst port 53",
    "(tcp or icmp) and dst port 53",
    "tcp and not dst port 80",
    "not (tcp or udp)",
    "not tcp and not udp and not icmp",
    "not (not tcp)",
    "not (not (src host 203.0.113.7))",
    "not src host 203.0.113.7",
    "not (src host 203.0.113.7 or dst host 203.0.113.7)",
    "not (not src host 203.0.113.7 or not udp)",
    "tcp and tcp and tcp",
    "tcp or (tcp and dst port 80)",
    "(tcp and dst port 80) or (udp and dst port 80)",
    "(tcp and dst port 80) or (udp and dst port 53)",
    "(src host 203.0.113.7 and dst port 53) or (src host 203.0.113.7 and dst port 80)",
    "(src host 203.0.113.7 or src host 2001:db8::1) and udp",
    "(ip and tcp) or (ip6 and udp)",
    "(ip and udp) or (ip6 and udp)",
    "ip and udp and dst port 53",
    "ip6 and udp and dst port 53",
    "ip[9] = 17",
    "ip[9] = 17 and ip[12:4] = 0xcb007107",
    "ip[12:4] = 0xcb007107",
    "ip[16:4] & 0xffffff00 = 0xcb007100",
    "ip[9] & 0xfe = 16",
    "ip[8] < 64",
    "ip[0] & 0xf != 5",
    "ip[6:2] & 0x1fff != 0",
    "ip[6:2] & 0x3fff = 0",
    "ip[6] & 0x20 != 0 and udp",
    "ip6[6] = 17",
    "ip6[6] = 44",
    "ip6[7] = 255",
    "ip6[8:4] = 0x20010db8",
    "ip6[40:2] = 53",
    "tcp[0:2] = 443",
    "tcp[2:2] = 443",
    "tcp[13] = 2",
    "tcp[tcpflags] = tcp-syn|tcp-ack",
    "tcp[12] & 0xf0 = 0x50",
    "udp[2:2] = 53",
    "udp[0:2] = 53 or udp[2:2] = 53",
    "udp[2:2] > 52 and udp[2:2] < 54",
    "udp[4:2] > 100",
    "udp[8:4] = 0",
    "icmp[icmptype] = icmp-echo",
    "icmp[2:2] = 53",
    "icmp6[2:2] = 53",
    "ip6[42:2] = 53",
    "ip6[6] = 50 and ip6[42:2] = 53",
    "ip[22:2] = 53",
    "udp and ip[((ip[0] & 0xf) << 2) + 2:2] = 53",
    "ip[9] = 17 and ip[((ip[0] & 0xf) << 2) + 2:2] = 53",
    "ip[0] = 0x45 and ip[22:2] = 53",
    "ip[0] = 0x45 and ip[9] = 17 and ip[22:2] = 53",
    "ip[6:2] & 0x1fff = 0 and ip[0] & 0xf = 5 and ip[22:2] = 53",
    "icmp[0] = 8 or icmp[0] = 0",
    "icmp6[icmp6type] = icmp6-echo",
    "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
    "ip[20 + 2:2] = 53",
    "tcp[((tcp[12] & 0xf0) >> 2):4] = 0",
    "ip[2:2] - ((ip[0] & 0xf) << 2) > 40 and tcp",
    "len > 200",
    "less 60",
    "greater 100 and udp",
    "ip multicast",
    "ip6 multicast",
    "ip broadcast",
    "net 224.0.0.0/4",
    "udp and dst port 5353 and ip multicast",
    "src host 203.0.113.7 and src port 53 and dst host 198.51.100.20 and dst port 53 and udp",
    "src host 203.0.113.7 and dst host 203.0.113.7",
    "src host 203.0.113.7 and not dst host 198.51.100.20 and not port 22",
    "host 203.0.113.7 and host 198.51.100.20",
    "src host 203.0.113.7 and ip[8] > 1",
    "src host 203.0.113.7 and len < 100",
    "src host 192.0.2.99",
    "tcp port 1",
    "ip proto 253",
    "ip proto 4",
    "ip proto 41",
    "ip proto 58",
    "ip6 proto 1",
    "ip6 proto 58",
    "src port 0",
    "ip proto 0",
)

# Of Ethernet only: raw IP knows none of it.
OF_ETHERNET = (
    "vlan",
    "vlan 5",
    "not vlan",
    "vlan and src host 203.0.113.7",
    "vlan 5 and udp and dst port 53",
    "(vlan and src host 203.0.113.7) or src host 203.0.113.7",
    "src host 203.0.113.7 or (vlan and src host 203.0.113.7)",
    "src host 203.0.113.7 or (vlan and src host 203.0.113.80)",
    "(udp and dst port 53) or (vlan and udp and dst port 53)",
    "vlan and vlan",
    "vlan 7 and vlan 5 and tcp",
    "vlan and vlan and udp",
    "not (vlan and tcp)",
    "ether host 00:00:5e:00:53:01",
    "ether dst 00:00:5e:00:53:02 and tcp",
    "ether proto \\ip",
    "ether proto 0x8100",
    "ether proto \\ip6 and udp",
    "ether[12:2] = 0x86dd",
    "ether[14] & 0xf0 = 0x40 and ether[23] = 6",
    "ether[14] = 0x45 and ether[26:4] = 0xcb007107",
    "multicast",
    "ether multicast",
    "ether[0] & 1 = 0",
)

# No packet can pass, or it is no expression: libpcap says so for raw IP and for Ethernet.
REFUSED = (
    "src host 203.0.113.7 and src host 203.0.113.80",
    "tcp and udp",
    "ip and ip6",
    "icmp and port 53",
    "ip6 and icmp",
    "ip src host 2001:db8::1",
    "tcp and not tcp",
    "tcp port 80 and",
    "tcp.port == 80",
    "port 70000",
    "host 300.1.2.3",
    "net 203.0.113.7/24",
    "tcp[",
    "(udp",
    "wlan type mgt",
    "ifname eth0",
)


class Grammar:
    """Expressions over the values of the packets. One seed gives the same ones everywhere.

    Each keeps to IPv4 or to IPv6 where it names addresses, or most would be contradictions.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.is_ipv6 = False

    def one(self, *choices):
        return self.random.choice(choices)

    def direction(self):
        return self.one("", "src ", "dst ", "src ", "dst ", "src or dst ", "src and dst ")

    def host(self):
        pool = IPV6_ADDRESSES if self.is_ipv6 else IPV4_ADDRESSES
        return f"{self.direction()}host {self.random.choice(pool)}"

    def net(self):
        of_ipv4 = ("203.0.113.0/24", "203.0.113.0/25", "198.51.100", "192.0.0.0/6")
        of_ipv6 = ("2001:db8::/32", "2001:db8::/63", "2001:db8:1::/48")
        return f"{self.direction()}net {self.one(*(of_ipv6 if self.is_ipv6 else of_ipv4))}"

    def port(self):
        port = self.random.choice(PORTS)
        ports = f"port {port}"
        if self.random.random() < 0.2:
            ports = f"portrange {port}-{port + self.one(0, 0, 5, 100)}"
        return f"{self.one('', '', 'tcp ', 'udp ', 'sctp ')}{self.direction()}{ports}"

    def protocol(self):
        if self.random.random() < 0.7:
            return self.one("tcp", "tcp", "udp", "udp", "sctp", "icmp6" if self.is_ipv6 else "icmp",
                            "ip6" if self.is_ipv6 else "ip", "esp", "ah")
        return f"{self.one('ip ', 'ip6 ', '')}proto {self.one(6, 17, 47, 50, 51, 89, 132, 44)}"

    def field(self):
        relation = self.one("=", "!=", "<", ">", "<=", ">=")
        of_ipv4 = (("ip[9]", 40), ("ip[8]", 255), ("ip[6:2] & 0x1fff", 3), ("tcp[13]", 30),
                   ("udp[2:2]", 500), ("tcp[0:2]", 500), ("icmp[0]", 12), ("ip[12:4] & 0xff", 90),
                   ("ip[2:2]", 200), ("len", 300))
        of_ipv6 = (("ip6[6]", 60), ("ip6[7]", 255), ("ip6[4:2]", 200), ("ip6[40]", 60),
                   ("ip6[40:2]", 500), ("ip6[23]", 10), ("len", 300))
        name, limit = self.random.choice(of_ipv6 if self.is_ipv6 else of_ipv4)
        return f"{name} {relation} {self.random.randrange(limit)}"

    def primitive(self):
        return self.one(self.host, self.host, self.net, self.port, self.port, self.protocol,
                        self.protocol, self.field)()

    def conjunction(self):
        """What users write mostly: one condition of a kind."""
        kinds = self.random.sample((self.host, self.port, self.protocol, self.field, self.net), 2)
        return " and ".join(("not " if self.random.random() < 0.15 else "") + kind()
                            for kind in kinds)

    def expression(self, depth):
        dice = self.random.random()
        if depth == 0 or dice < 0.1:
            return self.primitive() if dice < 0.5 else self.conjunction()
        if dice < 0.25:
            return f"not ({self.expression(depth - 1)})"
        word = self.one("and", "or", "or")
        return f" {word} ".join(f"({self.expression(depth - 1)})"
                                for _ in range(self.one(2, 2, 3)))

    def next(self):
        self.is_ipv6 = self.random.random() < 0.3
        return self.expression(self.one(0, 1, 1, 2, 2))


def generate(seed, count):
    grammar = Grammar(seed)
    return [grammar.next() for _ in range(count)]
