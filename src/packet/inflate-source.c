/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/inflate-source.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "packet/byte-cursor.h"
#include "packet/pcap-reader.h"

/*
 * GIO's decompressor is used for the raw deflate data only, the frame around it (RFC 1952) is read
 * here: when GIO meets a wrong check sum, it doesn't say how many bytes it has written before, and
 * the good packets at the end of the data would be lost.
 */

/* Plain bytes made in one step: what a damaged deflate block can cost at most. */
#define STEP (32u * 1024u)

#define FIRST_CAPACITY (64u * 1024u)

#define FLAG_HEADER_CRC 0x02u
#define FLAG_EXTRA 0x04u
#define FLAG_NAME 0x08u
#define FLAG_COMMENT 0x10u
#define FLAGS_RESERVED 0xe0u

#define CRC_SLICES 8

typedef enum {
    STATE_HEADER,  /* at the header of a member */
    STATE_DEFLATE, /* in its compressed data */
    STATE_TRAILER, /* at its check sum and length */
    STATE_BETWEEN, /* behind a member: another one, padding or the end */
    STATE_PADDING, /* in the zero bytes behind the last member */
    STATE_DONE,    /* the end; nothing more comes */
} State;

typedef struct {
    CfpByteSource parent;
    CfpByteSource *inner; /* owned; the compressed bytes */
    GConverter *inflater; /* owned */
    State state;
    gboolean output_pending; /* the inflater filled its last buffer and may hold more */
    GError *failure;         /* damage, reported again by every later fill */

    uint8_t *buffer; /* owned; plain bytes, of which [start, end) wait */
    size_t capacity, start, end;

    uint32_t crc;    /* of the member so far */
    uint32_t length; /* bytes of the member so far, modulo 2^32 */
    uint32_t crc_table[CRC_SLICES][256];
} InflateSource;

static gboolean
fail(InflateSource *self, const char *reason, GError **error)
{
    g_set_error(&self->failure, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION,
                "The gzip data is damaged: %s", reason);
    g_propagate_error(error, g_error_copy(self->failure));
    return FALSE;
}

/* The reflected polynomial of RFC 1952, section 8, in tables for eight bytes at once. */
static void
make_crc_table(InflateSource *self)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        self->crc_table[0][i] = crc;
    }
    for (int slice = 1; slice < CRC_SLICES; slice++) {
        for (int i = 0; i < 256; i++) {
            uint32_t before = self->crc_table[slice - 1][i];

            self->crc_table[slice][i] = (before >> 8) ^ self->crc_table[0][before & 0xff];
        }
    }
}

static uint32_t
update_crc(const InflateSource *self, uint32_t crc, const uint8_t *data, size_t len)
{
    const uint32_t(*table)[256] = self->crc_table;

    crc = ~crc;
    for (; len >= 8; data += 8, len -= 8) {
        uint32_t low, high;

        memcpy(&low, data, 4);
        memcpy(&high, data + 4, 4);
        low = GUINT32_FROM_LE(low) ^ crc;
        high = GUINT32_FROM_LE(high);
        crc = table[7][low & 0xff] ^ table[6][(low >> 8) & 0xff] ^ table[5][(low >> 16) & 0xff] ^
              table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][(high >> 8) & 0xff] ^
              table[1][(high >> 16) & 0xff] ^ table[0][high >> 24];
    }
    for (; len > 0; data++, len--)
        crc = (crc >> 8) ^ table[0][(crc ^ *data) & 0xff];
    return ~crc;
}

/* Compressed bytes that must be there: a header or a trailer. */
static gboolean
need(InflateSource *self, size_t want, CfpCursor *ret_cursor, GError **error)
{
    const uint8_t *data;
    size_t len;

    if (!cfp_byte_source_fill(self->inner, want, &data, &len, error))
        return FALSE;
    if (len < want)
        return fail(self, "it ends early", error);
    *ret_cursor = (CfpCursor){.data = data, .len = want, .big_endian = false};
    return TRUE;
}

static gboolean
skip_extra(InflateSource *self, GError **error)
{
    CfpCursor cursor;
    uint16_t len = 0;

    if (!need(self, 2, &cursor, error))
        return FALSE;
    (void)cfp_cursor_u16(&cursor, &len);
    cfp_byte_source_consume(self->inner, 2);
    if (!need(self, len, &cursor, error))
        return FALSE;
    cfp_byte_source_consume(self->inner, len);
    return TRUE;
}

/* A file name or comment, ended by a zero byte: it may be longer than any buffer. */
static gboolean
skip_text(InflateSource *self, GError **error)
{
    const uint8_t *data, *zero = NULL;
    size_t len;

    while (!zero) {
        if (!cfp_byte_source_fill(self->inner, 1, &data, &len, error))
            return FALSE;
        if (len == 0)
            return fail(self, "it ends early", error);
        zero = memchr(data, 0, len);
        cfp_byte_source_consume(self->inner, zero ? (size_t)(zero - data) + 1 : len);
    }
    return TRUE;
}

static gboolean
skip_header_crc(InflateSource *self, GError **error)
{
    CfpCursor cursor;

    if (!need(self, 2, &cursor, error))
        return FALSE;
    cfp_byte_source_consume(self->inner, 2);
    return TRUE;
}

static gboolean
skip_optional_fields(InflateSource *self, unsigned flags, GError **error)
{
    if ((flags & FLAG_EXTRA) != 0 && !skip_extra(self, error))
        return FALSE;
    if ((flags & FLAG_NAME) != 0 && !skip_text(self, error))
        return FALSE;
    if ((flags & FLAG_COMMENT) != 0 && !skip_text(self, error))
        return FALSE;
    return (flags & FLAG_HEADER_CRC) == 0 || skip_header_crc(self, error);
}

/* The state is entered only with the magic in front. */
static gboolean
read_header(InflateSource *self, GError **error)
{
    g_autoptr(GError) problem = NULL;
    const uint8_t *header;
    CfpCursor cursor;
    unsigned flags;

    if (!need(self, 10, &cursor, error))
        return FALSE;
    header = cursor.data;
    flags = header[3];
    if (header[2] != 8)
        return fail(self, "its method is not deflate", error);
    if ((flags & FLAGS_RESERVED) != 0)
        return fail(self, "its header has unknown flags", error);
    cfp_byte_source_consume(self->inner, 10);
    if (!skip_optional_fields(self, flags, &problem)) {
        /* The place inside the header is not remembered: what stopped it once, stops it for good.
         */
        if (!self->failure)
            self->failure = g_error_copy(problem);
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_converter_reset(self->inflater);
    self->output_pending = FALSE;
    self->crc = 0;
    self->length = 0;
    self->state = STATE_DEFLATE;
    return TRUE;
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
    if (*ret_len == 0)
        return fail(self, "it ends early", error);
    return TRUE;
}

static gboolean
inflate_step(InflateSource *self, size_t want, GError **error)
{
    g_autoptr(GError) problem = NULL;
    gsize consumed = 0, written = 0;
    const uint8_t *input;
    size_t input_len;
    GConverterResult result;

    if (!get_input(self, &input, &input_len, error))
        return FALSE;
    make_room(self, want);
    result = g_converter_convert(self->inflater, input, input_len, self->buffer + self->end, STEP,
                                 G_CONVERTER_NO_FLAGS, &consumed, &written, &problem);
    if (result == G_CONVERTER_ERROR) {
        self->output_pending = FALSE;
        /* It held nothing more after all. */
        if (input_len == 0 && g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
            return TRUE;
        return fail(self, "it can't be decompressed", error);
    }
    if (result == G_CONVERTER_CONVERTED && consumed == 0 && written == 0)
        return fail(self, "it can't be decompressed", error);
    self->crc = update_crc(self, self->crc, self->buffer + self->end, written);
    self->length += (uint32_t)written;
    self->end += written;
    self->output_pending = written == STEP;
    if (result == G_CONVERTER_FINISHED)
        self->state = STATE_TRAILER;
    cfp_byte_source_consume(self->inner, consumed);
    return TRUE;
}

static gboolean
check_trailer(InflateSource *self, GError **error)
{
    uint32_t crc = 0, length = 0;
    CfpCursor cursor;

    if (!need(self, 8, &cursor, error))
        return FALSE;
    (void)cfp_cursor_u32(&cursor, &crc);
    (void)cfp_cursor_u32(&cursor, &length);
    if (crc != self->crc)
        return fail(self, "its check sum is wrong", error);
    if (length != self->length)
        return fail(self, "its length is wrong", error);
    cfp_byte_source_consume(self->inner, 8);
    self->state = STATE_BETWEEN;
    return TRUE;
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
        self->state = STATE_HEADER;
    else if (data[0] == 0)
        self->state = STATE_PADDING;
    else
        return fail(self, "other bytes follow it", error);
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
            return fail(self, "other bytes follow it", error);
    }
    cfp_byte_source_consume(self->inner, len);
    return TRUE;
}

static gboolean
advance(InflateSource *self, size_t want, GError **error)
{
    switch (self->state) {
    case STATE_HEADER:
        return read_header(self, error);
    case STATE_DEFLATE:
        return inflate_step(self, want, error);
    case STATE_TRAILER:
        return check_trailer(self, error);
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
    g_object_unref(self->inflater);
    g_clear_error(&self->failure);
    g_free(self->buffer);
    g_free(self);
}

CfpByteSource *
cfp_inflate_source_new_take(CfpByteSource *source, GError **error)
{
    static const CfpByteSourceClass klass = {fill_inflated, consume_inflated, available_inflated,
                                             free_inflated};
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
    self->parent.klass = &klass;
    self->inner = source;
    self->inflater = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW));
    self->state = STATE_HEADER;
    self->capacity = FIRST_CAPACITY;
    self->buffer = g_malloc(FIRST_CAPACITY);
    make_crc_table(self);
    return &self->parent;
}
