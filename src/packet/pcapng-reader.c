/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader-private.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "packet/pcapng-format.h"
#include "packet/pcapng-time.h"

/* pcapng, draft-ietf-opsawg-pcapng. */

/* Type, length and, in a Section Header Block, the byte order magic. */
#define BLOCK_START_LEN 12u
/* What is asked for at a time when a block is skipped that no buffer holds. */
#define SKIP_STEP 4096u

typedef struct {
    uint32_t type;
    uint32_t len; /* of the whole block */
    CfpCursor body;
} Block;

typedef struct {
    uint16_t code, len;
    const uint8_t *value;
} Option;

typedef enum { OPTIONS_ONE, OPTIONS_END, OPTIONS_DAMAGED } OptionOutcome;

static OptionOutcome
next_option(CfpCursor *cursor, Option *ret_option)
{
    Option option;

    /* The end mark may be missing. */
    if (cursor->len == 0)
        return OPTIONS_END;
    if (!cfp_cursor_u16(cursor, &option.code) || !cfp_cursor_u16(cursor, &option.len))
        return OPTIONS_DAMAGED;
    if (option.code == OPTION_END)
        return OPTIONS_END;
    if (!cfp_cursor_bytes(cursor, option.len, &option.value) ||
        !cfp_cursor_skip(cursor, pcapng_padded(option.len) - option.len))
        return OPTIONS_DAMAGED;
    *ret_option = option;
    return OPTIONS_ONE;
}

static CfpCursor
option_value(const CfpCursor *options, const Option *option)
{
    return (CfpCursor){option->value, option->len, options->big_endian};
}

static gboolean
damaged_options(const CfpPcapReader *self, GError **error)
{
    return cfp_pcap_reader_corrupt(self, error, "the options of the block overlap its end");
}

/* Some writers add a zero byte to texts. */
static size_t
text_len(const uint8_t *value, size_t len)
{
    const uint8_t *zero = len > 0 ? memchr(value, 0, len) : NULL;

    return zero ? (size_t)(zero - value) : len;
}

/* Returns: owned; no longer than an option may be, although repairing makes text longer. */
static char *
make_text(const uint8_t *value, size_t len)
{
    g_autofree char *valid = g_utf8_make_valid((const char *)value, (gssize)len);

    return g_strndup(valid, pcapng_cut_text(valid, strlen(valid), OPTION_MAX_VALUE));
}

/* Keeps the first text of several, and none that is empty. */
static void
keep_text(char **text, const uint8_t *value, size_t len)
{
    len = text_len(value, len);
    if (!*text && len > 0)
        *text = make_text(value, len);
}

static void
clear_interface(CfpInterface *interface)
{
    g_clear_pointer(&interface->name, g_free);
    g_clear_pointer(&interface->description, g_free);
    g_clear_pointer(&interface->filter, g_free);
    g_clear_pointer(&interface->comment, g_free);
}

/* FALSE when the option is too short for what it says. */
static gboolean
read_interface_option(const Option *option, CfpCursor value, CfpInterface *interface,
                      CfpClock *clock)
{
    uint64_t offset;

    switch (option->code) {
    case OPTION_COMMENT:
        keep_text(&interface->comment, option->value, option->len);
        return TRUE;
    case OPTION_IF_NAME:
        keep_text(&interface->name, option->value, option->len);
        return TRUE;
    case OPTION_IF_DESCRIPTION:
        keep_text(&interface->description, option->value, option->len);
        return TRUE;
    case OPTION_IF_FILTER:
        /* The other type is BPF code, which has no text. */
        if (option->len > 0 && option->value[0] == FILTER_TYPE_STRING)
            keep_text(&interface->filter, option->value + 1, option->len - 1u);
        return TRUE;
    case OPTION_IF_TSRESOL:
        if (option->len < 1)
            return FALSE;
        clock->binary = (option->value[0] & 0x80) != 0;
        clock->exponent = option->value[0] & 0x7f;
        return TRUE;
    case OPTION_IF_TSOFFSET:
        if (!cfp_cursor_u64(&value, &offset))
            return FALSE;
        memcpy(&clock->offset, &offset, sizeof offset);
        return TRUE;
    default:
        return TRUE;
    }
}

static gboolean
read_interface_options(CfpPcapReader *self, CfpCursor options, CfpInterface *interface,
                       CfpClock *clock, GError **error)
{
    OptionOutcome outcome;
    Option option;

    while ((outcome = next_option(&options, &option)) == OPTIONS_ONE) {
        if (!read_interface_option(&option, option_value(&options, &option), interface, clock))
            return cfp_pcap_reader_corrupt(self, error, "option %u of the interface is too short",
                                           (unsigned)option.code);
    }
    return outcome == OPTIONS_END ? TRUE : damaged_options(self, error);
}

static gboolean
read_interface(CfpPcapReader *self, CfpCursor body, GError **error)
{
    CfpClock clock = {.exponent = 6};
    CfpInterface interface = {0};
    uint16_t linktype;
    gboolean added;

    if (!cfp_cursor_u16(&body, &linktype) || !cfp_cursor_skip(&body, 2) ||
        !cfp_cursor_u32(&body, &interface.snaplen))
        return cfp_pcap_reader_corrupt(self, error, "the Interface Description Block is too short");
    interface.linktype = linktype;
    added = read_interface_options(self, body, &interface, &clock, error);
    if (added) {
        interface.ts_digits = pcapng_time_digits(&clock);
        added = cfp_pcap_reader_add_interface(self, &interface, clock, error);
    }
    clear_interface(&interface);
    return added;
}

static gboolean
read_section(CfpPcapReader *self, CfpCursor body, GError **error)
{
    uint16_t major, minor;

    if (!cfp_cursor_skip(&body, 4) || !cfp_cursor_u16(&body, &major) ||
        !cfp_cursor_u16(&body, &minor) || !cfp_cursor_skip(&body, 8))
        return cfp_pcap_reader_corrupt(self, error, "the Section Header Block is too short");
    /* 1.2 was written by mistake and is the same. */
    if (major != 1 || (minor != 0 && minor != 2))
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_VERSION,
                         "version %u.%u of pcapng is not known", (unsigned)major, (unsigned)minor);
    self->first_interface = self->interfaces->len;
    return TRUE;
}

/* Valid text is shown where it stands, which is the normal case and costs no copy. */
static void
keep_comment(CfpPcapReader *self, const Option *option, CfpPacket *packet)
{
    size_t len = text_len(option->value, option->len);

    if (packet->comment || len == 0)
        return;
    if (g_utf8_validate((const char *)option->value, (gssize)len, NULL)) {
        packet->comment = (const char *)option->value;
        packet->comment_len = (uint32_t)len;
        return;
    }
    g_free(self->comment);
    self->comment = make_text(option->value, len);
    packet->comment = self->comment;
    packet->comment_len = (uint32_t)strlen(self->comment);
}

static gboolean
read_packet_options(CfpPcapReader *self, CfpCursor options, CfpPacket *packet, GError **error)
{
    OptionOutcome outcome;
    Option option;

    while ((outcome = next_option(&options, &option)) == OPTIONS_ONE) {
        CfpCursor value = option_value(&options, &option);

        if (option.code == OPTION_COMMENT)
            keep_comment(self, &option, packet);
        else if (option.code == OPTION_EPB_FLAGS && !packet->has_flags)
            packet->has_flags = cfp_cursor_u32(&value, &packet->flags);
    }
    return outcome == OPTIONS_END ? TRUE : damaged_options(self, error);
}

/* NULL with `error` when the section declares no such interface. */
static const CfpReaderInterface *
find_interface(CfpPcapReader *self, uint32_t number, GError **error)
{
    if (number < self->interfaces->len - self->first_interface)
        return g_ptr_array_index(self->interfaces, self->first_interface + number);
    cfp_pcap_reader_corrupt(self, error, "a packet is of interface %u, which is not declared",
                            number);
    return NULL;
}

/* Data, padding and options of a packet, whose lengths are known. */
static gboolean
read_packet_data(CfpPcapReader *self, CfpCursor *body, CfpPacket *packet, GError **error)
{
    if (packet->caplen > CFP_MAX_CAPTURED_LENGTH)
        return cfp_pcap_reader_corrupt(self, error, "a packet of %u bytes is more than %u",
                                       packet->caplen, CFP_MAX_CAPTURED_LENGTH);
    if (!cfp_cursor_bytes(body, packet->caplen, &packet->data) ||
        !cfp_cursor_skip(body, pcapng_padded(packet->caplen) - packet->caplen))
        return cfp_pcap_reader_corrupt(self, error, "a packet of %u bytes is longer than its block",
                                       packet->caplen);
    return TRUE;
}

/* Enhanced Packet Block and the obsolete Packet Block, which differ in the first fields. */
static gboolean
read_packet(CfpPcapReader *self, uint32_t type, CfpCursor body, CfpPacket *ret_packet,
            GError **error)
{
    const CfpReaderInterface *interface;
    CfpPacket packet = {0};
    uint16_t short_number = 0;
    uint32_t number = 0, high, low;
    gboolean whole;

    if (type == PCAPNG_ENHANCED_PACKET)
        whole = cfp_cursor_u32(&body, &number);
    else
        whole = cfp_cursor_u16(&body, &short_number) && cfp_cursor_skip(&body, 2);
    number |= short_number;
    if (!whole || !cfp_cursor_u32(&body, &high) || !cfp_cursor_u32(&body, &low) ||
        !cfp_cursor_u32(&body, &packet.caplen) || !cfp_cursor_u32(&body, &packet.len))
        return cfp_pcap_reader_corrupt(self, error, "the packet block is too short");
    interface = find_interface(self, number, error);
    if (!interface || !read_packet_data(self, &body, &packet, error) ||
        !read_packet_options(self, body, &packet, error))
        return FALSE;
    packet.iface = self->first_interface + number;
    packet.ts_ns = pcapng_time_ns(&interface->clock, (uint64_t)high << 32 | low);
    *ret_packet = packet;
    return TRUE;
}

/* The block has no time and no captured length: that follows from the interface's limit. */
static gboolean
read_simple_packet(CfpPcapReader *self, CfpCursor body, CfpPacket *ret_packet, GError **error)
{
    const CfpReaderInterface *interface;
    CfpPacket packet = {.iface = self->first_interface};

    if (!cfp_cursor_u32(&body, &packet.len))
        return cfp_pcap_reader_corrupt(self, error, "the packet block is too short");
    interface = find_interface(self, 0, error);
    if (!interface)
        return FALSE;
    packet.caplen = packet.len;
    if (interface->shown.snaplen > 0)
        packet.caplen = MIN(packet.len, interface->shown.snaplen);
    if (!read_packet_data(self, &body, &packet, error))
        return FALSE;
    *ret_packet = packet;
    return TRUE;
}

static gboolean
is_read(uint32_t type)
{
    return type == PCAPNG_SECTION_HEADER || type == PCAPNG_INTERFACE ||
           type == PCAPNG_ENHANCED_PACKET || type == PCAPNG_SIMPLE_PACKET ||
           type == PCAPNG_OBSOLETE_PACKET;
}

static gboolean
has_packet(uint32_t type)
{
    return type == PCAPNG_ENHANCED_PACKET || type == PCAPNG_SIMPLE_PACKET ||
           type == PCAPNG_OBSOLETE_PACKET;
}

/* A Section Header Block says its byte order, which holds for its own length already. */
static gboolean
find_byte_order(CfpCursor start, bool *ret_big_endian)
{
    uint32_t magic = 0;

    start.big_endian = false;
    if (!cfp_cursor_skip(&start, 8) || !cfp_cursor_u32(&start, &magic))
        return FALSE;
    *ret_big_endian = magic == GUINT32_SWAP_LE_BE_CONSTANT(PCAPNG_BYTE_ORDER_MAGIC);
    return *ret_big_endian || magic == PCAPNG_BYTE_ORDER_MAGIC;
}

/* Type and length, checked. ret_end: the data ends here. */
static gboolean
read_start(CfpPcapReader *self, Block *block, gboolean *ret_end, GError **error)
{
    CfpCursor start = {.big_endian = self->big_endian};

    if (!cfp_pcap_reader_need(self, BLOCK_START_LEN, &start.data, &start.len, error))
        return FALSE;
    *ret_end = start.len == 0;
    if (*ret_end)
        return TRUE;
    block->body = start;
    (void)cfp_cursor_u32(&start, &block->type);
    if (block->type == PCAPNG_SECTION_HEADER) {
        if (!find_byte_order(block->body, &self->big_endian))
            return cfp_pcap_reader_corrupt(self, error, "the section has no byte order");
        start.big_endian = self->big_endian;
    }
    (void)cfp_cursor_u32(&start, &block->len);
    if (block->len < PCAPNG_BLOCK_OVERHEAD || block->len % 4 != 0)
        return cfp_pcap_reader_corrupt(self, error, "a block can't have %u bytes", block->len);
    if (is_read(block->type) && block->len > CFP_MAX_INPUT_BLOCK)
        return cfp_pcap_reader_corrupt(self, error, "a block of %u bytes is more than %u",
                                       block->len, CFP_MAX_INPUT_BLOCK);
    return TRUE;
}

static gboolean
check_trailer(const CfpPcapReader *self, uint32_t len, const uint8_t *data, GError **error)
{
    CfpCursor trailer = {data, 4, self->big_endian};
    uint32_t again = 0;

    (void)cfp_cursor_u32(&trailer, &again);
    if (again == len)
        return TRUE;
    return cfp_pcap_reader_corrupt(self, error, "the lengths of a block differ: %u and %u", len,
                                   again);
}

/* Makes the whole block visible; `start` shows what is visible so far. */
static gboolean
read_body(CfpPcapReader *self, Block *block, GError **error)
{
    const uint8_t *data = block->body.data;
    size_t visible = block->body.len;

    if (visible < block->len && !cfp_pcap_reader_need(self, block->len, &data, &visible, error))
        return FALSE;
    if (!check_trailer(self, block->len, data + block->len - 4, error))
        return FALSE;
    block->body = (CfpCursor){data + 8, block->len - PCAPNG_BLOCK_OVERHEAD, self->big_endian};
    return TRUE;
}

/* A block that is not read, of any size. The offset stays at its beginning for the messages. */
static gboolean
skip_block(CfpPcapReader *self, uint32_t len, GError **error)
{
    uint32_t left = len;
    const uint8_t *data;
    size_t visible;

    while (left > 4) {
        if (!cfp_pcap_reader_need(self, MIN(left, SKIP_STEP), &data, &visible, error))
            return FALSE;
        if (visible == 0)
            break;
        visible = MIN(visible, left - 4);
        cfp_byte_source_consume(self->source, visible);
        left -= (uint32_t)visible;
    }
    if (!cfp_pcap_reader_need(self, 4, &data, &visible, error))
        return FALSE;
    if (visible == 0)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_TRUNCATED,
                         "the file ends in the middle of the block at byte %" G_GUINT64_FORMAT,
                         self->offset);
    if (!check_trailer(self, len, data, error))
        return FALSE;
    cfp_byte_source_consume(self->source, 4);
    self->offset += len;
    return TRUE;
}

/* Anything but a packet. */
static gboolean
read_other(CfpPcapReader *self, const Block *block, GError **error)
{
    gboolean good;

    if (block->type == PCAPNG_SECTION_HEADER)
        good = read_section(self, block->body, error);
    else
        good = read_interface(self, block->body, error);
    if (good)
        cfp_pcap_reader_drop(self, block->len);
    return good;
}

static gboolean
open_pcapng(CfpPcapReader *self, GError **error)
{
    Block block = {0};
    gboolean end;

    return read_start(self, &block, &end, error) && read_body(self, &block, error) &&
           read_other(self, &block, error);
}

static gboolean
read_packet_block(CfpPcapReader *self, const Block *block, CfpPacket *ret_packet, GError **error)
{
    gboolean good;

    if (block->type == PCAPNG_SIMPLE_PACKET)
        good = read_simple_packet(self, block->body, ret_packet, error);
    else
        good = read_packet(self, block->type, block->body, ret_packet, error);
    if (good)
        cfp_pcap_reader_lend(self, block->len);
    return good;
}

static CfpNext
next_pcapng(CfpPcapReader *self, CfpPacket *ret_packet, GError **error)
{
    Block block = {0};
    gboolean end, good;

    for (;;) {
        if (!read_start(self, &block, &end, error))
            return CFP_NEXT_ERROR;
        if (end)
            return CFP_NEXT_END;
        if (!is_read(block.type)) {
            good = skip_block(self, block.len, error);
        } else {
            good = read_body(self, &block, error);
            if (good && has_packet(block.type))
                return read_packet_block(self, &block, ret_packet, error) ? CFP_NEXT_PACKET
                                                                          : CFP_NEXT_ERROR;
            good = good && read_other(self, &block, error);
        }
        if (!good)
            return CFP_NEXT_ERROR;
    }
}

/* Damage is ready too: it needs no waiting to be reported. */
static gboolean
ready_pcapng(const CfpPcapReader *self, CfpCursor visible)
{
    uint32_t type, len;

    (void)self;
    while (visible.len >= BLOCK_START_LEN) {
        CfpCursor start = visible;

        (void)cfp_cursor_u32(&start, &type);
        if (type == PCAPNG_SECTION_HEADER && !find_byte_order(visible, &visible.big_endian))
            return TRUE;
        start.big_endian = visible.big_endian;
        (void)cfp_cursor_u32(&start, &len);
        if (len < PCAPNG_BLOCK_OVERHEAD || len % 4 != 0 ||
            (is_read(type) && len > CFP_MAX_INPUT_BLOCK))
            return TRUE;
        if (!cfp_cursor_skip(&visible, len))
            return FALSE;
        if (has_packet(type))
            return TRUE;
    }
    return FALSE;
}

const CfpPcapFormat cfp_pcapng_format = {open_pcapng, next_pcapng, ready_pcapng};
