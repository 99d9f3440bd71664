/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/capture-writer.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "packet/capture-writer-private.h"
#include "packet/pcap-reader.h"
#include "packet/pcapng-format.h"

/* pcapng, draft-ietf-opsawg-pcapng, in host byte order. */

/* Code and length of an option; the end mark is one without a value. */
#define OPTION_HEADER_LEN 4u

/* Fixed fields of the blocks, without PCAPNG_BLOCK_OVERHEAD. */
#define SECTION_FIELDS_LEN 16u
#define INTERFACE_FIELDS_LEN 8u
#define PACKET_FIELDS_LEN 20u
#define STATISTICS_FIELDS_LEN 12u

#define MAX_PACKET_DATA (CFP_MAX_OUTPUT_BLOCK - PCAPNG_BLOCK_OVERHEAD - PACKET_FIELDS_LEN)

/* The identity of this program in the Section Header Block leaves room for the comments. */
#define MAX_IDENTITY 256u

typedef struct {
    CfpCaptureWriter parent;
    GArray *ns_per_unit; /* uint32_t: nanoseconds of a time's unit, by interface */
    GByteArray *options; /* of the block that is being built */
    size_t room;         /* bytes that more options of it may take */
} PcapngWriter;

/* `room`: what the block may still grow by. */
static void
begin_options(PcapngWriter *self, size_t room)
{
    g_byte_array_set_size(self->options, 0);
    /* The end mark, which any option needs. */
    self->room = room > OPTION_HEADER_LEN ? room - OPTION_HEADER_LEN : 0;
}

/* There is room for it. */
static void
append_option(PcapngWriter *self, unsigned code, const void *value, size_t len)
{
    static const uint8_t zeros[4] = {0};
    uint16_t header[] = {(uint16_t)code, (uint16_t)len};
    size_t padding = pcapng_padded(len) - len;

    g_byte_array_append(self->options, (const uint8_t *)header, sizeof header);
    g_byte_array_append(self->options, value, (guint)len);
    if (padding > 0)
        g_byte_array_append(self->options, zeros, (guint)padding);
    self->room -= OPTION_HEADER_LEN + pcapng_padded(len);
}

/* The longest value that there is room for. */
static size_t
longest_value(const PcapngWriter *self, size_t max)
{
    size_t room = self->room > OPTION_HEADER_LEN ? self->room - OPTION_HEADER_LEN : 0;

    return MIN(room & ~(size_t)3, max);
}

/* Text is cut where the room or `max` ends; none is written of which nothing would be left. */
static void
add_text_option(PcapngWriter *self, unsigned code, const char *text, size_t len, size_t max)
{
    len = pcapng_cut_text(text, len, longest_value(self, max));
    if (len > 0)
        append_option(self, code, text, len);
}

static void
add_string_option(PcapngWriter *self, unsigned code, const char *string, size_t max)
{
    if (string)
        add_text_option(self, code, string, strlen(string), max);
}

/* The value is a type byte and the text. */
static void
add_filter_option(PcapngWriter *self, const char *filter)
{
    size_t max = longest_value(self, OPTION_MAX_VALUE);
    g_autofree char *value = NULL;
    size_t len;

    if (!filter || !*filter || max < 2)
        return;
    len = pcapng_cut_text(filter, strlen(filter), max - 1);
    if (len == 0)
        return;
    value = g_malloc(len + 1);
    value[0] = FILTER_TYPE_STRING;
    memcpy(value + 1, filter, len);
    append_option(self, OPTION_IF_FILTER, value, len + 1);
}

/* For small values: nothing happens when there is no room. */
static void
add_value_option(PcapngWriter *self, unsigned code, const void *value, size_t len)
{
    if (longest_value(self, OPTION_MAX_VALUE) >= len)
        append_option(self, code, value, len);
}

static void
add_u64_option(PcapngWriter *self, unsigned code, uint64_t value)
{
    add_value_option(self, code, &value, sizeof value);
}

/* Times are two words in any byte order, the high one first. */
static void
add_time_option(PcapngWriter *self, unsigned code, uint64_t time)
{
    uint32_t words[] = {(uint32_t)(time >> 32), (uint32_t)time};

    add_value_option(self, code, words, sizeof words);
}

/* Writes the block: fields, data with padding, and the options that were added. */
static void
finish_block(PcapngWriter *self, uint32_t type, const void *fields, size_t fields_len,
             const uint8_t *data, size_t data_len)
{
    static const uint8_t zeros[4] = {0};
    size_t padding = pcapng_padded(data_len) - data_len;
    size_t total = PCAPNG_BLOCK_OVERHEAD + fields_len + data_len + padding;
    uint32_t start[2];
    uint32_t trailer;

    if (self->options->len > 0) {
        g_byte_array_append(self->options, zeros, OPTION_HEADER_LEN);
        total += self->options->len;
    }
    trailer = (uint32_t)total;
    start[0] = type;
    start[1] = trailer;
    cfp_capture_writer_put(&self->parent, start, sizeof start);
    cfp_capture_writer_put(&self->parent, fields, fields_len);
    if (data_len > 0)
        cfp_capture_writer_put(&self->parent, data, data_len);
    if (padding > 0)
        cfp_capture_writer_put(&self->parent, zeros, padding);
    if (self->options->len > 0)
        cfp_capture_writer_put(&self->parent, self->options->data, self->options->len);
    cfp_capture_writer_put(&self->parent, &trailer, sizeof trailer);
}

static void
write_section(CfpCaptureWriter *writer, const CfpSection *section)
{
    PcapngWriter *self = (PcapngWriter *)writer;
    uint8_t fields[SECTION_FIELDS_LEN];
    uint32_t magic = PCAPNG_BYTE_ORDER_MAGIC;
    uint16_t version[] = {1, 0};

    memcpy(fields, &magic, sizeof magic);
    memcpy(fields + 4, version, sizeof version);
    /* The length of a section that is still being written: not known. */
    memset(fields + 8, 0xff, 8);
    begin_options(self, CFP_MAX_SECTION_HEADER - PCAPNG_BLOCK_OVERHEAD - SECTION_FIELDS_LEN);
    add_string_option(self, OPTION_SHB_HARDWARE, section->hardware, MAX_IDENTITY);
    add_string_option(self, OPTION_SHB_OS, section->os, MAX_IDENTITY);
    add_string_option(self, OPTION_SHB_APPLICATION, section->application, MAX_IDENTITY);
    for (const char *const *comment = section->comments; comment && *comment; comment++)
        add_string_option(self, OPTION_COMMENT, *comment, OPTION_MAX_VALUE);
    finish_block(self, PCAPNG_SECTION_HEADER, fields, sizeof fields, NULL, 0);
}

static gboolean
write_interface(CfpCaptureWriter *writer, const CfpInterface *interface, unsigned *ret_id,
                GError **error)
{
    PcapngWriter *self = (PcapngWriter *)writer;
    uint8_t digits = interface->ts_digits > 6 ? 9 : 6;
    uint32_t ns_per_unit = digits == 9 ? 1 : 1000;
    uint16_t linktype[] = {(uint16_t)interface->linktype, 0};
    uint8_t fields[INTERFACE_FIELDS_LEN];

    if (interface->linktype > G_MAXUINT16)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED,
                         "a pcapng file can't hold packets of link type %u", interface->linktype);
    memcpy(fields, linktype, sizeof linktype);
    memcpy(fields + 4, &interface->snaplen, 4);
    begin_options(self, CFP_MAX_OUTPUT_BLOCK - PCAPNG_BLOCK_OVERHEAD - INTERFACE_FIELDS_LEN);
    /* First what the times depend on: long texts may use up the room. */
    add_value_option(self, OPTION_IF_TSRESOL, &digits, 1);
    add_string_option(self, OPTION_IF_NAME, interface->name, OPTION_MAX_VALUE);
    add_string_option(self, OPTION_IF_DESCRIPTION, interface->description, OPTION_MAX_VALUE);
    add_filter_option(self, interface->filter);
    add_string_option(self, OPTION_COMMENT, interface->comment, OPTION_MAX_VALUE);
    finish_block(self, PCAPNG_INTERFACE, fields, sizeof fields, NULL, 0);
    *ret_id = self->ns_per_unit->len;
    g_array_append_val(self->ns_per_unit, ns_per_unit);
    return TRUE;
}

static gboolean
write_packet(CfpCaptureWriter *writer, unsigned id, const CfpPacket *packet)
{
    PcapngWriter *self = (PcapngWriter *)writer;
    uint32_t caplen = MIN(packet->caplen, MAX_PACKET_DATA);
    uint64_t time;

    g_return_val_if_fail(id < self->ns_per_unit->len, FALSE);
    time = packet->ts_ns / g_array_index(self->ns_per_unit, uint32_t, id);
    begin_options(self, MAX_PACKET_DATA - pcapng_padded(caplen));
    if (packet->has_flags)
        add_value_option(self, OPTION_EPB_FLAGS, &packet->flags, sizeof packet->flags);
    if (packet->comment)
        add_text_option(self, OPTION_COMMENT, packet->comment, packet->comment_len,
                        OPTION_MAX_VALUE);
    finish_block(
        self, PCAPNG_ENHANCED_PACKET,
        (const uint32_t[]){id, (uint32_t)(time >> 32), (uint32_t)time, caplen, packet->len},
        PACKET_FIELDS_LEN, packet->data, caplen);
    return caplen == packet->caplen;
}

static void
write_statistics(CfpCaptureWriter *writer, unsigned id, const CfpStatistics *statistics)
{
    PcapngWriter *self = (PcapngWriter *)writer;
    uint64_t start, end;

    g_return_if_fail(id < self->ns_per_unit->len);
    start = statistics->start_ns / g_array_index(self->ns_per_unit, uint32_t, id);
    end = statistics->end_ns / g_array_index(self->ns_per_unit, uint32_t, id);
    begin_options(self, CFP_MAX_OUTPUT_BLOCK - PCAPNG_BLOCK_OVERHEAD - STATISTICS_FIELDS_LEN);
    if (start > 0)
        add_time_option(self, OPTION_ISB_START, start);
    if (end > 0)
        add_time_option(self, OPTION_ISB_END, end);
    add_u64_option(self, OPTION_ISB_RECEIVED, statistics->received);
    add_u64_option(self, OPTION_ISB_ACCEPTED, statistics->accepted);
    add_string_option(self, OPTION_COMMENT, statistics->comment, OPTION_MAX_VALUE);
    /* The block's own time: when the counters were read. */
    finish_block(self, PCAPNG_STATISTICS,
                 (const uint32_t[]){id, (uint32_t)(end >> 32), (uint32_t)end},
                 STATISTICS_FIELDS_LEN, NULL, 0);
}

static void
free_writer(CfpCaptureWriter *writer)
{
    PcapngWriter *self = (PcapngWriter *)writer;

    g_array_unref(self->ns_per_unit);
    g_byte_array_unref(self->options);
    cfp_capture_writer_clear(writer);
    g_free(self);
}

CfpCaptureWriter *
cfp_pcapng_writer_new(void)
{
    static const CfpCaptureWriterClass klass = {write_section, write_interface, write_packet,
                                                write_statistics, free_writer};
    PcapngWriter *self = g_new0(PcapngWriter, 1);

    cfp_capture_writer_init(&self->parent, &klass);
    self->ns_per_unit = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    self->options = g_byte_array_new();
    return &self->parent;
}
