/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/traffic-filter.h"

#include <string.h>

/* IANA protocol numbers; RFC 8200, section 4, and RFC 4302, 6275, 7401 and 5533 for the headers. */
enum {
    HOP_BY_HOP = 0,
    TCP = 6,
    UDP = 17,
    ROUTING = 43,
    FRAGMENT = 44,
    AUTHENTICATION = 51,
    DESTINATION_OPTIONS = 60,
    SCTP = 132,
    MOBILITY = 135,
    HOST_IDENTITY = 139,
    SHIM6 = 140,
};

/* What a filter looks at. Ports are -1 when the packet has none. */
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
cfp_service_filter_init(CfpServiceFilter *self, JsonObject *filter, CfpServiceReading reading)
{
    *self = (CfpServiceFilter){NULL, NULL, -1, -1, -1, reading};
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

static bool
has_ports(int protocol, CfpServiceReading reading)
{
    return protocol == TCP || protocol == UDP ||
           (protocol == SCTP && reading == CFP_SERVICE_READING_LIBERAL);
}

static void
read_ports(Headers *headers, CfpServiceReading reading, const guint8 *packet, gsize length,
           gsize offset)
{
    if (!has_ports(headers->protocol, reading) || length < offset + 4)
        return;
    headers->source_port = read16(packet + offset);
    headers->destination_port = read16(packet + offset + 2);
}

/* Bytes of the extension header that begins with `header`; 0: the protocol is none. */
static gsize
extension_length(int protocol, const guint8 *header)
{
    switch (protocol) {
    case FRAGMENT:
        return 8;
    case AUTHENTICATION:
        return ((gsize)header[1] + 2) * 4;
    case HOP_BY_HOP:
    case ROUTING:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
        return ((gsize)header[1] + 1) * 8;
    default:
        return 0;
    }
}

/*
 * Goes on to the first header that is no extension header; `offset`: where the first one begins.
 * Returns FALSE when it isn't in this packet, but behind the fragment header of a later fragment or
 * beyond the end; the protocol is then the last that was named.
 */
static bool
walk_extensions(Headers *headers, const guint8 *packet, gsize length, gsize *offset)
{
    while (length >= *offset + 8) {
        const guint8 *header = packet + *offset;
        gsize size = extension_length(headers->protocol, header);

        if (size == 0)
            return true;
        bool is_later = headers->protocol == FRAGMENT && (read16(header + 2) & 0xfff8) != 0;
        headers->protocol = header[0];
        *offset += size;
        if (is_later)
            return false;
    }
    return extension_length(headers->protocol, packet) == 0;
}

static bool
read_ipv6(Headers *headers, CfpServiceReading reading, const guint8 *packet, gsize length)
{
    gsize offset = 40;

    if (length < offset)
        return false;
    headers->family = G_SOCKET_FAMILY_IPV6;
    headers->source = packet + 8;
    headers->destination = packet + 24;
    headers->protocol = packet[6];
    if (reading == CFP_SERVICE_READING_NARROW || walk_extensions(headers, packet, length, &offset))
        read_ports(headers, reading, packet, length, offset);
    return true;
}

static bool
read_ipv4(Headers *headers, CfpServiceReading reading, const guint8 *packet, gsize length)
{
    if (length < 20)
        return false;
    headers->family = G_SOCKET_FAMILY_IPV4;
    headers->source = packet + 12;
    headers->destination = packet + 16;
    headers->protocol = packet[9];
    if ((read16(packet + 6) & 0x1fff) == 0)
        read_ports(headers, reading, packet, length, (gsize)(packet[0] & 15) * 4);
    return true;
}

static bool
read_headers(Headers *headers, CfpServiceReading reading, const guint8 *packet, gsize length)
{
    int version = length > 0 ? packet[0] >> 4 : 0;

    headers->source_port = -1;
    headers->destination_port = -1;
    if (version == 6)
        return read_ipv6(headers, reading, packet, length);
    return version == 4 && read_ipv4(headers, reading, packet, length);
}

static bool
holds(GInetAddressMask *mask, GSocketFamily family, const guint8 *bytes)
{
    if (!mask)
        return true;
    if (g_inet_address_mask_get_family(mask) != family)
        return false;
    const guint8 *net = g_inet_address_to_bytes(g_inet_address_mask_get_address(mask));
    guint whole = g_inet_address_mask_get_length(mask) / 8;
    guint rest = g_inet_address_mask_get_length(mask) % 8;

    return memcmp(net, bytes, whole) == 0 &&
           (rest == 0 || (net[whole] ^ bytes[whole]) >> (8 - rest) == 0);
}

bool
cfp_service_filter_matches(const CfpServiceFilter *self, const guint8 *packet, gsize length)
{
    Headers headers = {0};

    if (!read_headers(&headers, self->reading, packet, length))
        return false;
    return (self->protocol < 0 || self->protocol == headers.protocol) &&
           (self->source_port < 0 || self->source_port == headers.source_port) &&
           (self->destination_port < 0 || self->destination_port == headers.destination_port) &&
           holds(self->source, headers.family, headers.source) &&
           holds(self->destination, headers.family, headers.destination);
}
