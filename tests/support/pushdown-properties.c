/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/pushdown-properties.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

#include "filter/pushdown.h"
#include "service/traffic-filter.h"

/* One expression with what its packets do. */
typedef struct {
    const char *expression;
    const CfpFilterV1 *fields;
    const CfpZooPacket *packets;
    size_t n;
    CfpBpf *programs[2]; /* for raw IP and for Ethernet; NULL: not for this link type */
    uint8_t *passes;     /* of each packet, a bit for each link in which it passes */
    CfpPropertyCounts *counts;
} Case;

/* A result in one mode. */
typedef struct {
    CfpPushdownMode mode;
    const CfpPushdown *pushdown; /* NULL: a contradiction */
} Result;

/* ---- the service's side ---- */

static JsonObject *
to_json(const CfpFilterV1 *filter)
{
    JsonObject *object = json_object_new();

    if (filter->source_address)
        json_object_set_string_member(object, "source_address", filter->source_address);
    if (filter->destination_address)
        json_object_set_string_member(object, "destination_address", filter->destination_address);
    if (filter->source_port)
        json_object_set_int_member(object, "source_port", filter->source_port);
    if (filter->destination_port)
        json_object_set_int_member(object, "destination_port", filter->destination_port);
    if (filter->protocol >= 0)
        json_object_set_int_member(object, "protocol", filter->protocol);
    return object;
}

static CfpServiceFilter
make_filter(const CfpFilterV1 *filter, CfpServiceReading reading)
{
    JsonObject *object = to_json(filter);
    CfpServiceFilter result;

    cfp_service_filter_init(&result, object, reading);
    json_object_unref(object);
    return result;
}

static char *
describe_filter(const CfpFilterV1 *filter)
{
    JsonNode *node = json_node_init_object(json_node_alloc(), to_json(filter));
    char *text = json_to_string(node, FALSE);

    json_object_unref(json_node_get_object(node));
    json_node_unref(node);
    return text;
}

/* ---- what is wrong ---- */

static char *
describe(const Case *self, const Result *result, const char *problem)
{
    g_autofree char *fields = describe_filter(self->fields);
    g_autofree char *filter =
        result->pushdown ? describe_filter(&result->pushdown->filter) : g_strdup("contradiction");

    return g_strdup_printf("%s\n  expression: %s\n  fields: %s\n  mode: %s\n  filter: %s%s\n",
                           problem, self->expression, fields,
                           result->mode == CFP_PUSHDOWN_STRICT ? "strict" : "auto", filter,
                           result->pushdown && result->pushdown->is_exact ? ", exact" : "");
}

static char *
describe_packet(const Case *self, const Result *result, const char *problem, size_t at,
                unsigned link)
{
    static const char *const links[] = {"raw", "Ethernet", "VLAN", "two VLANs"};
    g_autofree char *text = describe(self, result, problem);
    CfpPacket packet = cfp_zoo_frame(&self->packets[at], (CfpZooLink)link);
    GString *message = g_string_new(text);

    g_string_append_printf(message, "  packet: %s, %u bytes:", links[link], packet.len);
    for (size_t i = 0; i < packet.len; i++)
        g_string_append_printf(message, " %02x", packet.data[i]);
    g_string_append_c(message, '\n');
    return g_string_free(message, FALSE);
}

/* ---- the properties ---- */

static unsigned
first_link(unsigned links)
{
    unsigned link = 0;

    while (link < CFP_ZOO_LINKS && !(links & 1u << link))
        link++;
    return link;
}

/* What passes the expression and the fields passes the filter; without a filter nothing does. */
static char *
check_soundness(const Case *self, const Result *result, CfpServiceReading reading)
{
    const CfpFilterV1 *pushed = result->pushdown ? &result->pushdown->filter : self->fields;
    CfpServiceFilter fields = make_filter(self->fields, reading);
    CfpServiceFilter filter = make_filter(pushed, reading);
    char *problem = NULL;

    for (size_t i = 0; i < self->n && !problem; i++) {
        const CfpZooPacket *packet = &self->packets[i];

        if (self->passes[i] == 0)
            continue;
        if (result->pushdown && cfp_service_filter_matches(&filter, packet->packet, packet->length))
            continue;
        if (cfp_service_filter_matches(&fields, packet->packet, packet->length))
            problem = describe_packet(self, result,
                                      reading == CFP_SERVICE_READING_LIBERAL
                                          ? "a packet is lost in the liberal reading"
                                          : "a packet is lost in the narrow reading",
                                      i, first_link(self->passes[i]));
    }
    cfp_service_filter_clear(&fields);
    cfp_service_filter_clear(&filter);
    return problem;
}

/* What passes an exact filter passes the expression. */
static char *
check_exactness(const Case *self, const Result *result)
{
    CfpServiceFilter filter = make_filter(&result->pushdown->filter, CFP_SERVICE_READING_LIBERAL);
    unsigned needed = (self->programs[0] ? 1u << CFP_ZOO_RAW : 0) |
                      (self->programs[1] ? 1u << CFP_ZOO_ETHERNET : 0);
    char *problem = NULL;

    for (size_t i = 0; i < self->n && !problem; i++) {
        const CfpZooPacket *packet = &self->packets[i];
        bool is_in = cfp_service_filter_matches(&filter, packet->packet, packet->length);

        self->counts->narrowed += is_in ? 0 : 1;
        if (is_in && result->pushdown->is_exact && (self->passes[i] & needed) != needed)
            problem = describe_packet(self, result, "an exact filter lets more through", i,
                                      first_link(needed & ~(unsigned)self->passes[i]));
    }
    cfp_service_filter_clear(&filter);
    return problem;
}

/* The dialog's fields are sent: only an address may become one in it. */
static bool
keeps_address(const char *field, const char *pushed)
{
    g_autoptr(GInetAddressMask) outer = NULL;
    g_autoptr(GInetAddressMask) inner = NULL;

    if (!field || g_strcmp0(field, pushed) == 0)
        return true;
    if (!pushed)
        return false;
    outer = g_inet_address_mask_new_from_string(field, NULL);
    inner = g_inet_address_mask_new_from_string(pushed, NULL);
    return outer && inner &&
           g_inet_address_mask_get_length(inner) >= g_inet_address_mask_get_length(outer) &&
           g_inet_address_mask_matches(outer, g_inet_address_mask_get_address(inner));
}

/* What is new is something that the service takes; when strict, an IPv4 host only. */
static bool
may_push_address(const char *field, const char *pushed, CfpPushdownMode mode)
{
    g_autoptr(GInetAddressMask) mask = NULL;

    if (g_strcmp0(field, pushed) == 0)
        return true;
    mask = g_inet_address_mask_new_from_string(pushed, NULL);
    if (!mask)
        return false;
    return mode != CFP_PUSHDOWN_STRICT ||
           (!strchr(pushed, '/') && g_inet_address_mask_get_family(mask) == G_SOCKET_FAMILY_IPV4);
}

static const char *
find_wrong_member(const CfpFilterV1 *fields, const CfpFilterV1 *filter, CfpPushdownMode mode)
{
    if (!keeps_address(fields->source_address, filter->source_address) ||
        !keeps_address(fields->destination_address, filter->destination_address))
        return "an address of the dialog isn't kept";
    if ((fields->source_port && filter->source_port != fields->source_port) ||
        (fields->destination_port && filter->destination_port != fields->destination_port))
        return "a port of the dialog isn't kept";
    if (fields->protocol >= 0 && filter->protocol != fields->protocol)
        return "the protocol of the dialog isn't kept";
    if (!may_push_address(fields->source_address, filter->source_address, mode) ||
        !may_push_address(fields->destination_address, filter->destination_address, mode))
        return "a pushed address is not as it may be";
    if (filter->source_port > 65535 || filter->destination_port > 65535)
        return "a pushed port is none";
    if (filter->protocol > 255 || (fields->protocol < 0 && filter->protocol == 0))
        return "a pushed protocol is not as it may be";
    return NULL;
}

static void
count_result(CfpPropertyCounts *counts, const Result *result, const CfpFilterV1 *fields)
{
    const CfpFilterV1 *filter = &result->pushdown->filter;
    bool is_new = !cfp_filter_v1_equal(filter, fields);

    counts->pushed += is_new ? 1 : 0;
    counts->pushed_strict += is_new && result->mode == CFP_PUSHDOWN_STRICT ? 1 : 0;
    counts->exact += result->pushdown->is_exact ? 1 : 0;
    if (g_strcmp0(filter->source_address, fields->source_address) != 0 ||
        g_strcmp0(filter->destination_address, fields->destination_address) != 0)
        counts->pushed_address++;
    if (filter->source_port != fields->source_port ||
        filter->destination_port != fields->destination_port)
        counts->pushed_port++;
    counts->pushed_protocol += filter->protocol != fields->protocol ? 1 : 0;
}

static char *
check_packets(const Case *self, const Result *result)
{
    char *problem = check_soundness(self, result, CFP_SERVICE_READING_LIBERAL);

    if (!problem && result->mode == CFP_PUSHDOWN_STRICT)
        problem = check_soundness(self, result, CFP_SERVICE_READING_NARROW);
    if (!problem && result->pushdown)
        problem = check_exactness(self, result);
    return problem;
}

/* An error is the one that the expression has by itself, or says that nothing can pass. */
static char *
check_error(const Case *self, const Result *result, const GError *error)
{
    g_autoptr(GError) own = NULL;
    gboolean is_valid = cfp_bpf_check(self->expression, &own);

    if (!error || error->domain != CFP_FILTER_ERROR || error->message[0] == '\0')
        return describe(self, result, "a failure without a fitting error");
    if (is_valid && error->code == CFP_FILTER_ERROR_CONTRADICTION) {
        self->counts->contradictions++;
        return check_packets(self, result);
    }
    if (is_valid || error->code != own->code)
        return describe(self, result, error->message);
    return NULL;
}

static char *
check_mode(const Case *self, CfpPushdownMode mode)
{
    g_auto(CfpPushdown) pushdown = {0};
    g_autoptr(GError) error = NULL;
    Result result = {.mode = mode};
    const char *problem;

    if (!cfp_pushdown_compute(self->expression, self->fields, mode, &pushdown, &error))
        return check_error(self, &result, error);
    result.pushdown = &pushdown;
    if (error)
        return describe(self, &result, "an error in spite of success");
    problem = find_wrong_member(self->fields, &pushdown.filter, mode);
    if (problem)
        return describe(self, &result, problem);
    count_result(self->counts, &result, self->fields);
    return check_packets(self, &result);
}

/* A bit for each link in which the packet passes. */
static uint8_t
match(CfpBpf *const programs[2], const CfpZooPacket *zoo_packet)
{
    unsigned bits = 0;

    for (unsigned link = 0; link < CFP_ZOO_LINKS; link++) {
        const CfpBpf *program = programs[link == CFP_ZOO_RAW ? 0 : 1];
        CfpPacket packet = cfp_zoo_frame(zoo_packet, (CfpZooLink)link);

        if (program && cfp_bpf_match(program, &packet))
            bits |= 1u << link;
    }
    return (uint8_t)bits;
}

static void
match_packets(Case *self)
{
    unsigned any = 0;

    for (size_t i = 0; i < self->n; i++) {
        self->passes[i] = match(self->programs, &self->packets[i]);
        any |= self->passes[i];
    }
    self->counts->accepted += self->programs[0] || self->programs[1] ? 1 : 0;
    self->counts->matched += any ? 1 : 0;
}

char *
cfp_properties_check(const char *expression, const CfpFilterV1 *fields, const CfpZooPacket *packets,
                     size_t n, CfpPropertyCounts *counts)
{
    g_autofree uint8_t *passes = g_malloc0(n);
    /* Not optimised, since libpcap's optimiser is not always right: with version 1.10 "net
     * 2001:db8::/48 and src net 2001:db8::/48" loses all packets, and with "not dst" in place of
     * "src" too many pass. */
    g_autoptr(CfpBpf) raw = cfp_bpf_new(expression, 101, 0, NULL);
    g_autoptr(CfpBpf) ethernet = cfp_bpf_new(expression, 1, 0, NULL);
    Case self = {
        .expression = expression,
        .fields = fields,
        .packets = packets,
        .n = n,
        .programs = {raw, ethernet},
        .passes = passes,
        .counts = counts,
    };
    char *problem;

    match_packets(&self);
    problem = check_mode(&self, CFP_PUSHDOWN_AUTO);
    return problem ? problem : check_mode(&self, CFP_PUSHDOWN_STRICT);
}

static const char *
pick_address(CfpChoices *choices, bool is_ipv6)
{
    bool is_net = cfp_chance(choices, 40);

    if (is_ipv6)
        return is_net ? cfp_pick_ipv6_net(choices) : cfp_pick_ipv6(choices);
    return is_net ? cfp_pick_ipv4_net(choices) : cfp_pick_ipv4(choices);
}

void
cfp_properties_make_fields(CfpFilterV1 *fields, CfpChoices *choices)
{
    bool is_ipv6;

    *fields = (CfpFilterV1){.protocol = -1};
    if (!cfp_chance(choices, 40))
        return;
    is_ipv6 = cfp_chance(choices, 35);
    if (cfp_chance(choices, 35))
        fields->source_address = g_strdup(pick_address(choices, is_ipv6));
    if (cfp_chance(choices, 35))
        fields->destination_address = g_strdup(pick_address(choices, is_ipv6));
    if (cfp_chance(choices, 25))
        fields->source_port = cfp_pick_port(choices);
    if (cfp_chance(choices, 25))
        fields->destination_port = cfp_pick_port(choices);
    if (cfp_chance(choices, 35))
        fields->protocol = cfp_chance(choices, 30) ? 17 : (int)cfp_pick_protocol(choices);
}
