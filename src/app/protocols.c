/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/protocols.h"

#include "base/text.h"

static const struct {
    const char *name;
    int number;
} protocols[] = {
    {"icmp", 1},     {"igmp", 2},    {"ipip", 4},       {"ipencap", 4},      {"ipv4", 4},
    {"tcp", 6},      {"egp", 8},     {"igp", 9},        {"udp", 17},         {"dccp", 33},
    {"ipv6", 41},    {"rsvp", 46},   {"gre", 47},       {"esp", 50},         {"ah", 51},
    {"icmp6", 58},   {"icmpv6", 58}, {"ipv6-icmp", 58}, {"eigrp", 88},       {"ospf", 89},
    {"etherip", 97}, {"encap", 98},  {"pim", 103},      {"ipcomp", 108},     {"vrrp", 112},
    {"l2tp", 115},   {"sctp", 132},  {"udplite", 136},  {"mpls-in-ip", 137}, {"carp", 112},
};

bool
cfp_protocol_parse(const char *text, int *ret_number)
{
    guint64 number;

    if (cfp_text_to_uint(text, 0, 255, &number)) {
        *ret_number = (int)number;
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        if (g_ascii_strcasecmp(text, protocols[i].name) == 0) {
            *ret_number = protocols[i].number;
            return true;
        }
    }
    return false;
}
