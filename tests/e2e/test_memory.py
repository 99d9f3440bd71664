# SPDX-License-Identifier: GPL-2.0-or-later
"""The file streams through: memory does not grow with it, whether or not the reader keeps up."""

import hashlib
import pathlib
import random
import re
import struct
import time
import unittest

import harness

SIZE_MB = 200
MAX_RSS_MB = 40
RECORD = 1448


def write_capture(path):
    """A classic pcap of equal records; the data differ, so that nothing can be invented."""
    noise = random.Random(1)
    count = SIZE_MB * (1 << 20) // (16 + RECORD)
    block = b"".join(
        struct.pack("<IIII", 1_700_000_000, number, RECORD, RECORD) + noise.randbytes(RECORD)
        for number in range(1000)
    )
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for _turn in range(count // 1000):
            file.write(block)


def peak_mb(pid):
    """The largest resident size so far. Not the one of wait4(), which counts this process's
    memory before exec too."""
    found = re.search(r"VmHWM:\s*(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0


@unittest.skipIf(harness.SANITIZED, "a sanitizer's memory is not ours")
class MemoryTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.path = self.session.directory / "large.pcap"
        write_capture(self.path)

    def stream(self, capture, stalls=()):
        """Reads everything without keeping it. Returns peak, length and sum of the bytes."""
        peak, length, reads = 0, 0, 0
        digest = hashlib.blake2b()
        stalls = list(stalls)
        while capture.read(until=bool, timeout=30):
            length += len(capture.output)
            digest.update(capture.output)
            capture.output.clear()
            reads += 1
            if stalls and length > stalls[0]:
                stalls.pop(0)
                self.stall(capture)
            # The size only grows: now and then is enough, and the process may end with the last.
            if reads % 64 == 1 and harness.is_alive(capture.pid):
                peak = max(peak, peak_mb(capture.pid))
        return peak, length, digest.hexdigest()

    @staticmethod
    def stall(capture):
        """Lets the plugin fill what it wants to fill: until its size does not change any more."""
        quiet_since, last = time.monotonic(), peak_mb(capture.pid)
        while time.monotonic() - quiet_since < 0.5:
            now = peak_mb(capture.pid)
            if now != last:
                quiet_since, last = time.monotonic(), now
            time.sleep(0.02)

    def check_streamed(self, name, options=(), stalls=(), **own):
        service = self.session.serve("--file", self.path, *options)
        capture = self.session.capture(service, **own)
        peak, length, digest = self.stream(capture, stalls)
        result = capture.wait()
        self.check_silent(result)
        print(f"{name}: {length / 2**20:.0f} MB in {result.seconds:.1f} s, "
              f"at most {peak:.1f} MB resident", flush=True)
        self.assertGreater(peak, 1)
        self.assertLess(peak, MAX_RSS_MB)
        return length, digest

    def test_a_large_file_streams_in_little_memory(self):
        length, digest = self.check_streamed("classic pcap", format="pcap")
        content = self.path.read_bytes()
        self.assertEqual(length, len(content))
        self.assertEqual(digest, hashlib.blake2b(content).hexdigest())

    def test_a_large_file_streams_as_pcapng_in_little_memory(self):
        length, _digest = self.check_streamed("pcapng")
        self.assertGreater(length, self.path.stat().st_size)

    def test_a_reader_that_stalls_costs_no_memory(self):
        stalls = [1 << 20, 20 << 20, 120 << 20]
        length, _digest = self.check_streamed("stalling reader", stalls=stalls)
        self.assertGreater(length, self.path.stat().st_size)
