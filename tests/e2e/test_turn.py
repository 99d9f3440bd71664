# SPDX-License-Identifier: GPL-2.0-or-later
"""One sample a minute: the plugin waits for its turn, says so in the file, and can be told not to.
The service's minute is a few seconds long here."""

import datetime
import time

import harness
import listener
import pcapfile
from harness import ACCOUNT

WAITED = r"Waited \d+ s for the service's turn"


class WaitTest(harness.TestCase):
    def check_waited(self, service, result, least, most):
        self.check_silent(result)
        theirs = pcapfile.parse(service.download())
        self.check_same_packets(result.file.keys(), theirs.keys())
        self.assertTrue(least <= result.seconds <= most, result.seconds)
        self.assertRegex("\n".join(result.file.comments), WAITED)

    def test_a_second_sample_waits_as_long_as_a_429_says(self):
        service = self.session.serve("--one-per-minute", "429", "--turn-seconds", "3")
        first = self.session.run(service)
        self.check_silent(first)
        self.assertNotRegex("\n".join(first.file.comments), WAITED)
        second = self.session.run(service)
        self.check_waited(service, second, 2, 6)
        self.assertEqual([one["status"] for one in service.requests("create")][:2], [200, 429])
        self.assertEqual(len(service.captures()), 2)

    def test_tshark_waits_too(self):
        service = self.session.serve("--one-per-minute", "429", "--turn-seconds", "3")
        self.check_silent(self.session.run(service))
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.assertIsNone(result.message)
        self.assertEqual(result.code, 0)
        self.assertIn("2000 packets captured", result.stderr)

    def test_a_400_that_names_the_minute_is_waited_for_by_the_list(self):
        """The first capture is shown as 57 s older than it is, so that its minute ends soon."""
        service = self.session.serve("--one-per-minute", "400", "--turn-seconds", "3")
        relay = listener.Relay(service, make_older)
        self.addCleanup(relay.close)
        self.check_silent(self.session.run(service))
        second = self.session.run(service, api_url=relay.url)
        self.check_waited(service, second, 2, 7)
        self.assertEqual([one["status"] for one in service.requests("create")], [200, 400, 200])

    def test_a_400_with_retry_after_is_waited_for(self):
        service = self.session.serve(faults=[
            "POST create#1: status=400,code=19001,message=one per minute,retry-after=2"])
        self.check_waited(service, self.session.run(service), 2, 5)

    def test_waiting_ends_at_once_when_it_is_stopped(self):
        service = self.session.serve("--one-per-minute", "429", "--turn-seconds", "60")
        self.check_silent(self.session.run(service))
        capture = self.session.capture(service)
        harness.wait_until(lambda: len(service.requests("create")) == 2)
        began = time.monotonic()
        capture.signal(harness.signal.SIGTERM)
        result = capture.finish()
        self.check_silent(result)
        self.assertEqual(result.output, b"")
        self.assertLess(time.monotonic() - began, 1)

    def test_three_at_once_all_get_their_turn(self):
        service = self.session.serve("--one-per-minute", "429", "--turn-seconds", "2")
        results = harness.in_parallel(lambda _n: self.session.run(service), range(3))
        for result in results:
            self.check_silent(result)
            self.assertEqual(len(result.file.packets), 2000)
        self.assertEqual(len(service.captures()), 3)


def make_older(method, path, envelope):
    if method == "GET" and path.endswith(f"/accounts/{ACCOUNT}/pcaps"):
        for capture in envelope["result"]:
            submitted = harness.moment(capture["submitted"])
            older = submitted - datetime.timedelta(seconds=57)
            capture["submitted"] = older.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class FailTest(harness.TestCase):
    def check_fails(self, *parts, options=(), faults=()):
        service = self.session.serve(*options, faults=faults)
        if options:
            self.check_silent(self.session.run(service))
        result = self.session.tshark(service, "-w", "out.pcapng", turn="fail")
        self.check_refused(result, *parts)
        self.assertLess(result.seconds, 5)
        return service

    def test_a_429_fails_at_once_when_it_is_wanted(self):
        self.check_fails("throttling", "429", "one sample capture a minute",
                         options=("--one-per-minute", "429", "--turn-seconds", "60"))

    def test_a_400_fails_at_once_when_it_is_wanted(self):
        self.check_fails("only request one sample", "400",
                         options=("--one-per-minute", "400", "--turn-seconds", "60"))

    def test_a_400_that_is_not_about_the_minute_is_not_waited_for(self):
        service = self.session.serve(
            faults=["POST create: status=400,code=19000,message=You are not entitled"])
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.check_refused(result, "not entitled", "400", "plan")
        self.assertLess(result.seconds, 5)
        self.assertEqual(len(service.requests("create")), 1)
