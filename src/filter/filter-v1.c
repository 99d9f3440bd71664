/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/filter-v1.h"

#include <string.h>

void
cfp_filter_v1_clear(CfpFilterV1 *self)
{
    g_free(self->source_address);
    g_free(self->destination_address);
    *self = (CfpFilterV1){.protocol = -1};
}

void
cfp_filter_v1_copy(CfpFilterV1 *to, const CfpFilterV1 *from)
{
    *to = *from;
    to->source_address = g_strdup(from->source_address);
    to->destination_address = g_strdup(from->destination_address);
}

static bool
drop_if_doubtful(char **address)
{
    if (!*address || !strpbrk(*address, ":/"))
        return false;
    g_clear_pointer(address, g_free);
    return true;
}

bool
cfp_filter_v1_drop_doubtful(CfpFilterV1 *self)
{
    bool source = drop_if_doubtful(&self->source_address);
    bool destination = drop_if_doubtful(&self->destination_address);

    return source || destination;
}

bool
cfp_filter_v1_drop_bare_ports(CfpFilterV1 *self)
{
    if (self->protocol >= 0 || (self->source_port == 0 && self->destination_port == 0))
        return false;
    self->source_port = 0;
    self->destination_port = 0;
    return true;
}

bool
cfp_filter_v1_is_empty(const CfpFilterV1 *self)
{
    return !self->source_address && !self->destination_address && self->source_port == 0 &&
           self->destination_port == 0 && self->protocol < 0;
}

bool
cfp_filter_v1_equal(const CfpFilterV1 *a, const CfpFilterV1 *b)
{
    return g_strcmp0(a->source_address, b->source_address) == 0 &&
           g_strcmp0(a->destination_address, b->destination_address) == 0 &&
           a->source_port == b->source_port && a->destination_port == b->destination_port &&
           a->protocol == b->protocol;
}

static void append(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
append(GString *text, const char *format, ...)
{
    va_list args;

    if (text->len > 0)
        g_string_append(text, " and ");
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
}

static GString *
addresses_and_ports(const CfpFilterV1 *self)
{
    GString *text = g_string_new(NULL);

    if (self->source_address)
        append(text, "src %s %s", strchr(self->source_address, '/') ? "net" : "host",
               self->source_address);
    if (self->destination_address)
        append(text, "dst %s %s", strchr(self->destination_address, '/') ? "net" : "host",
               self->destination_address);
    if (self->source_port > 0)
        append(text, "src port %u", self->source_port);
    if (self->destination_port > 0)
        append(text, "dst port %u", self->destination_port);
    return text;
}

char *
cfp_filter_v1_to_text(const CfpFilterV1 *self)
{
    GString *text = addresses_and_ports(self);

    if (self->protocol >= 0)
        append(text, "protocol %d", self->protocol);
    return g_string_free(text, FALSE);
}

char *
cfp_filter_v1_to_expression(const CfpFilterV1 *self)
{
    GString *text = addresses_and_ports(self);

    if (self->protocol >= 0)
        append(text, "(ip proto %d or ip6 proto %d)", self->protocol, self->protocol);
    return g_string_free(text, FALSE);
}
