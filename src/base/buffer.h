/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_BUFFER_H
#define CFP_BASE_BUFFER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes in the order they came, contiguous, with a maximum given at birth. */
typedef struct CfpBuffer CfpBuffer;

/** capacity: the most bytes it ever holds; memory is taken as it is needed. */
CfpBuffer *cfp_buffer_new(size_t capacity);

void cfp_buffer_free(CfpBuffer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpBuffer, cfp_buffer_free)

/** Appends all of `data`, or nothing and returns FALSE when it would exceed the capacity. */
gboolean cfp_buffer_append(CfpBuffer *self, const void *data, size_t len);

/** What is held; ret_len may be 0. Borrowed until the next append or consume. */
const uint8_t *cfp_buffer_peek(const CfpBuffer *self, size_t *ret_len);

/** Drops `count` bytes from the front; at most what is held. */
void cfp_buffer_consume(CfpBuffer *self, size_t count);

size_t cfp_buffer_len(const CfpBuffer *self);

/** Bytes that can still be appended. */
size_t cfp_buffer_room(const CfpBuffer *self);

#endif
