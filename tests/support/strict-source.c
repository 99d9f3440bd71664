/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/strict-source.h"

#include <string.h>

typedef struct {
    CfpByteSource parent;
    CfpByteSource *memory; /* owned */
    GError *failure;       /* owned */
    uint8_t *view;         /* owned; what the last fill returned */
} StrictSource;

static gboolean
fill_strictly(CfpByteSource *source, size_t want, const uint8_t **ret_data, size_t *ret_len,
              GError **error)
{
    StrictSource *self = (StrictSource *)source;
    const uint8_t *data;
    size_t len;

    g_clear_pointer(&self->view, g_free);
    if (!cfp_byte_source_fill(self->memory, want, &data, &len, error))
        return FALSE;
    if (len < want && self->failure) {
        g_propagate_error(error, g_error_copy(self->failure));
        return FALSE;
    }
    self->view = g_malloc(MAX(len, 1));
    if (len > 0)
        memcpy(self->view, data, len);
    *ret_data = self->view;
    *ret_len = len;
    return TRUE;
}

static void
consume_strictly(CfpByteSource *source, size_t count)
{
    StrictSource *self = (StrictSource *)source;

    g_clear_pointer(&self->view, g_free);
    cfp_byte_source_consume(self->memory, count);
}

static size_t
available_strictly(const CfpByteSource *source)
{
    const StrictSource *self = (const StrictSource *)source;

    return cfp_byte_source_available(self->memory);
}

static void
free_strict(CfpByteSource *source)
{
    StrictSource *self = (StrictSource *)source;

    cfp_byte_source_free(self->memory);
    g_clear_error(&self->failure);
    g_free(self->view);
    g_free(self);
}

CfpByteSource *
cfp_strict_source_new(GBytes *bytes, size_t chunk, GError *failure)
{
    static const CfpByteSourceClass klass = {fill_strictly, consume_strictly, available_strictly,
                                             free_strict};
    StrictSource *self = g_new0(StrictSource, 1);

    self->parent.klass = &klass;
    self->memory = cfp_memory_source_new(bytes, chunk);
    self->failure = failure;
    return &self->parent;
}
