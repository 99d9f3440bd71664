/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>

#include "service/packet-builder.h"
#include "service/state.h"
#include "service/traffic-file.h"
#include "support/cunit-runner.h"
#include "support/scratch.h"

enum {
    RAW = 101,
    ETHERNET = 1,
    FILE_HEADER = 24,
};

/* From 192.0.2.1, port 53, to 192.0.2.2, port 256. */
static const guint8 udp[28] = {0x45, 0, 0,   28, 0, 0, 0, 0,  64, 17, 0, 0, 192, 0,
                               2,    1, 192, 0,  2, 2, 0, 53, 1,  0,  0, 8, 0,   0};
static const guint8 addresses[12] = {0};

static void
put32(GByteArray *file, guint32 value)
{
    cfp_service_put32(file, GUINT32_SWAP_LE_BE(value));
}

static GByteArray *
new_file(guint32 linktype)
{
    static const guint8 start[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,
                                   0,    0,    0,    0,    0, 0, 0, 0, 4, 0};
    GByteArray *file = g_byte_array_new();

    g_byte_array_append(file, start, sizeof start);
    put32(file, linktype);
    return file;
}

static void
add_record(GByteArray *file, const guint8 *frame, guint kept, guint32 length)
{
    put32(file, 1000);
    put32(file, file->len);
    put32(file, kept);
    put32(file, length);
    g_byte_array_append(file, frame, kept);
}

/* A frame: `tags` 16-bit words behind the addresses, then the UDP packet. */
static void
add_ethernet(GByteArray *file, const guint16 *tags, gsize n_tags)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();

    g_byte_array_append(frame, addresses, sizeof addresses);
    for (gsize i = 0; i < n_tags; i++)
        cfp_service_put16(frame, tags[i]);
    g_byte_array_append(frame, udp, sizeof udp);
    add_record(file, frame->data, frame->len, frame->len);
}

static char *
write_file(const CfpScratch *scratch, const GByteArray *file)
{
    char *path = cfp_scratch_path(scratch, "traffic.pcap");
    gboolean is_written =
        g_file_set_contents(path, (const char *)file->data, (gssize)file->len, NULL);

    ASSERT_TRUE(is_written);
    return path;
}

static CfpServiceTrafficFile *
read_back(const GByteArray *file, GError **error)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = write_file(&scratch, file);

    return cfp_service_traffic_file_read(path, error);
}

static void
gives_the_packets_in_order(void)
{
    g_autoptr(GByteArray) file = new_file(RAW);
    g_autoptr(GError) error = NULL;
    CfpServiceFrame frame;
    gsize position = 0;

    add_record(file, udp, sizeof udp, sizeof udp);
    add_record(file, udp, 3, 1500);
    g_autoptr(CfpServiceTrafficFile) traffic = read_back(file, &error);
    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(cfp_service_traffic_file_linktype(traffic) == RAW);
    ASSERT_TRUE(cfp_service_traffic_file_next(traffic, &position, &frame));
    ASSERT_BYTES(frame.frame, frame.kept, udp, sizeof udp);
    ASSERT_TRUE(frame.time_ns == G_GINT64_CONSTANT(1000000028000));
    ASSERT_TRUE(cfp_service_traffic_file_next(traffic, &position, &frame));
    ASSERT_BYTES(frame.frame, frame.kept, udp, 3);
    ASSERT_UINT(frame.wire_length, 1500);
    ASSERT_FALSE(cfp_service_traffic_file_next(traffic, &position, &frame));
}

static void
refuses_other_and_damaged_files(void)
{
    g_autoptr(GByteArray) file = new_file(RAW);
    guint second;

    add_record(file, udp, sizeof udp, sizeof udp);
    second = file->len;
    add_record(file, udp, sizeof udp, sizeof udp);
    for (guint length = 0; length < file->len; length++) {
        g_autoptr(GByteArray) cut = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        g_byte_array_append(cut, file->data, length);
        g_autoptr(CfpServiceTrafficFile) traffic = read_back(cut, &error);
        ASSERT_TRUE((traffic != NULL) == (length == FILE_HEADER || length == second));
    }
    /* Byte order, version, link type, length of the record. */
    const guint offsets[] = {0, 4, 20, FILE_HEADER + 11, second + 8, second + 11};
    for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
        g_autoptr(GError) error = NULL;
        file->data[offsets[i]]++;
        g_autoptr(CfpServiceTrafficFile) traffic = read_back(file, &error);
        ASSERT_TRUE(traffic == NULL);
        ASSERT_ERROR(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
        file->data[offsets[i]]--;
    }
}

static void
finds_ip_behind_two_vlan_tags(void)
{
    static const struct {
        guint16 words[7];
        gsize n_words;
        bool has_ip;
    } rows[] = {
        {{0x0800}, 1, true},
        {{0x86dd}, 1, true},
        {{0x8100, 5, 0x0800}, 3, true},
        {{0x88a8, 5, 0x8100, 6, 0x0800}, 5, true},
        {{0x8100, 5, 0x8100, 6, 0x8100, 7, 0x0800}, 7, false},
        {{0x0806}, 1, false},
        {{0x8847, 5, 0x0800}, 3, false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) file = new_file(ETHERNET);
        CfpServiceFrame frame;
        const guint8 *packet;
        gsize position = 0;
        gsize length;

        add_ethernet(file, rows[i].words, rows[i].n_words);
        g_autoptr(CfpServiceTrafficFile) traffic = read_back(file, NULL);
        ASSERT_TRUE(cfp_service_traffic_file_next(traffic, &position, &frame));
        bool found = cfp_service_traffic_file_find_ip(traffic, &frame, &packet, &length);
        ASSERT_TRUE(found == rows[i].has_ip);
        if (found)
            ASSERT_BYTES(packet, length, udp, sizeof udp);
        for (frame.kept = 0; frame.kept < 14; frame.kept++)
            ASSERT_FALSE(cfp_service_traffic_file_find_ip(traffic, &frame, &packet, &length));
    }
}

/* The file of a capture with that filter_v1 and packet limit, of `file`'s packets cut to 20. */
static GBytes *
capture(const GByteArray *file, const char *filter, int limit)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = write_file(&scratch, file);
    const char *const args[] = {"x", "--traffic", path, "--snaplen", "20", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpServiceOptions) options = cfp_service_options_parse(args, &error);
    g_autofree char *text =
        g_strdup_printf("{\"type\":\"simple\",\"time_limit\":1,"
                        "\"packet_limit\":%d%s%s}",
                        limit, filter ? ",\"filter_v1\":" : "", filter ? filter : "");
    g_autoptr(JsonNode) body = json_from_string(text, NULL);

    ASSERT_NO_ERROR(error);
    CfpServiceState *state = cfp_service_state_new(options);
    GBytes *made = cfp_service_state_make_file(
        state, cfp_service_state_add_capture(state, json_node_get_object(body)), NULL);
    cfp_service_state_free(state);
    return made;
}

/* Packets in a file whose packets are all cut to 20 bytes. */
static guint64
count(const GByteArray *file, const char *filter, int limit)
{
    g_autoptr(GBytes) made = capture(file, filter, limit);

    return (g_bytes_get_size(made) - FILE_HEADER) / 36;
}

static void
a_capture_takes_what_its_filter_takes(void)
{
    static const guint16 plain[] = {0x0800};
    static const guint16 tagged[] = {0x8100, 5, 0x0800};
    static const guint16 arp[] = {0x0806};
    g_autoptr(GByteArray) file = new_file(ETHERNET);

    add_ethernet(file, plain, G_N_ELEMENTS(plain));
    add_ethernet(file, arp, G_N_ELEMENTS(arp));
    add_ethernet(file, tagged, G_N_ELEMENTS(tagged));
    ASSERT_UINT(count(file, NULL, 100), 3);
    ASSERT_UINT(count(file, "{}", 100), 3);
    ASSERT_UINT(count(file, "{\"protocol\":17}", 100), 2);
    /* It sees the whole packet, not what is left of it. */
    ASSERT_UINT(count(file, "{\"source_port\":53,\"source_address\":\"192.0.2.1\"}", 100), 2);
    ASSERT_UINT(count(file, "{\"protocol\":6}", 100), 0);
    ASSERT_UINT(count(file, "{\"protocol\":17}", 1), 1);
    ASSERT_UINT(count(file, NULL, 2), 2);
}

static void
a_captured_packet_keeps_its_time_and_length(void)
{
    static const guint8 expected[] = {0xe8, 3, 0, 0, 28, 0, 0, 0, 20, 0, 0, 0, 0xdc, 5, 0, 0};
    g_autoptr(GByteArray) file = new_file(RAW);

    add_record(file, udp, sizeof udp, 1500);
    g_autoptr(GBytes) made = capture(file, NULL, 100);
    const guint8 *bytes = g_bytes_get_data(made, NULL);
    ASSERT_UINT(g_bytes_get_size(made), FILE_HEADER + 36);
    ASSERT_UINT(bytes[20], RAW);
    ASSERT_BYTES(bytes + FILE_HEADER, 16, expected, 16);
    ASSERT_BYTES(bytes + FILE_HEADER + 16, 20, udp, 20);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the packets come in the file's order", gives_the_packets_in_order},
        {"a file of another kind or cut anywhere is refused", refuses_other_and_damaged_files},
        {"IP is found behind up to two VLAN tags", finds_ip_behind_two_vlan_tags},
        {"a capture's filter and limit apply to whole packets",
         a_capture_takes_what_its_filter_takes},
        {"time and length are the file's", a_captured_packet_keeps_its_time_and_length},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "service-traffic-file", cases);
}
