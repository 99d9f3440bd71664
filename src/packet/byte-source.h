/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_BYTE_SOURCE_H
#define CFP_PACKET_BYTE_SOURCE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Bytes that are pulled: from memory, from a download, through a decompressor. A source is owned
 * by whoever reads it; implementations embed CfpByteSource as their first member.
 */
typedef struct CfpByteSource CfpByteSource;

typedef struct {
    gboolean (*fill)(CfpByteSource *self, size_t want, const uint8_t **ret_data, size_t *ret_len,
                     GError **error);
    void (*consume)(CfpByteSource *self, size_t count);
    size_t (*available)(const CfpByteSource *self);
    void (*free)(CfpByteSource *self);
} CfpByteSourceClass;

struct CfpByteSource {
    const CfpByteSourceClass *klass;
};

/**
 * Makes at least `want` bytes visible, without consuming them.
 *
 * Outcomes: TRUE and *ret_len >= want; TRUE and *ret_len < want, which means that the data ends
 * there (possibly with 0 bytes); FALSE on error, and then *ret_data and *ret_len are untouched.
 * An error does not hide bytes: what can be had is still returned for a smaller `want`. May wait
 * on the network, but not when `want` bytes are there already. `want` is at most
 * CFP_MAX_INPUT_BLOCK.
 *
 * ret_data: borrowed, valid until the next call on `self`.
 * Errors: those of the implementation; G_IO_ERROR_CANCELLED when the program is being stopped.
 */
gboolean cfp_byte_source_fill(CfpByteSource *self, size_t want, const uint8_t **ret_data,
                              size_t *ret_len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Drops `count` bytes from the front; at most what the last fill returned. */
void cfp_byte_source_consume(CfpByteSource *self, size_t count);

/** Bytes that a fill can return without waiting; with a decompressor there may be more. */
size_t cfp_byte_source_available(const CfpByteSource *self);

/** Frees the source; accepts NULL. */
void cfp_byte_source_free(CfpByteSource *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpByteSource, cfp_byte_source_free)

/**
 * A source over bytes in memory, which shows `chunk` more bytes with each fill that needs them
 * (0: all at once). For tests, fuzzers and small bodies. `bytes`: a reference is taken.
 */
CfpByteSource *cfp_memory_source_new(GBytes *bytes, size_t chunk);

#endif
