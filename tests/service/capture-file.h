/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_CAPTURE_FILE_H
#define CFP_TESTS_SERVICE_CAPTURE_FILE_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    CFP_SERVICE_FORMAT_PCAP,       /* little-endian, microseconds */
    CFP_SERVICE_FORMAT_PCAP_NS,    /* little-endian, nanoseconds */
    CFP_SERVICE_FORMAT_PCAP_BE,    /* big-endian, microseconds */
    CFP_SERVICE_FORMAT_PCAP_NS_BE, /* big-endian, nanoseconds */
    CFP_SERVICE_FORMAT_PCAPNG,     /* little-endian, nanoseconds */
} CfpServiceFormat;

/** A capture file that grows in memory. */
typedef struct CfpServiceFile CfpServiceFile;

/** The LINKTYPE_ numbers that IP packets can be given the header of: 1, 101, 228, 229, 239. */
bool cfp_service_file_knows_linktype(int linktype);

/** Which IP versions a file of that link type can hold. */
bool cfp_service_file_holds(int linktype, bool is_ipv6);

/** `snaplen`: bytes kept of a packet, its link-layer header included; 0 = all. */
CfpServiceFile *cfp_service_file_new(CfpServiceFormat format, int linktype, guint32 snaplen);

/** Adds a packet that has the link type's header already: `kept` bytes of `length`. */
void cfp_service_file_add_frame(CfpServiceFile *self, gint64 time_ns, const guint8 *frame,
                                gsize kept, guint32 length);

/** Adds an IP packet behind the link type's header. */
void cfp_service_file_add(CfpServiceFile *self, gint64 time_ns, const guint8 *packet, gsize length);

/** The bytes of the file. Frees `self`. */
GBytes *cfp_service_file_finish(CfpServiceFile *self);

/** The same bytes as gzip data. */
GBytes *cfp_service_file_compress(GBytes *file);

#endif
