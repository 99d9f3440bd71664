/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/packet-builder.h"

#include <string.h>

enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMPV6 = 58,
};

void
cfp_service_put8(GByteArray *bytes, guint8 value)
{
    g_byte_array_append(bytes, &value, 1);
}

void
cfp_service_put16(GByteArray *bytes, guint16 value)
{
    cfp_service_put8(bytes, (guint8)(value >> 8));
    cfp_service_put8(bytes, (guint8)(value & 0xff));
}

void
cfp_service_put32(GByteArray *bytes, guint32 value)
{
    cfp_service_put16(bytes, (guint16)(value >> 16));
    cfp_service_put16(bytes, (guint16)(value & 0xffff));
}

static void
set16(GByteArray *bytes, guint offset, guint16 value)
{
    bytes->data[offset] = (guint8)(value >> 8);
    bytes->data[offset + 1] = (guint8)(value & 0xff);
}

static guint
address_length(const CfpServiceAddress *address)
{
    return address->is_ipv6 ? 16 : 4;
}

/* The sum of RFC 1071, not yet folded. */
static guint64
add_sum(guint64 sum, const guint8 *bytes, gsize length)
{
    for (gsize i = 0; i + 1 < length; i += 2)
        sum += (guint64)(bytes[i] << 8 | bytes[i + 1]);
    return length % 2 ? sum + (guint64)(bytes[length - 1] << 8) : sum;
}

static guint16
fold_sum(guint64 sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint16)~sum;
}

/* The sum over the pseudo header and the segment, whose own field must be 0. */
static guint16
sum_segment(const CfpServiceEnds *ends, guint8 protocol, const GByteArray *segment)
{
    guint64 sum = (guint64)protocol + segment->len;

    sum = add_sum(sum, ends->source.bytes, address_length(&ends->source));
    sum = add_sum(sum, ends->destination.bytes, address_length(&ends->destination));
    return fold_sum(add_sum(sum, segment->data, segment->len));
}

GByteArray *
cfp_service_build_udp(const CfpServiceEnds *ends, const GByteArray *payload)
{
    GByteArray *segment = g_byte_array_new();

    cfp_service_put16(segment, ends->source_port);
    cfp_service_put16(segment, ends->destination_port);
    cfp_service_put16(segment, (guint16)(payload->len + 8));
    cfp_service_put16(segment, 0);
    g_byte_array_append(segment, payload->data, payload->len);
    guint16 sum = sum_segment(ends, PROTOCOL_UDP, segment);
    /* 0 would say "no check sum". */
    set16(segment, 6, sum ? sum : 0xffff);
    return segment;
}

/* A SYN carries what Linux sends; later segments the timestamps. */
static void
put_tcp_options(GByteArray *segment, const CfpServiceTcp *tcp)
{
    static const guint8 of_syn[] = {2, 4, 0x05, 0xb4, 4, 2};
    static const guint8 of_rest[] = {1, 1};
    static const guint8 scale[] = {1, 3, 3, 7};
    bool is_syn = tcp->flags & CFP_SERVICE_TCP_SYN;

    g_byte_array_append(segment, is_syn ? of_syn : of_rest,
                        is_syn ? (guint)sizeof of_syn : (guint)sizeof of_rest);
    cfp_service_put8(segment, 8);
    cfp_service_put8(segment, 10);
    cfp_service_put32(segment, tcp->clock);
    cfp_service_put32(segment, tcp->echo);
    if (is_syn)
        g_byte_array_append(segment, scale, sizeof scale);
}

GByteArray *
cfp_service_build_tcp(const CfpServiceEnds *ends, const CfpServiceTcp *tcp,
                      const GByteArray *payload)
{
    GByteArray *segment = g_byte_array_new();
    guint8 words = tcp->flags & CFP_SERVICE_TCP_SYN ? 10 : 8;

    cfp_service_put16(segment, ends->source_port);
    cfp_service_put16(segment, ends->destination_port);
    cfp_service_put32(segment, tcp->sequence);
    cfp_service_put32(segment, tcp->acknowledgement);
    cfp_service_put8(segment, (guint8)(words << 4));
    cfp_service_put8(segment, tcp->flags);
    cfp_service_put16(segment, tcp->window);
    cfp_service_put32(segment, 0);
    put_tcp_options(segment, tcp);
    if (payload)
        g_byte_array_append(segment, payload->data, payload->len);
    set16(segment, 16, sum_segment(ends, PROTOCOL_TCP, segment));
    return segment;
}

GByteArray *
cfp_service_build_echo(const CfpServiceEnds *ends, guint8 type, guint16 id, guint16 sequence)
{
    GByteArray *segment = g_byte_array_new();

    cfp_service_put8(segment, type);
    cfp_service_put8(segment, 0);
    cfp_service_put16(segment, 0);
    cfp_service_put16(segment, id);
    cfp_service_put16(segment, sequence);
    for (guint8 i = 0; i < 56; i++)
        cfp_service_put8(segment, i);
    if (ends->source.is_ipv6)
        set16(segment, 2, sum_segment(ends, PROTOCOL_ICMPV6, segment));
    else
        set16(segment, 2, fold_sum(add_sum(0, segment->data, segment->len)));
    return segment;
}

static void
put_ipv6_header(GByteArray *packet, const CfpServiceEnds *ends, guint8 protocol, guint8 hops,
                gsize length)
{
    cfp_service_put32(packet, 0x60000000);
    cfp_service_put16(packet, (guint16)length);
    cfp_service_put8(packet, protocol);
    cfp_service_put8(packet, hops);
    g_byte_array_append(packet, ends->source.bytes, 16);
    g_byte_array_append(packet, ends->destination.bytes, 16);
}

GByteArray *
cfp_service_build_ip(const CfpServiceEnds *ends, guint8 protocol, guint8 hops, guint16 id,
                     const GByteArray *segment, gsize offset, gsize length)
{
    GByteArray *packet = g_byte_array_new();
    bool has_more = offset + length < segment->len;

    if (ends->source.is_ipv6) {
        put_ipv6_header(packet, ends, protocol, hops, length);
        g_byte_array_append(packet, segment->data + offset, (guint)length);
        return packet;
    }
    cfp_service_put16(packet, 0x4500);
    cfp_service_put16(packet, (guint16)(length + 20));
    cfp_service_put16(packet, id);
    cfp_service_put16(packet, (guint16)((has_more ? 0x2000 : 0) | offset / 8));
    cfp_service_put8(packet, hops);
    cfp_service_put8(packet, protocol);
    cfp_service_put16(packet, 0);
    g_byte_array_append(packet, ends->source.bytes, 4);
    g_byte_array_append(packet, ends->destination.bytes, 4);
    set16(packet, 10, fold_sum(add_sum(0, packet->data, 20)));
    g_byte_array_append(packet, segment->data + offset, (guint)length);
    return packet;
}

GByteArray *
cfp_service_build_gre(const GByteArray *packet)
{
    GByteArray *segment = g_byte_array_new();

    cfp_service_put16(segment, 0);
    cfp_service_put16(segment, 0x0800);
    g_byte_array_append(segment, packet->data, packet->len);
    return segment;
}
