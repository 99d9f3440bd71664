/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buffer.h"

#include <string.h>

#define FIRST_SIZE ((size_t)64 * 1024)

struct CfpBuffer {
    uint8_t *data;
    size_t allocated;
    size_t start;
    size_t len;
    size_t capacity;
};

CfpBuffer *
cfp_buffer_new(size_t capacity)
{
    CfpBuffer *self = g_new0(CfpBuffer, 1);

    self->capacity = capacity;
    return self;
}

void
cfp_buffer_free(CfpBuffer *self)
{
    if (!self)
        return;
    g_free(self->data);
    g_free(self);
}

/* Room for `len` more bytes behind the held ones. Memory doubles, so that moving costs little. */
static void
make_room(CfpBuffer *self, size_t len)
{
    size_t wanted = self->len + len;

    if (self->start + wanted <= self->allocated)
        return;
    if (self->start > 0) {
        memmove(self->data, self->data + self->start, self->len);
        self->start = 0;
    }
    if (wanted > self->allocated) {
        size_t size = MAX(self->allocated * 2, MAX(wanted, FIRST_SIZE));

        self->allocated = MAX(MIN(size, self->capacity), wanted);
        self->data = g_realloc(self->data, self->allocated);
    }
}

gboolean
cfp_buffer_append(CfpBuffer *self, const void *data, size_t len)
{
    if (len > cfp_buffer_room(self))
        return FALSE;
    if (len == 0)
        return TRUE;
    make_room(self, len);
    memcpy(self->data + self->start + self->len, data, len);
    self->len += len;
    return TRUE;
}

const uint8_t *
cfp_buffer_peek(const CfpBuffer *self, size_t *ret_len)
{
    *ret_len = self->len;
    return self->len > 0 ? self->data + self->start : NULL;
}

void
cfp_buffer_consume(CfpBuffer *self, size_t count)
{
    g_return_if_fail(count <= self->len);
    self->start += count;
    self->len -= count;
    if (self->len == 0)
        self->start = 0;
}

size_t
cfp_buffer_len(const CfpBuffer *self)
{
    return self->len;
}

size_t
cfp_buffer_room(const CfpBuffer *self)
{
    return self->capacity - self->len;
}
