/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcap-reader-private.h"

#include "base/error.h"
#include "base/limits.h"
#include "packet/pcapng-format.h"

/* Classic pcap, draft-ietf-opsawg-pcap. */

#define FILE_HEADER_LEN 24u
#define RECORD_HEADER_LEN 16u

/* The word with the link type. */
#define LINKTYPE_MASK 0x0000ffffu
#define LINKTYPE_RESERVED 0x03ff0000u
#define LINKTYPE_HAS_FCS 0x04000000u
#define LINKTYPE_FCS_SHIFT 28u

static gboolean
read_linktype(CfpPcapReader *self, uint32_t word, CfpInterface *interface, GError **error)
{
    if ((word & LINKTYPE_RESERVED) != 0)
        return cfp_pcap_reader_corrupt(self, error, "0x%08x is not a link type", word);
    interface->linktype = word & LINKTYPE_MASK;
    /* The length counts in units of 16 bits. */
    if ((word & LINKTYPE_HAS_FCS) != 0)
        self->fcs_len = MIN(2 * (word >> LINKTYPE_FCS_SHIFT), EPB_FLAGS_FCS_MAX);
    return TRUE;
}

static gboolean
open_classic(CfpPcapReader *self, GError **error)
{
    CfpInterface interface = {.ts_digits = self->fraction_ns == 1 ? 9 : 6};
    CfpClock unused = {0};
    CfpCursor cursor = {.big_endian = self->big_endian};
    uint16_t major = 0, minor = 0;
    uint32_t word = 0;

    if (!cfp_pcap_reader_need(self, FILE_HEADER_LEN, &cursor.data, &cursor.len, error))
        return FALSE;
    /* Magic; then, behind the version, two words that older writers used for the time zone. */
    (void)cfp_cursor_skip(&cursor, 4);
    (void)cfp_cursor_u16(&cursor, &major);
    (void)cfp_cursor_u16(&cursor, &minor);
    (void)cfp_cursor_skip(&cursor, 8);
    (void)cfp_cursor_u32(&cursor, &interface.snaplen);
    (void)cfp_cursor_u32(&cursor, &word);
    if (major != 2 || minor != 4)
        return cfp_throw(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_VERSION,
                         "version %u.%u of pcap is not known", (unsigned)major, (unsigned)minor);
    if (!read_linktype(self, word, &interface, error) ||
        !cfp_pcap_reader_add_interface(self, &interface, unused, error))
        return FALSE;
    cfp_pcap_reader_drop(self, FILE_HEADER_LEN);
    return TRUE;
}

static gboolean
read_record(CfpPcapReader *self, CfpPacket *packet, gboolean *ret_end, GError **error)
{
    CfpCursor cursor = {.big_endian = self->big_endian};
    uint32_t seconds = 0, fraction = 0, caplen = 0, len = 0;
    size_t whole;

    if (!cfp_pcap_reader_need(self, RECORD_HEADER_LEN, &cursor.data, &cursor.len, error))
        return FALSE;
    *ret_end = cursor.len == 0;
    if (*ret_end)
        return TRUE;
    (void)cfp_cursor_u32(&cursor, &seconds);
    (void)cfp_cursor_u32(&cursor, &fraction);
    (void)cfp_cursor_u32(&cursor, &caplen);
    (void)cfp_cursor_u32(&cursor, &len);
    if (caplen > CFP_MAX_CAPTURED_LENGTH)
        return cfp_pcap_reader_corrupt(self, error, "a packet of %u bytes is more than %u", caplen,
                                       CFP_MAX_CAPTURED_LENGTH);
    whole = RECORD_HEADER_LEN + (size_t)caplen;
    if (cursor.len < caplen) {
        const uint8_t *data;
        size_t visible;

        if (!cfp_pcap_reader_need(self, whole, &data, &visible, error))
            return FALSE;
        cursor.data = data + RECORD_HEADER_LEN;
    }
    /* Real files have fractions of a second and more: both parts simply count. The largest sum,
     * of two 32-bit numbers, is far below 2^64. */
    *packet = (CfpPacket){
        .ts_ns = seconds * G_GUINT64_CONSTANT(1000000000) + (uint64_t)fraction * self->fraction_ns,
        .caplen = caplen,
        .len = len,
        .data = cursor.data,
        .has_flags = self->fcs_len > 0,
        .flags = self->fcs_len << EPB_FLAGS_FCS_SHIFT,
    };
    cfp_pcap_reader_lend(self, whole);
    return TRUE;
}

static CfpNext
next_classic(CfpPcapReader *self, CfpPacket *ret_packet, GError **error)
{
    gboolean end;

    if (!read_record(self, ret_packet, &end, error))
        return CFP_NEXT_ERROR;
    return end ? CFP_NEXT_END : CFP_NEXT_PACKET;
}

static gboolean
ready_classic(const CfpPcapReader *self, CfpCursor visible)
{
    uint32_t caplen;

    (void)self;
    return cfp_cursor_skip(&visible, 8) && cfp_cursor_u32(&visible, &caplen) &&
           cfp_cursor_skip(&visible, 4) &&
           (caplen > CFP_MAX_CAPTURED_LENGTH || visible.len >= caplen);
}

const CfpPcapFormat cfp_pcap_classic_format = {open_classic, next_classic, ready_classic};
