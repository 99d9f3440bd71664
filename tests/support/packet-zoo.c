/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/packet-zoo.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

enum {
    HOP_BY_HOP = 0,
    ICMP = 1,
    IN_IPV4 = 4,
    TCP = 6,
    UDP = 17,
    IN_IPV6 = 41,
    ROUTING = 43,
    FRAGMENT = 44,
    GRE = 47,
    AUTHENTICATION = 51,
    ICMPV6 = 58,
    NO_NEXT_HEADER = 59,
    DESTINATION_OPTIONS = 60,
    SCTP = 132,
    MOBILITY = 135,
    HOST_IDENTITY = 139,
    SHIM6 = 140,
};

/* More than the longest transport header that is made. */
#define USUAL_PAYLOAD 24u

#define ETHERNET_MINIMUM 60u

/* What is being put together. */
typedef struct {
    uint8_t *bytes;
    size_t length;
    size_t max;
    CfpChoices *choices;
    bool is_first; /* the transport header is in this fragment */
} Builder;

static void
put(Builder *self, unsigned byte)
{
    g_assert(self->length < self->max);
    self->bytes[self->length++] = (uint8_t)byte;
}

static void
put16(Builder *self, unsigned value)
{
    put(self, value >> 8);
    put(self, value & 0xff);
}

static void
put_zeros(Builder *self, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(self, 0);
}

/* Bytes that are often those that filters look for. */
static void
put_noise(Builder *self, size_t n)
{
    unsigned kind = cfp_choose(self->choices, 4);

    for (size_t i = 0; i < n; i++) {
        if (kind == 0)
            put(self, 0);
        else if (kind == 1)
            put(self, i % 2 ? cfp_pick_port(self->choices) & 0xff : 0);
        else if (kind == 2)
            put(self, cfp_pick_protocol(self->choices));
        else
            put(self, cfp_choose(self->choices, 256));
    }
}

static void
put_address(Builder *self, bool is_ipv6)
{
    uint8_t address[16];
    size_t size = is_ipv6 ? 16 : 4;
    const char *text = is_ipv6 ? cfp_pick_ipv6(self->choices) : cfp_pick_ipv4(self->choices);

    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, address) != 1)
        g_assert_not_reached();
    /* A neighbour, which a network has and a host has not. */
    if (cfp_chance(self->choices, 10))
        address[size - 1] ^= (uint8_t)(1u << cfp_choose(self->choices, 8));
    for (size_t i = 0; i < size; i++)
        put(self, address[i]);
}

static void put_ip(Builder *self, unsigned depth);

static void
put_ports(Builder *self)
{
    put16(self, cfp_pick_port(self->choices));
    put16(self, cfp_pick_port(self->choices));
}

static void
put_tcp(Builder *self)
{
    put_ports(self);
    put_noise(self, 8);
    put(self, 0x50);
    put(self, cfp_choose(self->choices, 64));
    put_noise(self, 6);
}

/* RFC 8926; inside lies an Ethernet frame. */
static void
put_geneve(Builder *self, unsigned depth)
{
    put16(self, 0);
    put16(self, 0x6558);
    put16(self, 0);
    put16(self, 0x0100);
    put_zeros(self, 12);
    put16(self, 0x0800);
    put_ip(self, depth + 1);
}

static void
put_udp(Builder *self, unsigned depth)
{
    size_t start = self->length;

    put_ports(self);
    put16(self, 8 + cfp_choose(self->choices, 40));
    put16(self, 0);
    if (depth == 0 && self->bytes[start + 2] == 6081 >> 8 &&
        self->bytes[start + 3] == (6081 & 0xff) && cfp_chance(self->choices, 70))
        put_geneve(self, depth);
}

static void
put_gre(Builder *self, unsigned depth)
{
    put16(self, 0);
    put16(self, 0x0800);
    if (depth == 0)
        put_ip(self, depth + 1);
}

/* What the protocol says; the caller adds bytes behind it. */
static void
put_transport(Builder *self, unsigned protocol, unsigned depth)
{
    switch (protocol) {
    case TCP:
        put_tcp(self);
        break;
    case UDP:
        put_udp(self, depth);
        break;
    case SCTP:
        put_ports(self);
        put_noise(self, 8);
        break;
    case ICMP:
    case ICMPV6:
        if (cfp_chance(self->choices, 30)) {
            put_ports(self);
            put_noise(self, 4);
            break;
        }
        put(self, cfp_choose(self->choices, 2) * 8);
        put_noise(self, 7);
        break;
    case GRE:
        put_gre(self, depth);
        break;
    case IN_IPV4:
    case IN_IPV6:
        if (depth == 0)
            put_ip(self, depth + 1);
        break;
    default:
        /* As if it had ports, if it has anything. */
        if (cfp_chance(self->choices, 80))
            put_ports(self);
    }
}

/* What lies behind the IP header, or a part of it when it is a later fragment. Often there is no
 * more than must be. */
static void
put_payload(Builder *self, unsigned protocol, unsigned depth)
{
    size_t start = self->length;
    size_t wanted = cfp_chance(self->choices, 20) ? 0 : USUAL_PAYLOAD;

    if (self->is_first)
        put_transport(self, protocol, depth);
    else
        put_ports(self);
    while (self->length - start < wanted)
        put_noise(self, 4);
    if (!self->is_first && cfp_chance(self->choices, 10))
        self->length = start + cfp_choose(self->choices, 8) % (self->length - start);
}

static unsigned
pick_upper_protocol(Builder *self)
{
    static const unsigned common[] = {TCP, UDP, TCP, UDP, TCP, UDP, ICMP, SCTP, ICMPV6, GRE};

    if (cfp_chance(self->choices, 25))
        return cfp_pick_protocol(self->choices);
    return cfp_pick(self->choices, common);
}

/* Flags and offset, in units of 8 bytes; sets is_first. */
static unsigned
pick_fragment(Builder *self, bool *ret_is_last)
{
    static const unsigned offsets[] = {1, 2, 185, 0x1fff, 6 << 8, 17};

    *ret_is_last = cfp_chance(self->choices, 40);
    self->is_first = cfp_chance(self->choices, 50);
    if (self->is_first)
        *ret_is_last = false;
    return self->is_first ? 0 : cfp_pick(self->choices, offsets);
}

static void
put_ipv4(Builder *self, unsigned depth)
{
    size_t start = self->length;
    unsigned options = cfp_chance(self->choices, 12) ? 1 + cfp_choose(self->choices, 3) : 0;
    unsigned protocol = pick_upper_protocol(self);
    unsigned offset = 0;
    bool is_fragment = cfp_chance(self->choices, 15);
    bool is_last = true;

    self->is_first = true;
    if (is_fragment)
        offset = pick_fragment(self, &is_last);
    put(self, 0x45 + options);
    put(self, cfp_choose(self->choices, 2));
    put16(self, 0);
    put_noise(self, 2);
    put16(self, offset | (is_last ? 0 : 0x2000) | (cfp_choose(self->choices, 2) << 14));
    put(self, 64 + cfp_choose(self->choices, 2));
    put(self, protocol);
    put16(self, 0x1234);
    put_address(self, false);
    put_address(self, false);
    put_noise(self, (size_t)options * 4);
    put_payload(self, protocol, depth);
    self->bytes[start + 2] = (uint8_t)((self->length - start) >> 8);
    self->bytes[start + 3] = (uint8_t)(self->length - start);
}

static bool
is_extension(unsigned protocol)
{
    switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
        return true;
    default:
        return false;
    }
}

/* Puts an extension header; the one behind it is `next`. */
static void
put_extension(Builder *self, unsigned protocol, unsigned next)
{
    unsigned more = cfp_choose(self->choices, 2);
    bool is_last = true;
    unsigned offset;

    put(self, next);
    if (protocol == FRAGMENT) {
        put(self, 0);
        offset = cfp_chance(self->choices, 20) ? 0 : pick_fragment(self, &is_last);
        put16(self, offset << 3 | (is_last ? 0 : 1));
        put_noise(self, 4);
    } else if (protocol == AUTHENTICATION) {
        put(self, 1 + more);
        put_zeros(self, 2);
        put_noise(self, 8 + (size_t)more * 4);
    } else {
        put(self, more);
        put_noise(self, 6 + (size_t)more * 8);
    }
}

/* The numbers of some extension headers, and of what is behind them. */
static size_t
pick_chain(Builder *self, unsigned *chain)
{
    static const unsigned pool[] = {HOP_BY_HOP, FRAGMENT,       ROUTING, DESTINATION_OPTIONS,
                                    FRAGMENT,   AUTHENTICATION, SHIM6,   MOBILITY,
                                    FRAGMENT,   HOST_IDENTITY};
    size_t n = 0;

    while (n < 3 && cfp_chance(self->choices, 35))
        chain[n++] = cfp_pick(self->choices, pool);
    chain[n] = pick_upper_protocol(self);
    if (is_extension(chain[n]))
        chain[n] = NO_NEXT_HEADER;
    return n;
}

static void
put_ipv6(Builder *self, unsigned depth)
{
    size_t start = self->length;
    unsigned chain[4];
    size_t n = pick_chain(self, chain);
    size_t payload;

    self->is_first = true;
    put(self, 0x60);
    put_noise(self, 3);
    put16(self, 0);
    put(self, chain[0]);
    put(self, 64);
    put_address(self, true);
    put_address(self, true);
    /* What is behind the header of a later fragment is no header. */
    for (size_t i = 0; i < n && self->is_first; i++)
        put_extension(self, chain[i], chain[i + 1]);
    put_payload(self, chain[n], depth);
    payload = self->length - start - 40;
    self->bytes[start + 4] = (uint8_t)(payload >> 8);
    self->bytes[start + 5] = (uint8_t)payload;
}

static void
put_ip(Builder *self, unsigned depth)
{
    bool is_first = self->is_first;

    if (depth == 0 && cfp_chance(self->choices, 45))
        put_ipv6(self, depth);
    else
        put_ipv4(self, depth);
    if (depth > 0)
        self->is_first = is_first;
}

static void
put_tag(Builder *self)
{
    static const unsigned types[] = {0x8100, 0x88a8, 0x8100, 0x9100};

    put16(self, cfp_pick(self->choices, types));
    put16(self, 7 + cfp_choose(self->choices, 2));
}

static void
make_frame(CfpZooPacket *self, CfpZooLink link, CfpChoices *choices)
{
    static const uint8_t addresses[] = {0, 0, 0x5e, 0, 0x53, 1, 0, 0, 0x5e, 0, 0x53, 2};
    Builder frame = {
        .bytes = self->frames[link].data, .max = CFP_ZOO_MAX_FRAME, .choices = choices};

    if (link != CFP_ZOO_RAW) {
        for (size_t i = 0; i < sizeof addresses; i++)
            put(&frame, addresses[i]);
        for (int tags = (int)link - CFP_ZOO_ETHERNET; tags > 0; tags--)
            put_tag(&frame);
        put16(&frame, self->packet[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    }
    memcpy(frame.bytes + frame.length, self->packet, self->length);
    frame.length += self->length;
    if (link != CFP_ZOO_RAW && frame.length < ETHERNET_MINIMUM && cfp_chance(choices, 70))
        put_noise(&frame, ETHERNET_MINIMUM - frame.length);
    self->frames[link].length = (uint32_t)frame.length;
}

void
cfp_zoo_make(CfpZooPacket *self, CfpChoices *choices)
{
    Builder builder = {.bytes = self->packet, .max = CFP_ZOO_MAX_PACKET, .choices = choices};

    put_ip(&builder, 0);
    self->length = builder.length;
    for (unsigned link = 0; link < CFP_ZOO_LINKS; link++)
        make_frame(self, (CfpZooLink)link, choices);
}

CfpPacket
cfp_zoo_frame(const CfpZooPacket *self, CfpZooLink link)
{
    return (CfpPacket){
        .data = self->frames[link].data,
        .caplen = self->frames[link].length,
        .len = self->frames[link].length,
    };
}
