/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/ip-prefix.h"

#include <gio/gio.h>

CfpIpPrefix
cfp_ip_prefix_parse(const char *text)
{
    g_autoptr(GInetAddressMask) mask =
        text ? g_inet_address_mask_new_from_string(text, NULL) : NULL;
    CfpIpPrefix prefix = {.is_set = mask != NULL};
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

char *
cfp_ip_prefix_to_text(const CfpIpPrefix *prefix)
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
