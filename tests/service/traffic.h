/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_TRAFFIC_H
#define CFP_TESTS_SERVICE_TRAFFIC_H

#include <glib.h>
#include <stdbool.h>

/**
 * Generated traffic as Magic Transit sees it during an attack: a SYN flood and DNS amplification
 * towards 203.0.113.7, echo requests, NTP, web sessions, IPv6, a fifth of it in GRE. All addresses
 * are documentation ones (RFC 5737, RFC 3849) and all check sums are right.
 */
typedef struct CfpServiceTraffic CfpServiceTraffic;

typedef struct {
    guint64 seed;
    gint64 start_us; /* of the window, microseconds since 1970 */
    gint64 end_us;
    guint64 packets; /* how many there are in all */
    bool has_ipv4;
    bool has_ipv6;
} CfpServiceTrafficSpec;

/** Traffic with the same `spec` is the same, byte for byte. */
CfpServiceTraffic *cfp_service_traffic_new(const CfpServiceTrafficSpec *spec);
void cfp_service_traffic_free(CfpServiceTraffic *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceTraffic, cfp_service_traffic_free)

/**
 * The next packet: a whole IP packet, owned by `self` until the next call, and its time in
 * nanoseconds since 1970; times never decrease. FALSE when there are no more.
 */
bool cfp_service_traffic_next(CfpServiceTraffic *self, const guint8 **bytes, gsize *length,
                              gint64 *time_ns);

#endif
