/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/inflate-source.h"

#include <string.h>

/* zlib's input is not const without it. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "packet/pcap-reader.h"

/* Plain bytes made in one step. */
#define STEP (32u * 1024u)

#define FIRST_CAPACITY (64u * 1024u)

/* inflateInit2(): the largest window, and 16 for a gzip frame, whose header and check sum zlib
 * reads. */
#define GZIP_WINDOW_BITS (15 + 16)

typedef enum {
    STATE_MEMBER,  /* in a gzip member: header, data or trailer */
    STATE_BETWEEN, /* behind a member: another one, padding or the end */
    STATE_PADDING, /* in the zero bytes behind the last member */
    STATE_DONE,    /* the end; nothing more comes */
} State;

typedef struct {
    CfpByteSource parent;
    CfpByteSource *inner; /* owned; the compressed bytes */
    z_stream inflater;
    State state;
    gboolean output_pending; /* the inflater filled its last buffer and may hold more */
    GError *failure;         /* damage, reported again by every later fill */

    uint8_t *buffer; /* owned; plain bytes, of which [start, end) wait */
    size_t capacity, start, end;
} InflateSource;

/* Only noted: the bytes before the damage come first, fill_inflated() reports it behind them. */
static gboolean
note_damage(InflateSource *self, const char *reason)
{
    g_set_error(&self->failure, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION,
                "the gzip data is damaged: %s", reason);
    return TRUE;
}

static void
begin_member(InflateSource *self)
{
    (void)inflateReset(&self->inflater);
    self->output_pending = FALSE;
    self->state = STATE_MEMBER;
}

/* Room for one step behind the waiting bytes, of which there are less than `want`. */
static void
make_room(InflateSource *self, size_t want)
{
    size_t waiting = self->end - self->start, capacity = MAX(self->capacity, FIRST_CAPACITY);

    while (capacity < want + STEP)
        capacity *= 2;
    g_assert(capacity <= CFP_SOURCE_CAPACITY);
    if (capacity == self->capacity && self->capacity - self->end >= STEP)
        return;
    if (capacity == self->capacity) {
        memmove(self->buffer, self->buffer + self->start, waiting);
    } else {
        uint8_t *grown = g_malloc(capacity);

        if (waiting > 0)
            memcpy(grown, self->buffer + self->start, waiting);
        g_free(self->buffer);
        self->buffer = grown;
        self->capacity = capacity;
    }
    self->start = 0;
    self->end = waiting;
}

/* Compressed bytes for the inflater: none when it can go on without them, so that nothing waits
 * for the network while there is output to be had. */
static gboolean
get_input(InflateSource *self, const uint8_t **ret_data, size_t *ret_len, GError **error)
{
    if (self->output_pending && cfp_byte_source_available(self->inner) == 0) {
        *ret_data = (const uint8_t *)"";
        *ret_len = 0;
        return TRUE;
    }
    if (!cfp_byte_source_fill(self->inner, 1, ret_data, ret_len, error))
        return FALSE;
    return *ret_len > 0 || note_damage(self, "it ends early");
}

static gboolean
inflate_step(InflateSource *self, size_t want, GError **error)
{
    z_stream *inflater = &self->inflater;
    const uint8_t *input;
    size_t input_len;
    int result;

    if (!get_input(self, &input, &input_len, error))
        return FALSE;
    if (self->failure)
        return TRUE;
    make_room(self, want);
    inflater->next_in = input;
    inflater->avail_in = (uInt)MIN(input_len, (size_t)G_MAXINT32);
    input_len = inflater->avail_in;
    inflater->next_out = self->buffer + self->end;
    inflater->avail_out = STEP;
    result = inflate(inflater, Z_NO_FLUSH);
    self->end += STEP - inflater->avail_out;
    self->output_pending = inflater->avail_out == 0;
    cfp_byte_source_consume(self->inner, input_len - inflater->avail_in);
    if (result == Z_STREAM_END)
        self->state = STATE_BETWEEN;
    /* Z_BUF_ERROR: it held nothing more after all. */
    if (result == Z_OK || result == Z_STREAM_END || (result == Z_BUF_ERROR && input_len == 0))
        return TRUE;
    return note_damage(self, inflater->msg ? inflater->msg : "it can't be decompressed");
}

static gboolean
has_magic(const uint8_t *data, size_t len)
{
    return len >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static gboolean
look_behind_member(InflateSource *self, GError **error)
{
    const uint8_t *data;
    size_t len;

    if (!cfp_byte_source_fill(self->inner, 2, &data, &len, error))
        return FALSE;
    if (len == 0)
        self->state = STATE_DONE;
    else if (has_magic(data, len))
        begin_member(self);
    else if (data[0] == 0)
        self->state = STATE_PADDING;
    else
        return note_damage(self, "other bytes follow it");
    return TRUE;
}

static gboolean
skip_padding(InflateSource *self, GError **error)
{
    const uint8_t *data;
    size_t len;

    if (!cfp_byte_source_fill(self->inner, 1, &data, &len, error))
        return FALSE;
    if (len == 0)
        self->state = STATE_DONE;
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0)
            return note_damage(self, "other bytes follow it");
    }
    cfp_byte_source_consume(self->inner, len);
    return TRUE;
}

static gboolean
advance(InflateSource *self, size_t want, GError **error)
{
    switch (self->state) {
    case STATE_MEMBER:
        return inflate_step(self, want, error);
    case STATE_BETWEEN:
        return look_behind_member(self, error);
    case STATE_PADDING:
        return skip_padding(self, error);
    case STATE_DONE:
        break;
    }
    return TRUE;
}

static gboolean
fill_inflated(CfpByteSource *source, size_t want, const uint8_t **ret_data, size_t *ret_len,
              GError **error)
{
    InflateSource *self = (InflateSource *)source;

    while (self->end - self->start < want && self->state != STATE_DONE) {
        if (self->failure) {
            g_propagate_error(error, g_error_copy(self->failure));
            return FALSE;
        }
        if (!advance(self, want, error))
            return FALSE;
    }
    *ret_data = self->buffer + self->start;
    *ret_len = self->end - self->start;
    return TRUE;
}

static void
consume_inflated(CfpByteSource *source, size_t count)
{
    InflateSource *self = (InflateSource *)source;

    g_return_if_fail(count <= self->end - self->start);
    self->start += count;
    if (self->start == self->end)
        self->start = self->end = 0;
}

static size_t
available_inflated(const CfpByteSource *source)
{
    const InflateSource *self = (const InflateSource *)source;

    return self->end - self->start;
}

static void
free_inflated(CfpByteSource *source)
{
    InflateSource *self = (InflateSource *)source;

    cfp_byte_source_free(self->inner);
    (void)inflateEnd(&self->inflater);
    g_clear_error(&self->failure);
    g_free(self->buffer);
    g_free(self);
}

static const CfpByteSourceClass inflate_class = {fill_inflated, consume_inflated,
                                                 available_inflated, free_inflated};

CfpByteSource *
cfp_inflate_source_new_take(CfpByteSource *source, GError **error)
{
    InflateSource *self;
    const uint8_t *data;
    size_t len;

    if (!cfp_byte_source_fill(source, 2, &data, &len, error)) {
        cfp_byte_source_free(source);
        return NULL;
    }
    if (!has_magic(data, len))
        return source;
    self = g_new0(InflateSource, 1);
    self->parent.klass = &inflate_class;
    self->inner = source;
    self->capacity = FIRST_CAPACITY;
    self->buffer = g_malloc(FIRST_CAPACITY);
    if (inflateInit2(&self->inflater, GZIP_WINDOW_BITS) != Z_OK) {
        free_inflated(&self->parent);
        cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION, "zlib can't be used");
        return NULL;
    }
    return &self->parent;
}
