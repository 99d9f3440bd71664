/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_PACKET_H
#define CFP_PACKET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * One captured packet. A value that borrows: `data` and `comment` are valid until the next call on
 * the reader that returned it.
 */
typedef struct {
    uint64_t ts_ns;       /* capture time, nanoseconds since 1970-01-01 00:00 UTC; 0 = unknown */
    uint32_t caplen;      /* bytes at `data`, at most CFP_MAX_CAPTURED_LENGTH */
    uint32_t len;         /* bytes on the wire; may be smaller than caplen in damaged files */
    uint32_t iface;       /* index of the interface in the reader that returned it */
    const uint8_t *data;  /* the packet, from its link-layer header on */
    const char *comment;  /* UTF-8 or NULL, not NUL-terminated; the first opt_comment */
    uint32_t comment_len; /* bytes at `comment` */
    bool has_flags;       /* `flags` is set (pcapng, or a classic pcap file with FCS length) */
    uint32_t flags;       /* epb_flags, host order: direction, reception type, FCS length, errors */
} CfpPacket;

/**
 * One interface of a capture file: what every packet of it shares. Strings are UTF-8 or NULL.
 */
typedef struct {
    uint32_t linktype; /* LINKTYPE_ value as in the file (not a host's DLT_ value) */
    uint32_t snaplen;  /* bytes; 0 = unlimited */
    uint8_t ts_digits; /* decimal digits of a second that times have: 6 or 9 */
    char *name;        /* if_name */
    char *description; /* if_description */
    char *filter;      /* if_filter: the capture filter as a pcap-filter(7) expression */
    char *comment;     /* opt_comment */
} CfpInterface;

/** What a capture file says of itself; every string is UTF-8 or NULL. */
typedef struct {
    const char *hardware;        /* shb_hardware */
    const char *os;              /* shb_os */
    const char *application;     /* shb_userappl */
    const char *const *comments; /* opt_comment, NULL-terminated array, or NULL */
} CfpSection;

/** Capture statistics of one interface (pcapng Interface Statistics Block). */
typedef struct {
    uint64_t start_ns, end_ns; /* capture window, nanoseconds since the epoch; 0 = unknown */
    uint64_t received;         /* packets that came from the service */
    uint64_t accepted;         /* packets that passed the filter */
    const char *comment;       /* UTF-8 or NULL */
} CfpStatistics;

#endif
