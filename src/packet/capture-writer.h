/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_CAPTURE_WRITER_H
#define CFP_PACKET_CAPTURE_WRITER_H

#include <glib.h>

#include "packet/packet.h"

/** Encodes a capture file into memory, a few blocks at a time: pure, writes to no descriptor.
 * Whoever owns it takes the pending bytes away and thereby bounds the memory. */
typedef struct CfpCaptureWriter CfpCaptureWriter;

/** pcapng (draft-ietf-opsawg-pcapng), host byte order as dumpcap 4.0 demands. */
CfpCaptureWriter *cfp_pcapng_writer_new(void);

/**
 * Classic pcap. The header is written with the first interface, in nanoseconds when that
 * interface has 9 digits. Section, comments and statistics have no place in this format and are
 * ignored.
 */
CfpCaptureWriter *cfp_pcap_writer_new(void);

void cfp_capture_writer_free(CfpCaptureWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpCaptureWriter, cfp_capture_writer_free)

/**
 * The Section Header Block; once, first. It never exceeds CFP_MAX_SECTION_HEADER bytes: texts are
 * cut at a character boundary, the last comments go first when there are too many.
 */
void cfp_capture_writer_section(CfpCaptureWriter *self, const CfpSection *section);

/**
 * Declares an interface. ret_id: its number in the output, for packets and statistics.
 * Errors: CFP_PCAP_ERROR_MIXED when classic pcap already has another link type.
 */
gboolean cfp_capture_writer_interface(CfpCaptureWriter *self, const CfpInterface *interface,
                                      unsigned *ret_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * One packet on the interface `id` (packet->iface is not looked at). Its captured bytes are cut
 * where the block would exceed CFP_MAX_OUTPUT_BLOCK; comments go before data. Returns FALSE when
 * data was cut.
 */
gboolean cfp_capture_writer_packet(CfpCaptureWriter *self, unsigned id, const CfpPacket *packet);

/** Interface statistics, at the end. */
void cfp_capture_writer_statistics(CfpCaptureWriter *self, unsigned id,
                                   const CfpStatistics *statistics);

/** Encoded bytes that wait. ret_len: 0 when none. Returns: borrowed until the next call. */
const uint8_t *cfp_capture_writer_pending(const CfpCaptureWriter *self, size_t *ret_len);

/** Drops `count` pending bytes from the front. */
void cfp_capture_writer_consume(CfpCaptureWriter *self, size_t count);

#endif
