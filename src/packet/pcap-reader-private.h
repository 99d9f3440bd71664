/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_PCAP_READER_PRIVATE_H
#define CFP_PACKET_PCAP_READER_PRIVATE_H

#include "packet/byte-cursor.h"
#include "packet/pcap-reader.h"

/* What pcap-reader.c shares with the two formats, pcap-classic.c and pcapng-reader.c. */

/** How the times of one pcapng interface count (if_tsresol, if_tsoffset). */
typedef struct {
    bool binary;      /* ticks are 2^-exponent seconds, otherwise 10^-exponent */
    uint8_t exponent; /* 0 to 127 */
    int64_t offset;   /* seconds that are added */
} CfpClock;

typedef struct {
    CfpInterface shown;
    CfpClock clock; /* pcapng only */
} CfpReaderInterface;

typedef struct {
    /* Reads the header of the file, whose magic has been recognised. */
    gboolean (*open)(CfpPcapReader *self, GError **error);
    CfpNext (*next)(CfpPcapReader *self, CfpPacket *ret_packet, GError **error);
    /* Whether `visible`, at which a record begins, is enough for next(). */
    gboolean (*ready)(const CfpPcapReader *self, CfpCursor visible);
} CfpPcapFormat;

struct CfpPcapReader {
    CfpByteSource *source; /* owned */
    const CfpPcapFormat *format;
    const char *format_name;
    bool big_endian; /* of the file, in pcapng of the section */
    uint64_t offset; /* of the next record in the file */
    size_t lent;     /* bytes at the front of `source` that the last packet borrows */

    CfpNext outcome; /* CFP_NEXT_PACKET as long as it goes on */
    GError *failure; /* with CFP_NEXT_ERROR; owned */

    GPtrArray *interfaces; /* CfpReaderInterface */
    size_t interface_text; /* bytes of text in them */

    /* classic pcap */
    uint32_t fraction_ns; /* nanoseconds of one unit of a time's fraction */
    uint32_t fcs_len;     /* octets at the end of each frame; 0 = not said */

    /* pcapng */
    unsigned first_interface; /* of this section */
    char *comment;            /* of the last packet, when it had to be made valid; owned */
};

extern const CfpPcapFormat cfp_pcap_classic_format;
extern const CfpPcapFormat cfp_pcapng_format;

/**
 * Makes `want` bytes of a record visible. ret_len: `want` or more; or 0 when the data ends here.
 * Errors: CFP_PCAP_ERROR_TRUNCATED when it ends in between; those of the source.
 */
gboolean cfp_pcap_reader_need(CfpPcapReader *self, size_t want, const uint8_t **ret_data,
                              size_t *ret_len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Drops `count` bytes of the file. */
void cfp_pcap_reader_drop(CfpPcapReader *self, size_t count);

/** The record of `count` bytes ends, but a packet borrows from it until the next call. */
void cfp_pcap_reader_lend(CfpPcapReader *self, size_t count);

/**
 * Adds an interface. taken: its strings are taken, also on failure, and shown as NULL afterwards.
 * Errors: CFP_PCAP_ERROR_CORRUPT when there are too many.
 */
gboolean cfp_pcap_reader_add_interface(CfpPcapReader *self, CfpInterface *taken, CfpClock clock,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Sets CFP_PCAP_ERROR_CORRUPT with the byte offset of the record. Returns FALSE. */
gboolean cfp_pcap_reader_corrupt(const CfpPcapReader *self, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

#endif
