/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/capture-writer.h"

#include "base/error.h"
#include "base/limits.h"
#include "packet/capture-writer-private.h"
#include "packet/pcap-reader.h"

/* Classic pcap, draft-ietf-opsawg-pcap, in host byte order. */

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define NS_PER_S G_GUINT64_CONSTANT(1000000000)

typedef struct {
    CfpCaptureWriter parent;
    gboolean started;     /* the file header is written */
    uint32_t linktype;    /* of the file */
    uint32_t ns_per_unit; /* nanoseconds of one unit of a time's fraction */
} PcapWriter;

static void
write_file_header(PcapWriter *self, const CfpInterface *interface)
{
    gboolean nanoseconds = interface->ts_digits > 6;
    uint16_t version[] = {2, 4};
    uint32_t magic = nanoseconds ? MAGIC_NS : MAGIC_US;
    /* The time zone, never used; "unlimited" is not known in this format. */
    uint32_t rest[] = {0, 0, interface->snaplen > 0 ? interface->snaplen : CFP_MAX_CAPTURED_LENGTH,
                       interface->linktype};

    cfp_capture_writer_put(&self->parent, &magic, sizeof magic);
    cfp_capture_writer_put(&self->parent, version, sizeof version);
    cfp_capture_writer_put(&self->parent, rest, sizeof rest);
    self->linktype = interface->linktype;
    self->ns_per_unit = nanoseconds ? 1 : 1000;
    self->started = TRUE;
}

static void
ignore_section(CfpCaptureWriter *writer, const CfpSection *section)
{
    (void)writer;
    (void)section;
}

static gboolean
write_interface(CfpCaptureWriter *writer, const CfpInterface *interface, unsigned *ret_id,
                GError **error)
{
    PcapWriter *self = (PcapWriter *)writer;

    if (interface->linktype > G_MAXUINT16)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED,
                         "a pcap file can't hold packets of link type %u", interface->linktype);
    if (self->started && self->linktype != interface->linktype)
        return cfp_throw(
            error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MIXED,
            "a pcap file with packets of link type %u can't hold those of link type %u",
            self->linktype, interface->linktype);
    if (!self->started)
        write_file_header(self, interface);
    *ret_id = 0;
    return TRUE;
}

static gboolean
write_packet(CfpCaptureWriter *writer, unsigned id, const CfpPacket *packet)
{
    PcapWriter *self = (PcapWriter *)writer;
    uint32_t caplen = MIN(packet->caplen, CFP_MAX_CAPTURED_LENGTH);
    uint64_t seconds = packet->ts_ns / NS_PER_S;
    /* The format ends on 2106-02-07. */
    uint32_t header[] = {(uint32_t)MIN(seconds, G_MAXUINT32),
                         (uint32_t)(packet->ts_ns % NS_PER_S) / MAX(self->ns_per_unit, 1), caplen,
                         packet->len};

    g_return_val_if_fail(self->started && id == 0, FALSE);
    cfp_capture_writer_put(writer, header, sizeof header);
    if (caplen > 0)
        cfp_capture_writer_put(writer, packet->data, caplen);
    return caplen == packet->caplen;
}

static void
ignore_statistics(CfpCaptureWriter *writer, unsigned id, const CfpStatistics *statistics)
{
    (void)writer;
    (void)id;
    (void)statistics;
}

static void
free_writer(CfpCaptureWriter *writer)
{
    cfp_capture_writer_clear(writer);
    g_free(writer);
}

CfpCaptureWriter *
cfp_pcap_writer_new(void)
{
    static const CfpCaptureWriterClass klass = {ignore_section, write_interface, write_packet,
                                                ignore_statistics, free_writer};
    PcapWriter *self = g_new0(PcapWriter, 1);

    cfp_capture_writer_init(&self->parent, &klass);
    return &self->parent;
}
