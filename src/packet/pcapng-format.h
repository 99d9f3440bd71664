/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_PCAPNG_FORMAT_H
#define CFP_PACKET_PCAPNG_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of pcapng that its reader and its writer share (draft-ietf-opsawg-pcapng). */

#define PCAPNG_SECTION_HEADER 0x0a0d0d0au /* the same in both byte orders */
#define PCAPNG_INTERFACE 1u
#define PCAPNG_OBSOLETE_PACKET 2u
#define PCAPNG_SIMPLE_PACKET 3u
#define PCAPNG_STATISTICS 5u
#define PCAPNG_ENHANCED_PACKET 6u

#define PCAPNG_BYTE_ORDER_MAGIC 0x1a2b3c4du

/* Block type, total length, and the total length again at the end. */
#define PCAPNG_BLOCK_OVERHEAD 12u

#define OPTION_END 0u
#define OPTION_COMMENT 1u
#define OPTION_SHB_HARDWARE 2u
#define OPTION_SHB_OS 3u
#define OPTION_SHB_APPLICATION 4u
#define OPTION_IF_NAME 2u
#define OPTION_IF_DESCRIPTION 3u
#define OPTION_IF_TSRESOL 9u
#define OPTION_IF_FILTER 11u
#define OPTION_IF_TSOFFSET 14u
#define OPTION_EPB_FLAGS 2u
#define OPTION_ISB_START 2u
#define OPTION_ISB_END 3u
#define OPTION_ISB_RECEIVED 4u
#define OPTION_ISB_ACCEPTED 6u

/* The length field of an option has 16 bits. */
#define OPTION_MAX_VALUE 65535u

/* The first byte of if_filter that says: a libpcap filter string. */
#define FILTER_TYPE_STRING 0u

/* epb_flags: where the octets of the frame check sequence are said, and how many at most. */
#define EPB_FLAGS_FCS_SHIFT 5u
#define EPB_FLAGS_FCS_MAX 15u

/** The largest length <= max at which UTF-8 text of `len` bytes can be cut between characters. */
static inline size_t
pcapng_cut_text(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((uint8_t)text[max] & 0xc0u) == 0x80u)
        max--;
    return max;
}

/** Bytes that `len` bytes of a value take with their padding. */
static inline size_t
pcapng_padded(size_t len)
{
    return (len + 3u) & ~(size_t)3u;
}

#endif
