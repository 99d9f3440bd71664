# SPDX-License-Identifier: GPL-2.0-or-later
"""The capture filter: what is asked of the service, and that what arrives is what tcpdump would
leave of the unfiltered packets."""

import collections
import json

import expressions
import harness
import packets
import pcapfile
from harness import INTERFACE, SANITIZED
from packets import ETHERNET, RAW

# A sample's packets are cut to 160 bytes; the others cut into the transport header and into IPv6's.
SNAPLEN = 160
SHORTER = (32, 44)
PACKETS = 600
GENERATED = 300
WORKERS = 4

A = "203.0.113.7"
B = "198.51.100.20"
V6 = "2001:db8::22"

Traffic = collections.namedtuple("Traffic", "linktype packets path")


def thin(cases, sanitized=30):
    """All of them; fewer when each takes long."""
    return list(cases)[:: max(1, len(cases) // sanitized)] if SANITIZED else list(cases)


class FilterCase(harness.TestCase):
    def make_traffic(self, linktype=RAW, count=PACKETS):
        mix = packets.Mix(20260814)
        made = mix.packets(count)
        if linktype == ETHERNET:
            made = mix.frames(made)
        path = self.session.file(f"traffic-{linktype}.pcap", packets.pcap(linktype, made))
        return Traffic(linktype, made, path)

    def serve_traffic(self, traffic, *options, snaplen=SNAPLEN):
        return self.session.serve("--traffic", traffic.path, "--snaplen", str(snaplen), *options)

    def run_filtered(self, service, expression, *words, **options):
        """A run of which nothing is left open: there are hundreds."""
        capture = self.session.capture(
            service, "--extcap-capture-filter", expression, *words, **options)
        try:
            return capture.finish()
        finally:
            self.session.running.remove(capture)
            capture.close()

    def filter_of(self, expression, *words, **options):
        """What the service is asked for; None: everything."""
        service = self.session.serve("--packets", "0")
        result = self.run_filtered(service, expression, *words, **options)
        self.assertEqual(result.code, 4, result.stderr)
        return service.requests("create")[0]["body"].get("filter_v1")

    def check_before_any_request(self, expression, *parts, **options):
        service = self.session.serve()
        result = self.run_filtered(service, expression, **options)
        self.check_failed(result, 2, *parts)
        self.assertEqual(service.requests(), [])


class ExactnessTest(FilterCase):
    def check_exact(self, traffic, service, cases, snaplen=SNAPLEN, tcpdump=("-O",), **options):
        """The optimiser sees that some bytes of an IPv6 header need not be looked at, and lets packets
        pass that are cut in the middle of it: the same program is compared with."""
        unfiltered = packets.pcap(traffic.linktype, traffic.packets, snaplen)

        def run(expression):
            return (self.tcpdump(unfiltered, expression, *tcpdump),
                    self.run_filtered(service, expression, **options))

        for expression, (theirs, ours) in zip(cases, harness.in_parallel(run, cases, WORKERS)):
            with self.subTest(expression=expression, linktype=traffic.linktype, snaplen=snaplen):
                self.check_one(theirs, ours)

    def check_one(self, theirs, ours):
        """theirs: packets' keys, None when libpcap refuses the expression for this link type."""
        if theirs:
            self.check_silent(ours)
            self.check_same_packets(ours.file.keys(), theirs)
        elif ours.code == 2:
            # libpcap compiles some contradictions.
            self.check_line(ours.stderr, "no packet can pass|rejects all packets")
        else:
            self.check_failed(ours, 4, "none of|no packets")
            self.assertEqual(ours.file.keys(), [])

    def test_without_a_filter_every_packet_arrives_as_it_is_in_the_file(self):
        for linktype in (RAW, ETHERNET):
            traffic = self.make_traffic(linktype)
            result = self.run_filtered(self.serve_traffic(traffic), "")
            self.check_silent(result)
            want = pcapfile.parse(packets.pcap(linktype, traffic.packets, SNAPLEN))
            self.check_same_packets(result.file.keys(), want.keys())
            self.assertEqual(result.file.interfaces[0].linktype, linktype)

    def test_filters_by_hand_leave_what_tcpdump_leaves(self):
        for linktype in (RAW, ETHERNET):
            traffic = self.make_traffic(linktype)
            cases = expressions.BY_HAND + (expressions.OF_ETHERNET if linktype == ETHERNET else ())
            self.check_exact(traffic, self.serve_traffic(traffic), thin(cases), tcpdump=())

    def test_generated_filters_leave_what_tcpdump_leaves(self):
        cases = expressions.generate(3, GENERATED)
        for linktype in (RAW, ETHERNET):
            traffic = self.make_traffic(linktype)
            self.check_exact(traffic, self.serve_traffic(traffic), thin(cases))

    def test_filters_of_short_packets_leave_what_tcpdump_leaves(self):
        """The service filters whole packets and cuts them then."""
        for snaplen in SHORTER:
            traffic = self.make_traffic(RAW)
            service = self.serve_traffic(traffic, snaplen=snaplen)
            self.check_exact(traffic, service, thin(expressions.BY_HAND[::5], 5), snaplen)

    def test_what_is_documented_for_sure_is_enough_for_a_service_that_reads_narrowly(self):
        for linktype in (RAW, ETHERNET):
            traffic = self.make_traffic(linktype)
            service = self.serve_traffic(traffic, "--filter-reading", "narrow")
            cases = expressions.BY_HAND + tuple(expressions.generate(4, GENERATED // 3))
            self.check_exact(traffic, service, thin(cases, 10), pushdown="strict")

    def test_what_libpcap_refuses_is_refused_before_any_request(self):
        service = self.session.serve()
        unfiltered = [packets.pcap(linktype, []) for linktype in (RAW, ETHERNET)]
        for expression in thin(expressions.REFUSED, 5):
            with self.subTest(expression=expression):
                for file in unfiltered:
                    self.assertIsNone(self.tcpdump(file, expression))
                result = self.run_filtered(service, expression)
                self.assertEqual(result.code, 2, result.stderr)
                self.check_line(result.stderr)
        self.assertEqual(service.requests(), [])

    def test_the_dialog_s_fields_apply_beside_the_filter(self):
        traffic = self.make_traffic()
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        cases = (
            ("not tcp", {"source_address": A}, f"not tcp and src host {A}"),
            ("src net 203.0.113", {"destination_address": B, "protocol": "udp"},
             f"src net 203.0.113 and dst host {B} and ip proto 17"),
            # Of IPv6 the service's view of a port is not libpcap's.
            ("ip and not udp", {"destination_port": "443"}, "ip and not udp and dst port 443"),
        )
        for expression, fields, both in cases:
            with self.subTest(expression=expression):
                result = self.run_filtered(self.serve_traffic(traffic), expression, **fields)
                self.check_silent(result)
                self.check_same_packets(result.file.keys(), self.tcpdump(unfiltered, both))
                self.assertGreater(len(result.file.packets), 0)


class TsharkTest(FilterCase):
    def test_tshark_s_filter_and_dialog_fields_both_apply(self):
        traffic = self.make_traffic()
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        cases = (
            (f"src host {A} and (tcp or udp) and not port 22", {},
             f"src host {A} and (tcp or udp) and not port 22"),
            ("ip6 and (udp or icmp6)", {"source_address": V6},
             f"ip6 src host {V6} and (udp or icmp6)"),
            (f"not dst host {B}", {"source_address": A, "protocol": "tcp"},
             f"not dst host {B} and src host {A} and ip proto 6"),
        )
        for expression, fields, both in cases:
            with self.subTest(expression=expression):
                service = self.serve_traffic(traffic)
                result = self.session.tshark(service, "-f", expression, "-w", "out.pcapng",
                                             **fields)
                self.assertIsNone(result.message)
                self.assertEqual(result.code, 0, result.stderr)
                ours = pcapfile.parse((self.session.directory / "out.pcapng").read_bytes())
                self.check_same_packets(ours.keys(), self.tcpdump(unfiltered, both))
                self.assertGreater(len(ours.packets), 0)


class PushdownTest(FilterCase):
    def test_the_request_asks_for_what_the_filter_implies(self):
        cases = (
            (f"src host {A} and (tcp or udp) and dst port 53",
             {"source_address": A, "destination_port": 53}),
            (f"(src host {A} and tcp) or (src host {A} and udp)", {"source_address": A}),
            ("tcp port 80", {"protocol": 6}),
            (f"host {A} and tcp dst port 443", {"protocol": 6, "destination_port": 443}),
            (f"host {A}", None),
            ("not port 22", None),
            ("udp or icmp", None),
            ("udp and dst port domain", {"protocol": 17, "destination_port": 53}),
            ("tcp and dst port https", {"protocol": 6, "destination_port": 443}),
            ("ip proto ospf", {"protocol": 89}),
            ("tcp[tcpflags] & tcp-syn != 0", {"protocol": 6}),
            ("icmp[icmptype] = icmp-echo", {"protocol": 1}),
            (f"not (not src host {A} or not udp)", {"source_address": A, "protocol": 17}),
            (f"not src host {A}", None),
            ("ip[12:4] = 0xcb007107 and ip[9] = 17", {"source_address": A, "protocol": 17}),
            ("src net 203.0.113.0/24", {"source_address": "203.0.113.0/24"}),
            (f"ip6 src host {V6} and udp dst port 53",
             {"source_address": V6, "protocol": 17, "destination_port": 53}),
            (f"udp and src host {A} and src port 53 and dst host {B} and dst port 5353",
             {"protocol": 17, "source_address": A, "source_port": 53, "destination_address": B,
              "destination_port": 5353}),
            ("", None),
        )
        for expression, want in cases:
            with self.subTest(expression=expression):
                self.assertEqual(self.filter_of(expression), want)

    def test_the_strict_request_asks_for_no_more_than_is_documented(self):
        cases = (
            (f"src host {A} and udp", {"source_address": A, "protocol": 17}),
            ("ip and tcp", {"protocol": 6}),
            ("tcp", None),  # also in IPv6 behind a fragment header
            ("(tcp or udp) and dst port 53", {"destination_port": 53}),
            ("dst port 53", None),  # of SCTP too
            ("src net 203.0.113.0/24", None),
            (f"src host {V6}", None),
        )
        for expression, want in cases:
            with self.subTest(expression=expression):
                self.assertEqual(self.filter_of(expression, pushdown="strict"), want)

    def test_without_pushdown_the_request_has_the_dialog_s_fields_only(self):
        expression = f"src host {A} and udp and dst port 53"
        self.assertIsNone(self.filter_of(expression, pushdown="off"))
        self.assertEqual(self.filter_of(expression, pushdown="off", protocol="udp"),
                         {"protocol": 17})

    def test_the_dialog_s_fields_are_asked_for_beside_it(self):
        self.assertEqual(self.filter_of(f"dst host {B}", source_address=A),
                         {"source_address": A, "destination_address": B})
        self.assertEqual(self.filter_of("dst port 53", protocol="udp"),
                         {"protocol": 17, "destination_port": 53})
        self.assertEqual(self.filter_of(f"src host {A}", source_address="203.0.113.0/24"),
                         {"source_address": A})

    def test_contradictions_are_refused_before_any_request(self):
        self.check_before_any_request(f"src host {A} and src host {B}", "no packet|rejects all")
        self.check_before_any_request("tcp", "tcp", "no packet|rejects all", protocol="udp")
        self.check_before_any_request(f"src host {A}", "no packet|rejects all", source_address=B)
        self.check_before_any_request("dst port 53", "no packet|rejects all",
                                      destination_port="80")
        self.check_before_any_request("ip6", "no packet|rejects all", source_address=A)

    def test_a_host_name_is_refused_by_name_before_any_request(self):
        self.check_before_any_request("src host www.example.net and tcp", r"www\.example\.net")

    def test_a_host_name_is_looked_up_when_it_is_asked_for(self):
        asked = self.filter_of("src host localhost and ip and udp", resolve_names="yes")
        self.assertEqual(asked, {"source_address": "127.0.0.1", "protocol": 17})


class SaidTest(FilterCase):
    def test_the_file_says_what_was_filtered_where(self):
        traffic = self.make_traffic()
        expression = f"src host {A} and not port 22"
        result = self.run_filtered(self.serve_traffic(traffic), expression, protocol="udp")
        self.check_silent(result)
        said = [one for one in result.file.comments
                if one.startswith("Filter at Cloudflare (filter_v1): ")]
        self.assertEqual(len(said), 1)
        self.assertEqual(json.loads(said[0].partition(": ")[2]),
                         {"source_address": A, "protocol": 17})
        self.assertTrue(any(one.startswith("Filter here: ") and expression in one
                            for one in result.file.comments))
        self.assertIn(expression, result.file.interfaces[0].filter)

    def test_the_log_says_what_was_filtered_where(self):
        traffic = self.make_traffic()
        log = self.session.home / "log"
        expression = f"src host {A} and not port 22"
        self.check_silent(self.run_filtered(self.serve_traffic(traffic), expression, log_file=log,
                                            log_level="message"))
        lines = [one for one in log.read_text().splitlines() if f'"source_address":"{A}"' in one]
        self.assertEqual(len(lines), 1, log.read_text())
        self.assertIn(expression, log.read_text())

    def test_the_statistics_count_what_was_returned_and_what_passed(self):
        traffic = self.make_traffic()
        result = self.run_filtered(self.serve_traffic(traffic), f"src host {A} and not port 22")
        sent = sum(one[12:16] == packets.packed(A) for one in traffic.packets if one[0] >> 4 == 4)
        self.assertEqual(result.file.statistics[0].received, sent)
        self.assertEqual(result.file.statistics[0].accepted, len(result.file.packets))
        self.assertLess(len(result.file.packets), sent)


class StarvingTest(FilterCase):
    """The service stops at the packet limit, before the filter here has seen a packet."""

    def test_a_reached_limit_says_how_many_came_and_how_many_passed(self):
        traffic = self.make_traffic()
        result = self.run_filtered(self.serve_traffic(traffic), "not tcp", packet_limit="100")
        passed = len(result.file.packets)
        self.assertTrue(0 < passed < 100)
        self.check_failed(result, 0, r"\b100\b", rf"\b{passed}\b")

    def test_a_limit_that_was_not_reached_is_not_worth_a_word(self):
        traffic = self.make_traffic()
        self.check_silent(self.run_filtered(self.serve_traffic(traffic), "not tcp",
                                            packet_limit=str(PACKETS + 1)))

    def test_a_reached_limit_of_packets_that_all_passed_is_not_worth_a_word(self):
        traffic = self.make_traffic()
        for expression in ("ip or ip6", ""):
            result = self.run_filtered(self.serve_traffic(traffic), expression, packet_limit="100")
            self.check_silent(result)
            self.assertEqual(len(result.file.packets), 100)

    def test_a_reached_limit_of_packets_none_of_which_passed_is_told_as_a_failure(self):
        traffic = self.make_traffic()
        result = self.run_filtered(self.serve_traffic(traffic), "len > 60000", packet_limit="100")
        self.check_failed(result, 4, r"none of the 100\b")


class RefusalTest(FilterCase):
    """Nobody knows what filter_v1 takes. What comes of a capture filter is only an offer: it is
    taken back, and filtered here."""

    def test_what_the_service_refuses_of_a_pushed_filter_is_filtered_here(self):
        traffic = self.make_traffic()
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        port = "--refuse-port-without-protocol"
        address = "--refuse-address"
        cases = (
            ("src net 203.0.113.0/24 and not port 22", (address, "cidr")),
            (f"ip6 dst host {V6} and not tcp", (address, "ipv6")),
            (f"src net 2001:db8::/63 and dst host {V6}", (address, "both")),
            (f"src host {A} and (tcp or udp) and dst port 53", (port,)),
            ("src port 53", (port,)),
            ("src port 53 and dst port 80 and (tcp or udp)", (port,)),
            ("src net 203.0.113.0/24 and dst port 80", (address, "both", port)),
        )
        for expression, options in cases:
            with self.subTest(expression=expression, options=options):
                service = self.serve_traffic(traffic, *options)
                result = self.run_filtered(service, expression)
                self.check_silent(result)
                theirs = self.tcpdump(unfiltered, expression)
                self.assertGreater(len(theirs), 0)
                self.check_same_packets(result.file.keys(), theirs)
                self.assertEqual(service.requests("create")[0]["status"], 400)
                self.assertTrue(any("refused" in one for one in result.file.comments))

    def test_a_refused_field_and_a_filter_that_says_the_same_do_not_exclude_each_other(self):
        traffic = self.make_traffic()
        network = "2001:db8::/63"
        service = self.serve_traffic(traffic, "--refuse-address", "ipv6")
        result = self.run_filtered(service, f"src net {network}", source_address=network)
        self.check_silent(result)
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        self.check_same_packets(result.file.keys(), self.tcpdump(unfiltered, f"src net {network}"))


    def test_a_port_of_the_dialog_that_is_refused_is_filtered_here(self):
        traffic = self.make_traffic()
        service = self.serve_traffic(traffic, "--refuse-port-without-protocol")
        result = self.run_filtered(service, f"src host {A}", destination_port="53")
        self.check_silent(result)
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        theirs = self.tcpdump(unfiltered, f"src host {A} and dst port 53", "-O")
        self.check_same_packets(result.file.keys(), theirs)
        self.assertEqual(service.requests("create")[-1]["body"]["filter_v1"], {"source_address": A})

    def test_what_the_optimiser_of_libpcap_loses_is_not_lost(self):
        """libpcap 1.10.3 takes the first for a contradiction, and loses packets in the second."""
        traffic = self.make_traffic()
        unfiltered = packets.pcap(RAW, traffic.packets, SNAPLEN)
        service = self.serve_traffic(traffic)
        for expression in ("src net 2001:db8::/33 and src net 2001:db8::/33",
                           "net 2001:db8::/48 and src net 2001:db8::/48"):
            with self.subTest(expression=expression):
                result = self.run_filtered(service, expression)
                self.check_silent(result)
                theirs = self.tcpdump(unfiltered, expression, "-O")
                self.assertGreater(len(theirs), 0)
                self.check_same_packets(result.file.keys(), theirs)


class CheckTest(FilterCase):
    """Wireshark's question for each change of the filter box."""

    GREEN = ("host 203.0.113.7 and tcp dst port 443", "udp and port 53", "net 198.51.100.0/24",
             "icmp or icmp6", "not port 22", "tcp[tcpflags] & tcp-syn != 0",
             "ip6 host 2001:db8::1", "proto gre", "vlan 5 and udp", "")

    def ask(self, expression):
        """The quickest of three."""
        results = [self.session.call("--extcap-interface", INTERFACE, "--extcap-capture-filter",
                                     expression) for _ in range(3)]
        if not SANITIZED:
            self.assertLess(min(one.seconds for one in results), 0.1)
        self.assertEqual({one.code for one in results}, {0})
        self.assertEqual({one.stderr for one in results}, {""})
        return results[0].text

    def test_an_expression_is_green(self):
        for expression in self.GREEN:
            with self.subTest(expression=expression):
                self.assertEqual(self.ask(expression), "")

    def test_what_is_none_is_red_with_libpcap_s_words(self):
        cases = {
            "tcp port 80 and": "syntax error",
            "tcp.port == 80": "tcp.port",
            "port 70000": "illegal port number 70000 > 65535",
            "host 300.1.2.3": "invalid IPv4 address '300.1.2.3'",
            "net 203.0.113.7/24": 'non-network bits set in "203.0.113.7/24"',
            "tcp and udp": "no packet can pass",
        }
        for expression, words in cases.items():
            with self.subTest(expression=expression):
                self.assertIn(words, self.ask(expression))

    def test_a_host_name_is_red_without_a_query(self):
        self.assertIn("www.example.net", self.ask("host www.example.net"))
