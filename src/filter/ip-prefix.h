/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_IP_PREFIX_H
#define CFP_FILTER_IP_PREFIX_H

#include <glib.h>
#include <stdint.h>

/** An IP address, or a network: all addresses with the same upper bits. A plain value. */
typedef struct {
    gboolean is_set;
    gboolean is_ipv6;
    unsigned length;   /* of the prefix, bits; 32 or 128 for an address */
    uint32_t words[4]; /* host byte order; IPv4 has one. Bits behind the prefix may be anything */
} CfpIpPrefix;

/** ADDRESS or NETWORK/LENGTH; not set for NULL and anything else. */
CfpIpPrefix cfp_ip_prefix_parse(const char *text);

/** The same text again, with the bits behind the prefix 0. Owned. */
char *cfp_ip_prefix_to_text(const CfpIpPrefix *prefix);

#endif
