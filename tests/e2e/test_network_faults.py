# SPDX-License-Identifier: GPL-2.0-or-later
"""The network and the service at their worst: nothing is lost, repeated or invented."""

import datetime
import time

import harness
import listener
import pcapfile

# Exit statuses of the man page.
FAILED, INCOMPLETE = 1, 3


def moment(line):
    """When a request came, in seconds."""
    return harness.moment(line["time"]).timestamp()


class CreateTest(harness.TestCase):
    def test_a_lost_answer_creates_no_second_capture(self):

        def run(fault):
            service = self.session.serve("--polls", "1", faults=[f"POST create#1: {fault}"])
            return service, self.session.run(service, protocol="tcp", start="5m")

        faults = ("lose-answer", "html,status=200", "malformed-json", "empty-body")
        for fault, (service, result) in zip(faults, harness.in_parallel(run, faults)):
            with self.subTest(fault=fault):
                self.check_silent(result)
                self.assertEqual(len(service.requests("create")), 1)
                self.assertEqual(len(service.captures()), 1)
                theirs = pcapfile.parse(service.download())
                self.check_same_packets(result.file.keys(), theirs.keys())

    def test_a_newer_capture_of_somebody_else_is_not_taken_for_ours(self):
        for other in ({"time_limit": 61}, {"filter_v1": {"protocol": 17}},
                      {"filter_v1": {"protocol": 6, "destination_port": 443}}):
            with self.subTest(other=other):
                service = self.session.serve(
                    faults=["POST create#1: lose-answer", "GET list#1: status=502,html"])
                capture = self.session.capture(service, protocol="tcp")
                harness.wait_until(lambda s=service: s.requests("list"))
                service.create(**{"filter_v1": {"protocol": 6}, **other})
                result = capture.finish()
                self.check_silent(result)
                ours = service.captures()[1]
                self.assertEqual(ours["filter_v1"], {"protocol": 6})
                self.assertIn(ours["id"], result.file.comments[0])

    def test_an_older_capture_with_the_same_parameters_is_not_taken_for_ours(self):
        service = self.session.serve(faults=["POST create#2: status=503,code=1,message=Boom"])
        relay = listener.Relay(service, make_older)
        self.addCleanup(relay.close)
        older = service.create()
        result = self.session.run(service, api_url=relay.url)
        self.check_silent(result)
        self.assertEqual(len(service.captures()), 2)
        self.assertNotIn(older["id"], result.file.comments[0])

    def test_a_lost_answer_is_found_among_other_captures(self):
        service = self.session.serve("--polls", "1", faults=["POST create#4: lose-answer"])
        for options in ({"time_limit": "30"}, {"protocol": "udp"}, {"start": "1h"}):
            self.check_silent(self.session.run(service, **options))
        result = self.session.run(service)
        self.check_silent(result)
        newest = service.captures()[0]
        self.assertEqual(newest["time_limit"], 60)
        self.assertIn(newest["id"], result.file.comments[0])
        self.assertEqual(len(service.captures()), 4)

    def test_a_request_that_never_arrived_is_made_again(self):
        service = self.session.serve(faults=["POST create#1: status=503,code=1,message=Boom"])
        self.check_silent(self.session.run(service))
        self.assertEqual([one["status"] for one in service.requests("create")], [503, 200])
        self.assertEqual(len(service.captures()), 1)

    def test_a_lost_answer_is_found_although_the_list_fails_first(self):
        service = self.session.serve(
            faults=["POST create#1: lose-answer", "GET list#1: status=502,html"])
        self.check_silent(self.session.run(service))
        self.assertEqual(len(service.requests("create")), 1)

    def test_a_lost_answer_is_found_whatever_the_clocks_say(self):
        for skew in ("-40000", "40000"):
            service = self.session.serve("--clock-skew", skew,
                                         faults=["POST create#1: lose-answer"])
            self.check_silent(self.session.run(service))
            self.assertEqual(len(service.captures()), 1)


def make_older(method, path, envelope):
    """The list shows everything ten seconds older than it is."""
    if method == "GET" and path.endswith("/pcaps"):
        for capture in envelope["result"]:
            moved = moment({"time": capture["submitted"]}) - 10
            capture["submitted"] = datetime.datetime.fromtimestamp(
                moved, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class PollTest(harness.TestCase):
    def test_failing_polls_are_tried_again(self):

        def run(fault):
            service = self.session.serve("--polls", "0", faults=[f"GET get#1: {fault}"])
            return service, self.session.run(service)

        faults = ("status=503,code=1,message=Boom", "status=502,html", "lose-answer",
                  "reset-after=20", "status=429,retry-after=1", "status=404,code=19004")
        for fault, (service, result) in zip(faults, harness.in_parallel(run, faults)):
            with self.subTest(fault=fault):
                self.check_silent(result)
                self.assertEqual(service.routes().count("get"), 2)

    def test_retry_after_is_honoured(self):
        faults = ["GET get#1: status=503,retry-after=1", "GET download#1: status=429,retry-after=1"]
        service = self.session.serve("--polls", "0", faults=faults)
        self.check_silent(self.session.run(service))
        for route in ("get", "download"):
            first, second = service.requests(route)
            # Without it the second try comes after half a second at most.
            self.assertGreaterEqual(moment(second) - moment(first), 1)
            self.assertLess(moment(second) - moment(first), 2.5)

    def test_polls_come_quickly_at_first_and_less_often_later(self):
        service = self.session.serve("--polls", "3")
        self.check_silent(self.session.run(service))
        times = [moment(one) for one in service.requests("get")]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertLess(times[0] - moment(service.requests("create")[0]), 0.6)
        self.assertEqual(gaps, sorted(gaps))
        self.assertGreater(gaps[-1], 1.3 * gaps[0])


class ResumeTest(harness.TestCase):
    """A download that breaks goes on where it broke."""

    def check_recovered(self, *faults, options=(), requests=2):
        service = self.session.serve("--packets", "500", *options, faults=faults)
        result = self.session.run(service)
        self.check_silent(result)
        self.assertEqual(len(service.requests("download")), requests)
        theirs = pcapfile.parse(service.download())
        self.check_same_packets(result.file.keys(), theirs.keys())
        self.assertEqual(len(result.file.packets), 500)
        return service

    def positions(self, form):
        """One of every kind: in the file's header, in a record's header, in its data, between."""
        if form == "pcapng":
            return (0, 1, 27, 28, 40, 59, 60, 64, 75, 88, 100, 20001, 20002, 20003)
        # Records of the generated traffic: 24 bytes of file header, 16 of record header each.
        return (0, 1, 3, 4, 23, 24, 25, 39, 40, 41, 99, 20000, 20001, 40007)

    def test_a_broken_download_goes_on_by_range_wherever_it_broke(self):
        cases = [
            (form, how, at)
            for form in ("pcap", "pcapng")
            for how in ("reset", "close")
            for at in self.positions(form)
        ]

        def run(case):
            form, how, at = case
            service = self.check_recovered(
                f"GET download#1: {how}-after={at}", options=("--format", form))
            return at, service.requests("download")[1]["headers"]

        for at, headers in harness.in_parallel(run, cases, 12):
            if at > 0:
                self.assertEqual(headers.get("Range"), f"bytes={at}-")
                self.assertRegex(headers.get("If-Range", ""), '^"')

    def test_without_ranges_the_known_part_is_skipped(self):
        cases = [(how, at) for how in ("reset", "close") for at in self.positions("pcap")]

        def run(case):
            how, at = case
            self.check_recovered(f"GET download#1: {how}-after={at}", options=("--no-range",))

        harness.in_parallel(run, cases, 12)

    def test_several_breaks_in_a_row_are_survived(self):
        faults = [f"GET download#{n}: reset-after={n * 3001}" for n in range(1, 5)]
        for options in ((), ("--no-range",)):
            self.check_recovered(*faults, options=options, requests=5)

    def test_a_server_error_in_the_middle_of_resuming_is_survived(self):
        self.check_recovered("GET download#1: reset-after=5000",
                             "GET download#2: status=503,code=1,message=Boom", requests=3)

    def test_a_compressed_download_goes_on_where_it_broke(self):
        service = self.session.serve("--gzip", "body",
                                     faults=["GET download#1: reset-after=30000"])
        result = self.session.run(service)
        self.check_silent(result)
        self.assertEqual(service.requests("download")[1]["headers"]["Range"], "bytes=30000-")
        self.assertEqual(len(result.file.packets), 2000)

    def test_a_chunked_download_that_is_cut_goes_on(self):
        self.check_recovered("GET download#1: close-after=9999", options=("--chunked",))

    def test_a_file_whose_etag_changed_but_not_its_bytes_goes_on(self):
        self.check_recovered("GET download#1: reset-after=9999", "GET download#2: change-etag")

    def test_a_download_that_breaks_at_the_very_end_is_complete(self):
        service = self.session.serve("--packets", "300")
        self.check_silent(self.session.run(service))
        length = service.requests("download")[0]["bytes"]
        for how in ("reset", "close"):
            service = self.session.serve(
                "--packets", "300", "--chunked",
                faults=[f"GET download#1: {how}-after={length}"])
            result = self.session.run(service)
            self.check_silent(result)
            self.assertEqual(len(result.file.packets), 300)

    def test_tshark_gets_every_packet_of_a_broken_download(self):
        service = self.session.serve(faults=["GET download#1: reset-after=100001"])
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.assertIsNone(result.message)
        file = pcapfile.parse((self.session.directory / "out.pcapng").read_bytes())
        self.check_same_packets(file.keys(), pcapfile.parse(service.download()).keys())


class ChangedTest(harness.TestCase):
    """What was delivered and what comes now do not belong together: that is told."""

    def check_changed(self, *faults, options=()):
        service = self.session.serve(*options, faults=["GET download#1: reset-after=30000",
                                                       *faults])
        result = self.session.run(service)
        self.check_failed(result, INCOMPLETE, "not the same any more", "again")
        theirs = pcapfile.parse(service.download()).keys()
        ours = result.file.keys()
        self.assertGreater(len(ours), 0)
        self.assertEqual(ours, theirs[: len(ours)])
        self.assertRegex(result.stderr, f"incomplete, {len(ours)} packets")

    def test_other_bytes_in_the_part_that_is_known_are_noticed(self):
        self.check_changed("GET download#2: corrupt=100", options=("--no-range",))
        self.check_changed("GET download#2: corrupt=29990", options=("--no-range",))
        self.check_changed("GET download#2: change-etag,corrupt=5000")

    def test_another_length_is_noticed(self):
        self.check_changed("GET download#2: truncate=1000", options=("--no-range",))
        self.check_changed("GET download#2: change-etag,truncate=190000")


class DamageTest(harness.TestCase):
    """Good packets are delivered, then the message comes and the exit status says it."""

    def check_damaged(self, good, *parts, faults=(), options=(), code=INCOMPLETE):
        service = self.session.serve(*options, faults=faults)
        result = self.session.run(service)
        self.check_failed(result, code, *parts)
        theirs = pcapfile.parse(self.undamaged(service))
        self.check_same_packets(result.file.keys(), theirs.keys()[:good])
        if good:
            self.assertIn(f"{good} packets were delivered", result.stderr)
            self.assertEqual(result.file.statistics[0].received, good)

    @staticmethod
    def undamaged(service):
        """Faults are for the first download only."""
        return service.download()

    def setUp(self):
        super().setUp()
        service = self.session.serve()
        self.check_silent(self.session.run(service))
        self.offsets = pcapfile.record_offsets(service.download())

    def test_a_truncated_file(self):
        end = self.offsets[-1]
        # The last packet's last byte, its data, its header; many packets.
        for cut, good in ((1, 1999), (end - self.offsets[-2] - 16, 1999),
                          (end - self.offsets[-2] - 1, 1999),
                          (end - self.offsets[1200] - 20, 1200)):
            self.check_damaged(good, "incomplete", "ends in the middle", "again",
                               faults=[f"GET download#1: truncate={cut}"])

    def test_a_file_cut_between_packets_is_complete_for_all_one_can_know(self):
        cut = self.offsets[-1] - self.offsets[700]
        service = self.session.serve(faults=[f"GET download#1: truncate={cut}"])
        result = self.session.run(service)
        self.check_silent(result)
        self.assertEqual(len(result.file.packets), 700)

    def test_a_content_length_that_promises_too_little(self):
        self.check_damaged(1999, "ends in the middle",
                           faults=["GET download#1: content-length=-5"])

    def test_a_content_length_that_promises_too_much_loses_nothing(self):
        """The rest is asked for, and there is none."""
        service = self.session.serve(faults=["GET download#1: content-length=+500"])
        result = self.session.run(service)
        self.check_silent(result)
        self.check_same_packets(result.file.keys(), pcapfile.parse(service.download()).keys())
        self.assertEqual(service.requests("download")[1]["status"], 416)

    def test_a_corrupt_record(self):
        # The captured length of a record stands 8 bytes behind its start.
        for number in (0, 1, 1500):
            self.check_damaged(number, "damaged at byte", "again",
                               faults=[f"GET download#1: corrupt={self.offsets[number] + 8}"],
                               code=INCOMPLETE if number else FAILED)

    def test_a_corrupt_record_of_pcapng(self):
        service = self.session.serve("--format", "pcapng",
                                     faults=["GET download#1: corrupt=30000"])
        result = self.session.run(service)
        theirs = pcapfile.parse(service.download()).keys()
        ours = result.file.keys()
        # Which field was hit depends on the traffic: only data may go unnoticed.
        if result.code == 0:
            self.assertEqual([one[:2] for one in ours], [one[:2] for one in theirs])
        else:
            self.check_failed(result, INCOMPLETE, "damaged|ends in the middle")
            self.assertEqual(ours, theirs[: len(ours)])
            self.assertGreater(len(ours), 50)

    def test_a_corrupt_gzip_body(self):
        service = self.session.serve("--gzip", "body",
                                     faults=["GET download#1: corrupt=40000"])
        result = self.session.run(service)
        self.check_failed(result, INCOMPLETE, "damaged|capture", "again")
        self.assertGreater(len(result.file.packets), 50)

    def test_a_corrupt_file_header(self):
        for at in (0, 4, 20):
            self.check_damaged(0, ".", faults=[f"GET download#1: corrupt={at}"], code=FAILED)

    def test_tshark_shows_the_message_and_the_good_packets(self):
        service = self.session.serve(
            faults=[f"GET download#1: corrupt={self.offsets[1500] + 8}"])
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.check_line(result.message, "incomplete, 1500 packets", "damaged", "again")
        file = pcapfile.parse((self.session.directory / "out.pcapng").read_bytes())
        self.assertEqual(len(file.packets), 1500)

    def test_a_break_that_cannot_be_mended_delivers_what_came(self):
        faults = ["GET download#1: reset-after=30000",
                  "GET download#2-99: status=404,code=19004,message=The file is gone"]
        service = self.session.serve(faults=faults)
        result = self.session.run(service)
        good = sum(1 for offset in self.offsets if 24 < offset <= 30000)
        self.check_failed(result, INCOMPLETE, f"incomplete, {good} packets", "The file is gone")
        self.assertEqual(len(result.file.packets), good)


class SlowTest(harness.TestCase):
    def test_packets_are_seen_while_the_download_still_runs(self):
        service = self.session.serve("--packets", "300", faults=["GET download: slow=12000"])
        process = self.session.start_tshark(
            service, "-l", "-T", "fields", "-e", "frame.number", "-e", "frame.cap_len")
        first = process.stdout.readline()
        begun = time.monotonic()
        rest = process.stdout.read()
        took = time.monotonic() - begun
        self.assertEqual(process.wait(10), 0)
        self.assertRegex(first, rb"^1\t")
        self.assertEqual(len(rest.splitlines()), 299)
        self.assertGreater(took, 1.5)

    def test_every_packet_comes_on_as_soon_as_it_is_whole(self):
        """Without tshark's own delays: what the service has sent is in the FIFO soon after."""
        service = self.session.serve("--packets", "100", "--snaplen", "100",
                                     faults=["GET download: slow=4000"])
        capture = self.session.capture(service)
        times = []
        while capture.read(until=lambda output: len(output) > (times or [(0, 0)])[-1][1]):
            times.append((time.monotonic(), len(capture.output)))
        self.check_silent(capture.wait())
        self.assertGreater(len(times), 20)
        gaps = [later[0] - earlier[0] for earlier, later in zip(times[2:], times[3:])]
        self.assertLess(max(gaps), 0.6)

    def test_slow_bytes_lose_nothing(self):
        for form in ("pcap", "pcapng"):
            service = self.session.serve("--packets", "40", "--format", form,
                                         faults=["GET download: slow=5000"])
            result = self.session.run(service)
            self.check_silent(result)
            self.assertEqual(len(result.file.packets), 40)

    def test_slow_answers_to_the_calls_are_waited_for(self):
        service = self.session.serve("--polls", "0", faults=[
            "POST create: delay=700", "GET get: delay=500", "GET download: delay=500"])
        self.check_silent(self.session.run(service))
        self.assertEqual(len(service.requests()), 3)

    def test_a_download_that_is_not_there_yet_is_asked_for_again(self):
        service = self.session.serve(
            faults=["GET download#1: status=404,code=19005,message=Not ready"])
        self.check_silent(self.session.run(service))
        self.assertEqual(len(service.requests("download")), 2)
