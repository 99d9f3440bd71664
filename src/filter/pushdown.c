/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/pushdown.h"

#include "base/error.h"
#include "filter/bpf-analysis.h"
#include "filter/bpf-private.h"
#include "filter/ip-prefix.h"
#include "filter/packet-space.h"

/* Networks larger than these are as good as none. */
#define MIN_IPV4_PREFIX 8u
#define MIN_IPV6_PREFIX 16u

/* Protocols whose header begins with two ports: those of pcap-filter's "port", and those that the
 * documentation of filter_v1 speaks of. */
static const uint32_t with_ports[] = {6, 17, 132}, with_documented_ports[] = {6, 17};

/* ---- what all accepted packets have in common ------------------------------------------------ */

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
    CfpIntervalSet set = cfp_interval_set_of(values, n);

    return cfp_interval_set_includes(&set, self);
}

/* The protocol of all these packets as filter_v1 has it; -1 when there are several, or it isn't
 * certain. */
static int
protocol_of(const CfpPacketFacts *packet, CfpPushdownMode mode)
{
    const CfpIntervalSet extensions = cfp_packet_space_ipv6_extensions();
    uint32_t protocol;

    if (!cfp_interval_set_is_single(&packet->facts[CFP_FACT_PROTOCOL], &protocol))
        return -1;
    if (packet->layout == CFP_LAYOUT_IPV6 && protocol == CFP_PROTOCOL_FRAGMENT &&
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

    if (packet->layout == CFP_LAYOUT_IPV4 &&
        !cfp_interval_set_is(&packet->facts[CFP_FACT_FRAGMENT], 0))
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
widen_prefix(CfpIpPrefix *prefix, const CfpPacketFacts *packet, CfpFact first)
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

/* NULL when there is none that is worth it, or certain enough. Owned. */
static char *
common_address(const Accepted *accepted, CfpFact first, CfpPushdownMode mode)
{
    CfpIpPrefix prefix = {0};

    for (guint i = 0; i < accepted->packets->len; i++)
        if (!widen_prefix(&prefix, &g_array_index(accepted->packets, CfpPacketFacts, i), first))
            return NULL;
    if (!prefix.is_set || prefix.length < (prefix.is_ipv6 ? MIN_IPV6_PREFIX : MIN_IPV4_PREFIX))
        return NULL;
    if (mode == CFP_PUSHDOWN_STRICT && (prefix.is_ipv6 || prefix.length < 32))
        return NULL;
    return cfp_ip_prefix_to_text(&prefix);
}

/* ---- one expression -------------------------------------------------------------------------- */

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
    packets = cfp_packet_space_new(link->linktype, filter);
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
    packets = cfp_packet_space_new(link->linktype, filter);
    /* An expression means nothing behind a VLAN tag that it doesn't mention; none are expected. */
    for (guint i = packets->len; i-- > 0;)
        if (g_array_index(packets, CfpPacketFacts, i).ip_offset > CFP_ETHERNET_HEADER ||
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

/* Whether nothing in `filter` rests on an assumption. */
static gboolean
is_certain(const CfpFilterV1 *filter, const CfpFilterV1 *fields, const Accepted *accepted)
{
    g_auto(CfpFilterV1) certain = {.protocol = -1};

    cfp_filter_v1_copy(&certain, fields);
    strengthen(&certain, accepted, CFP_PUSHDOWN_STRICT);
    return cfp_filter_v1_equal(&certain, filter);
}

static gboolean
throw_contradiction(const CfpFilterV1 *fields, GError **error)
{
    g_autofree char *text = cfp_filter_v1_to_text(fields);

    if (cfp_filter_v1_is_empty(fields))
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION,
                         "no packet can pass it");
    return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION,
                     "no packet can pass both it and the fields of the tab Filter (%s)", text);
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
    pushdown->is_certain = cfp_filter_v1_equal(&pushdown->filter, fields) ||
                           is_certain(&pushdown->filter, fields, &accepted);
    pushdown->is_exact = TRUE;
    for (size_t i = 0; i < n; i++)
        pushdown->is_exact = pushdown->is_exact && is_exact_for(&links[i], &pushdown->filter);
    return TRUE;
}

/* An expression is one if it is for a single link type. */
static gboolean
compile(const char *expression, Link *links, size_t n, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean ok = FALSE;

    for (size_t i = 0; i < n; i++) {
        g_clear_error(&failure);
        links[i].program = cfp_bpf_new(expression, links[i].linktype, 0, &failure);
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
    Link links[] = {{.linktype = CFP_LINKTYPE_RAW}, {.linktype = CFP_LINKTYPE_ETHERNET}};
    gboolean ok;

    *ret_pushdown = (CfpPushdown){.filter = {.protocol = -1}, .is_certain = TRUE};
    cfp_filter_v1_copy(&ret_pushdown->filter, fields);
    ret_pushdown->is_exact = !expression || expression[0] == '\0';
    if (ret_pushdown->is_exact)
        return TRUE;
    ok = compile(expression, links, G_N_ELEMENTS(links), error) &&
         analyse(links, G_N_ELEMENTS(links), fields, mode, ret_pushdown, error);
    ret_pushdown->raw = links[0].program;
    ret_pushdown->ethernet = links[1].program;
    return ok;
}

void
cfp_pushdown_clear(CfpPushdown *self)
{
    cfp_filter_v1_clear(&self->filter);
    g_clear_pointer(&self->raw, cfp_bpf_free);
    g_clear_pointer(&self->ethernet, cfp_bpf_free);
}
