/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_PUSHDOWN_H
#define CFP_FILTER_PUSHDOWN_H

#include "filter/bpf.h"
#include "filter/filter-v1.h"

/** How much of a capture filter is given to the service. */
typedef enum {
    CFP_PUSHDOWN_AUTO,   /* all that holds as the service most likely reads filter_v1 */
    CFP_PUSHDOWN_STRICT, /* only what holds however the documentation is read */
    CFP_PUSHDOWN_OFF,    /* nothing */
} CfpPushdownMode;

/** What of a capture filter the service can apply. */
typedef struct {
    /* The dialog's fields and, where they leave room, what the expression implies: every IP packet
     * that passes the expression and the fields passes this. */
    CfpFilterV1 filter;
    /* Every whole IP packet that passes `filter` passes the expression too: nothing is left to be
     * filtered here, if the service reads filter_v1 as we do. */
    gboolean is_exact;
    /* CFP_PUSHDOWN_STRICT has the same filter. */
    gboolean is_certain;
    /* The expression, compiled for these link types; NULL: it can't be, or there is none. */
    CfpBpf *raw;
    CfpBpf *ethernet;
} CfpPushdown;

/**
 * Finds the strongest filter_v1 that can be proven to be implied by a pcap-filter(7) expression
 * together with `fields`. It is read off the program that libpcap compiles from it, for raw IP and
 * for Ethernet, so that it can't disagree with libpcap about what an expression means.
 *
 * expression: NULL or "" for none. fields: of the dialog.
 * ret_pushdown: to be cleared, also after an error.
 * Errors: those of cfp_bpf_new(), when it is an expression for neither link type;
 * CFP_FILTER_ERROR_CONTRADICTION when no IP packet can pass both. Makes no DNS query. Takes less
 * than a millisecond, but minutes for some thousand ports: libpcap's compiler takes four times as
 * long for twice as many, and can't be interrupted.
 */
gboolean cfp_pushdown_compute(const char *expression, const CfpFilterV1 *fields,
                              CfpPushdownMode mode, CfpPushdown *ret_pushdown,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_pushdown_clear(CfpPushdown *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpPushdown, cfp_pushdown_clear)

#endif
