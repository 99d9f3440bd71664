/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/pushdown.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "filter/bpf-analysis.h"
#include "filter/bpf-private.h"

#define LINKTYPE_ETHERNET 1u
#define LINKTYPE_RAW 101u

#define ETHERNET_HEADER 14u
#define VLAN_TAG 4u
#define MAX_VLAN_TAGS 2u

#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define TYPE_ARP 0x0806u
#define TYPE_RARP 0x8035u
static const uint32_t vlan_types[] = {0x8100, 0x88a8, 0x9100};

/* Networks larger than these are as good as none. */
#define MIN_IPV4_PREFIX 8u
#define MIN_IPV6_PREFIX 16u

#define PROTOCOL_FRAGMENT 44u

/* Headers that may stand between the fixed header of IPv6 and what the packet carries: hop-by-hop,
 * routing, fragment, AH, destination options, mobility, HIP, shim6 (IANA, "IPv6 Extension Header
 * Types"). Whether the service's "protocol" is the first of them or what lies behind is not known.
 */
static const uint32_t extension_headers[] = {0, 43, 44, 51, 60, 135, 139, 140};

/* Protocols whose header begins with two ports: those of pcap-filter's "port", and those that the
 * documentation of filter_v1 speaks of. */
static const uint32_t with_ports[] = {6, 17, 132}, with_documented_ports[] = {6, 17};

static CfpIntervalSet
set_of(const uint32_t *values, size_t n)
{
    CfpIntervalSet set = cfp_interval_set_range(values[0], values[0]);

    for (size_t i = 1; i < n; i++) {
        CfpIntervalSet one = cfp_interval_set_range(values[i], values[i]);

        cfp_interval_set_join(&set, &one);
    }
    return set;
}

#define SET_OF(values) set_of(values, G_N_ELEMENTS(values))

static void
remove_all(CfpIntervalSet *self, const CfpIntervalSet *other)
{
    for (unsigned i = 0; i < other->n; i++)
        cfp_interval_set_remove(self, other->items[i].low, other->items[i].high);
}

/* ---- the packets that there can be
 * --------------------------------------------------------------- */

/* An address of filter_v1, or a network. */
typedef struct {
    gboolean is_set;
    gboolean is_ipv6;
    unsigned length; /* of the prefix, bits */
    uint32_t words[4];
} Prefix;

static Prefix
parse_prefix(const char *text)
{
    g_autoptr(GInetAddressMask) mask =
        text ? g_inet_address_mask_new_from_string(text, NULL) : NULL;
    Prefix prefix = {.is_set = mask != NULL};
    const guint8 *bytes;
    GInetAddress *address;

    if (!mask)
        return prefix;
    address = g_inet_address_mask_get_address(mask);
    bytes = g_inet_address_to_bytes(address);
    prefix.is_ipv6 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
    prefix.length = g_inet_address_mask_get_length(mask);
    for (size_t i = 0; i < g_inet_address_get_native_size(address); i++)
        prefix.words[i / 4] = prefix.words[i / 4] << 8 | bytes[i];
    return prefix;
}

static void
keep_prefix(CfpPacketFacts *packet, CfpFact first, const Prefix *prefix)
{
    for (unsigned i = 0; i * 32 < prefix->length; i++) {
        unsigned bits = MIN(prefix->length - i * 32, 32u);
        uint32_t host_bits = bits == 32 ? 0 : UINT32_MAX >> bits;

        cfp_interval_set_keep(&packet->facts[(unsigned)first + i], prefix->words[i] & ~host_bits,
                              prefix->words[i] | host_bits);
    }
}

static gboolean
is_single_value(const CfpIntervalSet *set, uint32_t expected)
{
    uint32_t value;

    return cfp_interval_set_is_single(set, &value) && value == expected;
}

/* Behind a fragment header must lie the protocol, or another extension header that hides it. */
static void
restrict_fragment(CfpPacketFacts *packet, int protocol)
{
    CfpIntervalSet possible = SET_OF(extension_headers), others = cfp_interval_set_range(0, 255);
    CfpIntervalSet wanted;

    if (protocol < 0 || cfp_interval_set_has(&possible, (uint32_t)protocol))
        return;
    wanted = cfp_interval_set_range((uint32_t)protocol, (uint32_t)protocol);
    cfp_interval_set_join(&possible, &wanted);
    remove_all(&others, &possible);
    remove_all(&packet->facts[CFP_FACT_FRAGMENT_NEXT], &others);
}

/* Of the packets only those that pass the filter, as far as it is certain what it means. FALSE:
 * none of them do. */
static gboolean
restrict_to(CfpPacketFacts *packet, const CfpFilterV1 *filter, gboolean has_extensions)
{
    static const uint32_t any_ports[] = {6, 17, 33, 132, 136};
    const Prefix source = parse_prefix(filter->source_address);
    const Prefix destination = parse_prefix(filter->destination_address);
    gboolean is_ipv6 = packet->layout == CFP_LAYOUT_IPV6;

    if ((source.is_set && source.is_ipv6 != is_ipv6) ||
        (destination.is_set && destination.is_ipv6 != is_ipv6))
        return FALSE;
    keep_prefix(packet, CFP_FACT_SOURCE, &source);
    keep_prefix(packet, CFP_FACT_DESTINATION, &destination);
    if (is_single_value(&packet->facts[CFP_FACT_PROTOCOL], PROTOCOL_FRAGMENT))
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
        CfpIntervalSet with = SET_OF(any_ports), others = cfp_interval_set_range(0, 255);

        remove_all(&others, &with);
        remove_all(&packet->facts[CFP_FACT_PROTOCOL], &others);
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
    const CfpIntervalSet extensions = SET_OF(extension_headers);

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
            cfp_interval_set_remove(&extended.facts[CFP_FACT_PROTOCOL], PROTOCOL_FRAGMENT,
                                    PROTOCOL_FRAGMENT);
            fragment.facts[CFP_FACT_PROTOCOL] =
                cfp_interval_set_range(PROTOCOL_FRAGMENT, PROTOCOL_FRAGMENT);
            add_packets(packets, extended, filter, TRUE);
            add_packets(packets, fragment, filter, TRUE);
            remove_all(&packet.facts[CFP_FACT_PROTOCOL], &extensions);
        }
        add_packets(packets, packet, filter, FALSE);
    }
}

/* What is no IP packet passes only an empty filter. Magic Transit carries nothing else, but this
 * has to be said of an expression that asks for it: nothing can be pushed down then. */
static void
add_others(GArray *packets, const CfpPacketFacts *link, CfpFact type)
{
    CfpPacketFacts arp = cfp_packet_facts_new(CFP_LAYOUT_ARP, link->ip_offset), rarp;
    CfpPacketFacts other = *link;
    CfpIntervalSet tags = SET_OF(vlan_types);
    static const uint32_t known[] = {TYPE_IPV4, TYPE_IPV6, TYPE_ARP, TYPE_RARP};

    for (CfpFact fact = CFP_FACT_TYPE; fact < type; fact++)
        arp.facts[fact] = link->facts[fact];
    rarp = arp;
    arp.facts[type] = cfp_interval_set_range(TYPE_ARP, TYPE_ARP);
    rarp.facts[type] = cfp_interval_set_range(TYPE_RARP, TYPE_RARP);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        cfp_interval_set_remove(&other.facts[type], known[i], known[i]);
    if (type < CFP_FACT_TYPE + (CfpFact)MAX_VLAN_TAGS)
        remove_all(&other.facts[type], &tags);
    g_array_append_val(packets, arp);
    g_array_append_val(packets, rarp);
    g_array_append_val(packets, other);
}

/* Every packet that a file of the link type can hold and that passes `filter`. */
static GArray *
all_packets(uint32_t linktype, const CfpFilterV1 *filter)
{
    GArray *packets = g_array_new(FALSE, FALSE, sizeof(CfpPacketFacts));
    CfpPacketFacts link = cfp_packet_facts_new(CFP_LAYOUT_OTHER, 0);

    if (linktype == LINKTYPE_RAW) {
        add_ip(packets, &link, CFP_FACT_TYPE, filter);
        cfp_interval_set_remove(&link.facts[CFP_FACT_VERSION], 4, 4);
        cfp_interval_set_remove(&link.facts[CFP_FACT_VERSION], 6, 6);
        if (cfp_filter_v1_is_empty(filter))
            g_array_append_val(packets, link);
        return packets;
    }
    link.ip_offset = ETHERNET_HEADER;
    for (unsigned tags = 0; tags <= MAX_VLAN_TAGS; tags++) {
        CfpFact type = CFP_FACT_TYPE + (CfpFact)tags;

        add_ip(packets, &link, type, filter);
        if (cfp_filter_v1_is_empty(filter))
            add_others(packets, &link, type);
        link.facts[type] = SET_OF(vlan_types);
        link.ip_offset += VLAN_TAG;
    }
    return packets;
}

/* ---- what all accepted packets have in common
 * ---------------------------------------------------- */

/* Every packet that is accepted, of all link types. */
typedef struct {
    GArray *packets;  /* CfpPacketFacts of IP packets */
    gboolean has_arp; /* comes with every "host"; Magic Transit has none of it */
    gboolean has_others;
    gboolean is_unknown; /* the analysis gave up */
} Accepted;

static gboolean
is_ip(const CfpPacketFacts *packet)
{
    return packet->layout == CFP_LAYOUT_IPV4 || packet->layout == CFP_LAYOUT_IPV6;
}

static gboolean
is_within(const CfpIntervalSet *self, const uint32_t *values, size_t n)
{
    CfpIntervalSet set = set_of(values, n);

    return cfp_interval_set_includes(&set, self);
}

/* The protocol of all these packets as filter_v1 has it; -1 when there are several, or it isn't
 * certain. */
static int
protocol_of(const CfpPacketFacts *packet, CfpPushdownMode mode)
{
    const CfpIntervalSet extensions = SET_OF(extension_headers);
    uint32_t protocol;

    if (!cfp_interval_set_is_single(&packet->facts[CFP_FACT_PROTOCOL], &protocol))
        return -1;
    if (packet->layout == CFP_LAYOUT_IPV6 && protocol == PROTOCOL_FRAGMENT &&
        mode == CFP_PUSHDOWN_AUTO &&
        !cfp_interval_set_is_single(&packet->facts[CFP_FACT_FRAGMENT_NEXT], &protocol))
        return -1;
    if (packet->layout == CFP_LAYOUT_IPV6 && cfp_interval_set_has(&extensions, protocol))
        return -1;
    return (int)protocol;
}

/* Whether what lies at the place of the ports is what filter_v1 means by ports. */
static gboolean
has_ports(const CfpPacketFacts *packet, CfpPushdownMode mode)
{
    const CfpIntervalSet *protocol = &packet->facts[CFP_FACT_PROTOCOL];
    uint32_t fragment;

    if (packet->layout == CFP_LAYOUT_IPV4 &&
        (!cfp_interval_set_is_single(&packet->facts[CFP_FACT_FRAGMENT], &fragment) ||
         fragment != 0))
        return FALSE;
    return mode == CFP_PUSHDOWN_STRICT
               ? is_within(protocol, with_documented_ports, G_N_ELEMENTS(with_documented_ports))
               : is_within(protocol, with_ports, G_N_ELEMENTS(with_ports));
}

/* 0 when there are several, or it isn't certain. Port 0 is no port to filter_v1. */
static guint
port_of(const CfpPacketFacts *packet, CfpFact fact, CfpPushdownMode mode)
{
    uint32_t port;

    if (!has_ports(packet, mode) || !cfp_interval_set_is_single(&packet->facts[fact], &port))
        return 0;
    return port;
}

static int
common_protocol(const Accepted *accepted, CfpPushdownMode mode)
{
    int common = -1;

    for (guint i = 0; i < accepted->packets->len; i++) {
        int protocol = protocol_of(&g_array_index(accepted->packets, CfpPacketFacts, i), mode);

        if (i > 0 && protocol != common)
            return -1;
        common = protocol;
    }
    /* The number 0 may be no protocol to filter_v1. */
    return common > 0 ? common : -1;
}

static guint
common_port(const Accepted *accepted, CfpFact fact, CfpPushdownMode mode)
{
    guint common = 0;

    for (guint i = 0; i < accepted->packets->len; i++) {
        guint port = port_of(&g_array_index(accepted->packets, CfpPacketFacts, i), fact, mode);

        if (i > 0 && port != common)
            return 0;
        common = port;
    }
    return common;
}

/* The number of upper bits in which all members agree. */
static unsigned
common_bits(const CfpIntervalSet *set)
{
    uint32_t difference = set->items[0].low ^ set->items[set->n - 1].high;

    return difference == 0 ? 32 : (unsigned)__builtin_clz(difference);
}

/* Adds an address: the prefix gets as short as it must. */
static gboolean
widen_prefix(Prefix *prefix, const CfpPacketFacts *packet, CfpFact first)
{
    gboolean is_ipv6 = packet->layout == CFP_LAYOUT_IPV6;
    unsigned n = is_ipv6 ? 4 : 1, length = 0;

    if (prefix->is_set && prefix->is_ipv6 != is_ipv6)
        return FALSE;
    for (unsigned i = 0; i < n && length == i * 32; i++) {
        CfpIntervalSet set = packet->facts[(unsigned)first + i];

        if (prefix->is_set) {
            CfpIntervalSet before = cfp_interval_set_range(prefix->words[i], prefix->words[i]);

            cfp_interval_set_join(&set, &before);
        }
        length += common_bits(&set);
        prefix->words[i] = set.items[0].low;
    }
    prefix->length = prefix->is_set ? MIN(prefix->length, length) : length;
    prefix->is_set = TRUE;
    prefix->is_ipv6 = is_ipv6;
    return TRUE;
}

/* ADDRESS or NETWORK/LENGTH. Owned. */
static char *
prefix_to_text(const Prefix *prefix)
{
    unsigned bits = prefix->is_ipv6 ? 128 : 32;
    g_autoptr(GInetAddress) address = NULL;
    g_autofree char *text = NULL;
    guint8 bytes[16];

    for (unsigned i = 0; i < bits / 8; i++) {
        unsigned known = prefix->length > i * 8 ? MIN(prefix->length - i * 8, 8u) : 0;

        bytes[i] = (guint8)(prefix->words[i / 4] >> (24 - i % 4 * 8) & (0xff00u >> known) & 0xffu);
    }
    address = g_inet_address_new_from_bytes(bytes, prefix->is_ipv6 ? G_SOCKET_FAMILY_IPV6
                                                                   : G_SOCKET_FAMILY_IPV4);
    text = g_inet_address_to_string(address);
    return prefix->length == bits ? g_steal_pointer(&text)
                                  : g_strdup_printf("%s/%u", text, prefix->length);
}

/* NULL when there is none that is worth it, or certain enough. Owned. */
static char *
common_address(const Accepted *accepted, CfpFact first, CfpPushdownMode mode)
{
    Prefix prefix = {0};

    for (guint i = 0; i < accepted->packets->len; i++)
        if (!widen_prefix(&prefix, &g_array_index(accepted->packets, CfpPacketFacts, i), first))
            return NULL;
    if (!prefix.is_set || prefix.length < (prefix.is_ipv6 ? MIN_IPV6_PREFIX : MIN_IPV4_PREFIX))
        return NULL;
    if (mode == CFP_PUSHDOWN_STRICT && (prefix.is_ipv6 || prefix.length < 32))
        return NULL;
    return prefix_to_text(&prefix);
}

/* ---- one expression
 * -------------------------------------------------------------------------------- */

/* The link types that are expected, each with the expression's program for it. A link type that the
 * expression can't be compiled for ("vlan" and raw IP) has no packets that pass. */
typedef struct {
    uint32_t linktype;
    CfpBpf *program; /* NULL: none */
} Link;

/* Adds the packets of a link type that the expression accepts. */
static void
add_accepted(Accepted *self, const Link *link, const CfpFilterV1 *filter)
{
    g_autoptr(GArray) packets = NULL;
    g_auto(CfpBpfOutcome) outcome = {0};
    const struct bpf_insn *instructions;
    unsigned n;

    if (!link->program)
        return;
    packets = all_packets(link->linktype, filter);
    instructions = cfp_bpf_instructions(link->program, &n);
    if (!cfp_bpf_analyse(instructions, n, packets, &outcome)) {
        self->is_unknown = TRUE;
        return;
    }
    for (guint i = 0; i < outcome.accepted->len; i++) {
        CfpPacketFacts *packet = &g_array_index(outcome.accepted, CfpPacketFacts, i);

        if (is_ip(packet))
            g_array_append_val(self->packets, *packet);
        self->has_arp |= packet->layout == CFP_LAYOUT_ARP;
        self->has_others |= packet->layout == CFP_LAYOUT_OTHER;
    }
}

/* Whether no whole packet that passes the filter is rejected by the expression. */
static gboolean
is_exact_for(const Link *link, const CfpFilterV1 *filter)
{
    g_autoptr(GArray) packets = NULL;
    g_auto(CfpBpfOutcome) outcome = {0};
    const struct bpf_insn *instructions;
    unsigned n;

    if (!link->program)
        return FALSE;
    packets = all_packets(link->linktype, filter);
    /* An expression means nothing behind a VLAN tag that it doesn't mention; none are expected. */
    for (guint i = packets->len; i-- > 0;)
        if (g_array_index(packets, CfpPacketFacts, i).ip_offset > ETHERNET_HEADER ||
            !is_ip(&g_array_index(packets, CfpPacketFacts, i)))
            g_array_remove_index_fast(packets, i);
    instructions = cfp_bpf_instructions(link->program, &n);
    return cfp_bpf_analyse(instructions, n, packets, &outcome) && !outcome.may_reject;
}

/* The fields and, where they leave room, what all accepted packets have in common. */
static void
strengthen(CfpFilterV1 *filter, const Accepted *accepted, CfpPushdownMode mode)
{
    char *source = common_address(accepted, CFP_FACT_SOURCE, mode);
    char *destination = common_address(accepted, CFP_FACT_DESTINATION, mode);
    int protocol = common_protocol(accepted, mode);

    /* The packets went in with the fields applied: what comes out is theirs or narrower. */
    if (source) {
        g_free(filter->source_address);
        filter->source_address = source;
    }
    if (destination) {
        g_free(filter->destination_address);
        filter->destination_address = destination;
    }
    if (filter->source_port == 0)
        filter->source_port = common_port(accepted, CFP_FACT_SOURCE_PORT, mode);
    if (filter->destination_port == 0)
        filter->destination_port = common_port(accepted, CFP_FACT_DESTINATION_PORT, mode);
    if (filter->protocol < 0)
        filter->protocol = protocol;
}

static gboolean
throw_contradiction(const CfpFilterV1 *fields, GError **error)
{
    g_autofree char *text = cfp_filter_v1_to_expression(fields);

    if (cfp_filter_v1_is_empty(fields))
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION,
                         "no packet can pass it");
    return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION,
                     "no packet can pass it and the fields of the tab Filter too (%s)", text);
}

static gboolean
analyse(const Link *links, size_t n, const CfpFilterV1 *fields, CfpPushdownMode mode,
        CfpPushdown *pushdown, GError **error)
{
    g_autoptr(GArray) packets = g_array_new(FALSE, FALSE, sizeof(CfpPacketFacts));
    Accepted accepted = {.packets = packets};

    for (size_t i = 0; i < n; i++)
        add_accepted(&accepted, &links[i], fields);
    if (accepted.is_unknown)
        return TRUE;
    if (packets->len == 0 && !accepted.has_arp && !accepted.has_others)
        return throw_contradiction(fields, error);
    if (packets->len > 0 && !accepted.has_others && mode != CFP_PUSHDOWN_OFF)
        strengthen(&pushdown->filter, &accepted, mode);
    pushdown->is_exact = TRUE;
    for (size_t i = 0; i < n; i++)
        pushdown->is_exact = pushdown->is_exact && is_exact_for(&links[i], &pushdown->filter);
    return TRUE;
}

/* libpcap's optimiser finds contradictions in parts of the packet that we don't follow. With long
 * expressions it would take too long. */
static gboolean
check(const char *expression, GError **error)
{
    return strlen(expression) > CFP_MAX_OPTIMISED_FILTER || cfp_bpf_check(expression, error);
}

/* An expression is one if it is for a single link type. */
static gboolean
compile(const char *expression, Link *links, size_t n, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean ok = FALSE;

    for (size_t i = 0; i < n; i++) {
        g_clear_error(&failure);
        links[i].program = cfp_bpf_new_plain(expression, links[i].linktype, &failure);
        ok |= links[i].program != NULL;
    }
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&failure));
    return ok;
}

gboolean
cfp_pushdown_compute(const char *expression, const CfpFilterV1 *fields, CfpPushdownMode mode,
                     CfpPushdown *ret_pushdown, GError **error)
{
    Link links[] = {{.linktype = LINKTYPE_RAW}, {.linktype = LINKTYPE_ETHERNET}};
    gboolean ok;

    cfp_filter_v1_copy(&ret_pushdown->filter, fields);
    ret_pushdown->is_exact = !expression || expression[0] == '\0';
    if (ret_pushdown->is_exact)
        return TRUE;
    ok = check(expression, error) && compile(expression, links, G_N_ELEMENTS(links), error) &&
         analyse(links, G_N_ELEMENTS(links), fields, mode, ret_pushdown, error);
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
        cfp_bpf_free(links[i].program);
    return ok;
}

void
cfp_pushdown_clear(CfpPushdown *self)
{
    cfp_filter_v1_clear(&self->filter);
}
