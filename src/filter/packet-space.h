/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_PACKET_SPACE_H
#define CFP_FILTER_PACKET_SPACE_H

#include <glib.h>

#include "filter/bpf.h"
#include "filter/filter-v1.h"
#include "filter/packet-facts.h"

/** Length of an Ethernet header without tags, bytes. */
#define CFP_ETHERNET_HEADER 14u

/** The number of the fragment header of IPv6. */
#define CFP_PROTOCOL_FRAGMENT 44u

/**
 * All packets that a capture file of the link type can hold and that pass the filter, as far as it
 * is certain what it means: IPv4 and IPv6, on Ethernet behind up to two VLAN tags, and what is no
 * IP packet when the filter is empty.
 *
 * Returns: CfpPacketFacts, owned.
 */
GArray *cfp_packet_space_new(uint32_t linktype, const CfpFilterV1 *filter);

/** Headers that may stand between the fixed header of IPv6 and what the packet carries (IANA, "IPv6
 * Extension Header Types"). Whether the service's "protocol" is the first of them or what lies
 * behind is not known. */
CfpIntervalSet cfp_packet_space_ipv6_extensions(void);

#endif
