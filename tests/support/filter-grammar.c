/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/filter-grammar.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 3

/* libpcap's optimizer takes seconds for some hundred terms. */
#define MAX_LENGTH 300

static const char *
pick_direction(CfpChoices *choices)
{
    static const char *const pool[] = {"",
                                       "src ",
                                       "dst ",
                                       "src ",
                                       "dst ",
                                       "src or dst ",
                                       "dst or src ",
                                       "src and dst ",
                                       "dst and src "};

    return cfp_pick(choices, pool);
}

static const char *
pick_relation(CfpChoices *choices)
{
    static const char *const pool[] = {"=", "=", "=", "==", "!=", "<", ">", "<=", ">="};

    return cfp_pick(choices, pool);
}

static void
add_host(GString *text, CfpChoices *choices)
{
    bool is_ipv6 = cfp_chance(choices, 35);

    if (cfp_chance(choices, 10))
        g_string_append(text, is_ipv6 ? "ip6 " : "ip ");
    g_string_append(text, pick_direction(choices));
    g_string_append(text, "host ");
    g_string_append(text, is_ipv6 ? cfp_pick_ipv6(choices) : cfp_pick_ipv4(choices));
}

static void
add_net(GString *text, CfpChoices *choices)
{
    static const char *const others[] = {
        "192.0.2.0 mask 255.255.255.0",   "192.0.2.0 mask 255.0.255.0",     "192.0.2", "198.51.100",
        "192.0.2.1 mask 255.255.255.255", "192.0.2.0 mask 255.255.255.127",
    };

    g_string_append(text, pick_direction(choices));
    g_string_append(text, "net ");
    if (cfp_chance(choices, 20))
        g_string_append(text, cfp_pick(choices, others));
    else if (cfp_chance(choices, 40))
        g_string_append(text, cfp_pick_ipv6_net(choices));
    else
        g_string_append(text, cfp_pick_ipv4_net(choices));
}

static const char *
pick_transport(CfpChoices *choices)
{
    static const char *const pool[] = {"", "", "tcp ", "udp ", "udp ", "sctp "};

    return cfp_pick(choices, pool);
}

static void
add_port_number(GString *text, CfpChoices *choices)
{
    if (cfp_chance(choices, 10))
        g_string_append(text, cfp_chance(choices, 50) ? "https" : "domain");
    else
        g_string_append_printf(text, "%u", cfp_pick_port(choices));
}

static void
add_port(GString *text, CfpChoices *choices)
{
    g_string_append(text, pick_transport(choices));
    g_string_append(text, pick_direction(choices));
    g_string_append(text, "port ");
    add_port_number(text, choices);
}

static void
add_port_range(GString *text, CfpChoices *choices)
{
    unsigned a = cfp_pick_port(choices);
    unsigned b = cfp_pick_port(choices);

    g_string_append(text, pick_transport(choices));
    g_string_append(text, pick_direction(choices));
    g_string_append_printf(text, "portrange %u-%u", a, b);
}

typedef void (*AddIdentifier)(GString *text, CfpChoices *choices);

static void
add_address(GString *text, CfpChoices *choices)
{
    g_string_append(text,
                    cfp_chance(choices, 35) ? cfp_pick_ipv6(choices) : cfp_pick_ipv4(choices));
}

static void
add_network(GString *text, CfpChoices *choices)
{
    g_string_append(text, cfp_chance(choices, 35) ? cfp_pick_ipv6_net(choices)
                                                  : cfp_pick_ipv4_net(choices));
}

static void
add_protocol_number(GString *text, CfpChoices *choices)
{
    g_string_append_printf(text, "%u", cfp_pick_protocol(choices));
}

/* Identifiers that take over the qualifiers before them, with or without parentheses. */
static void
add_inherited(GString *text, CfpChoices *choices)
{
    static const struct {
        const char *kind;
        AddIdentifier add;
    } pool[] = {
        {"port ", add_port_number}, {"host ", add_address}, {"port ", add_port_number},
        {"net ", add_network},      {"host ", add_address}, {"proto ", add_protocol_number},
    };
    static const char *const operators[] = {" or ", " or ", " and ", " and not "};
    size_t row = cfp_choose(choices, G_N_ELEMENTS(pool));
    bool is_outside = cfp_chance(choices, 30);

    g_string_append(text, is_outside ? "(" : "");
    if (pool[row].add == add_protocol_number)
        g_string_append(text, "ip ");
    else
        g_string_append(text, pick_direction(choices));
    g_string_append_printf(text, "%s%s", pool[row].kind, is_outside ? "" : "(");
    pool[row].add(text, choices);
    do {
        g_string_append(text, cfp_pick(choices, operators));
        pool[row].add(text, choices);
    } while (cfp_chance(choices, 25));
    g_string_append_c(text, ')');
}

static void
add_protocol_name(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {
        "tcp", "udp",  "tcp",  "udp", "icmp", "icmp6", "sctp", "ip",        "ip6",          "igmp",
        "pim", "vrrp", "carp", "esp", "ah",   "arp",   "rarp", "ip or ip6", "(tcp or udp)",
    };
    g_string_append(text, cfp_pick(choices, pool));
}

static void
add_protocol(GString *text, CfpChoices *choices)
{
    static const char *const names[] = {
        "ip proto \\icmp",  "ip proto \\tcp",    "proto \\udp",       "proto gre",
        "ip proto gre",     "ip6 proto \\tcp",   "ip6 proto \\icmp6", "proto ospf",
        "ether proto \\ip", "ether proto \\ip6",
    };
    static const char *const kinds[] = {"ip proto", "ip6 proto", "proto"};
    const char *kind = cfp_pick(choices, kinds);

    if (cfp_chance(choices, 25))
        g_string_append(text, cfp_pick(choices, names));
    else
        g_string_append_printf(text, "%s %u", kind, cfp_pick_protocol(choices));
}

static void
add_chain(GString *text, CfpChoices *choices)
{
    g_string_append(text, cfp_chance(choices, 60) ? "ip6 protochain " : "ip protochain ");
    add_protocol_number(text, choices);
}

typedef enum { VALUE_PORT, VALUE_TWO_PORTS, VALUE_PROTOCOL, VALUE_ADDRESS, VALUE_SMALL } Value;

static void
add_value(GString *text, CfpChoices *choices, Value value)
{
    switch (value) {
    case VALUE_PORT:
        g_string_append_printf(text, "%u", cfp_pick_port(choices));
        break;
    case VALUE_TWO_PORTS:
        g_string_append_printf(text, "0x%04x", cfp_pick_port(choices));
        g_string_append_printf(text, "%04x", cfp_pick_port(choices));
        break;
    case VALUE_PROTOCOL:
        g_string_append_printf(text, "%u", cfp_pick_protocol(choices));
        break;
    case VALUE_ADDRESS:
        g_string_append_printf(text, "0x%08x", ntohl(inet_addr(cfp_pick_ipv4(choices))));
        break;
    case VALUE_SMALL:
        g_string_append_printf(text, "%u", cfp_choose(choices, 70));
        break;
    }
}

/* A part of the packet compared to a value as it may have. */
static void
add_comparison(GString *text, CfpChoices *choices)
{
    static const struct {
        const char *left;
        Value value;
    } pool[] = {
        {"ip[9]", VALUE_PROTOCOL},
        {"ip[9] & 0x7f", VALUE_PROTOCOL},
        {"ip[9] | 1", VALUE_PROTOCOL},
        {"ip[9] << 1", VALUE_SMALL},
        {"ip[9] >> 1", VALUE_SMALL},
        {"ip[9] - 6", VALUE_SMALL},
        {"ip[9] + 4294967290", VALUE_SMALL},
        {"ip[9] ^ 3", VALUE_SMALL},
        {"ip[9] * 2", VALUE_SMALL},
        {"ip[9] / 2", VALUE_SMALL},
        {"ip[9] % 4", VALUE_SMALL},
        {"- ip[9]", VALUE_SMALL},
        {"6 + ip[9]", VALUE_PROTOCOL},
        {"ip[12:4]", VALUE_ADDRESS},
        {"ip[16:4]", VALUE_ADDRESS},
        {"ip[16:4] & 0xffffff00", VALUE_ADDRESS},
        {"ip[12:4] >> 8", VALUE_ADDRESS},
        {"ip[12:2]", VALUE_PORT},
        {"ip[8:2] & 0xff", VALUE_PROTOCOL},
        {"ip[8:4] >> 16", VALUE_PROTOCOL},
        {"ip[19]", VALUE_SMALL},
        {"ip[2:2]", VALUE_SMALL},
        {"ip[0] & 0xf", VALUE_SMALL},
        {"ip[0] >> 4", VALUE_SMALL},
        {"ip[6:2] & 0x1fff", VALUE_SMALL},
        {"ip[6:2] & 0x3fff", VALUE_SMALL},
        {"ip[20:2]", VALUE_PORT},
        {"ip[22:2]", VALUE_PORT},
        {"ip[20:4]", VALUE_TWO_PORTS},
        {"ip6[6]", VALUE_PROTOCOL},
        {"ip6[4:4] >> 8 & 0xff", VALUE_PROTOCOL},
        {"ip6[40]", VALUE_PROTOCOL},
        {"ip6[40:2]", VALUE_PORT},
        {"ip6[42:2]", VALUE_PORT},
        {"ip6[39]", VALUE_SMALL},
        {"tcp[0:2]", VALUE_PORT},
        {"tcp[2:2]", VALUE_PORT},
        {"tcp[2:2] & 0xff", VALUE_SMALL},
        {"tcp[3]", VALUE_SMALL},
        {"tcp[13]", VALUE_SMALL},
        {"udp[0:2]", VALUE_PORT},
        {"udp[2:2]", VALUE_PORT},
        {"udp[0:4]", VALUE_TWO_PORTS},
        {"udp[2:2] - 1", VALUE_SMALL},
        {"udp[4:2]", VALUE_SMALL},
        {"sctp[2:2]", VALUE_PORT},
        {"tcp[0:4]", VALUE_TWO_PORTS},
        {"icmp[0]", VALUE_SMALL},
        {"icmp[0:2]", VALUE_PORT},
        {"icmp6[0:2]", VALUE_PORT},
        {"igmp[2:2]", VALUE_PORT},
        {"vrrp[0:2]", VALUE_PORT},
        {"ip[ip[0] & 0xf]", VALUE_SMALL},
        {"ip[(ip[0] & 0xf) * 4 + 2:2]", VALUE_PORT},
    };
    size_t row = cfp_choose(choices, G_N_ELEMENTS(pool));

    g_string_append_printf(text, "%s %s ", pool[row].left, pick_relation(choices));
    add_value(text, choices, pool[row].value);
}

/* One value, said by its neighbours. */
static void
add_bounds(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {"udp[2:2]", "tcp[0:2]", "tcp[2:2]", "ip[9]",
                                       "ip6[6]",   "ip[9]",    "ip6[6]",   "ip6[42:2]"};
    const char *left = cfp_pick(choices, pool);
    bool is_port = strchr(left, ':') != NULL;
    unsigned value = is_port ? cfp_pick_port(choices) : cfp_pick_protocol(choices);

    if (value == 0)
        value = 1;
    if (cfp_chance(choices, 60))
        g_string_append_printf(text, "(%s > %u and ", left, value - 1);
    else
        g_string_append_printf(text, "(%s >= %u and ", left, value);
    if (cfp_chance(choices, 60))
        g_string_append_printf(text, "%s < %u)", left, value + 1);
    else
        g_string_append_printf(text, "not %s > %u)", left, value);
}

/* Tests of bytes as they are written in practice and in the manual. */
static void
add_idiom(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {
        "tcp[tcpflags] & tcp-syn != 0",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "ip[0] & 0xf > 5",
        "ip[0] & 0xf != 5",
        "ip[6:2] & 0x1fff = 0",
        "ip[6:2] & 0x1fff != 0",
        "ip[6] & 0x20 != 0",
        "icmp[icmptype] = icmp-echo",
        "icmp6[icmp6type] = icmp6-echo",
        "ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0",
        "ip[2:2] < len",
        "udp[0:2] = udp[2:2]",
        "ip[12:4] = ip[16:4]",
        "tcp[0:2] > tcp[2:2]",
        "ip6[6] = ip6[40]",
        "ip6[6] = 44",
        "ip6[6] = 44 and ip6[40] = 17",
        "ip[9] = 6 or ip6[6] = 6",
        "ip6[8:4] = 0x20010db8",
        "ip6[24:4] = 0x20010db8 and ip6[28:4] = 0",
        "ip6[24:4] = 0x20010db8 and ip6[28:4] = 0 and ip6[32:4] = 0 and ip6[36:4] = 2",
        "ether[12:2] = 0x0800",
        "ether[12:2] = 0x86dd",
        "ether[12:2] = 0x8100",
        "ether[23] = 6",
        "ether[0] & 1 = 0",
        "link[12:2] = 0x800",
        "link[0] >> 4 = 6",
        "link[9] = 17",
        "0 = 0",
        "1 = 0",
        "2 > 1",
    };

    g_string_append(text, cfp_pick(choices, pool));
}

static void
add_length(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {"len > ", "len = ", "greater ", "less ", "len <= "};

    g_string_append(text, cfp_pick(choices, pool));
    g_string_append_printf(text, "%u", 20 + cfp_choose(choices, 100));
}

static void
add_cast(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {
        "ip multicast",    "ip6 multicast", "multicast",
        "ether multicast", "broadcast",     "ip broadcast",
        "ether broadcast", "inbound",       "ether host 00:00:5e:00:53:01",
    };

    g_string_append(text, cfp_pick(choices, pool));
}

/* From these words on the expression looks behind another header. */
static void
add_layer(GString *text, CfpChoices *choices)
{
    static const char *const pool[] = {
        "vlan",     "vlan", "vlan 7", "vlan 8", "(vlan and vlan)", "vlan and vlan 8",
        "not vlan", "mpls", "pppoes", "pppoed", "(vlan or ip)",
    };

    g_string_append(text, cfp_pick(choices, pool));
}

typedef void (*AddPrimitive)(GString *text, CfpChoices *choices);

/* Choice 0 is the plainest; those that a service's filter can say are the most frequent. */
static AddPrimitive
pick_primitive(CfpChoices *choices)
{
    static const struct {
        AddPrimitive add;
        unsigned weight;
    } pool[] = {
        {add_protocol_name, 17}, {add_host, 16},       {add_port, 17},  {add_net, 8},
        {add_protocol, 8},       {add_comparison, 10}, {add_bounds, 2}, {add_idiom, 6},
        {add_inherited, 5},      {add_port_range, 4},  {add_length, 2}, {add_layer, 2},
        {add_cast, 2},           {add_chain, 1},
    };
    unsigned at = cfp_choose(choices, 100);

    for (size_t i = 0; i < G_N_ELEMENTS(pool); i++) {
        if (at < pool[i].weight)
            return pool[i].add;
        at -= pool[i].weight;
    }
    return add_port;
}

static void
add_not(GString *text, CfpChoices *choices)
{
    g_string_append(text, cfp_chance(choices, 20) ? "!" : "not ");
}

static const char *
pick_operator(CfpChoices *choices, bool is_and)
{
    bool is_sign = cfp_chance(choices, 10);

    if (is_and)
        return is_sign ? " && " : " and ";
    return is_sign ? " || " : " or ";
}

static void
add_expression(GString *text, CfpChoices *choices, unsigned depth)
{
    static const unsigned terms[] = {1, 1, 2, 2, 2, 2, 3, 3, 4, 5};
    unsigned n = cfp_pick(choices, terms);
    bool is_and = cfp_chance(choices, 65);

    for (unsigned i = 0; i < n && text->len < MAX_LENGTH; i++) {
        if (i > 0)
            g_string_append(text, pick_operator(choices, is_and));
        /* Without parentheses both operators bind alike, from left to right. */
        if (cfp_chance(choices, 8))
            is_and = !is_and;
        if (cfp_chance(choices, 12))
            add_not(text, choices);
        if (depth < MAX_DEPTH && cfp_chance(choices, 20)) {
            g_string_append_c(text, '(');
            add_expression(text, choices, depth + 1);
            g_string_append_c(text, ')');
        } else {
            pick_primitive(choices)(text, choices);
        }
    }
}

char *
cfp_grammar_make(CfpChoices *choices)
{
    GString *text = g_string_new(NULL);

    /* Not in an alternative: libpcap's program then reads memory that was never written to. */
    if (cfp_chance(choices, 2)) {
        g_string_append(text, cfp_chance(choices, 50) ? "geneve and (" : "geneve 1 and (");
        add_expression(text, choices, 0);
        g_string_append_c(text, ')');
    } else {
        add_expression(text, choices, 0);
    }
    return g_string_free(text, FALSE);
}
