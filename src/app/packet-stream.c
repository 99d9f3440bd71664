/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "stream"

#include "app/packet-stream.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "filter/bpf.h"
#include "packet/capture-writer.h"
#include "packet/inflate-source.h"
#include "packet/pcap-reader.h"

#define APPLICATION "cloudflare-pcap " CFP_VERSION

/* How often a person is told how far it is, in packets. */
#define PROGRESS_EVERY 1000u

/* A filter in a comment. The interface's own field has all of it. */
#define MAX_SHOWN_FILTER 400u

/* One interface of the input: its number in the output, and the filter for its link type. */
typedef struct {
    unsigned id;
    const CfpBpf *filters[2]; /* all must pass; NULL: everything does; borrowed */
    guint64 received;
    guint64 passed;
    guint64 oversized; /* packets above the snaplen */
    uint32_t snaplen;  /* bytes; 0: none */
} Interface;

/* An expression, compiled once for each link type. */
typedef struct {
    const char *expression; /* borrowed */
    uint32_t linktype;
    CfpBpf *program; /* NULL: libpcap has no filter for the link type */
} Program;

struct CfpPacketStream {
    CfpStreamOptions options;
    CfpCaptureWriter *writer;
    GArray *interfaces;         /* Interface, of all files so far */
    GArray *programs;           /* Program, that the capture filter has not compiled before */
    const char *expressions[2]; /* what is filtered here; NULL: nothing; borrowed */
    guint64 received;
    guint64 passed;
    guint64 delivered; /* of them, certainly written */
    char *unfiltered;  /* why the filter could not be applied; NULL: it was */
    gboolean ended;
};

static void
clear_program(void *program)
{
    cfp_bpf_free(((Program *)program)->program);
}

static const CfpFilterV1 *
accepted_filter(const CfpPacketStream *self)
{
    return &cfp_job_request(self->options.job)->filter;
}

CfpPacketStream *
cfp_packet_stream_new(const CfpStreamOptions *options)
{
    CfpPacketStream *self = g_new0(CfpPacketStream, 1);

    self->options = *options;
    self->writer = options->classic_pcap ? cfp_pcap_writer_new() : cfp_pcapng_writer_new();
    self->interfaces = g_array_new(FALSE, TRUE, sizeof(Interface));
    self->programs = g_array_new(FALSE, TRUE, sizeof(Program));
    g_array_set_clear_func(self->programs, clear_program);
    (void)cfp_capture_filter_local(options->filter, accepted_filter(self), self->expressions);
    return self;
}

void
cfp_packet_stream_free(CfpPacketStream *self)
{
    if (!self)
        return;
    cfp_capture_writer_free(self->writer);
    g_array_unref(self->interfaces);
    g_array_unref(self->programs);
    g_free(self->unfiltered);
    g_free(self);
}

guint64
cfp_packet_stream_received(const CfpPacketStream *self)
{
    return self->received;
}

guint64
cfp_packet_stream_passed(const CfpPacketStream *self)
{
    return self->passed;
}

const char *
cfp_packet_stream_unfiltered(const CfpPacketStream *self)
{
    return self->unfiltered;
}

/* ---- what the file says of itself ---------------------------------------------------------- */

/* A sample looks back from offset_time, or from the moment of its request: the service's word for
 * it if it gave one. Microseconds since 1970. */
static gint64
window_end_us(const CfpPacketStream *self)
{
    const CfpCaptureRequest *request = cfp_job_request(self->options.job);
    const CfpCaptureInfo *capture = cfp_job_capture(self->options.job);

    if (request->offset_time_us > 0)
        return request->offset_time_us;
    return capture->submitted_us > 0 ? capture->submitted_us : g_get_real_time();
}

static gint64
window_start_us(const CfpPacketStream *self)
{
    return window_end_us(self) -
           (gint64)cfp_job_request(self->options.job)->time_limit * (gint64)G_USEC_PER_SEC;
}

guint64
cfp_packet_stream_delivered(const CfpPacketStream *self)
{
    return self->delivered;
}

char *
cfp_packet_stream_same_window(const CfpPacketStream *self)
{
    g_autofree char *end = cfp_text_utc(window_end_us(self));

    return g_strdup_printf("--start %s --time-limit %u", end,
                           cfp_job_request(self->options.job)->time_limit);
}

char *
cfp_packet_stream_window_text(const CfpPacketStream *self)
{
    g_autofree char *start = cfp_text_local(window_start_us(self));
    g_autofree char *end = cfp_text_local(window_end_us(self));

    /* The date once is enough when it is the same. */
    return g_strdup_printf("%s to %s", start, strncmp(start, end, 11) == 0 ? end + 11 : end);
}

static char *
account_tail(const char *account_id)
{
    size_t len = strlen(account_id);

    return g_strdup(len > 4 ? account_id + len - 4 : account_id);
}

static void
add_comment(GPtrArray *comments, char *text)
{
    g_ptr_array_add(comments, text);
}

/* A long one would leave no room in the section header for what comes behind it. */
static char *
shown(const char *text)
{
    return cfp_text_one_line(text, MAX_SHOWN_FILTER);
}

static void
add_filter_comments(const CfpPacketStream *self, GPtrArray *comments)
{
    char *explanation = cfp_capture_filter_explain(self->options.filter, accepted_filter(self));

    for (size_t i = 0; i < G_N_ELEMENTS(self->expressions) && self->expressions[i]; i++) {
        g_autofree char *text = shown(self->expressions[i]);

        add_comment(comments, g_strdup_printf("Filter here: %s", text));
    }
    if (explanation)
        add_comment(comments, explanation);
    if (!cfp_capture_filter_is_first_choice(self->options.filter, accepted_filter(self)))
        add_comment(comments, g_strdup("The service refused a part of the filter: it was left out "
                                       "there and applied here"));
}

static GPtrArray *
section_comments(const CfpPacketStream *self)
{
    const CfpJob *job = self->options.job;
    const CfpCaptureRequest *request = cfp_job_request(job);
    GPtrArray *comments = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *tail = account_tail(self->options.account_id);
    g_autofree char *start = cfp_text_utc(window_start_us(self));
    g_autofree char *end = cfp_text_utc(window_end_us(self));
    g_autofree char *filter = cfp_codec_encode_filter(&request->filter);

    add_comment(comments, g_strdup_printf("Cloudflare Magic Transit, sample capture %s, account "
                                          "ending in %s",
                                          cfp_job_capture(job)->id, tail));
    add_comment(comments, g_strdup_printf("Time window: %s to %s (%u s); at most %u packets", start,
                                          end, request->time_limit, request->packet_limit));
    add_comment(comments, g_strdup_printf("Filter at Cloudflare (filter_v1): %s", filter));
    add_filter_comments(self, comments);
    if (cfp_job_turn_waited_s(job) > 0)
        add_comment(comments, g_strdup_printf("Waited %u s for the service's turn",
                                              cfp_job_turn_waited_s(job)));
    add_comment(comments, g_strdup("Made by " APPLICATION));
    /* Last, since those that have no room go first. */
    for (const char *const *lookup = cfp_capture_filter_lookups(self->options.filter); *lookup;
         lookup++)
        add_comment(comments, shown(*lookup));
    g_ptr_array_add(comments, NULL);
    return comments;
}

static gboolean
flush(CfpPacketStream *self, GError **error)
{
    size_t len, written = 0;
    const uint8_t *data = cfp_capture_writer_pending(self->writer, &len);
    gboolean ok;

    if (len == 0)
        return TRUE;
    /* What went out before a stop must not go out again when the rest is delivered. */
    ok = cfp_fifo_write(self->options.fifo, data, len, &written, error);
    cfp_capture_writer_consume(self->writer, written);
    if (ok)
        self->delivered = self->passed;
    return ok;
}

gboolean
cfp_packet_stream_begin(CfpPacketStream *self, GError **error)
{
    g_autoptr(GPtrArray) comments = section_comments(self);
    g_autofree char *os = NULL;
    struct utsname system;
    CfpSection section = {.application = APPLICATION};

    if (uname(&system) == 0)
        os = g_strdup_printf("%s %s", system.sysname, system.release);
    section.os = os;
    section.comments = (const char *const *)comments->pdata;
    cfp_capture_writer_section(self->writer, &section);
    return flush(self, error);
}

/* ---- packets --------------------------------------------------------------------------------- */

/* The expressions were found valid before the capture was made; what can fail now is that libpcap
 * knows no filter for this link type. The window is past and can't be captured again later: too
 * many packets, and word of it, are better than none. */
static CfpBpf *
compile(CfpPacketStream *self, const char *expression, uint32_t linktype)
{
    g_autoptr(GError) failure = NULL;
    CfpBpf *program = cfp_bpf_new(expression, linktype, 0, &failure);

    if (!program && !self->unfiltered)
        self->unfiltered =
            g_strdup_printf("\"%s\" can't be applied to packets of link type %u (%s)", expression,
                            linktype, failure->message);
    return program;
}

static const CfpBpf *
find_program(CfpPacketStream *self, const char *expression, uint32_t linktype)
{
    Program program = {.expression = expression, .linktype = linktype};

    for (guint i = 0; i < self->programs->len; i++) {
        const Program *known = &g_array_index(self->programs, Program, i);

        if (known->expression == expression && known->linktype == linktype)
            return known->program;
    }
    program.program = compile(self, expression, linktype);
    g_array_append_val(self->programs, program);
    return program.program;
}

/* The first expression is the capture filter, if there is one. */
static void
find_programs(CfpPacketStream *self, Interface *interface, uint32_t linktype)
{
    const CfpBpf *compiled = cfp_capture_filter_program(self->options.filter, linktype);

    for (size_t i = 0; i < G_N_ELEMENTS(self->expressions) && self->expressions[i]; i++)
        interface->filters[i] =
            i == 0 && compiled ? compiled : find_program(self, self->expressions[i], linktype);
}

/* What is applied here, but could not be for this link type. */
static gboolean
is_unfiltered(const CfpPacketStream *self, const Interface *interface)
{
    for (size_t i = 0; i < G_N_ELEMENTS(self->expressions) && self->expressions[i]; i++)
        if (!interface->filters[i])
            return TRUE;
    return FALSE;
}

static gboolean
declare_interface(CfpPacketStream *self, const CfpInterface *input, GError **error)
{
    g_autofree char *description = g_strdup_printf("Cloudflare Magic Transit, sample capture %s",
                                                   cfp_job_capture(self->options.job)->id);
    g_autofree char *filter = cfp_capture_filter_to_text(self->options.filter);
    g_autofree char *remark = NULL;
    char name[] = "cloudflare-pcap";
    CfpInterface output = *input;
    Interface interface = {0};

    find_programs(self, &interface, input->linktype);
    output.name = input->name ? input->name : name;
    output.description = input->description ? input->description : description;
    output.filter = filter ? filter : input->filter;
    if (is_unfiltered(self, &interface)) {
        remark = g_strdup_printf("Not filtered here: %s", self->unfiltered);
        output.filter = input->filter;
        output.comment = remark;
    }
    interface.snaplen = input->snaplen;
    if (!cfp_capture_writer_interface(self->writer, &output, &interface.id, error))
        return FALSE;
    g_array_append_val(self->interfaces, interface);
    return TRUE;
}

static gboolean
declare_new_interfaces(CfpPacketStream *self, const CfpPcapReader *reader, guint first,
                       GError **error)
{
    while (self->interfaces->len - first < cfp_pcap_reader_interfaces(reader)) {
        guint index = self->interfaces->len - first;

        if (!declare_interface(self, cfp_pcap_reader_interface(reader, index), error))
            return FALSE;
    }
    return TRUE;
}

static void
report_progress(const CfpPacketStream *self)
{
    g_autofree char *text = NULL;

    if (!self->options.progress)
        return;
    text = g_strdup_printf("reading: %" G_GUINT64_FORMAT " packets", self->received);
    self->options.progress(text, self->options.progress_data);
}

static gboolean
passes(const Interface *interface, const CfpPacket *packet)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interface->filters); i++)
        if (interface->filters[i] && !cfp_bpf_match(interface->filters[i], packet))
            return FALSE;
    return TRUE;
}

static void
take_packet(CfpPacketStream *self, guint index, const CfpPacket *packet)
{
    Interface *interface = &g_array_index(self->interfaces, Interface, index);

    self->received++;
    interface->received++;
    /* Some writers get their own header wrong: no reason to lose the packet. */
    if (interface->snaplen > 0 && packet->caplen > interface->snaplen &&
        interface->oversized++ == 0)
        g_warning("packet %" G_GUINT64_FORMAT " has %u bytes, more than the file's snaplen of %u",
                  self->received, packet->caplen, interface->snaplen);
    if (self->received % PROGRESS_EVERY == 0)
        report_progress(self);
    if (!passes(interface, packet))
        return;
    if (!cfp_capture_writer_packet(self->writer, interface->id, packet))
        g_warning("packet %" G_GUINT64_FORMAT " was cut: Wireshark takes no larger one",
                  self->received);
    self->passed++;
    interface->passed++;
}

/* Full, or the next packet has to be waited for: then nothing that is ready is held back. */
static gboolean
flush_if_needed(CfpPacketStream *self, const CfpPcapReader *reader, GError **error)
{
    size_t len;

    (void)cfp_capture_writer_pending(self->writer, &len);
    if (len >= CFP_OUTPUT_BUFFER || (len > 0 && !cfp_pcap_reader_ready(reader)))
        return flush(self, error);
    return TRUE;
}

static gboolean
copy_packets(CfpPacketStream *self, CfpPcapReader *reader, GError **error)
{
    guint first = self->interfaces->len;
    CfpPacket packet;

    for (;;) {
        CfpNext next;

        if (!flush_if_needed(self, reader, error))
            return FALSE;
        next = cfp_pcap_reader_next(reader, &packet, error);
        if (next == CFP_NEXT_ERROR)
            return FALSE;
        if (!declare_new_interfaces(self, reader, first, error))
            return FALSE;
        if (next == CFP_NEXT_END)
            return TRUE;
        take_packet(self, first + packet.iface, &packet);
    }
}

gboolean
cfp_packet_stream_copy_take(CfpPacketStream *self, CfpByteSource *source, GError **error)
{
    CfpByteSource *plain = cfp_inflate_source_new_take(source, error);
    g_autoptr(CfpPcapReader) reader = NULL;
    gboolean ok;

    if (!plain)
        return FALSE;
    reader = cfp_pcap_reader_new_take(plain);
    if (!cfp_pcap_reader_open(reader, error))
        return FALSE;
    g_info("format: %s", cfp_pcap_reader_format(reader));
    ok = copy_packets(self, reader, error);
    g_message("%" G_GUINT64_FORMAT " packets read, %" G_GUINT64_FORMAT " passed, %" G_GUINT64_FORMAT
              " bytes",
              self->received, self->passed, cfp_pcap_reader_offset(reader));
    report_progress(self);
    return ok;
}

char *
cfp_packet_stream_starvation(const CfpPacketStream *self)
{
    guint limit = cfp_job_request(self->options.job)->packet_limit;

    if (limit == 0 || self->received < limit || self->passed == self->received)
        return NULL;
    if (self->passed == 0)
        return g_strdup_printf("none of the %" G_GUINT64_FORMAT
                               " packets that Cloudflare returned, "
                               "its packet limit, passes the filter: the time window may hold some "
                               "that do",
                               self->received);
    return g_strdup_printf("Cloudflare returned %" G_GUINT64_FORMAT " packets, the packet limit, "
                           "of which %" G_GUINT64_FORMAT " passed the filter: the time window may "
                           "hold more that pass",
                           self->received, self->passed);
}

gboolean
cfp_packet_stream_end(CfpPacketStream *self, GError **error)
{
    g_autofree char *starvation = cfp_packet_stream_starvation(self);

    if (!self->ended) {
        self->ended = TRUE;
        for (guint i = 0; i < self->interfaces->len; i++) {
            const Interface *interface = &g_array_index(self->interfaces, Interface, i);
            CfpStatistics statistics = {
                .start_ns = (uint64_t)window_start_us(self) * 1000u,
                .end_ns = (uint64_t)window_end_us(self) * 1000u,
                .received = interface->received,
                .accepted = interface->passed,
                .comment = starvation,
            };

            cfp_capture_writer_statistics(self->writer, interface->id, &statistics);
        }
    }
    return flush(self, error);
}
