/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_CAPTURE_WRITER_PRIVATE_H
#define CFP_PACKET_CAPTURE_WRITER_PRIVATE_H

#include "packet/capture-writer.h"

/* What capture-writer.c shares with the two formats, pcap-writer.c and pcapng-writer.c, which embed
 * CfpCaptureWriter as their first member. */

typedef struct {
    void (*section)(CfpCaptureWriter *self, const CfpSection *section);
    gboolean (*interface)(CfpCaptureWriter *self, const CfpInterface *interface, unsigned *ret_id,
                          GError **error);
    gboolean (*packet)(CfpCaptureWriter *self, unsigned id, const CfpPacket *packet);
    void (*statistics)(CfpCaptureWriter *self, unsigned id, const CfpStatistics *statistics);
    void (*free)(CfpCaptureWriter *self);
} CfpCaptureWriterClass;

struct CfpCaptureWriter {
    const CfpCaptureWriterClass *klass;
    GByteArray *bytes; /* encoded; owned */
    size_t start;      /* of the bytes that still wait */
};

void cfp_capture_writer_init(CfpCaptureWriter *self, const CfpCaptureWriterClass *klass);

/** Frees what cfp_capture_writer_init() made, not `self`. */
void cfp_capture_writer_clear(CfpCaptureWriter *self);

/** Appends encoded bytes. */
void cfp_capture_writer_put(CfpCaptureWriter *self, const void *data, size_t len);

#endif
