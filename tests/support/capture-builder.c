/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/capture-builder.h"

#include <string.h>

CfpBuilder
cfp_builder_new(bool big_endian)
{
    return (CfpBuilder){.bytes = g_byte_array_new(), .big_endian = big_endian};
}

void
cfp_builder_clear(CfpBuilder *self)
{
    g_clear_pointer(&self->bytes, g_byte_array_unref);
}

GBytes *
cfp_builder_bytes(const CfpBuilder *self)
{
    return g_bytes_new(self->bytes->data, self->bytes->len);
}

void
cfp_put_raw(CfpBuilder *self, const void *data, size_t len)
{
    if (len > 0)
        g_byte_array_append(self->bytes, data, (guint)len);
}

void
cfp_put_u16(CfpBuilder *self, unsigned value)
{
    uint16_t raw = (uint16_t)value;

    raw = (uint16_t)(self->big_endian ? GUINT16_TO_BE(raw) : GUINT16_TO_LE(raw));
    cfp_put_raw(self, &raw, sizeof raw);
}

void
cfp_put_u32(CfpBuilder *self, uint32_t value)
{
    value = self->big_endian ? GUINT32_TO_BE(value) : GUINT32_TO_LE(value);
    cfp_put_raw(self, &value, sizeof value);
}

void
cfp_put_u64(CfpBuilder *self, uint64_t value)
{
    value = self->big_endian ? GUINT64_TO_BE(value) : GUINT64_TO_LE(value);
    cfp_put_raw(self, &value, sizeof value);
}

void
cfp_patch_u32(CfpBuilder *self, guint position, uint32_t value)
{
    value = self->big_endian ? GUINT32_TO_BE(value) : GUINT32_TO_LE(value);
    memcpy(self->bytes->data + position, &value, sizeof value);
}

void
cfp_put_pcap_header(CfpBuilder *self, uint32_t magic, uint32_t snaplen, uint32_t word)
{
    cfp_put_u32(self, magic);
    cfp_put_u16(self, 2);
    cfp_put_u16(self, 4);
    cfp_put_u64(self, 0);
    cfp_put_u32(self, snaplen);
    cfp_put_u32(self, word);
}

void
cfp_put_pcap_record(CfpBuilder *self, uint32_t seconds, uint32_t fraction, const char *data)
{
    uint32_t len = (uint32_t)strlen(data);

    cfp_put_u32(self, seconds);
    cfp_put_u32(self, fraction);
    cfp_put_u32(self, len);
    cfp_put_u32(self, len);
    cfp_put_raw(self, data, len);
}

static void
pad(CfpBuilder *self)
{
    while (self->bytes->len % 4 != 0)
        cfp_put_raw(self, "", 1);
}

void
cfp_begin_block(CfpBuilder *self, uint32_t type)
{
    pad(self);
    self->block = self->bytes->len;
    cfp_put_u32(self, type);
    cfp_put_u32(self, 0);
}

void
cfp_end_block(CfpBuilder *self)
{
    uint32_t total;

    pad(self);
    total = self->bytes->len - self->block + 4;
    cfp_patch_u32(self, self->block + 4, total);
    cfp_put_u32(self, total);
}

void
cfp_put_option(CfpBuilder *self, unsigned code, const void *value, size_t len)
{
    cfp_put_u16(self, code);
    cfp_put_u16(self, (unsigned)len);
    cfp_put_raw(self, value, len);
    pad(self);
}

void
cfp_put_section(CfpBuilder *self)
{
    cfp_begin_block(self, 0x0a0d0d0a);
    cfp_put_u32(self, 0x1a2b3c4d);
    cfp_put_u16(self, 1);
    cfp_put_u16(self, 0);
    cfp_put_u64(self, G_MAXUINT64);
    cfp_end_block(self);
}

void
cfp_put_interface(CfpBuilder *self, unsigned linktype, uint32_t snaplen)
{
    cfp_begin_block(self, 1);
    cfp_put_u16(self, linktype);
    cfp_put_u16(self, 0);
    cfp_put_u32(self, snaplen);
    cfp_end_block(self);
}

void
cfp_put_packet_fields(CfpBuilder *self, uint32_t interface, uint64_t ticks, const char *data)
{
    uint32_t len = (uint32_t)strlen(data);

    cfp_put_u32(self, interface);
    cfp_put_u32(self, (uint32_t)(ticks >> 32));
    cfp_put_u32(self, (uint32_t)ticks);
    cfp_put_u32(self, len);
    cfp_put_u32(self, len);
    cfp_put_raw(self, data, len);
    pad(self);
}

void
cfp_put_packet(CfpBuilder *self, uint32_t interface, uint64_t ticks, const char *data)
{
    cfp_begin_block(self, 6);
    cfp_put_packet_fields(self, interface, ticks, data);
    cfp_end_block(self);
}
