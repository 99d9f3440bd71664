/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader.h"

#include "base/limits.h"
#include "support/capture-builder.h"
#include "support/cunit-runner.h"
#include "support/reader-checks.h"

static void
test_unknown_block_truncated(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);
    g_autofree char *large = g_malloc0(2 * CFP_MAX_INPUT_BLOCK);
    guint whole;

    cfp_begin_block(&file, 0x80000001);
    cfp_put_raw(&file, large, 2 * CFP_MAX_INPUT_BLOCK);
    cfp_end_block(&file);
    whole = file.bytes->len;
    for (guint missing = 1; missing < 4; missing++) {
        g_autoptr(CfpPcapReader) reader = NULL;

        g_byte_array_set_size(file.bytes, whole - missing);
        reader = cfp_open_reader(&file, 0);
        cfp_assert_fails(reader, CFP_PCAP_ERROR_TRUNCATED, "at byte 48");
    }
    for (guint missing = 4; missing < whole - 48; missing = missing * 3 + 1) {
        g_autoptr(CfpPcapReader) reader = NULL;

        g_byte_array_set_size(file.bytes, whole - missing);
        reader = cfp_open_reader(&file, 0);
        cfp_assert_fails(reader, CFP_PCAP_ERROR_TRUNCATED, "at byte 48");
    }
}

static void
test_unknown_block_trailer(void)
{
    g_auto(CfpBuilder) file = cfp_begin_pcapng(false);

    cfp_put_packet(&file, 0, 1, "good");
    cfp_begin_block(&file, 77);
    cfp_put_raw(&file, "data", 4);
    cfp_end_block(&file);
    cfp_patch_u32(&file, file.bytes->len - 4, 20);
    cfp_assert_defect(&file, "lengths of a block differ: 16 and 20");
}

static void
test_block_lengths(void)
{
    static const struct {
        uint32_t len;
        const char *message;
    } cases[] = {
        {0, "can't have 0 bytes"},
        {8, "can't have 8 bytes"},
        {38, "can't have 38 bytes"},
        {G_MAXUINT32, "can't have 4294967295 bytes"},
        {CFP_MAX_INPUT_BLOCK + 4, "is more than 1048576"},
        {G_MAXUINT32 - 3, "is more than 1048576"},
        {32, "lengths of a block differ"},
        {12, "lengths of a block differ"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CfpBuilder) file = cfp_begin_defect();

        cfp_put_packet(&file, 0, 2, "more");
        cfp_patch_u32(&file, file.block + 4, cases[i].len);
        cfp_assert_defect(&file, cases[i].message);
    }
}

static void
test_packet_defects(void)
{
    static const struct {
        guint field; /* offset in the block */
        uint32_t value;
        const char *message;
    } cases[] = {
        {8, 1, "interface 1, which is not declared"},
        {8, G_MAXUINT32, "interface 4294967295, which is not declared"},
        {20, CFP_MAX_CAPTURED_LENGTH + 1, "a packet of 262145 bytes is more than 262144"},
        {20, G_MAXUINT32, "a packet of 4294967295 bytes is more than 262144"},
        {20, 5, "a packet of 5 bytes is longer than its block"},
        {32, 24, "the lengths of a block differ: 36 and 24"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CfpBuilder) file = cfp_begin_defect();

        cfp_put_packet(&file, 0, 2, "more");
        cfp_patch_u32(&file, file.block + cases[i].field, cases[i].value);
        cfp_assert_defect(&file, cases[i].message);
    }
}

static void
test_short_blocks(void)
{
    static const struct {
        uint32_t type, body;
        const char *message;
    } cases[] = {
        {1, 4, "Interface Description Block is too short"},
        {2, 16, "packet block is too short"},
        {3, 0, "packet block is too short"},
        {6, 16, "packet block is too short"},
        {6, 0, "packet block is too short"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        static const uint8_t zeros[64] = {0};
        g_auto(CfpBuilder) file = cfp_begin_defect();

        cfp_begin_block(&file, cases[i].type);
        cfp_put_raw(&file, zeros, cases[i].body);
        cfp_end_block(&file);
        cfp_assert_defect(&file, cases[i].message);
    }
}

static void
test_simple_packet_beyond_block(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect();

    cfp_begin_block(&file, 3);
    cfp_put_u32(&file, 9);
    cfp_put_raw(&file, "12345678", 8);
    cfp_end_block(&file);
    cfp_assert_defect(&file, "a packet of 9 bytes is longer than its block");
}

static void
test_short_section(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect();

    cfp_begin_block(&file, 0x0a0d0d0a);
    cfp_put_u32(&file, 0x1a2b3c4d);
    cfp_put_u32(&file, 1);
    cfp_end_block(&file);
    cfp_assert_defect(&file, "Section Header Block is too short");
}

static void
test_byte_order(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect(), alone = cfp_builder_new(false);

    cfp_put_section(&file);
    cfp_patch_u32(&file, file.block + 8, 0x1a2b3c4e);
    cfp_assert_defect(&file, "no byte order");
    cfp_put_section(&alone);
    cfp_patch_u32(&alone, 8, 0);
    cfp_assert_open_fails(&alone, CFP_PCAP_ERROR_CORRUPT,
                          "at byte 0: the section has no byte order");
}

static void
test_packet_without_interface(void)
{
    for (uint32_t type = 2; type <= 6; type += type == 3 ? 3 : 1) {
        g_auto(CfpBuilder) file = cfp_builder_new(false);
        g_autoptr(CfpPcapReader) reader = NULL;

        cfp_put_section(&file);
        cfp_begin_block(&file, type);
        cfp_put_packet_fields(&file, 0, 1, "x");
        cfp_end_block(&file);
        reader = cfp_open_reader(&file, 0);
        cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, "interface 0, which is not declared");
    }
}

static void
test_option_beyond_block(void)
{
    for (uint32_t type = 1; type <= 6; type += 5) {
        g_auto(CfpBuilder) file = cfp_begin_defect();

        cfp_begin_block(&file, type);
        if (type == 1)
            cfp_put_u64(&file, 1);
        else
            cfp_put_packet_fields(&file, 0, 1, "abcd");
        cfp_put_u16(&file, 1);
        cfp_put_u16(&file, 5);
        cfp_put_raw(&file, "1234", 4);
        cfp_end_block(&file);
        cfp_assert_defect(&file, "options of the block overlap its end");
    }
}

static void
test_short_option_values(void)
{
    static const unsigned codes[] = {9, 14};

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_auto(CfpBuilder) file = cfp_begin_defect();

        cfp_begin_block(&file, 1);
        cfp_put_u64(&file, 1);
        cfp_put_option(&file, codes[i], "1234567", codes[i] == 9 ? 0 : 7);
        cfp_end_block(&file);
        cfp_assert_defect(&file, "of the interface is too short");
    }
}

static void
test_too_many_interfaces(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect();

    for (unsigned i = 1; i < CFP_MAX_INTERFACES; i++)
        cfp_put_interface(&file, 1, 0);
    cfp_put_interface(&file, 1, 0);
    cfp_assert_defect(&file, "more than 4096 interfaces");
}

static void
test_too_much_interface_text(void)
{
    g_auto(CfpBuilder) file = cfp_begin_defect();
    g_autofree char *text = g_strnfill(65535, 't');
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    for (size_t total = 0; total <= CFP_MAX_INTERFACE_TEXT; total += 65535) {
        cfp_begin_block(&file, 1);
        cfp_put_u64(&file, 1);
        cfp_put_option(&file, 3, text, 65535);
        cfp_end_block(&file);
    }
    reader = cfp_open_reader(&file, 0);
    packet = cfp_read_packet(reader);
    ASSERT_BYTES(packet.data, packet.caplen, "good", 4);
    cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, "bytes of text");
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 1 + CFP_MAX_INTERFACE_TEXT / 65535);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"an unknown block that is cut is truncation", test_unknown_block_truncated},
        {"the lengths of an unknown block are compared", test_unknown_block_trailer},
        {"a block length that can't be is damage", test_block_lengths},
        {"a packet with an impossible field is damage", test_packet_defects},
        {"a block shorter than its fields is damage", test_short_blocks},
        {"a simple packet longer than its block is damage", test_simple_packet_beyond_block},
        {"a section shorter than its fields is damage", test_short_section},
        {"a section without byte order is damage", test_byte_order},
        {"a packet of no interface is damage", test_packet_without_interface},
        {"an option beyond its block is damage", test_option_beyond_block},
        {"an option shorter than its value is damage", test_short_option_values},
        {"too many interfaces are damage", test_too_many_interfaces},
        {"too much text in interfaces is damage", test_too_much_interface_text},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pcapng-damage", cases);
}
