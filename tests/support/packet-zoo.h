/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_PACKET_ZOO_H
#define CFP_TESTS_SUPPORT_PACKET_ZOO_H

#include "packet/packet.h"
#include "support/traffic-choices.h"

/** Where a packet of the zoo is seen. */
typedef enum {
    CFP_ZOO_RAW,      /* from its IP header on */
    CFP_ZOO_ETHERNET, /* untagged, often padded */
    CFP_ZOO_VLAN,     /* with one tag */
    CFP_ZOO_VLANS,    /* with two */
    CFP_ZOO_LINKS,
} CfpZooLink;

#define CFP_ZOO_MAX_PACKET 256u
#define CFP_ZOO_MAX_FRAME (22u + CFP_ZOO_MAX_PACKET)

/** A well-formed IP packet. It is not cut short: a filter that a cut packet passes lets the whole
 * one pass too, since looking beyond the end is to fail. */
typedef struct {
    uint8_t packet[CFP_ZOO_MAX_PACKET];
    size_t length; /* bytes of the IP packet */
    struct {
        uint8_t data[CFP_ZOO_MAX_FRAME];
        uint32_t length;
    } frames[CFP_ZOO_LINKS];
} CfpZooPacket;

/** IPv4 or IPv6 with options, extension headers and fragments, of all the protocols that filters
 * can speak of, with the addresses and ports of traffic-choices.h. */
void cfp_zoo_make(CfpZooPacket *self, CfpChoices *choices);

/** Borrows. */
CfpPacket cfp_zoo_frame(const CfpZooPacket *self, CfpZooLink link);

#endif
