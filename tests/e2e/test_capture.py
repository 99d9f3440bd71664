# SPDX-License-Identifier: GPL-2.0-or-later
"""From the interface to the packets: every one that the service sent, in order, unchanged."""

import datetime
import gzip
import re
import subprocess
import time

import harness
import pcapfile
from harness import ACCOUNT, INTERFACE

FORMATS = ("pcap", "pcap-ns", "pcap-be", "pcap-ns-be", "pcapng")
LINKTYPES = (1, 101, 228, 229, 239)
HAS_NANOSECONDS = ("pcap-ns", "pcap-ns-be", "pcapng")


class CaptureTest(harness.TestCase):
    def check_delivered(self, ours, service):
        """ours: a file. It holds what the service has for its newest capture."""
        theirs = pcapfile.parse(service.download())
        self.assertGreater(len(theirs.packets), 0)
        self.check_same_packets(ours.keys(), theirs.keys())
        self.assertEqual(ours.interfaces[0].linktype, theirs.interfaces[0].linktype)

    def read_file(self, name="out.pcapng"):
        return pcapfile.parse((self.session.directory / name).read_bytes())

    def check_captured(self, result):
        self.assertIsNone(result.message)
        self.assertEqual(result.code, 0, result.stderr)


class TsharkTest(CaptureTest):
    def test_a_capture_into_a_file_holds_every_packet_and_the_comments(self):
        service = self.session.serve("--polls", "1")
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.check_captured(result)
        self.assertIn("2000 packets captured", result.stderr)
        file = self.read_file()
        self.check_delivered(file, service)
        self.assertEqual(file.kind, "pcapng")
        self.assertLessEqual(file.section_length, 2048)
        self.assertTrue(any("sample capture" in comment for comment in file.comments))

    def test_capinfos_agrees_and_shows_the_comments(self):
        service = self.session.serve("--packets", "700")
        self.check_captured(self.session.tshark(service, "-w", "out.pcapng"))
        shown = subprocess.run(
            ["capinfos", "-M", self.session.directory / "out.pcapng"],
            capture_output=True, text=True, check=True, env=self.session.environment(),
        ).stdout
        self.assertRegex(shown, r"Number of packets: +700\n")
        self.assertRegex(shown, r"Strict time order: +True")
        self.assertRegex(shown, r"Capture application: cloudflare-pcap \d")
        for comment in self.read_file().comments:
            self.assertIn(f"Capture comment:     {comment}\n", shown)

    def test_a_live_capture_shows_every_packet(self):
        service = self.session.serve("--packets", "300", "--format", "pcap-ns")
        result = self.session.tshark(
            service, "-l", "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch",
            "-e", "frame.cap_len", "-e", "frame.len",
        )
        self.check_captured(result)
        want = [
            f"{number}\t{packet.time // 10**9}.{packet.time % 10**9:09}\t{len(packet.data)}\t"
            f"{packet.length}"
            for number, packet in enumerate(pcapfile.parse(service.download()).packets, 1)
        ]
        self.assertEqual(result.text.splitlines(), want)

    def test_a_capture_as_classic_pcap_holds_every_packet(self):
        service = self.session.serve()
        result = self.session.tshark(service, "-w", "out.pcapng", format="pcap")
        self.check_captured(result)
        self.check_delivered(self.read_file(), service)

    def test_tshark_takes_every_format_of_the_service(self):
        def capture(item):
            number, (form, linktype) = item
            service = self.session.serve(
                "--format", form, "--linktype", linktype, "--packets", "150",
            )
            name = f"{number}.pcapng"
            return service, name, self.session.tshark(service, "-w", name)

        cases = list(enumerate(zip(FORMATS, LINKTYPES)))
        for service, name, result in harness.in_parallel(capture, cases, 2):
            with self.subTest(name=name):
                self.check_captured(result)
                self.check_delivered(self.read_file(name), service)

    def test_a_capture_beside_another_plugin_s_holds_the_packets_of_both(self):
        self.capture_two("randpkt", 1000)

    def test_a_capture_beside_a_network_interface_holds_the_packets_of_both(self):
        probe = subprocess.run(["dumpcap", "-i", "lo", "-L"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("this user may not capture on lo")
        service = self.session.serve("--packets", "100", "--polls", "0")
        process = self.session.start_tshark(
            service, "-w", "out.pcapng", "-a", "duration:3", interfaces=("lo", INTERFACE)
        )
        # Something that can be seen on lo: this test's own requests.
        while process.poll() is None:
            service.get(f"/accounts/{ACCOUNT}/pcaps")
            time.sleep(0.1)
        file = self.read_file()
        names = [one.name for one in file.interfaces]
        ours = [p.key() for p in file.packets if names[p.interface] == INTERFACE]
        self.check_same_packets(ours, pcapfile.parse(service.download()).keys())
        self.assertIn("lo", [names[p.interface] for p in file.packets])

    def capture_two(self, other, count):
        service = self.session.serve("--packets", "500")
        result = self.session.tshark(service, "-w", "out.pcapng", interfaces=(other, INTERFACE))
        self.check_captured(result)
        file = self.read_file()
        ours = [i for i, one in enumerate(file.interfaces) if one.name == INTERFACE]
        self.assertEqual(len(ours), 1)
        mine = [p.key() for p in file.packets if p.interface == ours[0]]
        self.check_same_packets(mine, pcapfile.parse(service.download()).keys())
        # The other plugin is heard as well. Not to the last packet: that is between it and dumpcap,
        # which has lost its very last one on a loaded machine.
        self.assertGreaterEqual(len(file.packets) - len(mine), count - 1)


class FormatTest(CaptureTest):
    def test_every_format_and_link_type_comes_through_in_both_output_formats(self):
        def capture(case):
            form, linktype, output = case
            service = self.session.serve(
                "--format", form, "--linktype", linktype, "--packets", "120",
            )
            return service, self.session.run(service, format=output)

        cases = [(f, n, o) for f in FORMATS for n in LINKTYPES for o in ("pcapng", "pcap")]
        for case, (service, result) in zip(cases, harness.in_parallel(capture, cases, 2)):
            with self.subTest(case=case):
                self.check_silent(result)
                self.check_delivered(result.file, service)
                kind = result.file.kind
                want = "pcap-ns" if case[0] in HAS_NANOSECONDS else "pcap"
                self.assertEqual(kind, "pcapng" if case[2] == "pcapng" else want)

    def test_snapped_and_whole_packets_keep_both_lengths(self):
        for snaplen in ("0", "40", "65535"):
            service = self.session.serve("--snaplen", snaplen, "--packets", "200")
            result = self.session.run(service)
            self.check_silent(result)
            self.check_delivered(result.file, service)
            self.assertEqual(result.file.interfaces[0].snaplen,
                             pcapfile.parse(service.download()).interfaces[0].snaplen)

    def test_a_gzip_body_is_unpacked(self):
        for where in ("body", "encoding"):
            for form in ("pcap", "pcapng"):
                service = self.session.serve("--gzip", where, "--format", form)
                result = self.session.run(service)
                self.check_silent(result)
                theirs = pcapfile.parse(gzip.decompress(service.download()))
                self.check_same_packets(result.file.keys(), theirs.keys())

    def test_a_chunked_body_without_a_length_comes_through(self):
        for more in ((), ("--gzip", "body")):
            service = self.session.serve("--chunked", *more)
            result = self.session.run(service)
            self.check_silent(result)
            data = service.download()
            theirs = pcapfile.parse(gzip.decompress(data) if more else data)
            self.check_same_packets(result.file.keys(), theirs.keys())

    def test_output_through_a_pipe_can_be_read_by_tshark(self):
        service = self.session.serve("--packets", "250")
        command = [harness.PLUGIN, "--capture", "--extcap-interface", INTERFACE, "--fifo", "-",
                   "--account-id", ACCOUNT, "--api-url", service.url]
        environment = self.session.environment()
        plugin = harness.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment)
        self.addCleanup(harness.end, plugin)
        reader = subprocess.run(
            [harness.tshark_path(), "-r", "-", "-T", "fields", "-e", "frame.time_epoch"],
            stdin=plugin.stdout, capture_output=True, timeout=60, check=True, env=environment,
        )
        self.assertEqual(plugin.wait(10), 0)
        self.assertEqual(plugin.stderr.read(), b"")
        theirs = pcapfile.parse(service.download())
        want = [f"{p.time // 10**9}.{p.time % 10**9:09}" for p in theirs.packets]
        self.assertEqual(reader.stdout.decode().split(), want)

    def test_output_into_a_plain_file_is_private_and_complete(self):
        service = self.session.serve("--packets", "250")
        path = self.session.directory / "plain.pcapng"
        result = self.session.call("--capture", "--extcap-interface", INTERFACE, "--fifo",
                                   str(path), "--account-id", ACCOUNT, "--api-url", service.url)
        self.check_silent(result)
        self.check_delivered(pcapfile.parse(path.read_bytes()), service)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)


class MetadataTest(CaptureTest):
    def setUp(self):
        super().setUp()
        self.service = self.session.serve("--packets", "400")
        self.result = self.session.run(
            self.service, protocol="udp", destination_address="203.0.113.7", time_limit="120",
            packet_limit="50",
        )
        self.check_silent(self.result)
        self.file = self.result.file
        self.capture = self.service.captures()[0]

    def test_the_section_says_what_was_captured(self):
        text = "\n".join(self.file.comments)
        self.assertIn(self.capture["id"], text)
        self.assertRegex(text, "(?i)sample capture")
        self.assertRegex(text, r"account ending in cdef\b")
        self.assertRegex(text, r"120 s.*50 packets")
        self.assertIn('"destination_address":"203.0.113.7"', text)
        self.assertIn('"protocol":17', text)
        self.assertRegex(self.file.application, r"^cloudflare-pcap \d+\.\d+\.\d+$")
        self.assertLessEqual(self.file.section_length, 2048)

    def test_the_whole_account_id_is_nowhere_in_the_file(self):
        self.assertNotIn(ACCOUNT.encode(), self.result.output)
        self.assertNotIn(ACCOUNT[:28].encode(), self.result.output)

    def test_the_time_window_is_the_time_limit_before_the_submission(self):
        found = re.search(r"Time window: (\S+) to (\S+)", "\n".join(self.file.comments))
        start, stop = (harness.moment(one) for one in found.groups())
        submitted = harness.moment(self.capture["submitted"])
        self.assertEqual((stop - start).total_seconds(), 120)
        self.assertLess(abs((stop - submitted).total_seconds()), 0.001)
        for packet in self.file.packets:
            self.assertTrue(start.timestamp() <= packet.time / 1e9 <= stop.timestamp())

    def test_the_interface_has_a_name_a_description_and_the_filter(self):
        interface = self.file.interfaces[0]
        self.assertEqual(interface.name, INTERFACE)
        self.assertIn(self.capture["id"], interface.description)
        self.assertIn("dst host 203.0.113.7", interface.filter)
        self.assertIn("17", interface.filter)

    def test_the_statistics_count_the_packets_of_the_window(self):
        self.assertEqual(len(self.file.statistics), 1)
        statistics = self.file.statistics[0]
        self.assertEqual(statistics.received, len(self.file.packets))
        self.assertEqual(statistics.accepted, len(self.file.packets))
        self.assertEqual(statistics.end - statistics.start, 120 * 10**9)
        self.assertEqual(self.file.blocks[-1], pcapfile.STATISTICS)

    def test_a_capture_filter_is_named_and_counted(self):
        result = self.session.run(self.service, "--extcap-capture-filter", "tcp port 80")
        self.check_silent(result)
        file = result.file
        self.assertIn("tcp port 80", file.interfaces[0].filter)
        self.assertTrue(any("tcp port 80" in comment for comment in file.comments))
        theirs = pcapfile.parse(self.service.download())
        self.assertEqual(file.statistics[0].received, len(theirs.packets))
        self.assertEqual(file.statistics[0].accepted, len(file.packets))
        self.assertLess(len(file.packets), len(theirs.packets))

    def test_comments_that_would_not_fit_leave_the_section_under_2048_bytes(self):
        long_filter = " or ".join(f"(tcp port {n} and not host 192.0.2.{n})" for n in range(1, 99))
        result = self.session.run(self.service, "--extcap-capture-filter", f"{long_filter} or udp")
        self.check_silent(result)
        self.assertLessEqual(result.file.section_length, 2048)
        self.assertGreater(len(result.file.packets), 0)


class LifeCycleTest(CaptureTest):
    def test_success_at_once_needs_no_poll_and_one_connection(self):
        service = self.session.serve("--create-status", "success")
        self.check_silent(self.session.run(service))
        self.assertEqual(service.routes(), ["create", "download"])
        self.assertEqual({one["connection"] for one in service.requests()}, {1})

    def test_success_after_polls_uses_one_connection(self):
        service = self.session.serve("--polls", "3")
        result = self.session.run(service)
        self.check_silent(result)
        self.assertEqual(service.routes(), ["create"] + ["get"] * 4 + ["download"])
        self.assertEqual({one["connection"] for one in service.requests()}, {1})
        self.check_delivered(result.file, service)

    def test_the_word_complete_is_an_end_too(self):
        service = self.session.serve("--final-status", "complete")
        result = self.session.run(service)
        self.check_silent(result)
        self.check_delivered(result.file, service)

    def test_unknown_status_words_are_waited_through(self):
        words = ("warming_up", "Almost There")
        faults = [f"GET get#{n}: status-text={word}" for n, word in enumerate(words, 1)]
        service = self.session.serve("--polls", "0", faults=faults)
        result = self.session.run(service)
        self.check_silent(result)
        self.assertEqual(service.routes().count("get"), 3)
        self.check_delivered(result.file, service)

    def test_status_words_in_capitals_are_understood(self):
        service = self.session.serve("--polls", "0", faults=["GET get: status-text=SUCCESS"])
        self.check_silent(self.session.run(service))

    def test_the_packet_limit_is_asked_for_and_kept(self):
        service = self.session.serve()
        result = self.session.run(service, packet_limit="25", time_limit="300")
        self.check_silent(result)
        body = service.requests("create")[0]["body"]
        self.assertEqual(body, {"type": "simple", "system": "magic-transit", "time_limit": 300,
                                "packet_limit": 25})
        self.assertEqual(len(result.file.packets), 25)

    def test_an_untrustworthy_clock_of_the_service_does_not_matter(self):
        for skew in ("-86000", "86000"):
            service = self.session.serve("--clock-skew", skew)
            result = self.session.run(service)
            self.check_silent(result)
            self.check_delivered(result.file, service)

    def test_by_default_the_last_minute_and_ten_thousand_packets_are_asked_for(self):
        service = self.session.serve()
        self.check_silent(self.session.run(service))
        self.assertEqual(
            service.requests("create")[0]["body"],
            {"type": "simple", "system": "magic-transit", "time_limit": 60, "packet_limit": 10000},
        )


class FilterTest(CaptureTest):
    def filter_of(self, **options):
        service = self.session.serve("--empty", "header")
        self.session.run(service, **options)
        return service.requests("create")[0]["body"].get("filter_v1")

    def test_filter_options_arrive_exactly(self):
        cases = (
            ({"source_address": "192.0.2.7"}, {"source_address": "192.0.2.7"}),
            ({"destination_address": "203.0.113.0/24"}, {"destination_address": "203.0.113.0/24"}),
            ({"source_address": "2001:DB8:0:0::1"}, {"source_address": "2001:db8::1"}),
            ({"destination_address": "2001:db8::/32"}, {"destination_address": "2001:db8::/32"}),
            ({"source_port": "1"}, {"source_port": 1}),
            ({"destination_port": "65535"}, {"destination_port": 65535}),
            ({"protocol": "udp"}, {"protocol": 17}),
            ({"protocol": "GRE"}, {"protocol": 47}),
            ({"protocol": "0"}, {"protocol": 0}),
            ({"protocol": "255"}, {"protocol": 255}),
            ({"source_address": "192.0.2.7", "source_port": "53", "protocol": "17",
              "destination_address": "203.0.113.80", "destination_port": "5353"},
             {"source_address": "192.0.2.7", "source_port": 53, "protocol": 17,
              "destination_address": "203.0.113.80", "destination_port": 5353}),
        )
        for options, want in cases:
            with self.subTest(options=options):
                self.assertEqual(self.filter_of(**options), want)

    def test_tshark_passes_the_filter_options(self):
        service = self.session.serve()
        result = self.session.tshark(service, "-w", "out.pcapng", protocol="tcp",
                                     destination_port="80")
        self.check_captured(result)
        self.assertEqual(service.requests("create")[0]["body"]["filter_v1"],
                         {"protocol": 6, "destination_port": 80})
        self.check_delivered(self.read_file(), service)

    def test_addresses_that_the_service_refuses_are_filtered_here(self):
        cases = (
            ("cidr", {"source_address": "192.0.2.0/24"}, "src net 192.0.2.0/24"),
            ("ipv6", {"destination_address": "2001:db8::/32", "protocol": "tcp"},
             "dst net 2001:db8::/32 and (ip proto 6 or ip6 proto 6)"),
            ("both", {"destination_address": "203.0.113.0/25", "source_address": "192.0.2.0/25"},
             "src net 192.0.2.0/25 and dst net 203.0.113.0/25"),
        )
        for refused, options, expression in cases:
            with self.subTest(refused=refused):
                service = self.session.serve("--refuse-address", refused)
                result = self.session.run(service, **options)
                self.check_silent(result)
                self.assertEqual([one["status"] for one in service.requests("create")], [400, 200])
                self.check_filtered(result.file, service, expression)
                self.assertTrue(any("refused" in one for one in result.file.comments))

    def check_filtered(self, file, service, expression):
        """Against tcpdump's own opinion of the service's file."""
        theirs = pcapfile.parse(service.download())
        self.check_same_packets(file.keys(), self.tcpdump(service.download(), expression))
        self.assertTrue(0 < len(file.packets) < len(theirs.packets))

    def test_a_capture_filter_leaves_what_tcpdump_would_leave(self):
        cases = (
            ("101", "tcp port 80"),
            ("101", "ip6"),
            ("101", "icmp or (udp and not port 53)"),
            ("1", "src net 192.0.2.0/24 and tcp[tcpflags] & tcp-syn != 0"),
            ("1", "ether[0] = 0 and greater 100"),
            ("101", "ip proto 47"),
        )
        for linktype, expression in cases:
            with self.subTest(expression=expression):
                service = self.session.serve("--linktype", linktype)
                result = self.session.run(service, "--extcap-capture-filter", expression,
                                          "--pushdown", "off")
                self.check_silent(result)
                self.check_filtered(result.file, service, expression)

    def test_a_link_type_that_libpcap_cannot_filter_is_delivered_and_said(self):
        """The window is past: it can't be captured again later."""
        service = self.session.serve("--linktype", "239", "--packets", "50")
        result = self.session.run(service, "--extcap-capture-filter", "tcp port 80",
                                  "--pushdown", "off")
        self.check_failed(result, 3, "tcp port 80", "link type 239", "50 packets", "unfiltered",
                          "display filter")
        self.check_same_packets(result.file.keys(), pcapfile.parse(service.download()).keys())

    def test_a_filter_that_no_packet_of_the_link_type_can_pass_leaves_none(self):
        service = self.session.serve("--linktype", "229", "--packets", "50")
        result = self.session.run(service, "--extcap-capture-filter", "ip")
        self.check_failed(result, 4, "none of the 50 packets")
        self.assertEqual(len(result.file.packets), 0)

    def test_tshark_s_capture_filter_is_applied(self):
        service = self.session.serve()
        result = self.session.tshark(service, "-f", "udp port 53", "-w", "out.pcapng")
        self.check_captured(result)
        self.check_filtered(self.read_file(), service, "udp port 53")


class StartTest(CaptureTest):
    # Behind UTC; the POSIX form needs no time zone data.
    ZONE = "NST3:30"
    ZONES = {"UTC": 0, ZONE: -3.5}

    def offset_of(self, start, zone="UTC"):
        """Seconds before now that the request asks for; None when it asks for now."""
        service = self.session.serve()
        service.may_violate = True  # a refusal is told below, by its message
        result = self.session.run(service, start=start, environment={"TZ": zone})
        self.check_silent(result)
        body = service.requests("create")[0]["body"]
        if "offset_time" not in body:
            return None
        self.assertRegex(body["offset_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.check_window(result.file, body["offset_time"])
        return time.time() - harness.moment(body["offset_time"]).timestamp()

    def check_window(self, file, offset_time):
        comments = "\n".join(file.comments)
        self.assertIn(f"to {offset_time} (60 s)", comments)
        stop = harness.moment(offset_time).timestamp()
        for packet in file.packets:
            self.assertTrue(stop - 60 <= packet.time / 1e9 <= stop)

    def test_now_asks_for_no_offset(self):
        self.assertIsNone(self.offset_of("now"))
        self.assertIsNone(self.offset_of("0s"))

    def test_ages_look_back(self):
        for text, seconds in (("90s", 90), ("15m", 900), ("2h30m", 9000), ("23h59m", 86340)):
            self.assertAlmostEqual(self.offset_of(text), seconds, delta=10)

    def test_the_full_day_back_that_the_dialog_promises_is_not_refused_for_milliseconds(self):
        for text in ("24h", "1d"):
            with self.subTest(text=text):
                self.assertAlmostEqual(self.offset_of(text), 86400, delta=60)

    def test_times_of_the_day_are_local_and_past(self):
        for zone in self.ZONES:
            for ago in (3600, 80000):
                moment = self.local(ago, zone)
                self.assertAlmostEqual(self.offset_of(moment.strftime("%H:%M:%S"), zone), ago,
                                       delta=10)
                self.assertAlmostEqual(self.offset_of(moment.strftime("%H:%M"), zone), ago,
                                       delta=70)

    def test_dates_without_a_zone_are_local(self):
        for zone in self.ZONES:
            moment = self.local(3600, zone)
            for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
                self.assertAlmostEqual(self.offset_of(moment.strftime(form), zone), 3600, delta=10)

    def test_rfc_3339_with_any_zone_is_that_moment(self):
        moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=7200)
        east = moment.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
        for text in (moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                     moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                     east.isoformat(timespec="seconds")):
            self.assertAlmostEqual(self.offset_of(text, self.ZONE), 7200, delta=10)

    @staticmethod
    def local(ago, zone):
        offset = datetime.timezone(datetime.timedelta(hours=StartTest.ZONES[zone]))
        return datetime.datetime.fromtimestamp(time.time() - ago, offset)
