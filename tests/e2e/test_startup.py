# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark calls every plugin before its window is usable: that must cost nothing."""

import os
import pathlib
import re
import statistics
import subprocess
import time
import unittest

import harness
from harness import INTERFACE

RUNS = 30
FACTOR = 1.1
CONFIG = ("--extcap-config", "--extcap-interface")


def find_sshdump():
    """Wireshark's own plugin to compare with, in the directory that tshark reports."""
    found = subprocess.run(
        [harness.tshark_path(), "-G", "folders"], capture_output=True, text=True, check=True
    )
    paths = re.findall(r"(?mi)extcap path:\s*(.+)$", found.stdout)
    for directory in ":".join(paths).split(":"):
        path = pathlib.Path(directory.strip()) / "sshdump"
        if os.access(path, os.X_OK):
            return str(path)
    return None


def measure(command, environment):
    """Milliseconds from before the start to the end of a process."""
    null = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=null)
    _pid, status = os.waitpid(pid, 0)
    if status != 0:
        raise RuntimeError(f"{command} ended with {status}")
    return (time.perf_counter() - started) * 1000


@unittest.skipIf(harness.SANITIZED, "a sanitizer's start-up is not ours")
class SpeedTest(harness.TestCase):
    def compare(self, ours, theirs):
        """Medians of alternating runs, so that whatever else happens hits both."""
        environment = self.session.environment()
        times = ([], [])
        for _run in range(RUNS):
            times[0].append(measure(ours, environment))
            times[1].append(measure(theirs, environment))
        medians = [statistics.median(one) for one in times]
        print(f"{ours[1]}: {medians[0]:.2f} ms, sshdump {medians[1]:.2f} ms", flush=True)
        self.assertLessEqual(medians[0], medians[1] * FACTOR)

    def setUp(self):
        super().setUp()
        self.sshdump = find_sshdump()
        if not self.sshdump:
            self.skipTest("sshdump is not installed")

    def test_listing_the_interfaces_takes_no_longer_than_sshdump(self):
        words = ["--extcap-interfaces", "--extcap-version=4.0"]
        self.compare([harness.PLUGIN, *words], [self.sshdump, *words])

    def test_describing_the_dialog_takes_no_longer_than_sshdump(self):
        self.compare([harness.PLUGIN, *CONFIG, INTERFACE], [self.sshdump, *CONFIG, "sshdump"])


class LibrariesTest(harness.TestCase):
    def loaded(self, *words):
        """The loader's own account of the files that it maps."""
        result = self.session.call(*words, environment=self.session.environment(LD_DEBUG="files"))
        return result.code, result.stderr

    def test_no_call_but_a_capture_loads_libcurl(self):
        calls = (
            ("--extcap-interfaces", "--extcap-version=4.0"),
            ("--extcap-dlts", "--extcap-interface", INTERFACE),
            (*CONFIG, INTERFACE),
            (*CONFIG, INTERFACE, "--extcap-reload-option", "type"),
            ("--extcap-capture-filter", "tcp", "--extcap-interface", INTERFACE),
            ("--extcap-cleanup-postkill",),
            ("--version",),
            ("--help",),
        )
        for words in calls:
            code, text = self.loaded(*words)
            self.assertEqual(code, 0)
            self.assertIn("libglib-2.0", text)
            self.assertNotIn("libcurl", text, words)
            self.assertNotIn("libssl", text, words)

    def test_a_capture_does_load_it(self):
        """Else the test above could not fail."""
        service = self.session.serve()
        result = self.session.run(service, environment={"LD_DEBUG": "files"})
        self.assertIn("libcurl", result.stderr)
