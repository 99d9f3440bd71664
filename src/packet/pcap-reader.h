/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_PCAP_READER_H
#define CFP_PACKET_PCAP_READER_H

#include "packet/byte-source.h"
#include "packet/packet.h"

#define CFP_PCAP_ERROR (cfp_pcap_error_quark())
GQuark cfp_pcap_error_quark(void);

typedef enum {
    CFP_PCAP_ERROR_EMPTY,       /* no byte at all */
    CFP_PCAP_ERROR_MAGIC,       /* neither pcap nor pcapng */
    CFP_PCAP_ERROR_VERSION,     /* a version nobody has written down */
    CFP_PCAP_ERROR_TRUNCATED,   /* the data ends inside a record */
    CFP_PCAP_ERROR_CORRUPT,     /* a length or value that can't be */
    CFP_PCAP_ERROR_COMPRESSION, /* damaged gzip data */
    CFP_PCAP_ERROR_MIXED,       /* the output format can't hold this (link types in classic pcap) */
} CfpPcapError;

/** Reads capture files as they stream. Formats: classic pcap (draft-ietf-opsawg-pcap), in both
 * byte orders, with microseconds or nanoseconds; pcapng (draft-ietf-opsawg-pcapng) in both byte
 * orders, with SHB, IDB, EPB, SPB and the obsolete PB; other blocks are skipped. Files whose
 * interfaces differ in link type or snaplen are read. */
typedef struct CfpPcapReader CfpPcapReader;

typedef enum {
    CFP_NEXT_PACKET, /* a packet was returned */
    CFP_NEXT_END,    /* the file ended where a file may end */
    CFP_NEXT_ERROR,  /* `error` is set; all packets before it have been returned */
} CfpNext;

/** source: taken. Returns: owned. Reads nothing yet. */
CfpPcapReader *cfp_pcap_reader_new_take(CfpByteSource *source);

void cfp_pcap_reader_free(CfpPcapReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpPcapReader, cfp_pcap_reader_free)

/**
 * Reads and checks the file header. Must be called once, first. After an error
 * cfp_pcap_reader_next() returns the same error.
 * Errors: CFP_PCAP_ERROR_EMPTY, _MAGIC (the message shows the first bytes, and says so when they
 * are HTML or JSON text), _VERSION, _TRUNCATED, _CORRUPT; those of the source.
 */
gboolean cfp_pcap_reader_open(CfpPcapReader *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Reads the next packet. ret_packet: set for CFP_NEXT_PACKET; borrows from `self` until the next
 * call. After END or ERROR every further call returns the same (the error again).
 * A record above CFP_MAX_CAPTURED_LENGTH, a pcapng block above CFP_MAX_INPUT_BLOCK, a packet of an
 * interface that was not declared: CFP_PCAP_ERROR_CORRUPT, with the byte offset in the message.
 */
CfpNext cfp_pcap_reader_next(CfpPcapReader *self, CfpPacket *ret_packet,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * TRUE when the next call of cfp_pcap_reader_next() needs no waiting. Never waits itself. FALSE
 * means that it may wait, not that it must: an end that has not been looked for, compressed bytes
 * that have not been inflated and blocks that are skipped can't be foreseen. A call, so that the
 * packet returned before is no longer valid.
 */
gboolean cfp_pcap_reader_ready(const CfpPcapReader *self);

/** Interfaces known so far (a pcapng file may declare more between packets; never fewer). */
unsigned cfp_pcap_reader_interfaces(const CfpPcapReader *self);

/** index: below cfp_pcap_reader_interfaces(). Returns: borrowed, valid as long as `self`. */
const CfpInterface *cfp_pcap_reader_interface(const CfpPcapReader *self, unsigned index);

/** Bytes consumed of the (decompressed) file: where a record would begin next. */
uint64_t cfp_pcap_reader_offset(const CfpPcapReader *self);

/** "pcap", "pcap, nanoseconds" or "pcapng": for the log and comments. Valid after open. */
const char *cfp_pcap_reader_format(const CfpPcapReader *self);

#endif
