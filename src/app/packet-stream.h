/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_PACKET_STREAM_H
#define CFP_APP_PACKET_STREAM_H

#include "app/capture-filter.h"
#include "app/fifo.h"
#include "cloudflare/job.h"
#include "packet/byte-source.h"

/** From capture files to the FIFO: reads, filters, encodes, and writes before it waits. */
typedef struct CfpPacketStream CfpPacketStream;

/** All borrowed; must outlive the stream. */
typedef struct {
    const CfpJob *job; /* created */
    const char *account_id;
    const CfpCaptureFilter *filter;
    gboolean classic_pcap; /* else pcapng */
    CfpFifo *fifo;
    CfpProgress progress; /* may be NULL */
    void *progress_data;
} CfpStreamOptions;

CfpPacketStream *cfp_packet_stream_new(const CfpStreamOptions *options);

void cfp_packet_stream_free(CfpPacketStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpPacketStream, cfp_packet_stream_free)

/** Writes the section header: what the capture is. Errors: CFP_FIFO_ERROR_*, CANCELLED. */
gboolean cfp_packet_stream_begin(CfpPacketStream *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Copies all packets of one capture file that pass the filter. source: taken; plain or gzip.
 * On failure everything that came before has been encoded; cfp_packet_stream_end() writes it.
 * Where libpcap has no filter for a link type, packets pass: cfp_packet_stream_unfiltered().
 * Errors: CFP_PCAP_ERROR_*, CFP_FIFO_ERROR_*, those of the source.
 */
gboolean cfp_packet_stream_copy_take(CfpPacketStream *self, CfpByteSource *source,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Writes what is encoded, and the statistics. Errors: CFP_FIFO_ERROR_*, CANCELLED. */
gboolean cfp_packet_stream_end(CfpPacketStream *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint64 cfp_packet_stream_received(const CfpPacketStream *self); /* packets read so far */
guint64 cfp_packet_stream_passed(const CfpPacketStream *self);   /* of them, encoded */

guint64 cfp_packet_stream_delivered(const CfpPacketStream *self); /* of them, certainly written */

/** The options that ask for the same window again. Owned. */
char *cfp_packet_stream_same_window(const CfpPacketStream *self);

/** Why packets were delivered that the filter was not applied to; NULL when it was applied to all.
 * Borrowed. */
const char *cfp_packet_stream_unfiltered(const CfpPacketStream *self);

/** When the service stopped at its packet limit, and not all that it returned passed the filter:
 * that there may be more, for a person. Else NULL. Owned. */
char *cfp_packet_stream_starvation(const CfpPacketStream *self);

/** "2026-11-21 08:00:00 to 08:01:00" in local time, for a message. Owned. */
char *cfp_packet_stream_window_text(const CfpPacketStream *self);

#endif
