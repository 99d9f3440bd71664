/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/packet-space.h"

#include "filter/ip-prefix.h"

#define VLAN_TAG 4u
#define MAX_VLAN_TAGS 2u

#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define TYPE_ARP 0x0806u
#define TYPE_RARP 0x8035u
static const uint32_t vlan_types[] = {0x8100, 0x88a8, 0x9100};

/* Hop-by-hop, routing, fragment, AH, destination options, mobility, HIP, shim6. */
static const uint32_t extension_headers[] = {0, 43, 44, 51, 60, 135, 139, 140};

CfpIntervalSet
cfp_packet_space_ipv6_extensions(void)
{
    return cfp_interval_set_of(extension_headers, G_N_ELEMENTS(extension_headers));
}

static void
keep_prefix(CfpPacketFacts *packet, CfpFact first, const CfpIpPrefix *prefix)
{
    for (unsigned i = 0; i * 32 < prefix->length; i++) {
        unsigned bits = MIN(prefix->length - i * 32, 32u);
        uint32_t host_bits = bits == 32 ? 0 : UINT32_MAX >> bits;

        cfp_interval_set_keep(&packet->facts[(unsigned)first + i], prefix->words[i] & ~host_bits,
                              prefix->words[i] | host_bits);
    }
}

/* Behind a fragment header must lie the protocol, or another extension header that hides it. */
static void
restrict_fragment(CfpPacketFacts *packet, int protocol)
{
    CfpIntervalSet possible = cfp_packet_space_ipv6_extensions(),
                   others = cfp_interval_set_range(0, 255);
    CfpIntervalSet wanted;

    if (protocol < 0 || cfp_interval_set_has(&possible, (uint32_t)protocol))
        return;
    wanted = cfp_interval_set_range((uint32_t)protocol, (uint32_t)protocol);
    cfp_interval_set_join(&possible, &wanted);
    cfp_interval_set_subtract(&others, &possible);
    cfp_interval_set_subtract(&packet->facts[CFP_FACT_FRAGMENT_NEXT], &others);
}

/* Of the packets only those that pass the filter, as far as it is certain what it means. FALSE:
 * none of them do. */
static gboolean
restrict_to(CfpPacketFacts *packet, const CfpFilterV1 *filter, gboolean has_extensions)
{
    static const uint32_t any_ports[] = {6, 17, 33, 132, 136};
    const CfpIpPrefix source = cfp_ip_prefix_parse(filter->source_address);
    const CfpIpPrefix destination = cfp_ip_prefix_parse(filter->destination_address);
    gboolean is_ipv6 = packet->layout == CFP_LAYOUT_IPV6;

    if ((source.is_set && source.is_ipv6 != is_ipv6) ||
        (destination.is_set && destination.is_ipv6 != is_ipv6))
        return FALSE;
    keep_prefix(packet, CFP_FACT_SOURCE, &source);
    keep_prefix(packet, CFP_FACT_DESTINATION, &destination);
    if (cfp_interval_set_is(&packet->facts[CFP_FACT_PROTOCOL], CFP_PROTOCOL_FRAGMENT))
        restrict_fragment(packet, filter->protocol);
    if (has_extensions)
        return packet->facts[CFP_FACT_FRAGMENT_NEXT].n > 0;
    if (filter->protocol >= 0)
        cfp_interval_set_keep(&packet->facts[CFP_FACT_PROTOCOL], (uint32_t)filter->protocol,
                              (uint32_t)filter->protocol);
    if (filter->source_port > 0)
        cfp_interval_set_keep(&packet->facts[CFP_FACT_SOURCE_PORT], filter->source_port,
                              filter->source_port);
    if (filter->destination_port > 0)
        cfp_interval_set_keep(&packet->facts[CFP_FACT_DESTINATION_PORT], filter->destination_port,
                              filter->destination_port);
    if (filter->source_port > 0 || filter->destination_port > 0) {
        CfpIntervalSet with = cfp_interval_set_of(any_ports, G_N_ELEMENTS(any_ports)),
                       others = cfp_interval_set_range(0, 255);

        cfp_interval_set_subtract(&others, &with);
        cfp_interval_set_subtract(&packet->facts[CFP_FACT_PROTOCOL], &others);
        cfp_interval_set_keep(&packet->facts[CFP_FACT_FRAGMENT], 0, 0);
    }
    return packet->facts[CFP_FACT_PROTOCOL].n > 0;
}

static void
add_packets(GArray *packets, CfpPacketFacts packet, const CfpFilterV1 *filter,
            gboolean has_extensions)
{
    if (restrict_to(&packet, filter, has_extensions))
        g_array_append_val(packets, packet);
}

/* All packets of IP behind a link layer that `packet` describes. IPv6 with and without extension
 * headers are apart, because it is not certain what filter_v1 makes of the former. */
static void
add_ip(GArray *packets, const CfpPacketFacts *link, CfpFact type, const CfpFilterV1 *filter)
{
    static const uint32_t versions[] = {4, 6};
    const CfpIntervalSet extensions = cfp_packet_space_ipv6_extensions();

    for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
        CfpLayout layout = versions[i] == 4 ? CFP_LAYOUT_IPV4 : CFP_LAYOUT_IPV6;
        uint32_t ethernet_type = versions[i] == 4 ? TYPE_IPV4 : TYPE_IPV6;
        CfpPacketFacts packet = cfp_packet_facts_new(layout, link->ip_offset);

        for (CfpFact fact = CFP_FACT_TYPE; fact < type; fact++)
            packet.facts[fact] = link->facts[fact];
        if (link->ip_offset > 0)
            packet.facts[type] = cfp_interval_set_range(ethernet_type, ethernet_type);
        packet.facts[CFP_FACT_VERSION] = cfp_interval_set_range(versions[i], versions[i]);
        if (layout == CFP_LAYOUT_IPV6) {
            CfpPacketFacts extended = packet, fragment = packet;

            extended.facts[CFP_FACT_PROTOCOL] = extensions;
            cfp_interval_set_remove(&extended.facts[CFP_FACT_PROTOCOL], CFP_PROTOCOL_FRAGMENT,
                                    CFP_PROTOCOL_FRAGMENT);
            fragment.facts[CFP_FACT_PROTOCOL] =
                cfp_interval_set_range(CFP_PROTOCOL_FRAGMENT, CFP_PROTOCOL_FRAGMENT);
            add_packets(packets, extended, filter, TRUE);
            add_packets(packets, fragment, filter, TRUE);
            cfp_interval_set_subtract(&packet.facts[CFP_FACT_PROTOCOL], &extensions);
        }
        add_packets(packets, packet, filter, FALSE);
    }
}

/* Magic Transit carries IP only, but when an expression asks for something else nothing can be
 * pushed down. ARP passes only an empty filter; behind other headers (MPLS, PPPoE, more tags) may
 * be IP, and whether the service looks there is not known. */
static void
add_others(GArray *packets, const CfpPacketFacts *link, CfpFact type, const CfpFilterV1 *filter)
{
    CfpPacketFacts arp = cfp_packet_facts_new(CFP_LAYOUT_ARP, link->ip_offset), rarp;
    CfpPacketFacts other = *link;
    CfpIntervalSet tags = cfp_interval_set_of(vlan_types, G_N_ELEMENTS(vlan_types));
    static const uint32_t known[] = {TYPE_IPV4, TYPE_IPV6, TYPE_ARP, TYPE_RARP};

    for (CfpFact fact = CFP_FACT_TYPE; fact < type; fact++)
        arp.facts[fact] = link->facts[fact];
    rarp = arp;
    arp.facts[type] = cfp_interval_set_range(TYPE_ARP, TYPE_ARP);
    rarp.facts[type] = cfp_interval_set_range(TYPE_RARP, TYPE_RARP);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        cfp_interval_set_remove(&other.facts[type], known[i], known[i]);
    if (type < CFP_FACT_TYPE + (CfpFact)MAX_VLAN_TAGS)
        cfp_interval_set_subtract(&other.facts[type], &tags);
    g_array_append_val(packets, other);
    if (!cfp_filter_v1_is_empty(filter))
        return;
    g_array_append_val(packets, arp);
    g_array_append_val(packets, rarp);
}

GArray *
cfp_packet_space_new(uint32_t linktype, const CfpFilterV1 *filter)
{
    GArray *packets = g_array_new(FALSE, FALSE, sizeof(CfpPacketFacts));
    CfpPacketFacts link = cfp_packet_facts_new(CFP_LAYOUT_OTHER, 0);

    if (linktype == CFP_LINKTYPE_RAW) {
        add_ip(packets, &link, CFP_FACT_TYPE, filter);
        cfp_interval_set_remove(&link.facts[CFP_FACT_VERSION], 4, 4);
        cfp_interval_set_remove(&link.facts[CFP_FACT_VERSION], 6, 6);
        if (cfp_filter_v1_is_empty(filter))
            g_array_append_val(packets, link);
        return packets;
    }
    link.ip_offset = CFP_ETHERNET_HEADER;
    for (unsigned tags = 0; tags <= MAX_VLAN_TAGS; tags++) {
        CfpFact type = CFP_FACT_TYPE + (CfpFact)tags;

        add_ip(packets, &link, type, filter);
        add_others(packets, &link, type, filter);
        link.facts[type] = cfp_interval_set_of(vlan_types, G_N_ELEMENTS(vlan_types));
        link.ip_offset += VLAN_TAG;
    }
    return packets;
}
