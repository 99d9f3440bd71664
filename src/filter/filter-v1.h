/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_FILTER_V1_H
#define CFP_FILTER_FILTER_V1_H

#include <glib.h>
#include <stdbool.h>

/** filter_v1: a packet passes when all members that are set hold. */
typedef struct {
    char *source_address;      /* NULL: any */
    char *destination_address; /* NULL: any */
    guint source_port;         /* 1 to 65535, 0: any */
    guint destination_port;
    int protocol; /* IANA number 0 to 255, -1: any */
} CfpFilterV1;

void cfp_filter_v1_clear(CfpFilterV1 *self);

void cfp_filter_v1_copy(CfpFilterV1 *to, const CfpFilterV1 *from);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpFilterV1, cfp_filter_v1_clear)

/** Removes the addresses that the service may not take, because no documentation says that it
 * does: IPv6 addresses and networks of both kinds. FALSE when there was none. */
bool cfp_filter_v1_drop_doubtful(CfpFilterV1 *self);

/** Removes ports that come without a protocol, for the same reason. FALSE when there was none. */
bool cfp_filter_v1_drop_bare_ports(CfpFilterV1 *self);

bool cfp_filter_v1_is_empty(const CfpFilterV1 *self);

bool cfp_filter_v1_equal(const CfpFilterV1 *a, const CfpFilterV1 *b);

/** The filter in pcap-filter(7) words, "src host 192.0.2.1 and dst port 53"; "" when empty.
 * Owned. */
char *cfp_filter_v1_to_expression(const CfpFilterV1 *self);

/** The same for people, "src host 192.0.2.1 and protocol 17". Owned. */
char *cfp_filter_v1_to_text(const CfpFilterV1 *self);

#endif
