/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_TRAFFIC_FILTER_H
#define CFP_TESTS_SERVICE_TRAFFIC_FILTER_H

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/**
 * How the members of a filter_v1 are taken; the API's documentation leaves it open. For IPv4 the
 * protocol is the header's field; ports are those of the first fragment.
 */
typedef enum {
    /* The protocol of IPv6 is the first behind its extension headers, and TCP, UDP and SCTP have
     * ports, wherever they are. */
    CFP_SERVICE_READING_LIBERAL,
    /* The protocol of IPv6 is the fixed header's Next Header, and only TCP and UDP directly behind
     * it have ports. */
    CFP_SERVICE_READING_NARROW,
} CfpServiceReading;

/** A filter_v1. All that are set must hold, and they look at the outermost IP header. */
typedef struct {
    GInetAddressMask *source;      /* NULL: any */
    GInetAddressMask *destination; /* NULL: any */
    int source_port;               /* -1: any */
    int destination_port;          /* -1: any */
    int protocol;                  /* -1: any */
    CfpServiceReading reading;
} CfpServiceFilter;

/** `filter` has passed the schema; NULL is the filter that takes everything. */
void cfp_service_filter_init(CfpServiceFilter *self, JsonObject *filter, CfpServiceReading reading);
void cfp_service_filter_clear(CfpServiceFilter *self);

/** `packet`: an IP packet from its first header on, `length` bytes, not cut. */
bool cfp_service_filter_matches(const CfpServiceFilter *self, const guint8 *packet, gsize length);

#endif
