/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/capture-writer.h"

#include "base/limits.h"
#include "packet/pcap-reader.h"
#include "support/cunit-runner.h"
#include "support/reader-checks.h"
#include "support/strict-source.h"

#define NS_PER_S G_GUINT64_CONSTANT(1000000000)

/* The largest packet that an Enhanced Packet Block without options holds. */
#define MAX_DATA (CFP_MAX_OUTPUT_BLOCK - 32)

/* Takes everything away that the writer has. */
static GBytes *
take_pending(CfpCaptureWriter *writer)
{
    size_t len;
    const uint8_t *data = cfp_capture_writer_pending(writer, &len);
    GBytes *bytes = g_bytes_new(data, len);

    cfp_capture_writer_consume(writer, len);
    return bytes;
}

static CfpPcapReader *
read_pending(CfpCaptureWriter *writer, size_t chunk)
{
    g_autoptr(GBytes) bytes = take_pending(writer);
    CfpPcapReader *reader = cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, chunk, NULL));
    g_autoptr(GError) error = NULL;
    gboolean opened = cfp_pcap_reader_open(reader, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(opened);
    return reader;
}

static unsigned
add_interface(CfpCaptureWriter *writer, const CfpInterface *interface)
{
    g_autoptr(GError) error = NULL;
    unsigned id = G_MAXUINT;
    gboolean added = cfp_capture_writer_interface(writer, interface, &id, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(added);
    return id;
}

static CfpCaptureWriter *
begin_pcapng(void)
{
    CfpCaptureWriter *writer = cfp_pcapng_writer_new();

    cfp_capture_writer_section(writer, &(CfpSection){0});
    return writer;
}

static uint32_t
u32_at(const uint8_t *data, size_t offset)
{
    uint32_t value;

    memcpy(&value, data + offset, sizeof value);
    return value;
}

static uint16_t
u16_at(const uint8_t *data, size_t offset)
{
    uint16_t value;

    memcpy(&value, data + offset, sizeof value);
    return value;
}

/* The options of the block that is all of `bytes`, as "code=text;". Checks the frame. */
static char *
describe_options(GBytes *bytes, size_t offset)
{
    size_t len;
    const uint8_t *data = g_bytes_get_data(bytes, &len);
    GString *text = g_string_new(NULL);

    ASSERT_UINT(u32_at(data, 4), len);
    ASSERT_UINT(u32_at(data, len - 4), len);
    for (;;) {
        unsigned code = u16_at(data, offset), option_len = u16_at(data, offset + 2);

        if (code == 0)
            break;
        g_string_append_printf(text, "%u=%.*s;", code, (int)option_len,
                               (const char *)data + offset + 4);
        offset += 4 + (option_len + 3) / 4 * 4;
    }
    ASSERT_UINT(offset + 8, len);
    return g_string_free(text, FALSE);
}

static void
test_section(void)
{
    static const char *const comments[] = {"first comment", "second", NULL};
    static const CfpSection section = {.hardware = "the edge",
                                       .os = "Linux",
                                       .application = "cloudflare-pcap",
                                       .comments = comments};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
    g_autofree char *options = NULL;
    g_autoptr(GBytes) bytes = NULL;
    const uint8_t *data;

    cfp_capture_writer_section(writer, &section);
    bytes = take_pending(writer);
    data = g_bytes_get_data(bytes, NULL);
    ASSERT_UINT(u32_at(data, 0), 0x0a0d0d0a);
    ASSERT_UINT(u32_at(data, 8), 0x1a2b3c4d);
    ASSERT_UINT(u16_at(data, 12), 1);
    ASSERT_UINT(u16_at(data, 14), 0);
    ASSERT_BYTES(data + 16, 8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    options = describe_options(bytes, 24);
    ASSERT_STR(options, "2=the edge;3=Linux;4=cloudflare-pcap;1=first comment;1=second;");
}

static void
test_empty_section(void)
{
    g_autoptr(CfpCaptureWriter) writer = begin_pcapng();
    g_autoptr(GBytes) bytes = take_pending(writer);

    ASSERT_UINT(g_bytes_get_size(bytes), 28);
    ASSERT_UINT(u32_at(g_bytes_get_data(bytes, NULL), 24), 28);
}

/* Text of `len` bytes: `lead` letters, then characters of three bytes, the last one whole. */
static char *
make_text(size_t lead, size_t len)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < lead; i++)
        g_string_append_c(text, 'x');
    while (text->len + 3 <= len)
        g_string_append(text, "€");
    return g_string_free(text, FALSE);
}

static void
test_section_limit(void)
{
    for (size_t lead = 0; lead < 4; lead++) {
        g_autofree char *comment = make_text(lead, 10000);
        g_autofree char *identity = make_text(lead, 1000);
        const char *const comments[] = {"kept", comment, "gone", NULL};
        CfpSection section = {identity, identity, "cloudflare-pcap", comments};
        g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
        g_autofree char *options = NULL;
        g_autoptr(GBytes) bytes = NULL;

        cfp_capture_writer_section(writer, &section);
        bytes = take_pending(writer);
        ASSERT_TRUE(g_bytes_get_size(bytes) <= CFP_MAX_SECTION_HEADER);
        ASSERT_TRUE(g_bytes_get_size(bytes) > CFP_MAX_SECTION_HEADER - 8);
        options = describe_options(bytes, 24);
        ASSERT_TRUE(g_utf8_validate(options, -1, NULL));
        ASSERT_TRUE(u16_at(g_bytes_get_data(bytes, NULL), 26) <= 256);
        ASSERT_CONTAINS(options, ";4=cloudflare-pcap;1=kept;1=");
        ASSERT_TRUE(strstr(options, "gone") == NULL);
    }
}

static void
test_section_limit_for_many_comments(void)
{
    /* 16 bytes each as an option: exactly 125 fit beside the fixed fields. */
    const char *comments[201] = {NULL};
    CfpSection section = {.comments = comments};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
    g_autofree char *options = NULL;
    g_autoptr(GBytes) bytes = NULL;
    char texts[200][16];

    for (int i = 0; i < 200; i++) {
        g_snprintf(texts[i], sizeof texts[i], "comment %04d", i);
        comments[i] = texts[i];
    }
    cfp_capture_writer_section(writer, &section);
    bytes = take_pending(writer);
    ASSERT_TRUE(g_bytes_get_size(bytes) <= CFP_MAX_SECTION_HEADER);
    options = describe_options(bytes, 24);
    ASSERT_CONTAINS(options, "1=comment 0124;");
    ASSERT_TRUE(strstr(options, "comment 0126") == NULL);
}

static void
test_interface(void)
{
    char name[] = "ord02", description[] = "Chicago", filter[] = "tcp port 443";
    char comment[] = "a comment";
    CfpInterface interface = {228, 96, 9, name, description, filter, comment};
    static const CfpInterface bare = {.linktype = 1, .ts_digits = 6};
    g_autoptr(CfpCaptureWriter) writer = begin_pcapng();
    g_autoptr(CfpPcapReader) reader = NULL;
    const CfpInterface *read;

    ASSERT_UINT(add_interface(writer, &interface), 0);
    ASSERT_UINT(add_interface(writer, &bare), 1);
    reader = read_pending(writer, 0);
    cfp_assert_end(reader);
    ASSERT_UINT(cfp_pcap_reader_interfaces(reader), 2);
    read = cfp_pcap_reader_interface(reader, 0);
    ASSERT_UINT(read->linktype, 228);
    ASSERT_UINT(read->snaplen, 96);
    ASSERT_UINT(read->ts_digits, 9);
    ASSERT_STR(read->name, "ord02");
    ASSERT_STR(read->description, "Chicago");
    ASSERT_STR(read->filter, "tcp port 443");
    ASSERT_STR(read->comment, "a comment");
    read = cfp_pcap_reader_interface(reader, 1);
    ASSERT_UINT(read->linktype, 1);
    ASSERT_UINT(read->snaplen, 0);
    ASSERT_UINT(read->ts_digits, 6);
    ASSERT_TRUE(read->name == NULL && read->filter == NULL);
}

static void
test_interface_limit(void)
{
    g_autofree char *text = make_text(1, 100000);
    CfpInterface interface = {.linktype = 1,
                              .ts_digits = 9,
                              .name = text,
                              .description = text,
                              .filter = text,
                              .comment = text};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(CfpPcapReader) reader = NULL;
    const CfpInterface *read;

    (void)add_interface(writer, &interface);
    bytes = take_pending(writer);
    ASSERT_TRUE(g_bytes_get_size(bytes) <= CFP_MAX_OUTPUT_BLOCK);
    ASSERT_TRUE(g_bytes_get_size(bytes) > CFP_MAX_OUTPUT_BLOCK - 8);
    cfp_capture_writer_section(writer, &(CfpSection){0});
    (void)add_interface(writer, &interface);
    reader = read_pending(writer, 0);
    cfp_assert_end(reader);
    read = cfp_pcap_reader_interface(reader, 0);
    ASSERT_UINT(read->ts_digits, 9);
    ASSERT_UINT(strlen(read->name), 65533);
    ASSERT_TRUE(g_str_has_prefix(text, read->name) && g_str_has_prefix(text, read->filter) &&
                g_str_has_prefix(text, read->comment));
    ASSERT_UINT(strlen(read->filter), 65533);
    ASSERT_TRUE(strlen(read->comment) > 60000);
}

static void
test_linktype_limit(void)
{
    g_autoptr(CfpCaptureWriter) pcapng = begin_pcapng(), pcap = cfp_pcap_writer_new();
    CfpInterface interface = {.linktype = 65536, .ts_digits = 6};
    g_autoptr(GError) error = NULL, pcap_error = NULL;
    unsigned id = 77;

    ASSERT_FALSE(cfp_capture_writer_interface(pcapng, &interface, &id, &error));
    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED);
    ASSERT_FALSE(cfp_capture_writer_interface(pcap, &interface, &id, &pcap_error));
    ASSERT_ERROR(pcap_error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED);
    ASSERT_UINT(id, 77);
}

/* A packet like no other, the same in each run; `data` has CFP_MAX_CAPTURED_LENGTH bytes. */
static CfpPacket
make_packet(GRand *rand, const uint8_t *data, const char *comment, unsigned interfaces)
{
    CfpPacket packet = {.caplen = (uint32_t)g_rand_int_range(rand, 0, 200)};

    if (g_rand_int_range(rand, 0, 500) == 0)
        packet.caplen = (uint32_t)g_rand_int_range(rand, 0, MAX_DATA - 2000);
    packet.len = g_rand_boolean(rand) ? packet.caplen : g_rand_int(rand);
    packet.data = data + g_rand_int_range(rand, 0, 1000);
    packet.ts_ns = g_rand_int(rand) * NS_PER_S + (uint64_t)g_rand_int_range(rand, 0, 1000000000);
    packet.iface = (uint32_t)g_rand_int_range(rand, 0, (int)interfaces);
    packet.has_flags = g_rand_boolean(rand);
    if (packet.has_flags)
        packet.flags = g_rand_int(rand);
    if (g_rand_int_range(rand, 0, 3) == 0) {
        packet.comment = comment;
        packet.comment_len = 3 * (uint32_t)g_rand_int_range(rand, 1, 300);
    }
    return packet;
}

static void
assert_same_packet(const CfpPacket *read, const CfpPacket *written, uint64_t unit)
{
    ASSERT_UINT(read->ts_ns, written->ts_ns - written->ts_ns % unit);
    ASSERT_UINT(read->len, written->len);
    ASSERT_BYTES(read->data, read->caplen, written->data, written->caplen);
}

static void
assert_same_options(const CfpPacket *read, const CfpPacket *written)
{
    ASSERT_UINT(read->iface, written->iface);
    ASSERT_UINT(read->has_flags, written->has_flags);
    ASSERT_UINT(read->flags, written->flags);
    ASSERT_BYTES(read->comment, read->comment_len, written->comment, written->comment_len);
}

/* Writes packets while their bytes are taken away in pieces, and reads them again. */
static void
check_round_trip(CfpCaptureWriter *writer, const uint8_t *units, unsigned interfaces, bool options)
{
    g_autofree char *comment = make_text(0, 1000);
    g_autofree uint8_t *data = g_malloc(CFP_MAX_CAPTURED_LENGTH + 1000);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240229);
    g_autoptr(GArray) packets = g_array_new(FALSE, FALSE, sizeof(CfpPacket));
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autoptr(CfpPcapReader) reader = NULL;
    g_autoptr(GBytes) bytes = NULL;
    const uint8_t *pending;
    size_t len;

    for (size_t i = 0; i < CFP_MAX_CAPTURED_LENGTH + 1000; i++)
        data[i] = (uint8_t)g_rand_int(rand);
    for (int i = 0; i < 5000; i++) {
        CfpPacket packet = make_packet(rand, data, comment, interfaces);

        ASSERT_TRUE(cfp_capture_writer_packet(writer, options ? packet.iface : 0, &packet));
        g_array_append_val(packets, packet);
        pending = cfp_capture_writer_pending(writer, &len);
        if (len > 0)
            len = (size_t)g_rand_int_range(rand, 0, (int)MIN(len, 2000) + 1);
        g_byte_array_append(file, pending, (guint)len);
        cfp_capture_writer_consume(writer, len);
    }
    pending = cfp_capture_writer_pending(writer, &len);
    g_byte_array_append(file, pending, (guint)len);
    bytes = g_bytes_new(file->data, file->len);
    reader = cfp_pcap_reader_new_take(cfp_memory_source_new(bytes, 4096));
    ASSERT_TRUE(cfp_pcap_reader_open(reader, NULL));
    for (guint i = 0; i < packets->len; i++) {
        const CfpPacket *written = &g_array_index(packets, CfpPacket, i);
        CfpPacket read = cfp_read_packet(reader);

        assert_same_packet(&read, written, units[written->iface] == 9 ? 1 : 1000);
        if (options)
            assert_same_options(&read, written);
    }
    cfp_assert_end(reader);
}

static void
test_pcapng_round_trip(void)
{
    static const uint8_t digits[] = {9, 6, 9};
    g_autoptr(CfpCaptureWriter) writer = begin_pcapng();

    for (unsigned i = 0; i < G_N_ELEMENTS(digits); i++) {
        CfpInterface interface = {.linktype = i, .ts_digits = digits[i]};

        ASSERT_UINT(add_interface(writer, &interface), i);
    }
    check_round_trip(writer, digits, G_N_ELEMENTS(digits), true);
}

static void
test_pcap_round_trip(void)
{
    for (uint8_t digits = 6; digits <= 9; digits += 3) {
        g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
        CfpInterface interface = {.linktype = 1, .ts_digits = digits};

        (void)add_interface(writer, &interface);
        check_round_trip(writer, &digits, 1, false);
    }
}

/* Writes one packet into a pcapng file of its own and reads it again. */
static CfpPcapReader *
write_one(const CfpPacket *packet, gboolean whole, size_t *ret_block_len)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 6};
    CfpCaptureWriter *writer = begin_pcapng();
    CfpPcapReader *reader;
    size_t before;

    (void)add_interface(writer, &interface);
    (void)cfp_capture_writer_pending(writer, &before);
    ASSERT_TRUE(cfp_capture_writer_packet(writer, 0, packet) == whole);
    (void)cfp_capture_writer_pending(writer, ret_block_len);
    *ret_block_len -= before;
    reader = read_pending(writer, 0);
    cfp_capture_writer_free(writer);
    return reader;
}

static void
test_largest_packet(void)
{
    g_autofree uint8_t *data = g_malloc0(CFP_MAX_CAPTURED_LENGTH);
    CfpPacket packet = {.data = data, .caplen = MAX_DATA, .len = 300000}, read;
    g_autoptr(CfpPcapReader) whole = NULL, cut = NULL;
    size_t len;

    data[MAX_DATA - 1] = 1;
    whole = write_one(&packet, TRUE, &len);
    ASSERT_UINT(len, CFP_MAX_OUTPUT_BLOCK);
    read = cfp_read_packet(whole);
    ASSERT_BYTES(read.data, read.caplen, data, MAX_DATA);
    packet.caplen = CFP_MAX_CAPTURED_LENGTH;
    cut = write_one(&packet, FALSE, &len);
    ASSERT_UINT(len, CFP_MAX_OUTPUT_BLOCK);
    read = cfp_read_packet(cut);
    ASSERT_BYTES(read.data, read.caplen, data, MAX_DATA);
    ASSERT_UINT(read.len, 300000);
}

static void
test_comment_goes_before_data(void)
{
    g_autofree uint8_t *data = g_malloc0(CFP_MAX_CAPTURED_LENGTH);
    g_autofree char *comment = make_text(0, 1000);

    /* From room for the whole comment to room for nothing. */
    for (uint32_t caplen = MAX_DATA - 1100; caplen <= MAX_DATA; caplen++) {
        CfpPacket packet = {.data = data,
                            .caplen = caplen,
                            .comment = comment,
                            .comment_len = (uint32_t)strlen(comment)};
        g_autoptr(CfpPcapReader) reader = NULL;
        CfpPacket read;
        size_t len;

        packet.has_flags = caplen % 2 == 0;
        reader = write_one(&packet, TRUE, &len);
        ASSERT_TRUE(len <= CFP_MAX_OUTPUT_BLOCK);
        read = cfp_read_packet(reader);
        ASSERT_UINT(read.caplen, caplen);
        ASSERT_UINT(read.comment_len % 3, 0);
        ASSERT_TRUE(read.comment_len + 40 + caplen > MAX_DATA || read.comment_len == 999);
        ASSERT_BYTES(read.comment, read.comment_len, comment, read.comment_len);
    }
}

static uint64_t
u64_at(const uint8_t *data, size_t offset)
{
    uint64_t value;

    memcpy(&value, data + offset, sizeof value);
    return value;
}

/* Times are two words, the high one first. */
static uint64_t
time_at(const uint8_t *data, size_t offset)
{
    return (uint64_t)u32_at(data, offset) << 32 | u32_at(data, offset + 4);
}

static void
test_statistics(void)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 6};
    static const CfpStatistics statistics = {.start_ns = G_GUINT64_CONSTANT(1700000000123456789),
                                             .end_ns = G_GUINT64_CONSTANT(1700000060000000000),
                                             .received = 5,
                                             .accepted = 3,
                                             .comment = "done"};
    static const uint16_t codes[] = {2, 3, 4, 6};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
    g_autoptr(GBytes) bytes = NULL;
    const uint8_t *data;

    (void)add_interface(writer, &interface);
    cfp_capture_writer_consume(writer, 32);
    cfp_capture_writer_statistics(writer, 0, &statistics);
    bytes = take_pending(writer);
    data = g_bytes_get_data(bytes, NULL);
    ASSERT_UINT(g_bytes_get_size(bytes), 84);
    ASSERT_UINT(u32_at(data, 0), 5);
    ASSERT_UINT(u32_at(data, 4), 84);
    ASSERT_UINT(u32_at(data, 8), 0);
    ASSERT_UINT(time_at(data, 12), 1700000060000000);
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        ASSERT_UINT(u16_at(data, 20 + i * 12), codes[i]);
        ASSERT_UINT(u16_at(data, 22 + i * 12), 8);
    }
    ASSERT_UINT(time_at(data, 24), 1700000000123456);
    ASSERT_UINT(time_at(data, 36), 1700000060000000);
    ASSERT_UINT(u64_at(data, 48), 5);
    ASSERT_UINT(u64_at(data, 60), 3);
    ASSERT_UINT(u16_at(data, 68), 1);
    ASSERT_BYTES(data + 72, 8, "done\0\0\0\0", 8);
    ASSERT_UINT(u32_at(data, 80), 84);
}

static void
test_unknown_statistics(void)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 9};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcapng_writer_new();
    g_autofree char *options = NULL;
    g_autoptr(GBytes) bytes = NULL;

    (void)add_interface(writer, &interface);
    cfp_capture_writer_consume(writer, 32);
    cfp_capture_writer_statistics(writer, 0, &(CfpStatistics){0});
    bytes = take_pending(writer);
    options = describe_options(bytes, 20);
    ASSERT_STR(options, "4=;6=;");
}

static void
test_pcap_header(void)
{
    static const struct {
        uint8_t digits;
        uint32_t snaplen, magic, written;
    } cases[] = {{6, 96, 0xa1b2c3d4, 96}, {9, 0, 0xa1b23c4d, CFP_MAX_CAPTURED_LENGTH}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        CfpInterface interface = {
            .linktype = 228, .snaplen = cases[i].snaplen, .ts_digits = cases[i].digits};
        g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
        g_autoptr(GBytes) bytes = NULL;
        const uint8_t *data;

        (void)add_interface(writer, &interface);
        bytes = take_pending(writer);
        data = g_bytes_get_data(bytes, NULL);
        ASSERT_UINT(g_bytes_get_size(bytes), 24);
        ASSERT_UINT(u32_at(data, 0), cases[i].magic);
        ASSERT_UINT(u16_at(data, 4), 2);
        ASSERT_UINT(u16_at(data, 6), 4);
        ASSERT_UINT(u32_at(data, 8), 0);
        ASSERT_UINT(u32_at(data, 12), 0);
        ASSERT_UINT(u32_at(data, 16), cases[i].written);
        ASSERT_UINT(u32_at(data, 20), 228);
    }
}

static void
test_pcap_interfaces(void)
{
    static const CfpInterface first = {.linktype = 1, .ts_digits = 6},
                              same = {.linktype = 1, .ts_digits = 9, .snaplen = 5},
                              other = {.linktype = 101, .ts_digits = 6};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
    g_autoptr(GError) error = NULL;
    unsigned id = 77;
    size_t len;

    ASSERT_UINT(add_interface(writer, &first), 0);
    ASSERT_UINT(add_interface(writer, &same), 0);
    ASSERT_FALSE(cfp_capture_writer_interface(writer, &other, &id, &error));
    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED);
    ASSERT_UINT(id, 77);
    (void)cfp_capture_writer_pending(writer, &len);
    ASSERT_UINT(len, 24);
}

static void
test_pcap_ignores_the_rest(void)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 6};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
    size_t len;

    cfp_capture_writer_section(writer, &(CfpSection){.os = "Linux"});
    ASSERT_TRUE(cfp_capture_writer_pending(writer, &len) == NULL);
    ASSERT_UINT(len, 0);
    (void)add_interface(writer, &interface);
    cfp_capture_writer_statistics(writer, 0, &(CfpStatistics){.received = 1});
    (void)cfp_capture_writer_pending(writer, &len);
    ASSERT_UINT(len, 24);
}

static void
test_pcap_limits(void)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 9};
    g_autofree uint8_t *data = g_malloc0(CFP_MAX_CAPTURED_LENGTH + 1);
    CfpPacket packet = {.data = data, .caplen = CFP_MAX_CAPTURED_LENGTH, .ts_ns = G_MAXUINT64};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket read;

    (void)add_interface(writer, &interface);
    ASSERT_TRUE(cfp_capture_writer_packet(writer, 0, &packet));
    packet.caplen++;
    ASSERT_FALSE(cfp_capture_writer_packet(writer, 0, &packet));
    reader = read_pending(writer, 0);
    for (int i = 0; i < 2; i++) {
        read = cfp_read_packet(reader);
        ASSERT_UINT(read.caplen, CFP_MAX_CAPTURED_LENGTH);
        ASSERT_UINT(read.ts_ns, G_MAXUINT32 * NS_PER_S + G_MAXUINT64 % NS_PER_S);
    }
    cfp_assert_end(reader);
}

static void
test_pending_is_taken_in_pieces(void)
{
    static const CfpInterface interface = {.linktype = 1, .ts_digits = 6};
    g_autofree uint8_t *data = g_malloc0(1000);
    CfpPacket packet = {.data = data, .caplen = 1000, .len = 1000};
    g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
    size_t len, total = 24;

    (void)add_interface(writer, &interface);
    for (int i = 0; i < 1000; i++) {
        (void)cfp_capture_writer_packet(writer, 0, &packet);
        total += 1016;
        cfp_capture_writer_consume(writer, 1000);
        total -= 1000;
        (void)cfp_capture_writer_pending(writer, &len);
        ASSERT_UINT(len, total);
    }
    cfp_capture_writer_consume(writer, total);
    ASSERT_TRUE(cfp_capture_writer_pending(writer, &len) == NULL);
    ASSERT_UINT(len, 0);
}

static void
test_free_null(void)
{
    cfp_capture_writer_free(NULL);
    cfp_pcap_reader_free(NULL);
    CU_PASS("no crash");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a section says what it is told", test_section},
        {"a section without anything is the bare block", test_empty_section},
        {"a section stays below its limit, cut between characters", test_section_limit},
        {"the last of many comments go first", test_section_limit_for_many_comments},
        {"an interface is read back as it was written", test_interface},
        {"an interface with endless texts stays below the limit", test_interface_limit},
        {"a link type that 16 bits can't hold is refused", test_linktype_limit},
        {"packets are read back from pcapng as they were written", test_pcapng_round_trip},
        {"packets are read back from pcap as they were written", test_pcap_round_trip},
        {"a packet is cut where its block would be too large", test_largest_packet},
        {"a comment is cut before any data is", test_comment_goes_before_data},
        {"statistics are written with their times and counters", test_statistics},
        {"statistics leave out times that are not known", test_unknown_statistics},
        {"the header of pcap follows the first interface", test_pcap_header},
        {"pcap takes more interfaces of the same link type only", test_pcap_interfaces},
        {"pcap ignores sections and statistics", test_pcap_ignores_the_rest},
        {"pcap holds the largest packet and stops at the last time", test_pcap_limits},
        {"pending bytes can be taken in pieces", test_pending_is_taken_in_pieces},
        {"freeing nothing is allowed", test_free_null},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "capture-writer", cases);
}
