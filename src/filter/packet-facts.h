/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_PACKET_FACTS_H
#define CFP_FILTER_PACKET_FACTS_H

#include "filter/interval-set.h"

/** What a packet is, as far as its headers' places depend on it. */
typedef enum {
    CFP_LAYOUT_IPV4,
    CFP_LAYOUT_IPV6,
    CFP_LAYOUT_ARP,   /* ARP or RARP: "host" of pcap-filter(7) means their addresses, too */
    CFP_LAYOUT_OTHER, /* anything else: nothing is known of its headers */
} CfpLayout;

/** The parts of a packet that are followed. Values are in host byte order. */
typedef enum {
    CFP_FACT_VERSION,       /* of IP, 4 bits */
    CFP_FACT_PROTOCOL,      /* IPv4: protocol; IPv6: next header of the fixed header */
    CFP_FACT_FRAGMENT,      /* IPv4: fragment offset, 13 bits */
    CFP_FACT_FRAGMENT_NEXT, /* IPv6: the byte behind the fixed header: of a fragment header, its
                               next header */
    CFP_FACT_SOURCE,        /* IPv4 address, or first 32 bits of an IPv6 address */
    CFP_FACT_SOURCE_1,
    CFP_FACT_SOURCE_2,
    CFP_FACT_SOURCE_3,
    CFP_FACT_DESTINATION,
    CFP_FACT_DESTINATION_1,
    CFP_FACT_DESTINATION_2,
    CFP_FACT_DESTINATION_3,
    CFP_FACT_SOURCE_PORT, /* IPv4: the first two bytes behind the header, IPv6: behind the fixed */
    CFP_FACT_DESTINATION_PORT, /* the next two */
    CFP_FACT_TYPE,             /* Ethernet type, or that of a VLAN tag */
    CFP_FACT_TYPE_1,           /* behind one VLAN tag */
    CFP_FACT_TYPE_2,           /* behind two */
    CFP_N_FACTS
} CfpFact;

/** Some bytes of a packet as one number in host byte order, of which `mask` leaves some bits; or
 * its length. */
typedef struct {
    bool from_payload; /* offset counts from the end of the IPv4 header, else from the packet's
                          start */
    uint32_t offset;   /* bytes */
    uint32_t size;     /* 1, 2 or 4 bytes; 0: the packet's length, which has no place */
    uint32_t mask;
} CfpSlice;

/* Tests of other bytes that are remembered: enough to see that "icmp[0] = 8 and icmp[0] = 0" holds
 * for no packet. */
#define CFP_MAX_OTHER_FACTS 6u

typedef struct {
    CfpSlice slice;
    CfpIntervalSet values;
} CfpOtherFact;

/** What is known of a packet: it is one of those whose parts have a value in these sets. */
typedef struct {
    CfpLayout layout;
    uint32_t ip_offset; /* bytes in front of the IP or ARP header; 0: no link layer */
    CfpIntervalSet facts[CFP_N_FACTS];
    unsigned n_others;
    CfpOtherFact others[CFP_MAX_OTHER_FACTS]; /* of slices that are no part above */
} CfpPacketFacts;

typedef enum {
    CFP_IS_EQUAL,
    CFP_IS_NOT_EQUAL,
    CFP_IS_GREATER,
    CFP_IS_NOT_GREATER,
    CFP_IS_GREATER_OR_EQUAL,
    CFP_IS_LESS,
} CfpComparison;

/** A packet of which nothing is known but its layout. */
CfpPacketFacts cfp_packet_facts_new(CfpLayout layout, uint32_t ip_offset);

/**
 * Learns that a comparison of `slice` (masked) with `value` holds.
 * Returns: false when it can't, for any such packet.
 */
bool cfp_packet_facts_learn(CfpPacketFacts *self, const CfpSlice *slice, CfpComparison comparison,
                            uint32_t value);

/** Whether every such packet that was not cut short has all bytes of `slice`. */
bool cfp_packet_facts_has_bytes(const CfpPacketFacts *self, const CfpSlice *slice);

/** Whether every packet of `other` is one of `self`. */
bool cfp_packet_facts_includes(const CfpPacketFacts *self, const CfpPacketFacts *other);

/** Whether the two mean the same number, of every packet. */
bool cfp_slice_is(const CfpSlice *self, const CfpSlice *other);

/** How many parts the two differ in; UINT_MAX when their layouts do. */
unsigned cfp_packet_facts_distance(const CfpPacketFacts *self, const CfpPacketFacts *other);

/** Takes in the packets of `other`, which must have the same layout. */
void cfp_packet_facts_join(CfpPacketFacts *self, const CfpPacketFacts *other);

#endif
