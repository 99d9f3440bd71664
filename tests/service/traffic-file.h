/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_TRAFFIC_FILE_H
#define CFP_TESTS_SERVICE_TRAFFIC_FILE_H

#include <glib.h>
#include <stdbool.h>

/** Packets of a pcap file, in place of generated ones: see --traffic. */
typedef struct CfpServiceTrafficFile CfpServiceTrafficFile;

/** One packet. The bytes are the file's. */
typedef struct {
    gint64 time_ns;      /* since 1970 */
    const guint8 *frame; /* from the link type's header on */
    gsize kept;          /* bytes of it that there are */
    guint32 wire_length; /* bytes of it that there were */
} CfpServiceFrame;

/**
 * Reads a classic pcap file (draft-ietf-opsawg-pcap) as a whole: little-endian, microseconds, link
 * type 1 (Ethernet) or 101 (raw IP). A file that is anything else, or damaged, is an error:
 * G_FILE_ERROR, G_OPTION_ERROR_BAD_VALUE.
 */
CfpServiceTrafficFile *cfp_service_traffic_file_read(const char *path, GError **error);
void cfp_service_traffic_file_free(CfpServiceTrafficFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceTrafficFile, cfp_service_traffic_file_free)

int cfp_service_traffic_file_linktype(const CfpServiceTrafficFile *self);

/** The packet at `*position`, which is 0 for the first one and is moved on. FALSE at the end. */
bool cfp_service_traffic_file_next(const CfpServiceTrafficFile *self, gsize *position,
                                   CfpServiceFrame *frame);

/**
 * Finds a frame's IP packet, on Ethernet behind up to two VLAN tags (IEEE 802.1Q, 802.1ad).
 * `length`: the frame's bytes from there on. FALSE when it has none.
 */
bool cfp_service_traffic_file_find_ip(const CfpServiceTrafficFile *self,
                                      const CfpServiceFrame *frame, const guint8 **packet,
                                      gsize *length);

#endif
