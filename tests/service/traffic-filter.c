/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/traffic-filter.h"

enum {
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
};

/* What a filter looks at. Ports are -1 when the packet has none: not TCP or UDP, or not the first
 * fragment. */
typedef struct {
    GSocketFamily family;
    const guint8 *source;
    const guint8 *destination;
    int protocol;
    int source_port;
    int destination_port;
} Headers;

static GInetAddressMask *
read_address(JsonObject *filter, const char *name)
{
    if (!json_object_has_member(filter, name))
        return NULL;
    return g_inet_address_mask_new_from_string(json_object_get_string_member(filter, name), NULL);
}

static int
read_number(JsonObject *filter, const char *name)
{
    return (int)json_object_get_int_member_with_default(filter, name, -1);
}

void
cfp_service_filter_init(CfpServiceFilter *self, JsonObject *filter)
{
    *self = (CfpServiceFilter){NULL, NULL, -1, -1, -1};
    if (!filter)
        return;
    self->source = read_address(filter, "source_address");
    self->destination = read_address(filter, "destination_address");
    self->source_port = read_number(filter, "source_port");
    self->destination_port = read_number(filter, "destination_port");
    self->protocol = read_number(filter, "protocol");
}

void
cfp_service_filter_clear(CfpServiceFilter *self)
{
    g_clear_object(&self->source);
    g_clear_object(&self->destination);
}

static int
read16(const guint8 *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

static void
read_ports(Headers *headers, const guint8 *packet, gsize length, gsize offset)
{
    if (headers->protocol != PROTOCOL_TCP && headers->protocol != PROTOCOL_UDP)
        return;
    if (length < offset + 4)
        return;
    headers->source_port = read16(packet + offset);
    headers->destination_port = read16(packet + offset + 2);
}

/* IPv6 extension headers are not walked: the generator makes none. */
static bool
read_headers(Headers *headers, const guint8 *packet, gsize length)
{
    headers->source_port = -1;
    headers->destination_port = -1;
    if (length >= 40 && packet[0] >> 4 == 6) {
        headers->family = G_SOCKET_FAMILY_IPV6;
        headers->source = packet + 8;
        headers->destination = packet + 24;
        headers->protocol = packet[6];
        read_ports(headers, packet, length, 40);
        return true;
    }
    if (length < 20 || packet[0] >> 4 != 4)
        return false;
    headers->family = G_SOCKET_FAMILY_IPV4;
    headers->source = packet + 12;
    headers->destination = packet + 16;
    headers->protocol = packet[9];
    if ((read16(packet + 6) & 0x1fff) == 0)
        read_ports(headers, packet, length, (gsize)(packet[0] & 15) * 4);
    return true;
}

static bool
holds(GInetAddressMask *mask, GSocketFamily family, const guint8 *bytes)
{
    if (!mask)
        return true;
    if (g_inet_address_mask_get_family(mask) != family)
        return false;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_bytes(bytes, family);
    return g_inet_address_mask_matches(mask, address);
}

bool
cfp_service_filter_matches(const CfpServiceFilter *self, const guint8 *packet, gsize length)
{
    Headers headers = {0};

    if (!read_headers(&headers, packet, length))
        return false;
    return (self->protocol < 0 || self->protocol == headers.protocol) &&
           (self->source_port < 0 || self->source_port == headers.source_port) &&
           (self->destination_port < 0 || self->destination_port == headers.destination_port) &&
           holds(self->source, headers.family, headers.source) &&
           holds(self->destination, headers.family, headers.destination);
}
