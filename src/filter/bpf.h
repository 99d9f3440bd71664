/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_BPF_H
#define CFP_FILTER_BPF_H

#include <glib.h>

#include "packet/packet.h"

#define CFP_FILTER_ERROR (cfp_filter_error_quark())
GQuark cfp_filter_error_quark(void);

typedef enum {
    CFP_FILTER_ERROR_SYNTAX,        /* libpcap refuses the expression; the message is libpcap's */
    CFP_FILTER_ERROR_NAME,          /* a host name, which would need DNS */
    CFP_FILTER_ERROR_CONTRADICTION, /* no packet can pass */
    CFP_FILTER_ERROR_TOO_COMPLEX,   /* libpcap takes too long for it */
} CfpFilterError;

/* The link types that a capture file is expected to have (LINKTYPE_ values, the file's). */
#define CFP_LINKTYPE_ETHERNET 1u
#define CFP_LINKTYPE_RAW 101u

/** A pcap-filter(7) expression, compiled by libpcap for one link type. */
typedef struct CfpBpf CfpBpf;

/**
 * linktype: LINKTYPE_ value of the file. snaplen: bytes, 0 for the maximum. An expression that no
 * packet of the link type can pass is compiled all the same: nothing matches it.
 * Errors: CFP_FILTER_ERROR_*. Makes no DNS query: see cfp_bpf_check().
 */
CfpBpf *cfp_bpf_new(const char *expression, uint32_t linktype, uint32_t snaplen,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_bpf_free(CfpBpf *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpBpf, cfp_bpf_free)

/** Whether the packet passes. What lies behind its captured bytes makes a test fail, as in the
 * kernel's own filter (pcap-filter(7)). */
gboolean cfp_bpf_match(const CfpBpf *self, const CfpPacket *packet);

/**
 * Whether an expression is one at all: valid for Ethernet or for raw IP, the link types that can be
 * expected before the file is there. An empty expression is valid.
 * Answers in milliseconds and without the network: a name that libpcap would look up in DNS is an
 * error, since the data centre's view of it may differ from this machine's. Errors:
 * CFP_FILTER_ERROR_*.
 */
gboolean cfp_bpf_check(const char *expression, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
