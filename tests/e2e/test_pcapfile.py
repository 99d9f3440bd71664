# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader of the tests itself: what it accepts and what it refuses."""

import struct
import unittest

import pcapfile


def classic(order, magic, part):
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 96, 101)
    return head + struct.pack(order + "IIII", 1000, part, 3, 60) + b"abc"


def block(order, kind, body):
    total = 12 + len(body)
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


def pcapng(order):
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    comment = struct.pack(order + "HH", 1, 5) + b"hello\0\0\0"
    end = struct.pack(order + "HH", 0, 0)
    interface = struct.pack(order + "HHI", 1, 0, 0)
    packet = struct.pack(order + "IIIII", 0, 0, 1500000, 3, 60) + b"abc\0"
    return (
        block(order, pcapfile.SECTION, section + comment + end)
        + block(order, pcapfile.INTERFACE, interface)
        + block(order, pcapfile.ENHANCED_PACKET, packet)
    )


class ReaderTest(unittest.TestCase):
    def test_both_byte_orders_and_resolutions_of_classic_pcap_give_the_same_packet(self):
        want = [(1000_000_005_000, 60, b"abc")]
        for order in "<>":
            self.assertEqual(pcapfile.parse(classic(order, 0xA1B2C3D4, 5)).keys(), want)
            self.assertEqual(pcapfile.parse(classic(order, 0xA1B23C4D, 5000)).keys(), want)

    def test_both_byte_orders_of_pcapng_give_the_same_packet_and_comment(self):
        for order in "<>":
            file = pcapfile.parse(pcapng(order))
            self.assertEqual(file.keys(), [(1_500_000_000, 60, b"abc")])
            self.assertEqual(file.comments, ["hello"])
            self.assertEqual(file.interfaces[0].linktype, 1)

    def test_a_file_cut_anywhere_but_between_records_is_refused(self):
        data = classic("<", 0xA1B2C3D4, 5)
        for length in range(len(data)):
            if length == 24:
                self.assertEqual(pcapfile.parse(data[:length]).keys(), [])
                continue
            with self.assertRaises(pcapfile.FormatError):
                pcapfile.parse(data[:length])

    def test_a_second_section_is_refused(self):
        with self.assertRaises(pcapfile.FormatError):
            pcapfile.parse(pcapng("<") * 2)

    def test_differing_block_lengths_are_refused(self):
        data = bytearray(pcapng("<"))
        data[-1] ^= 1
        with self.assertRaises(pcapfile.FormatError):
            pcapfile.parse(bytes(data))
