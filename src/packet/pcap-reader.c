/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "packet/pcap-reader-private.h"
#include "packet/pcapng-format.h"

#define MAGIC_LEN 4u
/* Bytes of a foreign file that are shown to the user. */
#define SHOWN_TEXT 48u

G_DEFINE_QUARK(cfp_pcap_error, cfp_pcap_error)

typedef struct {
    uint8_t bytes[MAGIC_LEN];
    const CfpPcapFormat *format;
    const char *name;
    bool big_endian;
    uint32_t fraction_ns;
} Magic;

static const Magic magics[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, &cfp_pcap_classic_format, "pcap", false, 1000},
    {{0xa1, 0xb2, 0xc3, 0xd4}, &cfp_pcap_classic_format, "pcap", true, 1000},
    {{0x4d, 0x3c, 0xb2, 0xa1}, &cfp_pcap_classic_format, "pcap, nanoseconds", false, 1},
    {{0xa1, 0xb2, 0x3c, 0x4d}, &cfp_pcap_classic_format, "pcap, nanoseconds", true, 1},
    /* The byte order of pcapng stands further back. */
    {{0x0a, 0x0d, 0x0d, 0x0a}, &cfp_pcapng_format, "pcapng", false, 0},
};

/* Formats that people take for ours, by their first bytes. */
static const struct {
    uint8_t bytes[MAGIC_LEN];
    size_t len;
    const char *name;
} strangers[] = {
    {{0x34, 0xcd, 0xb2, 0xa1}, 4, "the modified pcap format of Kuznetzov, which is not supported"},
    {{0xa1, 0xb2, 0xcd, 0x34}, 4, "the modified pcap format of Kuznetzov, which is not supported"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd compressed data, which is not supported"},
    {{0x1f, 0x8b, 0, 0}, 2, "gzip compressed data"},
    {{'P', 'K', 3, 4}, 4, "a ZIP archive"},
};

static void
free_interface(gpointer data)
{
    CfpReaderInterface *interface = data;

    g_free(interface->shown.name);
    g_free(interface->shown.description);
    g_free(interface->shown.filter);
    g_free(interface->shown.comment);
    g_free(interface);
}

CfpPcapReader *
cfp_pcap_reader_new_take(CfpByteSource *source)
{
    CfpPcapReader *self = g_new0(CfpPcapReader, 1);

    self->source = source;
    self->outcome = CFP_NEXT_PACKET;
    self->interfaces = g_ptr_array_new_with_free_func(free_interface);
    return self;
}

void
cfp_pcap_reader_free(CfpPcapReader *self)
{
    if (!self)
        return;
    cfp_byte_source_free(self->source);
    g_ptr_array_unref(self->interfaces);
    g_clear_error(&self->failure);
    g_free(self->comment);
    g_free(self);
}

gboolean
cfp_pcap_reader_need(CfpPcapReader *self, size_t want, const uint8_t **ret_data, size_t *ret_len,
                     GError **error)
{
    const uint8_t *data;
    size_t len;

    if (!cfp_byte_source_fill(self->source, want, &data, &len, error))
        return FALSE;
    if (len > 0 && len < want)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_TRUNCATED,
                         "the file ends in the middle of the record at byte %" G_GUINT64_FORMAT,
                         self->offset);
    *ret_data = data;
    *ret_len = len;
    return TRUE;
}

void
cfp_pcap_reader_drop(CfpPcapReader *self, size_t count)
{
    cfp_byte_source_consume(self->source, count);
    self->offset += count;
}

void
cfp_pcap_reader_lend(CfpPcapReader *self, size_t count)
{
    self->lent = count;
    self->offset += count;
}

gboolean
cfp_pcap_reader_corrupt(const CfpPcapReader *self, GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_CORRUPT,
                     "the file is damaged at byte %" G_GUINT64_FORMAT ": %s", self->offset, text);
}

static size_t
text_length(const char *text)
{
    return text ? strlen(text) : 0;
}

gboolean
cfp_pcap_reader_add_interface(CfpPcapReader *self, CfpInterface *taken, CfpClock clock,
                              GError **error)
{
    CfpReaderInterface *interface = g_new0(CfpReaderInterface, 1);

    interface->shown = *taken;
    interface->clock = clock;
    g_ptr_array_add(self->interfaces, interface);
    taken->name = taken->description = taken->filter = taken->comment = NULL;
    self->interface_text +=
        text_length(interface->shown.name) + text_length(interface->shown.description) +
        text_length(interface->shown.filter) + text_length(interface->shown.comment);
    if (self->interfaces->len <= CFP_MAX_INTERFACES &&
        self->interface_text <= CFP_MAX_INTERFACE_TEXT)
        return TRUE;
    /* One that nobody was told about may go again. */
    g_ptr_array_set_size(self->interfaces, (int)self->interfaces->len - 1);
    if (self->interfaces->len == CFP_MAX_INTERFACES)
        return cfp_pcap_reader_corrupt(self, error, "it declares more than %u interfaces",
                                       CFP_MAX_INTERFACES);
    return cfp_pcap_reader_corrupt(self, error, "its interfaces have more than %u bytes of text",
                                   CFP_MAX_INTERFACE_TEXT);
}

/* The first bytes as a person can read them: printable ASCII, everything else as a dot. */
static char *
printable(const uint8_t *data, size_t len)
{
    GString *text = g_string_sized_new(len);

    for (size_t i = 0; i < len; i++)
        g_string_append_c(text, g_ascii_isprint((char)data[i]) ? (char)data[i] : '.');
    return g_string_free(text, FALSE);
}

static const char *
guess_text(const uint8_t *data, size_t len)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
    size_t i = 0;

    if (len >= sizeof byte_order_mark && memcmp(data, byte_order_mark, sizeof byte_order_mark) == 0)
        i = sizeof byte_order_mark;
    while (i < len && g_ascii_isspace((char)data[i]))
        i++;
    if (i == len)
        return NULL;
    if (data[i] == '{' || data[i] == '[')
        return "JSON text";
    if (data[i] != '<')
        return NULL;
    if (len - i >= 5 && g_ascii_strncasecmp((const char *)data + i, "<?xml", 5) == 0)
        return "XML text";
    return "HTML or XML text";
}

static const char *
guess_stranger(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(strangers); i++) {
        if (len >= strangers[i].len && memcmp(data, strangers[i].bytes, strangers[i].len) == 0)
            return strangers[i].name;
    }
    return NULL;
}

static gboolean
refuse(CfpPcapReader *self, const uint8_t *data, size_t len, GError **error)
{
    g_autofree char *text = NULL;
    GString *hex = g_string_new(NULL);
    g_autofree char *owned_hex = NULL;
    const char *name;

    /* More of it helps to recognise it; when it can't be had, the magic alone must do. */
    if (!cfp_byte_source_fill(self->source, SHOWN_TEXT, &data, &len, /* error= */ NULL) &&
        !cfp_byte_source_fill(self->source, MAGIC_LEN, &data, &len, /* error= */ NULL))
        len = 0;
    len = MIN(len, SHOWN_TEXT);
    for (size_t i = 0; i < MIN(len, MAGIC_LEN); i++)
        g_string_append_printf(hex, "%s%02x", i == 0 ? "" : " ", (unsigned)data[i]);
    owned_hex = g_string_free(hex, FALSE);
    name = guess_text(data, len);
    if (name) {
        text = printable(data, len);
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MAGIC,
                         "this is not a capture file but %s, it begins with %s: \"%s\"", name,
                         owned_hex, text);
    }
    name = guess_stranger(data, len);
    return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_MAGIC,
                     "this is neither a pcap nor a pcapng file%s%s, it begins with %s",
                     name ? " but " : "", name ? name : "", owned_hex);
}

/* The format whose magic begins with the bytes at hand: fewer than MAGIC_LEN only at the end. */
static const Magic *
find_magic(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++) {
        if (memcmp(data, magics[i].bytes, MIN(len, MAGIC_LEN)) == 0)
            return &magics[i];
    }
    return NULL;
}

static gboolean
recognise(CfpPcapReader *self, GError **error)
{
    const uint8_t *data;
    const Magic *magic;
    size_t len;

    if (!cfp_byte_source_fill(self->source, MAGIC_LEN, &data, &len, error))
        return FALSE;
    if (len == 0)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_EMPTY, "the file is empty");
    magic = find_magic(data, len);
    if (!magic)
        return refuse(self, data, len, error);
    self->format = magic->format;
    self->format_name = magic->name;
    self->big_endian = magic->big_endian;
    self->fraction_ns = magic->fraction_ns;
    return self->format->open(self, error);
}

/* Ends the reading for good. Takes `failure`. */
static void
latch_failure(CfpPcapReader *self, GError *failure)
{
    self->outcome = CFP_NEXT_ERROR;
    self->failure = failure;
}

gboolean
cfp_pcap_reader_open(CfpPcapReader *self, GError **error)
{
    GError *problem = NULL;

    g_assert(!self->format);
    if (recognise(self, &problem))
        return TRUE;
    latch_failure(self, problem);
    g_propagate_error(error, g_error_copy(problem));
    return FALSE;
}

static void
take_back(CfpPcapReader *self)
{
    cfp_byte_source_consume(self->source, self->lent);
    self->lent = 0;
}

CfpNext
cfp_pcap_reader_next(CfpPcapReader *self, CfpPacket *ret_packet, GError **error)
{
    GError *problem = NULL;

    if (self->outcome == CFP_NEXT_PACKET) {
        g_assert(self->format);
        take_back(self);
        self->outcome = self->format->next(self, ret_packet, &problem);
        if (self->outcome == CFP_NEXT_ERROR)
            latch_failure(self, problem);
    }
    if (self->outcome == CFP_NEXT_ERROR)
        g_propagate_error(error, g_error_copy(self->failure));
    return self->outcome;
}

gboolean
cfp_pcap_reader_ready(const CfpPcapReader *self)
{
    CfpCursor visible = {NULL, 0, self->big_endian};
    const uint8_t *data;
    size_t len, want;

    if (self->outcome != CFP_NEXT_PACKET)
        return TRUE;
    if (!self->format)
        return FALSE;
    want = MIN(cfp_byte_source_available(self->source), CFP_MAX_INPUT_BLOCK);
    if (want <= self->lent || !cfp_byte_source_fill(self->source, want, &data, &len, NULL))
        return FALSE;
    visible.data = data + self->lent;
    visible.len = len - self->lent;
    return self->format->ready(self, visible);
}

unsigned
cfp_pcap_reader_interfaces(const CfpPcapReader *self)
{
    return self->interfaces->len;
}

const CfpInterface *
cfp_pcap_reader_interface(const CfpPcapReader *self, unsigned index)
{
    const CfpReaderInterface *interface;

    g_return_val_if_fail(index < self->interfaces->len, NULL);
    interface = g_ptr_array_index(self->interfaces, index);
    return &interface->shown;
}

uint64_t
cfp_pcap_reader_offset(const CfpPcapReader *self)
{
    return self->offset;
}

const char *
cfp_pcap_reader_format(const CfpPcapReader *self)
{
    return self->format_name;
}
