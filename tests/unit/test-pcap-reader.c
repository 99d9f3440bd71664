/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader.h"

#include <gio/gio.h>

#include "base/limits.h"
#include "support/capture-builder.h"
#include "support/cunit-runner.h"
#include "support/reader-checks.h"
#include "support/strict-source.h"

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define NS_PER_S G_GUINT64_CONSTANT(1000000000)

static void
check_classic(uint32_t magic, bool big_endian, const char *format, unsigned digits)
{
    g_auto(CfpBuilder) file = cfp_builder_new(big_endian);
    uint64_t unit = digits == 9 ? 1 : 1000;
    g_autoptr(CfpPcapReader) reader = NULL;
    const CfpInterface *interface;
    CfpPacket packet;

    cfp_put_pcap_header(&file, magic, 262144, 228);
    cfp_put_pcap_record(&file, 1700000000, 123456, "abc");
    cfp_put_pcap_record(&file, 4294967295u, 999999, "");
    reader = cfp_open_reader(&file, 0);
    ASSERT_STR(cfp_pcap_reader_format(reader), format);
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 1);
    ASSERT_UINT(cfp_pcap_reader_offset(reader), 24);
    interface = cfp_pcap_reader_interface(reader, 0);
    ASSERT_UINT(interface->linktype, 228);
    ASSERT_UINT(interface->snaplen, 262144);
    ASSERT_UINT(interface->ts_digits, digits);
    packet = cfp_read_packet(reader);
    ASSERT_UINT(packet.ts_ns, 1700000000 * NS_PER_S + 123456 * unit);
    ASSERT_UINT(packet.len, 3);
    ASSERT_UINT(packet.iface, 0);
    ASSERT_FALSE(packet.has_flags);
    ASSERT_BYTES(packet.data, packet.caplen, "abc", 3);
    ASSERT_UINT(cfp_pcap_reader_offset(reader), 24 + 16 + 3);
    packet = cfp_read_packet(reader);
    ASSERT_UINT(packet.ts_ns, 4294967295u * NS_PER_S + 999999 * unit);
    ASSERT_UINT(packet.caplen, 0);
    cfp_assert_end(reader);
    ASSERT_UINT(cfp_pcap_reader_offset(reader), 24 + 16 + 3 + 16);
}

static void
test_classic(void)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        check_classic(MAGIC_US, big_endian, "pcap", 6);
        check_classic(MAGIC_NS, big_endian, "pcap, nanoseconds", 9);
    }
}

static void
test_classic_without_packets(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    g_autoptr(CfpPcapReader) reader = NULL;

    cfp_put_pcap_header(&file, MAGIC_US, 0, 1);
    reader = cfp_open_reader(&file, 0);
    cfp_assert_end(reader);
}

static void
test_fcs_bits(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(true);
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_put_pcap_header(&file, MAGIC_US, 65535, 0x24000001);
    cfp_put_pcap_record(&file, 1, 2, "frame");
    reader = cfp_open_reader(&file, 0);
    ASSERT_UINT(cfp_pcap_reader_interface(reader, 0)->linktype, 1);
    packet = cfp_read_packet(reader);
    ASSERT_TRUE(packet.has_flags);
    ASSERT_UINT(packet.flags, 4 << 5);
}

static void
test_large_fraction(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    g_autoptr(CfpPcapReader) reader = NULL;

    cfp_put_pcap_header(&file, MAGIC_US, 65535, 1);
    cfp_put_pcap_record(&file, 10, 1500000, "x");
    cfp_put_pcap_record(&file, G_MAXUINT32, G_MAXUINT32, "x");
    reader = cfp_open_reader(&file, 0);
    ASSERT_UINT(cfp_read_packet(reader).ts_ns, 11 * NS_PER_S + NS_PER_S / 2);
    ASSERT_UINT(cfp_read_packet(reader).ts_ns,
                G_MAXUINT32 * NS_PER_S + (uint64_t)G_MAXUINT32 * 1000);
    cfp_assert_end(reader);
}

static void
test_above_snaplen(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    g_autofree char *largest = g_strnfill(CFP_MAX_CAPTURED_LENGTH, 'p');
    g_autofree char *larger = g_strnfill(CFP_MAX_CAPTURED_LENGTH + 1, 'p');
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    cfp_put_pcap_header(&file, MAGIC_US, 96, 1);
    cfp_put_pcap_record(&file, 10, 0, largest);
    cfp_put_pcap_record(&file, 10, 0, larger);
    reader = cfp_open_reader(&file, 1000);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, largest, CFP_MAX_CAPTURED_LENGTH);
    cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, "at byte 262184: a packet of 262145 bytes");
}

static void
assert_text_fails(const char *text, CfpPcapError code, const char *part)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);

    cfp_put_raw(&file, text, strlen(text));
    cfp_assert_open_fails(&file, code, part);
}

static void
test_foreign_files(void)
{
    assert_text_fails("", CFP_PCAP_ERROR_EMPTY, "empty");
    assert_text_fails("<!DOCTYPE html><html>", CFP_PCAP_ERROR_MAGIC, "HTML");
    assert_text_fails("\r\n <html>", CFP_PCAP_ERROR_MAGIC, "0d 0a 20 3c");
    assert_text_fails("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code>", CFP_PCAP_ERROR_MAGIC,
                      "not a capture file but XML text");
    assert_text_fails("{\"success\":false}", CFP_PCAP_ERROR_MAGIC, "JSON");
    assert_text_fails("\xef\xbb\xbf  [1]", CFP_PCAP_ERROR_MAGIC, "JSON");
    assert_text_fails("{\"success\":false}", CFP_PCAP_ERROR_MAGIC, "{\"success\":false}");
    assert_text_fails("plain text", CFP_PCAP_ERROR_MAGIC, "70 6c 61 69");
    assert_text_fails("      ", CFP_PCAP_ERROR_MAGIC, "20 20 20 20");
    assert_text_fails("x", CFP_PCAP_ERROR_MAGIC, "78");
    assert_text_fails("\x34\xcd\xb2\xa1....", CFP_PCAP_ERROR_MAGIC, "Kuznetzov");
    assert_text_fails("\xa1\xb2\xcd\x34....", CFP_PCAP_ERROR_MAGIC, "Kuznetzov");
    assert_text_fails("\x28\xb5\x2f\xfd....", CFP_PCAP_ERROR_MAGIC, "zstd");
    assert_text_fails("\x1f\x8b\x08....", CFP_PCAP_ERROR_MAGIC, "gzip");
}

static void
test_foreign_file_that_fails(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("<html", 5);
    GError *reset = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "reset");
    g_autoptr(CfpPcapReader) reader =
        cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, 1, reset));
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_pcap_reader_open(reader, &error));
    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MAGIC);
    ASSERT_CONTAINS(error->message, "HTML");
    ASSERT_CONTAINS(error->message, "3c 68 74 6d");
}

static void
test_versions(void)
{
    g_auto(CfpBuilder) classic = cfp_builder_new(true), section = cfp_builder_new(true);
    g_autoptr(CfpPcapReader) reader = NULL;

    cfp_put_pcap_header(&classic, MAGIC_US, 65535, 1);
    cfp_patch_u32(&classic, 4, 2 << 16 | 5);
    cfp_assert_open_fails(&classic, CFP_PCAP_ERROR_VERSION, "2.5 of pcap ");
    cfp_put_section(&section);
    cfp_patch_u32(&section, 12, 2 << 16 | 0);
    cfp_assert_open_fails(&section, CFP_PCAP_ERROR_VERSION, "2.0 of pcapng");
    cfp_patch_u32(&section, 12, 1 << 16 | 1);
    cfp_assert_open_fails(&section, CFP_PCAP_ERROR_VERSION, "1.1 of pcapng");
    cfp_patch_u32(&section, 12, 1 << 16 | 2);
    reader = cfp_open_reader(&section, 0);
    cfp_assert_end(reader);
}

static void
test_reserved_linktype_bits(void)
{
    g_auto(CfpBuilder) file = cfp_builder_new(false);

    cfp_put_pcap_header(&file, MAGIC_US, 65535, 0x00010001);
    cfp_assert_open_fails(&file, CFP_PCAP_ERROR_CORRUPT, "0x00010001 is not a link type");
}

/* Files with everything in them, and where their records end. */
static CfpBuilder
make_sample(int kind, GArray *ends)
{
    CfpBuilder file = cfp_builder_new(kind % 2 == 1);
    static const char *const texts[] = {"", "a", "ab", "abc", "abcd", "a longer packet"};

    if (kind < 2)
        cfp_put_pcap_header(&file, MAGIC_US, 65535, 1);
    else
        cfp_put_section(&file);
    g_array_append_val(ends, file.bytes->len);
    if (kind >= 2) {
        cfp_put_interface(&file, 1, 65535);
        g_array_append_val(ends, file.bytes->len);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (kind < 2)
            cfp_put_pcap_record(&file, 0, i, texts[i]);
        else
            cfp_put_packet(&file, 0, i, texts[i]);
        g_array_append_val(ends, file.bytes->len);
        if (kind >= 2 && i == 2) {
            cfp_begin_block(&file, 99);
            cfp_put_raw(&file, "unknown", 7);
            cfp_end_block(&file);
            g_array_append_val(ends, file.bytes->len);
        }
    }
    return file;
}

/* All packets as one text, then how it ended. */
static char *
describe(CfpPcapReader *reader)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    CfpPacket packet;
    CfpNext next = CFP_NEXT_ERROR;

    if (cfp_pcap_reader_open(reader, &error)) {
        while ((next = cfp_pcap_reader_next(reader, &packet, &error)) == CFP_NEXT_PACKET)
            g_string_append_printf(text, "%" G_GUINT64_FORMAT ":%.*s;", packet.ts_ns / 1000,
                                   (int)packet.caplen, (const char *)packet.data);
    }
    if (next == CFP_NEXT_END)
        g_string_append(text, "end");
    else
        g_string_append_printf(text, "error %d", error->code);
    return g_string_free(text, FALSE);
}

static void
test_chunk_sizes(void)
{
    for (int kind = 0; kind < 4; kind++) {
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(guint));
        g_auto(CfpBuilder) file = make_sample(kind, ends);

        for (size_t chunk = 0; chunk <= 64; chunk++) {
            g_autoptr(CfpPcapReader) reader = cfp_make_reader(&file, chunk);
            g_autofree char *text = describe(reader);

            ASSERT_STR(text, "0:;1:a;2:ab;3:abc;4:abcd;5:a longer packet;end");
        }
    }
}

static gboolean
is_end(const GArray *ends, guint len)
{
    for (guint i = 0; i < ends->len; i++) {
        if (g_array_index(ends, guint, i) == len)
            return TRUE;
    }
    return FALSE;
}

/* What a file cut to `len` bytes must give. The packets are found by what precedes them. */
static char *
expect_truncated(const GArray *ends, guint len, int kind)
{
    static const char *const packets[] = {"0:;",    "1:a;",    "2:ab;",
                                          "3:abc;", "4:abcd;", "5:a longer packet;"};
    guint headers = kind < 2 ? 1 : 2, packet = 0;
    GString *text = g_string_new(NULL);

    if (len == 0) {
        g_string_append_printf(text, "error %d", CFP_PCAP_ERROR_EMPTY);
        return g_string_free(text, FALSE);
    }
    for (guint i = headers; i < ends->len && g_array_index(ends, guint, i) <= len; i++) {
        /* Behind the third packet of pcapng there is the unknown block. */
        if (kind < 2 || i != headers + 3)
            g_string_append(text, packets[packet++]);
    }
    if (is_end(ends, len))
        g_string_append(text, "end");
    else
        g_string_append_printf(text, "error %d", CFP_PCAP_ERROR_TRUNCATED);
    return g_string_free(text, FALSE);
}

static void
test_truncation(void)
{
    for (int kind = 0; kind < 4; kind++) {
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(guint));
        g_auto(CfpBuilder) file = make_sample(kind, ends);
        guint whole = file.bytes->len;

        for (guint len = 0; len <= whole; len++) {
            g_autoptr(GBytes) bytes = g_bytes_new(file.bytes->data, len);
            g_autoptr(CfpPcapReader) reader =
                cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, len % 5, NULL));
            g_autofree char *text = describe(reader), *expected = expect_truncated(ends, len, kind);

            ASSERT_STR(text, expected);
        }
    }
}

static void
test_failing_source(void)
{
    for (int kind = 0; kind < 4; kind++) {
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(guint));
        g_auto(CfpBuilder) file = make_sample(kind, ends);

        for (guint len = 0; len <= file.bytes->len; len++) {
            g_autoptr(GBytes) bytes = g_bytes_new(file.bytes->data, len);
            GError *stop = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
            g_autoptr(CfpPcapReader) reader =
                cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, 1, stop));
            g_autofree char *text = describe(reader);
            g_autofree char *whole = len > 0 ? expect_truncated(ends, len, kind) : g_strdup("end");
            g_autofree char *expected = NULL;

            /* The same packets, another end; they are followed by semicolons. */
            *(strrchr(whole, ';') ? strrchr(whole, ';') + 1 : whole) = '\0';
            expected = g_strdup_printf("%serror %d", whole, G_IO_ERROR_CANCELLED);
            ASSERT_STR(text, expected);
        }
    }
}

static void
test_ready(void)
{
    for (int kind = 0; kind < 4; kind++) {
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(guint));
        g_auto(CfpBuilder) file = make_sample(kind, ends);
        g_autoptr(CfpPcapReader) at_once = cfp_make_reader(&file, 0);
        g_autoptr(CfpPcapReader) in_pieces = cfp_make_reader(&file, 1);
        CfpPacket packet;

        ASSERT_FALSE(cfp_pcap_reader_ready(at_once));
        ASSERT_TRUE(cfp_pcap_reader_open(at_once, NULL));
        ASSERT_TRUE(cfp_pcap_reader_open(in_pieces, NULL));
        for (int i = 0; i < 6; i++) {
            ASSERT_TRUE(cfp_pcap_reader_ready(at_once));
            ASSERT_FALSE(cfp_pcap_reader_ready(in_pieces));
            packet = cfp_read_packet(at_once);
            ASSERT_UINT(packet.ts_ns, (uint64_t)i * 1000);
            packet = cfp_read_packet(in_pieces);
            ASSERT_UINT(packet.ts_ns, (uint64_t)i * 1000);
        }
        ASSERT_FALSE(cfp_pcap_reader_ready(at_once));
        cfp_assert_end(at_once);
        ASSERT_TRUE(cfp_pcap_reader_ready(at_once));
    }
}

static void
test_not_ready_for_part(void)
{
    for (int kind = 0; kind < 4; kind++) {
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(guint));
        g_auto(CfpBuilder) file = make_sample(kind, ends);
        /* The first piece ends in the last packet. */
        g_autoptr(CfpPcapReader) reader = cfp_open_reader(&file, file.bytes->len - 2);

        for (int i = 0; i < 5; i++) {
            ASSERT_TRUE(cfp_pcap_reader_ready(reader));
            (void)cfp_read_packet(reader);
        }
        ASSERT_FALSE(cfp_pcap_reader_ready(reader));
        (void)cfp_read_packet(reader);
        cfp_assert_end(reader);
    }
}

static void
test_ready_for_damage(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect(), classic = cfp_builder_new(false);
    g_autoptr(CfpPcapReader) reader = NULL, classic_reader = NULL;

    cfp_put_packet(&file, 0, 2, "more");
    cfp_patch_u32(&file, file.block + 4, 7);
    reader = cfp_open_reader(&file, 0);
    (void)cfp_read_packet(reader);
    ASSERT_TRUE(cfp_pcap_reader_ready(reader));
    cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, "can't have 7 bytes");
    ASSERT_TRUE(cfp_pcap_reader_ready(reader));

    cfp_put_pcap_header(&classic, MAGIC_US, 65535, 1);
    cfp_put_pcap_record(&classic, 0, 0, "x");
    cfp_patch_u32(&classic, 32, G_MAXUINT32);
    classic_reader = cfp_open_reader(&classic, 0);
    ASSERT_TRUE(cfp_pcap_reader_ready(classic_reader));
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"classic pcap is read in both orders and units", test_classic},
        {"a header without packets is a file", test_classic_without_packets},
        {"the FCS length beside the link type becomes packet flags", test_fcs_bits},
        {"a fraction of more than a second counts", test_large_fraction},
        {"a packet may exceed the snaplen but not the maximum", test_above_snaplen},
        {"foreign files are named for what they are", test_foreign_files},
        {"a foreign file is named even when the source fails", test_foreign_file_that_fails},
        {"an unknown version is refused", test_versions},
        {"reserved bits of the link type are refused", test_reserved_linktype_bits},
        {"every chunk size gives the same packets", test_chunk_sizes},
        {"a file cut anywhere gives the whole packets, then its end", test_truncation},
        {"a source that fails anywhere gives the whole packets, then its error",
         test_failing_source},
        {"ready means that the next packet is there", test_ready},
        {"part of a packet is not ready", test_not_ready_for_part},
        {"damage is ready too", test_ready_for_damage},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pcap-reader", cases);
}
