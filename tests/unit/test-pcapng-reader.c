/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader.h"

#include "base/limits.h"
#include "support/capture-builder.h"
#include "support/cunit-runner.h"
#include "support/reader-checks.h"

static void
check_pcapng(bool big_endian)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(big_endian);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_put_packet(&file, 0, 1700000000123456, "abcde");
    cfp_begin_block(&file, 3);
    cfp_put_u32(&file, 3);
    cfp_put_raw(&file, "spb", 3);
    cfp_end_block(&file);
    cfp_begin_block(&file, 2);
    cfp_put_u16(&file, 0);
    cfp_put_u16(&file, 77);
    cfp_put_u32(&file, 1);
    cfp_put_u32(&file, 2);
    cfp_put_u32(&file, 2);
    cfp_put_u32(&file, 1500);
    cfp_put_raw(&file, "pb", 2);
    cfp_end_block(&file);
    reader = cfp_open_reader(&file, 0);
    ASSERT_STR(cfp_pcap_reader_format(reader), "pcapng");
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 0);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "abcde", 5);
    ASSERT_UINT(packet.ts_ns, G_GUINT64_CONSTANT(1700000000123456000));
    ASSERT_TRUE(packet.comment == NULL);
    ASSERT_FALSE(packet.has_flags);
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 1);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->linktype, 101);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->snaplen, 65535);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->ts_digits, 6);
    ASSERT_UINT(cfp_pcap_reader_offset(reader), 28 + 20 + 40);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "spb", 3);
    ASSERT_UINT(packet.ts_ns, 0);
    ASSERT_UINT(packet.len, 3);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "pb", 2);
    ASSERT_UINT(packet.ts_ns, G_GUINT64_CONSTANT(4294967298000));
    ASSERT_UINT(packet.len, 1500);
    cfp_assert_end(reader);
}

static void
test_pcapng(void)
{
    check_pcapng(false);
    check_pcapng(true);
}

static void
test_simple_packet_is_cut_by_snaplen(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_put_section(&file);
    cfp_put_interface(&file, 1, 5);
    cfp_begin_block(&file, 3);
    cfp_put_u32(&file, 1000);
    cfp_put_raw(&file, "12345", 5);
    cfp_end_block(&file);
    reader = cfp_open_reader(&file, 0);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "12345", 5);
    ASSERT_UINT(packet.len, 1000);
}

static void
test_sections(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_put_interface(&file, 1, 0);
    cfp_put_packet(&file, 1, 1, "one");
    file.big_endian = true;
    cfp_put_section(&file);
    cfp_put_interface(&file, 228, 96);
    cfp_put_packet(&file, 0, 2, "two");
    file.big_endian = false;
    cfp_put_section(&file);
    cfp_put_packet(&file, 0, 3, "three");
    reader = cfp_open_reader(&file, 1);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "one", 3);
    ASSERT_UINT(packet.iface, 1);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "two", 3);
    ASSERT_UINT(packet.iface, 2);
    ASSERT_UINT(packet.ts_ns, 2000);
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 3);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 1)->linktype, 1);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 2)->linktype, 228);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 2)->snaplen, 96);
    cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, "interface 0, which is not declared");
}

static void
check_interface_options(bool big_endian)
{
    g_auto(CfpBuilder) file = cfp_builder_new(big_endian);
    g_autoptr(CfpPcapReader) reader = NULL;
    const CfpInterface *interface;

    cfp_put_section(&file);
    cfp_begin_block(&file, 1);
    cfp_put_u16(&file, 1);
    cfp_put_u16(&file, 0);
    cfp_put_u32(&file, 65535);
    cfp_put_option(&file, 2, "", 0);
    cfp_put_option(&file, 2, "eth0", 4);
    cfp_put_option(&file, 2, "second", 6);
    cfp_put_option(&file, 3, "bad \xff byte", 10);
    cfp_put_option(&file, 4, "IPv4mask", 8);
    cfp_put_option(&file, 9, "\x09", 1);
    cfp_put_option(&file, 11, "\1bpf.code", 9);
    cfp_put_option(&file, 11, "\0tcp port 443", 13);
    cfp_put_option(&file, 1, "a comment\0\0", 11);
    cfp_put_option(&file, 0, "", 0);
    cfp_put_raw(&file, "ignored.", 8);
    cfp_end_block(&file);
    cfp_put_packet(&file, 0, 1700000000123456789, "x");
    reader = cfp_open_reader(&file, 0);
    ASSERT_UINT(cfp_read_packet(reader).ts_ns, G_GUINT64_CONSTANT(1700000000123456789));
    interface = cfp_pcap_reader_interface(reader, 0);
    ASSERT_STR(interface->name, "eth0");
    ASSERT_STR(interface->description, "bad \xef\xbf\xbd byte");
    ASSERT_STR(interface->filter, "tcp port 443");
    ASSERT_STR(interface->comment, "a comment");
    ASSERT_UINT(interface->ts_digits, 9);
    cfp_assert_end(reader);
}

static void
test_interface_options(void)
{
    check_interface_options(false);
    check_interface_options(true);
}

static void
test_no_interface_options(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);
    g_autoptr(CfpPcapReader) reader = cfp_open_reader(&file, 0);

    cfp_assert_end(reader);
    ASSERT_TRUE(cfp_pcap_reader_interface(reader, 0)->name == NULL);
    ASSERT_TRUE(cfp_pcap_reader_interface(reader, 0)->filter == NULL);
}

static void
check_packet_options(bool big_endian)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(big_endian);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_begin_block(&file, 6);
    cfp_put_packet_fields(&file, 0, 1, "abc");
    cfp_put_option(&file, 2989, "custom", 6);
    cfp_put_option(&file, 1, "first", 5);
    cfp_put_option(&file, 1, "second", 6);
    cfp_put_u16(&file, 2);
    cfp_put_u16(&file, 4);
    cfp_put_u32(&file, 0x01000002);
    cfp_put_option(&file, 2, "also", 4);
    cfp_end_block(&file);
    cfp_begin_block(&file, 6);
    cfp_put_packet_fields(&file, 0, 2, "abcd");
    cfp_put_option(&file, 1, "\xc3", 1);
    cfp_put_option(&file, 0, "", 0);
    cfp_end_block(&file);
    cfp_put_packet(&file, 0, 3, "x");
    reader = cfp_open_reader(&file, 0);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.comment, packet.comment_len, "first", 5);
    ASSERT_TRUE(packet.has_flags);
    ASSERT_UINT(packet.flags, 0x01000002);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.comment, packet.comment_len, "\xef\xbf\xbd", 3);
    ASSERT_FALSE(packet.has_flags);
    packet = cfp_read_packet(reader);
    ASSERT_TRUE(packet.comment == NULL);
    cfp_assert_end(reader);
}

static void
test_packet_options(void)
{
    check_packet_options(false);
    check_packet_options(true);
}

static void
test_repaired_text_fits_an_option(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);
    g_autofree char *bad = g_strnfill(65535, '\xff');
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_begin_block(&file, 6);
    cfp_put_packet_fields(&file, 0, 1, "abc");
    cfp_put_option(&file, 1, bad, 65535);
    cfp_end_block(&file);
    reader = cfp_open_reader(&file, 0);
    packet = cfp_read_packet(reader);
    ASSERT_UINT(packet.comment_len, 65535);
    ASSERT_TRUE(g_utf8_validate(packet.comment, packet.comment_len, NULL));
}

/* What a time in `ticks` becomes on an interface with these options. */
static void
assert_time(unsigned tsresol, int64_t tsoffset, uint64_t ticks, uint64_t expected, unsigned digits)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        g_auto(CfpBuilder) file = cfp_builder_new(big_endian);
        g_autoptr(CfpPcapReader) reader = NULL;
        uint8_t resolution = (uint8_t)tsresol;

        cfp_put_section(&file);
        cfp_begin_block(&file, 1);
        cfp_put_u32(&file, big_endian ? 0x10000 : 1);
        cfp_put_u32(&file, 0);
        cfp_put_option(&file, 9, &resolution, 1);
        cfp_put_u16(&file, 14);
        cfp_put_u16(&file, 8);
        cfp_put_u64(&file, (uint64_t)tsoffset);
        cfp_end_block(&file);
        cfp_put_packet(&file, 0, ticks, "x");
        reader = cfp_open_reader(&file, 0);
        ASSERT_UINT(cfp_read_packet(reader).ts_ns, expected);
        ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->linktype, 1);
        ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->ts_digits, digits);
    }
}

static void
test_decimal_times(void)
{
    assert_time(6, 0, 1700000000123456, G_GUINT64_CONSTANT(1700000000123456000), 6);
    assert_time(9, 0, 1700000000123456789, G_GUINT64_CONSTANT(1700000000123456789), 9);
    assert_time(0, 0, 1700000000, G_GUINT64_CONSTANT(1700000000000000000), 6);
    assert_time(3, 0, 1700000000123, G_GUINT64_CONSTANT(1700000000123000000), 6);
    assert_time(7, 0, 17000000001234567, G_GUINT64_CONSTANT(1700000000123456700), 9);
    assert_time(10, 0, 17000000001234567899u, G_GUINT64_CONSTANT(1700000000123456789), 9);
    assert_time(19, 0, 15000000000000000000u, 1500000000, 9);
    assert_time(20, 0, 15000000000000000000u, 150000000, 9);
    assert_time(28, 0, G_MAXUINT64, 1, 9);
    assert_time(29, 0, G_MAXUINT64, 0, 9);
    assert_time(127, 0, G_MAXUINT64, 0, 9);
}

static void
test_binary_times(void)
{
    assert_time(0x80 | 0, 0, 1700000000, G_GUINT64_CONSTANT(1700000000000000000), 6);
    assert_time(0x80 | 10, 0, 1024 * 7 + 512, G_GUINT64_CONSTANT(7500000000), 6);
    /* 1/1024 s is 976,562.5 ns: cut to the six digits that are promised. */
    assert_time(0x80 | 10, 0, 1, 976000, 6);
    assert_time(0x80 | 19, 0, 1, 1000, 6);
    assert_time(0x80 | 20, 0, 1, 953, 9);
    assert_time(0x80 | 31, 0, 0x80000000u * G_GUINT64_CONSTANT(5) + 0x7fffffff, 5999999999, 9);
    assert_time(0x80 | 32, 0, (G_GUINT64_CONSTANT(1700000000) << 32) | 0x80000000u,
                G_GUINT64_CONSTANT(1700000000500000000), 9);
    assert_time(0x80 | 32, 0, 0xffffffffu, 999999999, 9);
    assert_time(0x80 | 63, 0, G_MAXUINT64, 1999999999, 9);
    assert_time(0x80 | 64, 0, G_MAXUINT64, 999999999, 9);
    assert_time(0x80 | 64, 0, G_GUINT64_CONSTANT(1) << 63, 500000000, 9);
    assert_time(0x80 | 93, 0, G_MAXUINT64, 1, 9);
    assert_time(0x80 | 94, 0, G_MAXUINT64, 0, 9);
    assert_time(0x80 | 127, 0, G_MAXUINT64, 0, 9);
}

static void
test_time_offsets(void)
{
    assert_time(6, 10, 5000001, G_GUINT64_CONSTANT(15000001000), 6);
    assert_time(6, -3, 5000001, G_GUINT64_CONSTANT(2000001000), 6);
    assert_time(9, -5, 5000000001, 1, 9);
    assert_time(6, 1700000000, 0, G_GUINT64_CONSTANT(1700000000000000000), 6);
}

static void
test_time_saturates(void)
{
    assert_time(6, -6, 5000001, 0, 6);
    assert_time(6, G_MININT64, 5000001, 0, 6);
    assert_time(0, 0, G_MAXUINT64, G_MAXUINT64 - G_MAXUINT64 % 1000, 6);
    assert_time(6, 0, G_MAXUINT64, G_MAXUINT64 - G_MAXUINT64 % 1000, 6);
    assert_time(9, 0, G_MAXUINT64, G_MAXUINT64, 9);
    assert_time(9, 1, G_MAXUINT64, G_MAXUINT64, 9);
    assert_time(0, 1, G_MAXUINT64, G_MAXUINT64 - G_MAXUINT64 % 1000, 6);
    assert_time(9, G_MAXINT64, 1, G_MAXUINT64, 9);
    assert_time(0, G_MAXINT64, G_MAXUINT64, G_MAXUINT64 - G_MAXUINT64 % 1000, 6);
    /* Back in range although the time itself isn't. */
    assert_time(0, -G_MAXINT64, (uint64_t)G_MAXINT64 + 1700000000,
                G_GUINT64_CONSTANT(1700000000000000000), 6);
}

static void
test_unknown_blocks(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);
    g_autofree char *large = g_malloc0(3 * CFP_MAX_INPUT_BLOCK);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_begin_block(&file, 0x0bad0bad);
    cfp_end_block(&file);
    cfp_put_packet(&file, 0, 1, "one");
    cfp_begin_block(&file, 4);
    cfp_put_raw(&file, "names", 5);
    cfp_end_block(&file);
    cfp_begin_block(&file, 0x80000001);
    cfp_put_raw(&file, large, 3 * CFP_MAX_INPUT_BLOCK);
    cfp_end_block(&file);
    cfp_put_packet(&file, 0, 2, "two");
    for (size_t chunk = 0; chunk < 20000; chunk = chunk * 3 + 4093) {
        g_clear_pointer(&reader, cfp_pcap_reader_free);
        reader = cfp_open_reader(&file, chunk);
        packet = cfp_read_packet(reader);
        ASSERT_BYTES(packet.data, packet.caplen, "one", 3);
        packet = cfp_read_packet(reader);
        ASSERT_BYTES(packet.data, packet.caplen, "two", 3);
        cfp_assert_end(reader);
        ASSERT_UINT(cfp_pcap_reader_offset(reader), file.bytes->len);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"pcapng is read in both orders, with all packet blocks", test_pcapng},
        {"a simple packet is as long as the snaplen says", test_simple_packet_is_cut_by_snaplen},
        {"interfaces go on counting over sections of any byte order", test_sections},
        {"the options of an interface are read", test_interface_options},
        {"an interface needs no options", test_no_interface_options},
        {"the first comment and the flags of a packet are read", test_packet_options},
        {"text that had to be repaired still fits an option", test_repaired_text_fits_an_option},
        {"times in powers of ten become nanoseconds", test_decimal_times},
        {"times in powers of two become nanoseconds", test_binary_times},
        {"a time offset is added", test_time_offsets},
        {"times that can't be held stop at the ends", test_time_saturates},
        {"unknown blocks of any size are skipped", test_unknown_blocks},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pcapng-reader", cases);
}
