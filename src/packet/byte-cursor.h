/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_BYTE_CURSOR_H
#define CFP_PACKET_BYTE_CURSOR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * A view of foreign bytes that is read from the front: the only way capture formats get integers
 * out of a file. Every function returns FALSE when too few bytes are left, and then neither the
 * cursor nor the result is touched.
 */
typedef struct {
    const uint8_t *data; /* borrowed */
    size_t len;          /* bytes left */
    bool big_endian;     /* byte order of the integers */
} CfpCursor;

/** Takes `count` bytes. ret_data: borrowed from what the cursor shows. */
static inline gboolean
cfp_cursor_bytes(CfpCursor *self, size_t count, const uint8_t **ret_data)
{
    if (self->len < count)
        return FALSE;
    *ret_data = self->data;
    self->data += count;
    self->len -= count;
    return TRUE;
}

static inline gboolean
cfp_cursor_skip(CfpCursor *self, size_t count)
{
    const uint8_t *skipped;

    return cfp_cursor_bytes(self, count, &skipped);
}

static inline gboolean
cfp_cursor_u16(CfpCursor *self, uint16_t *ret_value)
{
    const uint8_t *data;
    uint16_t raw;

    if (!cfp_cursor_bytes(self, sizeof raw, &data))
        return FALSE;
    memcpy(&raw, data, sizeof raw);
    *ret_value = (uint16_t)(self->big_endian ? GUINT16_FROM_BE(raw) : GUINT16_FROM_LE(raw));
    return TRUE;
}

static inline gboolean
cfp_cursor_u32(CfpCursor *self, uint32_t *ret_value)
{
    const uint8_t *data;
    uint32_t raw;

    if (!cfp_cursor_bytes(self, sizeof raw, &data))
        return FALSE;
    memcpy(&raw, data, sizeof raw);
    *ret_value = self->big_endian ? GUINT32_FROM_BE(raw) : GUINT32_FROM_LE(raw);
    return TRUE;
}

static inline gboolean
cfp_cursor_u64(CfpCursor *self, uint64_t *ret_value)
{
    const uint8_t *data;
    uint64_t raw;

    if (!cfp_cursor_bytes(self, sizeof raw, &data))
        return FALSE;
    memcpy(&raw, data, sizeof raw);
    *ret_value = self->big_endian ? GUINT64_FROM_BE(raw) : GUINT64_FROM_LE(raw);
    return TRUE;
}

#endif
