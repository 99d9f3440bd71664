# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark's control pipes: its window is frozen until the plugin opens one of them, and shows
what the plugin writes into the other."""

import os
import select
import threading
import time

import harness
import sentences

INITIALIZED = b"T\0\0\2\0\0"
SET, STATUS_BAR = 1, 6


class Pipes:
    """Both pipes, opened as Wireshark does: first the one to read."""

    def __init__(self, directory):
        self.to_plugin = str(directory / "control-in")
        self.from_plugin = str(directory / "control-out")
        os.mkfifo(self.to_plugin)
        os.mkfifo(self.from_plugin)
        self.read_end = os.open(self.from_plugin, os.O_RDONLY | os.O_NONBLOCK)
        self.write_end = -1

    @property
    def words(self):
        return ("--extcap-control-out", self.from_plugin, "--extcap-control-in", self.to_plugin)

    def open_as_wireshark(self):
        """Starts the open() that blocks Wireshark's window until the plugin has opened its end."""
        self.opener = threading.Thread(target=self.open_write_end)
        self.opener.start()

    def open_write_end(self):
        self.write_end = os.open(self.to_plugin, os.O_WRONLY)

    def wait_for_opening(self, timeout=5):
        """Whether the plugin opened its end in time. Ends the thread in any case."""
        self.opener.join(timeout)
        was_opened = not self.opener.is_alive()
        if not was_opened:
            os.close(os.open(self.to_plugin, os.O_RDONLY | os.O_NONBLOCK))
            self.opener.join()
        return was_opened

    def read(self):
        data = b""
        while select.select([self.read_end], [], [], 0)[0]:
            piece = os.read(self.read_end, 65536)
            if not piece:
                break
            data += piece
        return data

    def close(self):
        for descriptor in (self.read_end, self.write_end):
            if descriptor >= 0:
                os.close(descriptor)


def messages(data):
    """Control number, command and text of every message; they must fit the bytes exactly."""
    found = []
    while data:
        length = int.from_bytes(data[1:4], "big")
        if data[:1] != b"T" or length < 2 or len(data) < 4 + length:
            raise ValueError(f"no message: {data[:40]!r}")
        found.append((data[4], data[5], data[6 : 4 + length].decode()))
        data = data[4 + length :]
    return found


class ControlTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.pipes = Pipes(self.session.directory)
        self.addCleanup(self.pipes.close)

    def begin(self, service, *words, **how):
        """A capture with the pipes; what Wireshark waits for has happened."""
        self.pipes.open_as_wireshark()
        capture = self.session.capture(service, *self.pipes.words, *words, **how)
        self.assertTrue(self.pipes.wait_for_opening(), "the control pipe was not opened")
        return capture

    def test_a_control_is_declared_so_that_wireshark_opens_the_pipes(self):
        found = sentences.parse(self.session.call("--extcap-interfaces").output)
        controls = [one for one in found if one.keyword == "control"]
        self.assertTrue(controls)
        for one in controls:
            self.assertIn(one["type"], ("boolean", "button", "selector", "string"))
            self.assertTrue(one["display"])
        self.assertEqual(len({one["number"] for one in controls}), len(controls))

    def test_the_pipes_are_opened_before_everything_that_can_wait(self):
        capture = self.begin(self.session.serve(), has_reader=False)
        os.write(self.pipes.write_end, INITIALIZED)
        capture.stop()
        self.check_silent(capture.wait())

    def test_the_pipes_are_opened_although_the_command_line_is_wrong(self):
        capture = self.begin(None, "--no-such-option")
        self.check_failed(capture.finish(), 2, "no-such-option")

    def test_what_happens_is_shown_while_it_happens(self):
        service = self.session.serve("--polls", "1")
        capture = self.begin(service)
        os.write(self.pipes.write_end, INITIALIZED)
        self.check_silent(capture.finish())
        found = messages(self.pipes.read())
        self.assertTrue({command for _n, command, _t in found} <= {SET, STATUS_BAR})
        texts = "\n".join(text for _n, command, text in found if command == STATUS_BAR)
        self.assertRegex(texts, "asking for the capture")
        self.assertRegex(texts, "2000 packets")

    def test_waiting_for_the_turn_is_shown_second_by_second(self):
        service = self.session.serve("--one-per-minute", "429", "--turn-seconds", "3")
        self.check_silent(self.session.run(service))
        capture = self.begin(service)
        self.check_silent(capture.finish())
        texts = [text for _n, _c, text in messages(self.pipes.read())]
        self.assertGreaterEqual(len({text for text in texts if "turn" in text}), 2, texts)

    def test_a_window_that_reads_nothing_never_holds_the_capture_up(self):
        service = self.session.serve("--packets", "9000")
        capture = self.begin(service)
        began = time.monotonic()
        result = capture.finish()
        self.check_silent(result)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(len(result.file.packets), 9000)

    def test_pipes_that_do_not_exist_harm_nothing(self):
        service = self.session.serve()
        result = self.session.run(service, "--extcap-control-out", "/nowhere/out",
                                  "--extcap-control-in", "/nowhere/in")
        self.check_silent(result)
        self.assertEqual(len(result.file.packets), 2000)
