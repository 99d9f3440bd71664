/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/byte-source.h"

#include "base/limits.h"

typedef struct {
    CfpByteSource parent;
    GBytes *bytes;
    size_t chunk; /* bytes that become visible in one step; 0 = all */
    size_t start; /* first byte that is not consumed */
    size_t shown; /* first byte that is not visible yet */
} MemorySource;

gboolean
cfp_byte_source_fill(CfpByteSource *self, size_t want, const uint8_t **ret_data, size_t *ret_len,
                     GError **error)
{
    g_assert(want <= CFP_MAX_INPUT_BLOCK);
    return self->klass->fill(self, want, ret_data, ret_len, error);
}

void
cfp_byte_source_consume(CfpByteSource *self, size_t count)
{
    self->klass->consume(self, count);
}

size_t
cfp_byte_source_available(const CfpByteSource *self)
{
    return self->klass->available(self);
}

void
cfp_byte_source_free(CfpByteSource *self)
{
    if (self)
        self->klass->free(self);
}

/* How much further to show: whole steps, enough for `missing` bytes, not beyond `hidden`. */
static size_t
bytes_to_show(const MemorySource *self, size_t missing, size_t hidden)
{
    size_t steps;

    if (self->chunk == 0 || self->chunk >= hidden)
        return hidden;
    steps = missing / self->chunk + (missing % self->chunk != 0);
    return steps > hidden / self->chunk ? hidden : steps * self->chunk;
}

static gboolean
fill_from_memory(CfpByteSource *source, size_t want, const uint8_t **ret_data, size_t *ret_len,
                 GError **error)
{
    static const uint8_t nothing[1] = {0};
    MemorySource *self = (MemorySource *)source;
    size_t size, visible = self->shown - self->start;
    const uint8_t *data = g_bytes_get_data(self->bytes, &size);

    (void)error; /* memory can't fail */
    if (visible < want)
        self->shown += bytes_to_show(self, want - visible, size - self->shown);
    /* The data of an empty GBytes may be NULL, which allows no arithmetic. */
    *ret_data = data ? data + self->start : nothing;
    *ret_len = self->shown - self->start;
    return TRUE;
}

static void
consume_memory(CfpByteSource *source, size_t count)
{
    MemorySource *self = (MemorySource *)source;

    g_return_if_fail(count <= self->shown - self->start);
    self->start += count;
}

static size_t
available_in_memory(const CfpByteSource *source)
{
    const MemorySource *self = (const MemorySource *)source;

    return self->shown - self->start;
}

static void
free_memory(CfpByteSource *source)
{
    MemorySource *self = (MemorySource *)source;

    g_bytes_unref(self->bytes);
    g_free(self);
}

CfpByteSource *
cfp_memory_source_new(GBytes *bytes, size_t chunk)
{
    static const CfpByteSourceClass klass = {fill_from_memory, consume_memory, available_in_memory,
                                             free_memory};
    MemorySource *self = g_new0(MemorySource, 1);

    self->parent.klass = &klass;
    self->bytes = g_bytes_ref(bytes);
    self->chunk = chunk;
    self->shown = chunk == 0 ? g_bytes_get_size(bytes) : 0;
    return &self->parent;
}
