/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/packet-stream.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "filter/bpf.h"
#include "packet/inflate-source.h"
#include "packet/pcap-reader.h"
#include "support/asserts.h"
#include "support/capture-builder.h"
#include "support/child.h"
#include "support/fake-dns.h"
#include "support/fake-time.h"
#include "support/quiet.h"
#include "support/raw-server.h"
#include "support/scratch.h"

#define ACCOUNT "0123456789abcdef0123456789abcdef"
#define MAGIC_US 0xa1b2c3d4u
enum { RAW = 101, ETHERNET = 1 };
enum { SECTION = 0x0a0d0d0a, STATISTICS = 5 }; /* blocks of pcapng */

/* A raw IPv4 packet without payload, of 24 bytes: its last byte is `tag`. */
static void
put_ip_packet(CfpBuilder *builder, uint8_t protocol, uint8_t tag, uint32_t seconds)
{
    const uint8_t packet[24] = {0x45, 0, 0, 24, 0,   0,  0,   0, 64, protocol, 0, 0,
                                192,  0, 2, 1,  198, 51, 100, 2, 0,  0,        0, tag};

    cfp_put_u32(builder, seconds);
    cfp_put_u32(builder, 0);
    cfp_put_u32(builder, sizeof packet);
    cfp_put_u32(builder, 1500);
    cfp_put_raw(builder, packet, sizeof packet);
}

enum { ICMP = 1, TCP = 6, UDP = 17 };

/* The same behind an Ethernet header, from another network. */
static void
put_frame(CfpBuilder *builder, uint8_t protocol, uint8_t network, uint8_t tag)
{
    const uint8_t frame[38] = {2,       0,    0, 0, 0,   1,  2,   0, 0, 0,  0,        2,  8,
                               0,       0x45, 0, 0, 24,  0,  0,   0, 0, 64, protocol, 0,  0,
                               network, 0,    2, 1, 198, 51, 100, 2, 0, 0,  0,        tag};

    cfp_put_u32(builder, 1795262400u + tag);
    cfp_put_u32(builder, 0);
    cfp_put_u32(builder, sizeof frame);
    cfp_put_u32(builder, sizeof frame);
    cfp_put_raw(builder, frame, sizeof frame);
}

/* n packets; every third is UDP, the others TCP. */
static CfpBuilder
new_file(guint n)
{
    CfpBuilder builder = cfp_builder_new(false);

    cfp_put_pcap_header(&builder, MAGIC_US, 160, RAW);
    for (guint i = 0; i < n; i++)
        put_ip_packet(&builder, i % 3 == 0 ? UDP : TCP, (uint8_t)i, 1795262400 + i);
    return builder;
}

/* ---- the fixture: a capture that was created, and a file to write to --------------------------
 */

typedef struct {
    CfpScratch scratch;
    char *path;
    CfpPump *pump;
    CfpHttp *http;
    CfpRawServer *server;
    CfpApi *api;
    CfpJob *job;
    CfpFilterV1 fields; /* that the job was to ask for */
    CfpCaptureFilter *filter;
    CfpFifo *fifo;
    CfpPacketStream *stream;
    GString *said;
} Fixture;

static void
clear_fixture(Fixture *self)
{
    cfp_packet_stream_free(self->stream);
    cfp_fifo_free(self->fifo);
    cfp_job_free(self->job);
    cfp_filter_v1_clear(&self->fields);
    cfp_capture_filter_free(self->filter);
    cfp_api_free(self->api);
    cfp_http_free(self->http);
    cfp_raw_server_stop(self->server);
    cfp_pump_free(self->pump);
    g_free(self->path);
    g_string_free(self->said, TRUE);
    cfp_scratch_clear(&self->scratch);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

static void
hear(const char *text, void *data)
{
    g_string_append_printf(data, "%s\n", text);
}

static const CfpRawAnswer created = {
    .request = "POST",
    .status = 200,
    .body = "{\"success\":true,\"result\":{\"id\":\"c4p7ure\",\"status\":\"success\","
            "\"submitted\":\"2026-11-21T12:00:00Z\"}}",
};

typedef struct {
    const char *filter;
    gboolean classic;
    const CfpRawAnswer *answers; /* NULL: created at once */
    size_t n_answers;
    const char *source_address;
    gboolean resolves_names;
    guint packet_limit; /* 0: 100 */
} Setup;

static void
init_job(Fixture *self, const Setup *setup)
{
    const CfpRawAnswer *answers = setup->answers ? setup->answers : &created;
    size_t n = setup->answers ? setup->n_answers : 1;
    static const CfpFilterV1 everything = {.protocol = -1};
    g_autoptr(CfpCaptureRequest) request = cfp_capture_request_new();
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};
    g_autoptr(GError) error = NULL;

    request->time_limit = 60;
    request->packet_limit = setup->packet_limit ? setup->packet_limit : 100;
    request->filter.source_address = g_strdup(setup->source_address);
    cfp_fake_time_skip_waits();
    self->http = cfp_http_new(self->pump, NULL, NULL);
    self->server = cfp_raw_server_start(answers, n);
    self->api =
        cfp_api_new(self->http, cfp_raw_server_url(self->server), ACCOUNT, &credential, NULL);
    cfp_filter_v1_copy(&self->fields, &request->filter);
    self->job = cfp_job_new(self->api, request, &everything, 1, CFP_TURN_WAIT, NULL, NULL);
    cfp_credential_clear(&credential);
    ASSERT_OK(cfp_job_create(self->job, &error), error);
}

static void
init(Fixture *self, const Setup *setup)
{
    CfpStreamOptions options = {
        .account_id = ACCOUNT, .classic_pcap = setup->classic, .progress = hear};
    g_autoptr(GError) error = NULL;

    cfp_fake_time_reset();
    *self =
        (Fixture){.scratch = cfp_scratch_new(), .pump = cfp_pump_new(), .said = g_string_new(NULL)};
    init_job(self, setup);
    self->path = cfp_scratch_path(&self->scratch, "out");
    self->fifo = cfp_fifo_open(self->pump, self->path, NULL);
    options.job = self->job;
    /* A thread takes its time. */
    if (setup->resolves_names ||
        (setup->filter && strlen(setup->filter) > CFP_SHORT_CAPTURE_FILTER))
        cfp_fake_time_reset();
    self->filter =
        cfp_capture_filter_new(&(CfpCaptureFilterOptions){.expression = setup->filter,
                                                          .fields = &self->fields,
                                                          .mode = CFP_PUSHDOWN_OFF,
                                                          .resolves_names = setup->resolves_names,
                                                          .pump = self->pump},
                               &error);
    ASSERT_NO_ERROR(error);
    options.filter = self->filter;
    options.fifo = self->fifo;
    options.progress_data = self->said;
    self->stream = cfp_packet_stream_new(&options);
}

static gboolean
copy(const Fixture *self, const CfpBuilder *file, size_t chunk, GError **error)
{
    g_autoptr(GBytes) bytes = cfp_builder_bytes(file);

    return cfp_packet_stream_copy_take(self->stream, cfp_memory_source_new(bytes, chunk), error);
}

/* begin, copy, end */
static void
run(const Fixture *self, const CfpBuilder *file)
{
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_packet_stream_begin(self->stream, &error), error);
    ASSERT_OK(copy(self, file, 1000, &error), error);
    ASSERT_OK(cfp_packet_stream_end(self->stream, &error), error);
}

static GBytes *
output(const Fixture *self)
{
    g_autofree char *data = NULL;
    gsize len;

    ASSERT_TRUE(g_file_get_contents(self->path, &data, &len, NULL));
    return g_bytes_new(data, len);
}

static CfpPcapReader *
read_back(const Fixture *self)
{
    g_autoptr(GBytes) bytes = output(self);
    CfpPcapReader *reader = cfp_pcap_reader_new_take(cfp_memory_source_new(bytes, 0));
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_pcap_reader_open(reader, &error), error);
    return reader;
}

/* The packets' last bytes, in their order. */
static char *
tags(const Fixture *self)
{
    g_autoptr(CfpPcapReader) reader = read_back(self);
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    CfpPacket packet;
    CfpNext next;

    while ((next = cfp_pcap_reader_next(reader, &packet, &error)) == CFP_NEXT_PACKET)
        g_string_append_printf(text, "%s%u", text->len > 0 ? " " : "",
                               packet.data[packet.caplen - 1]);
    ASSERT_NO_ERROR(error);
    return g_string_free(text, FALSE);
}

static gboolean
holds(const char *data, gsize len, const char *part)
{
    for (gsize at = 0; at + strlen(part) <= len; at++)
        if (memcmp(data + at, part, strlen(part)) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
output_holds(const Fixture *self, const char *part)
{
    g_autoptr(GBytes) bytes = output(self);
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);

    return holds(data, len, part);
}

/* Whole blocks of one type in the output. */
static guint
count_blocks(const Fixture *self, uint32_t type)
{
    g_autoptr(GBytes) bytes = output(self);
    gsize len;
    const uint8_t *data = g_bytes_get_data(bytes, &len);
    guint count = 0;

    for (gsize at = 0; at + 12 <= len;) {
        uint32_t block_type, block_len;

        memcpy(&block_type, data + at, 4);
        memcpy(&block_len, data + at + 4, 4);
        ASSERT_TRUE(block_len >= 12 && at + block_len <= len);
        count += block_type == type ? 1 : 0;
        at += block_len;
    }
    return count;
}

/* Whether a block of the type has the text. */
static gboolean
block_holds(const Fixture *self, uint32_t type, const char *part)
{
    g_autoptr(GBytes) bytes = output(self);
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);

    for (gsize at = 0; at + 12 <= len;) {
        uint32_t block_type, block_len;

        memcpy(&block_type, data + at, 4);
        memcpy(&block_len, data + at + 4, 4);
        ASSERT_TRUE(block_len >= 12 && at + block_len <= len);
        if (block_type == type && holds(data + at, block_len, part))
            return TRUE;
        at += block_len;
    }
    return FALSE;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void
test_all_packets(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(5);
    g_autofree char *got = NULL;

    init(&f, &(Setup){0});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "0 1 2 3 4");
    ASSERT_UINT(cfp_packet_stream_received(f.stream), 5);
    ASSERT_UINT(cfp_packet_stream_passed(f.stream), 5);
}

static void
test_header_comes_first(void)
{
    g_auto(Fixture) f;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    gsize len;

    init(&f, &(Setup){0});
    ASSERT_OK(cfp_packet_stream_begin(f.stream, &error), error);
    bytes = output(&f);
    len = g_bytes_get_size(bytes);
    ASSERT_TRUE(len > 28 && len <= CFP_MAX_SECTION_HEADER);
    ASSERT_UINT(count_blocks(&f, 0x0a0d0d0a), 1);
}

static void
test_comments(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(1);

    init(&f, &(Setup){.filter = "udp", .source_address = "192.0.2.1"});
    run(&f, &file);
    ASSERT_TRUE(output_holds(&f, "cloudflare-pcap " CFP_VERSION));
    ASSERT_TRUE(output_holds(&f, "sample capture c4p7ure, account ending in cdef"));
    ASSERT_TRUE(output_holds(&f, "2026-11-21T11:59:00Z to 2026-11-21T12:00:00Z (60 s); at most "
                                 "100 packets"));
    ASSERT_TRUE(output_holds(&f, "{\"source_address\":\"192.0.2.1\"}"));
    ASSERT_TRUE(output_holds(&f, "Filter here: udp"));
    ASSERT_FALSE(output_holds(&f, ACCOUNT));
    ASSERT_FALSE(output_holds(&f, "s3cret"));
}

static void
test_interface(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(1);
    g_autoptr(CfpPcapReader) reader = NULL;
    const CfpInterface *interface;
    CfpPacket packet;

    init(&f, &(Setup){.filter = "udp", .source_address = "192.0.2.1"});
    run(&f, &file);
    reader = read_back(&f);
    ASSERT_TRUE(cfp_pcap_reader_next(reader, &packet, NULL) == CFP_NEXT_PACKET);
    interface = cfp_pcap_reader_interface(reader, 0);
    ASSERT_UINT(interface->linktype, RAW);
    ASSERT_UINT(interface->snaplen, 160);
    ASSERT_STR(interface->name, "cloudflare-pcap");
    ASSERT_STR(interface->description, "Cloudflare Magic Transit, sample capture c4p7ure");
    ASSERT_STR(interface->filter, "(udp) and (src host 192.0.2.1)");
    ASSERT_UINT(packet.len, 1500);
    ASSERT_UINT(packet.ts_ns, G_GUINT64_CONSTANT(1795262400000000000));
}

static void
test_filter(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(7);
    g_autofree char *got = NULL;

    init(&f, &(Setup){.filter = "udp"});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "0 3 6");
    ASSERT_UINT(cfp_packet_stream_received(f.stream), 7);
    ASSERT_UINT(cfp_packet_stream_passed(f.stream), 3);
}

/* What the service would not filter is filtered here, together with the user's own filter. */
static void
test_left_over_filter(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "POST",
         .status = 400,
         .body = "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"no CIDR\"}]}"},
        created,
    };
    g_auto(Fixture) here;
    g_auto(Fixture) elsewhere;
    g_auto(CfpBuilder) file = new_file(7);
    g_autofree char *some = NULL;
    g_autofree char *none = NULL;

    init(&here, &(Setup){.filter = "udp or icmp",
                         .answers = answers,
                         .n_answers = 2,
                         .source_address = "192.0.2.0/24"});
    run(&here, &file);
    some = tags(&here);
    ASSERT_STR(some, "0 3 6");
    ASSERT_TRUE(output_holds(&here, "(udp or icmp) and (src net 192.0.2.0/24)"));
    ASSERT_TRUE(output_holds(&here, "refused a part of the filter"));
    init(&elsewhere,
         &(Setup){.answers = answers, .n_answers = 2, .source_address = "198.51.100.0/24"});
    run(&elsewhere, &file);
    none = tags(&elsewhere);
    ASSERT_STR(none, "");
    ASSERT_UINT(cfp_packet_stream_received(elsewhere.stream), 7);
}

static void
test_statistics(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(3);
    g_autoptr(GError) error = NULL;

    init(&f, &(Setup){0});
    run(&f, &file);
    ASSERT_UINT(count_blocks(&f, 5), 1);
    /* Once. */
    ASSERT_OK(cfp_packet_stream_end(f.stream, &error), error);
    ASSERT_UINT(count_blocks(&f, 5), 1);
}

/* "vlan" moves what the words behind it mean, in one program: the fields have one of their own. */
static void
test_vlan_does_not_move_the_fields(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "POST",
         .status = 400,
         .body = "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"no CIDR\"}]}"},
        created,
    };
    static const Setup setup = {
        .filter = "udp or vlan 5", .n_answers = 2, .source_address = "192.0.2.0/24"};
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    Setup refused = setup;
    g_autofree char *got = NULL;

    refused.answers = answers;
    cfp_put_pcap_header(&file, MAGIC_US, 160, ETHERNET);
    put_frame(&file, UDP, 192, 0);
    put_frame(&file, UDP, 198, 1);
    put_frame(&file, TCP, 192, 2);
    put_frame(&file, UDP, 192, 3);
    init(&f, &refused);
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "0 3");
}

/* ---- the packet limit ------------------------------------------------------------------------ */

static void
test_starvation(void)
{
    static const struct {
        const char *filter;
        guint packets, limit;
        const char *expected;
    } rows[] = {
        {"udp", 99, 100, NULL},
        {NULL, 100, 100, NULL},
        {"tcp or udp", 100, 100, NULL},
        {"udp", 100, 100,
         "Cloudflare returned 100 packets, the packet limit, of which 34 passed the filter: the "
         "time window may hold more that pass"},
        {"udp", 101, 100,
         "Cloudflare returned 101 packets, the packet limit, of which 34 passed the filter: the "
         "time window may hold more that pass"},
        {"icmp", 100, 100,
         "none of the 100 packets that Cloudflare returned, its packet limit, passes the filter: "
         "the time window may hold some that do"},
        {"icmp", 99, 100, NULL},
        {"tcp", 1, 1,
         "none of the 1 packets that Cloudflare returned, its packet limit, passes the filter: "
         "the time window may hold some that do"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) f;
        g_auto(CfpBuilder) file = new_file(rows[i].packets);
        g_autofree char *before = NULL;
        g_autofree char *text = NULL;

        init(&f, &(Setup){.filter = rows[i].filter, .packet_limit = rows[i].limit});
        before = cfp_packet_stream_starvation(f.stream);
        ASSERT_STR(before, NULL);
        run(&f, &file);
        text = cfp_packet_stream_starvation(f.stream);
        ASSERT_STR(text, rows[i].expected);
        /* The file says it, too. */
        if (text)
            ASSERT_TRUE(block_holds(&f, STATISTICS, text));
        ASSERT_FALSE(!text && block_holds(&f, STATISTICS, "packet limit"));
    }
}

/* ---- long comments --------------------------------------------------------------------------- */

/* n bytes, which libpcap compiles in a moment. Owned. */
static char *
long_filter(gsize n)
{
    static const char term[] = " and greater 0000000000000000000000000000000000000000000000001";
    GString *text = g_string_new("udp");

    while (text->len + strlen(term) <= n)
        g_string_append(text, term);
    while (text->len < n)
        g_string_append_c(text, ' ');
    return g_string_free(text, FALSE);
}

static void
check_section(const Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    ASSERT_OK(cfp_packet_stream_begin(f->stream, &error), error);
    bytes = output(f);
    ASSERT_TRUE(g_bytes_get_size(bytes) <= CFP_MAX_SECTION_HEADER);
    ASSERT_UINT(count_blocks(f, SECTION), 1);
    ASSERT_TRUE(block_holds(f, SECTION, "Made by cloudflare-pcap"));
}

static void
test_long_filter(void)
{
    g_auto(Fixture) f;
    g_autofree char *filter = long_filter(CFP_MAX_CAPTURE_FILTER);

    init(&f,
         &(Setup){.filter = filter, .source_address = "2001:db8:1234:5678:9abc:def0:1234:5678"});
    check_section(&f);
    ASSERT_TRUE(block_holds(&f, SECTION, "Filter here: udp and greater 000"));
    ASSERT_TRUE(block_holds(&f, SECTION, "Cloudflare applies"));
}

/* As many names as there may be, with many addresses. */
static void
test_many_names(void)
{
    static const char *const addresses[] = {"2001:db8:1234:5678:9abc:def0:1234:1",
                                            "2001:db8:1234:5678:9abc:def0:1234:2",
                                            "2001:db8:1234:5678:9abc:def0:1234:3",
                                            "2001:db8:1234:5678:9abc:def0:1234:4",
                                            "2001:db8:1234:5678:9abc:def0:1234:5",
                                            "2001:db8:1234:5678:9abc:def0:1234:6",
                                            "2001:db8:1234:5678:9abc:def0:1234:7",
                                            "2001:db8:1234:5678:9abc:def0:1234:8",
                                            NULL};
    CfpFakeHost hosts[CFP_MAX_FILTER_NAMES + 1] = {{.name = NULL}};
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) filter = g_string_new("udp");
    g_auto(Fixture) f;

    for (guint i = 0; i < CFP_MAX_FILTER_NAMES; i++) {
        g_ptr_array_add(names, g_strdup_printf("a-host-with-a-long-name-%u.example", i));
        hosts[i] = (CfpFakeHost){.name = g_ptr_array_index(names, i), .addresses = addresses};
        g_string_append_printf(filter, " or host %s", hosts[i].name);
    }
    cfp_fake_dns_set(hosts);
    init(&f, &(Setup){.filter = filter->str, .resolves_names = TRUE});
    cfp_fake_dns_set(NULL);
    check_section(&f);
    ASSERT_TRUE(block_holds(&f, SECTION, "a-host-with-a-long-name-0.example = 2001:db8:1234"));
}

static void
test_names_are_told(void)
{
    static const char *const addresses[] = {"192.0.2.1", "2001:db8::1", NULL};
    static const CfpFakeHost hosts[] = {{.name = "www.example", .addresses = addresses},
                                        {.name = NULL}};
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(3);
    g_autofree char *got = NULL;

    cfp_fake_dns_set(hosts);
    init(&f, &(Setup){.filter = "udp and src host www.example", .resolves_names = TRUE});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "0");
    ASSERT_TRUE(block_holds(&f, SECTION, "www.example = 192.0.2.1, 2001:db8::1"));
    ASSERT_TRUE(
        block_holds(&f, SECTION, "Filter here: udp and src host (192.0.2.1 or 2001:db8::1)"));
}

static void
test_turn_is_told(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "POST", .status = 429, .headers = "Retry-After: 7\r\n"}, created};
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(1);

    init(&f, &(Setup){.answers = answers, .n_answers = 2});
    run(&f, &file);
    ASSERT_TRUE(output_holds(&f, "Waited 7 s for the service's turn"));
}

static void
test_classic(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(5);
    g_autofree char *got = NULL;
    g_autoptr(GBytes) bytes = NULL;

    init(&f, &(Setup){.classic = TRUE, .filter = "tcp"});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "1 2 4");
    bytes = output(&f);
    ASSERT_UINT(g_bytes_get_size(bytes), 24 + 3 * (16 + 24));
}

static void
test_no_packets(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(0);
    g_autofree char *got = NULL;

    init(&f, &(Setup){.filter = "udp"});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "");
    /* The interface is there all the same. */
    ASSERT_UINT(count_blocks(&f, 1), 1);
}

static void
test_damaged_tail(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(5);
    g_autoptr(GError) error = NULL;
    g_autofree char *got = NULL;

    g_byte_array_set_size(file.bytes, file.bytes->len - 1);
    init(&f, &(Setup){0});
    ASSERT_TRUE(cfp_packet_stream_begin(f.stream, NULL));
    ASSERT_FALSE(copy(&f, &file, 10, &error));
    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_TRUNCATED);
    ASSERT_TRUE(cfp_packet_stream_end(f.stream, NULL));
    got = tags(&f);
    ASSERT_STR(got, "0 1 2 3");
    ASSERT_UINT(count_blocks(&f, 5), 1);
    ASSERT_UINT(cfp_packet_stream_passed(f.stream), 4);
}

static void
test_not_a_capture(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = cfp_builder_new(false);
    g_auto(CfpBuilder) nothing = cfp_builder_new(false);
    g_autoptr(GError) magic = NULL;
    g_autoptr(GError) empty = NULL;

    cfp_put_raw(&file, "<html>no such file</html>", 25);
    init(&f, &(Setup){0});
    ASSERT_TRUE(cfp_packet_stream_begin(f.stream, NULL));
    ASSERT_FALSE(copy(&f, &file, 10, &magic));
    ASSERT_ERROR(magic, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MAGIC);
    ASSERT_FALSE(copy(&f, &nothing, 10, &empty));
    ASSERT_ERROR(empty, CFP_PCAP_ERROR, CFP_PCAP_ERROR_EMPTY);
    ASSERT_TRUE(cfp_packet_stream_end(f.stream, NULL));
}

static void
test_gzip(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(50);
    g_auto(CfpBuilder) packed = cfp_builder_new(false);
    g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
    g_autoptr(GInputStream) memory =
        g_memory_input_stream_new_from_data(file.bytes->data, (gssize)file.bytes->len, NULL);
    g_autoptr(GInputStream) stream = g_converter_input_stream_new(memory, G_CONVERTER(compressor));
    guint8 bytes[8192];
    gsize len;

    ASSERT_TRUE(g_input_stream_read_all(stream, bytes, sizeof bytes, &len, NULL, NULL));
    cfp_put_raw(&packed, bytes, len);
    init(&f, &(Setup){0});
    run(&f, &packed);
    ASSERT_UINT(cfp_packet_stream_received(f.stream), 50);
}

/* Two files after each other, and two interfaces in one: each packet keeps its own. */
static void
test_several_interfaces(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) first = new_file(1);
    g_auto(CfpBuilder) second = cfp_builder_new(false);
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpPcapReader) reader = NULL;
    const uint32_t expected[] = {RAW, RAW, ETHERNET, RAW};
    CfpPacket packet;

    cfp_put_section(&second);
    cfp_put_interface(&second, RAW, 96);
    cfp_put_packet(&second, 0, 1, "a packet on raw IP...");
    cfp_put_interface(&second, ETHERNET, 0);
    cfp_put_packet(&second, 1, 2, "a packet on Ethernet");
    cfp_put_packet(&second, 0, 3, "another on raw IP...");
    init(&f, &(Setup){0});
    ASSERT_TRUE(cfp_packet_stream_begin(f.stream, NULL));
    ASSERT_OK(copy(&f, &first, 7, &error), error);
    ASSERT_OK(copy(&f, &second, 7, &error), error);
    ASSERT_TRUE(cfp_packet_stream_end(f.stream, NULL));
    ASSERT_UINT(count_blocks(&f, 1), 3);
    ASSERT_UINT(count_blocks(&f, 5), 3);
    reader = read_back(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        ASSERT_TRUE(cfp_pcap_reader_next(reader, &packet, NULL) == CFP_NEXT_PACKET);
        ASSERT_UINT(cfp_pcap_reader_interface(reader, packet.iface)->linktype, expected[i]);
    }
    ASSERT_TRUE(cfp_pcap_reader_next(reader, &packet, NULL) == CFP_NEXT_END);
}

/* The past can't be captured again: what can't be filtered is delivered, and it is said. */
static void
test_filter_for_another_link_type(void)
{
    g_auto(Fixture) f;
    g_auto(Fixture) fits;
    g_auto(CfpBuilder) file = new_file(3);
    g_autofree char *got = NULL;
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpPacket packet;

    init(&f, &(Setup){.filter = "ether host 00:11:22:33:44:55"});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "0 1 2");
    ASSERT_CONTAINS(cfp_packet_stream_unfiltered(f.stream), "link type 101");
    ASSERT_CONTAINS(cfp_packet_stream_unfiltered(f.stream), "ether host 00:11:22:33:44:55");
    /* The file doesn't claim what was not done. */
    reader = read_back(&f);
    ASSERT_TRUE(cfp_pcap_reader_next(reader, &packet, NULL) == CFP_NEXT_PACKET);
    ASSERT_STR(cfp_pcap_reader_interface(reader, 0)->filter, NULL);
    ASSERT_TRUE(output_holds(&f, "Not filtered here: \"ether host"));
    init(&fits, &(Setup){.filter = "udp"});
    run(&fits, &file);
    ASSERT_STR(cfp_packet_stream_unfiltered(fits.stream), NULL);
}

/* Valid, and right: no packet of this link type can pass it. */
static void
test_filter_that_nothing_passes(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(3);
    g_autofree char *got = NULL;

    init(&f, &(Setup){.filter = "arp"});
    run(&f, &file);
    got = tags(&f);
    ASSERT_STR(got, "");
    ASSERT_STR(cfp_packet_stream_unfiltered(f.stream), NULL);
    ASSERT_UINT(cfp_packet_stream_received(f.stream), 3);
}

static void
test_progress(void)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(2500);

    init(&f, &(Setup){0});
    run(&f, &file);
    ASSERT_CONTAINS(f.said->str, "1000 packets\n");
    ASSERT_CONTAINS(f.said->str, "2000 packets\n");
    ASSERT_CONTAINS(f.said->str, "2500 packets\n");
}

static void
test_window_text(void)
{
    g_auto(Fixture) f;
    g_autofree char *text = NULL;
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_local(1795262400);
    g_autoptr(GDateTime) start = g_date_time_add_seconds(end, -60);
    g_autofree char *from = g_date_time_format(start, "%Y-%m-%d %H:%M:%S to ");
    g_autofree char *to = g_date_time_format(end, "%H:%M:%S");

    init(&f, &(Setup){0});
    text = cfp_packet_stream_window_text(f.stream);
    ASSERT_TRUE(g_str_has_prefix(text, from));
    ASSERT_TRUE(g_str_has_suffix(text, to));
}

/* ---- while it runs -----------------------------------------------------------------------------
 */

/* A source that looks what the reader can see already before it gives the next bytes. */
typedef struct {
    CfpByteSource base;
    GBytes *bytes;
    size_t shown, consumed;
    const Fixture *fixture;
    gboolean was_behind;
} WatchingSource;

static gboolean
watching_fill(CfpByteSource *source, size_t want, const uint8_t **ret_data, size_t *ret_len,
              GError **error)
{
    WatchingSource *self = (WatchingSource *)source;
    size_t len = g_bytes_get_size(self->bytes);
    const uint8_t *data = g_bytes_get_data(self->bytes, NULL);

    (void)error;
    if (self->shown - self->consumed < want && self->shown < len) {
        g_autoptr(GBytes) out = output(self->fixture);
        guint64 passed = cfp_packet_stream_passed(self->fixture->stream);

        /* Header, interface, and every packet so far. */
        if (g_bytes_get_size(out) < passed * 40)
            self->was_behind = TRUE;
        self->shown = MIN(len, self->consumed + MAX(want, 40));
    }
    *ret_data = data + self->consumed;
    *ret_len = self->shown - self->consumed;
    return TRUE;
}

static void
watching_consume(CfpByteSource *source, size_t count)
{
    ((WatchingSource *)source)->consumed += count;
}

static size_t
watching_available(const CfpByteSource *source)
{
    const WatchingSource *self = (const WatchingSource *)source;

    return self->shown - self->consumed;
}

static void
watching_free(CfpByteSource *source)
{
    (void)source; /* the test's */
}

static void
test_nothing_is_held_back(void)
{
    static const CfpByteSourceClass watching = {
        .fill = watching_fill,
        .consume = watching_consume,
        .available = watching_available,
        .free = watching_free,
    };
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(20);
    g_autoptr(GBytes) bytes = cfp_builder_bytes(&file);
    WatchingSource source = {.base.klass = &watching, .bytes = bytes, .fixture = &f};
    g_autoptr(GError) error = NULL;

    init(&f, &(Setup){0});
    ASSERT_TRUE(cfp_packet_stream_begin(f.stream, NULL));
    ASSERT_OK(cfp_packet_stream_copy_take(f.stream, &source.base, &error), error);
    ASSERT_FALSE(source.was_behind);
    ASSERT_UINT(cfp_packet_stream_passed(f.stream), 20);
}

/* Everything that is in the pipe now. */
static void
drain(int fd, GByteArray *got)
{
    guint8 piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0)
        g_byte_array_append(got, piece, (guint)n);
}

/* The packets 0 to n - 1 of new_file(), one after the other. Returns n, or -1. */
static int
count_in_order(GByteArray *got)
{
    g_autoptr(GBytes) bytes = g_bytes_new(got->data, got->len);
    g_autoptr(CfpPcapReader) reader = cfp_pcap_reader_new_take(cfp_memory_source_new(bytes, 0));
    CfpPacket packet;
    CfpNext next;
    int n = 0;

    if (!cfp_pcap_reader_open(reader, NULL))
        return -1;
    while ((next = cfp_pcap_reader_next(reader, &packet, NULL)) == CFP_NEXT_PACKET) {
        if (packet.ts_ns != (1795262400 + (guint64)n) * 1000000000u)
            return -1;
        n++;
    }
    return next == CFP_NEXT_END ? n : -1;
}

/* Stopped while the FIFO is full: each flush goes on where the one before was cut off. */
static int
child_stopped(void *data)
{
    g_auto(Fixture) f;
    g_auto(CfpBuilder) file = new_file(20000);
    g_autoptr(GByteArray) got = g_byte_array_new();
    int reader, rounds = 0;
    GError *error = NULL;

    (void)data;
    init(&f, &(Setup){0});
    cfp_fifo_free(f.fifo);
    (void)unlink(f.path);
    if (mkfifo(f.path, 0600) != 0 || !cfp_pump_catch_signals(f.pump, NULL))
        return 90;
    reader = open(f.path, O_RDONLY | O_NONBLOCK);
    f.fifo = cfp_fifo_open(f.pump, f.path, NULL);
    cfp_packet_stream_free(f.stream);
    f.stream = cfp_packet_stream_new(&(CfpStreamOptions){
        .job = f.job, .account_id = ACCOUNT, .filter = f.filter, .fifo = f.fifo});
    if (!cfp_packet_stream_begin(f.stream, NULL) || raise(SIGTERM) != 0)
        return 91;
    /* The time in which what has come may be delivered is over at once. */
    cfp_fake_time_tick_ms(1000);
    if (copy(&f, &file, 0, &error) || !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return 92;
    g_clear_error(&error);
    do
        drain(reader, got);
    while (!cfp_packet_stream_end(f.stream, NULL) && ++rounds < 100);
    drain(reader, got);
    (void)close(reader);
    if (rounds == 0)
        return 93;
    return count_in_order(got) == (int)cfp_packet_stream_passed(f.stream) ? 0 : 94;
}

static void
test_stopped(void)
{
    ASSERT_INT(cfp_child_run(child_stopped, NULL, NULL), 0);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"every packet comes out, in its order", test_all_packets},
        {"the section header comes first, and is short", test_header_comes_first},
        {"the file says what it is, and no secret", test_comments},
        {"the interface says where it comes from and what was filtered", test_interface},
        {"only what passes the filter comes out", test_filter},
        {"what the service would not filter is filtered here", test_left_over_filter},
        {"a vlan in the filter does not move the fields", test_vlan_does_not_move_the_fields},
        {"it is told that the packet limit may have hidden packets", test_starvation},
        {"a long filter leaves room in the section header", test_long_filter},
        {"many names leave room in the section header", test_many_names},
        {"names' addresses are told", test_names_are_told},
        {"statistics come at the end, once", test_statistics},
        {"a wait for a turn is told", test_turn_is_told},
        {"classic pcap has the packets and nothing else", test_classic},
        {"a file without packets has its interface", test_no_packets},
        {"a damaged tail ends with an error after the good packets", test_damaged_tail},
        {"what is no capture file is an error", test_not_a_capture},
        {"gzip is unpacked", test_gzip},
        {"packets keep their interfaces", test_several_interfaces},
        {"what can't be filtered is delivered, and it is said", test_filter_for_another_link_type},
        {"a filter that nothing can pass lets nothing pass", test_filter_that_nothing_passes},
        {"a person is told how far it is", test_progress},
        {"the time window is told in local time", test_window_text},
        {"no packet is held back while the next is waited for", test_nothing_is_held_back},
        {"after a stop nothing is lost or repeated", test_stopped},
        {NULL, NULL},
    };

    cfp_quiet_log();
    return cfp_test_main(argc, argv, "packet-stream", cases);
}
