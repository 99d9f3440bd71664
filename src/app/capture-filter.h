/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_CAPTURE_FILTER_H
#define CFP_APP_CAPTURE_FILTER_H

#include "filter/pushdown.h"
#include "net/pump.h"

/** All that filters one capture: the fields of the dialog, the capture filter, and which of it is
 * applied at Cloudflare and which here. */
typedef struct CfpCaptureFilter CfpCaptureFilter;

/** Filters that are offered to the service in turn: the first choice and what it falls back to. */
#define CFP_MAX_FILTER_CHOICES 6u

/** All borrowed. */
typedef struct {
    const char *expression;    /* pcap-filter(7); NULL or "" for none */
    const CfpFilterV1 *fields; /* of the dialog */
    CfpPushdownMode mode;
    gboolean resolves_names; /* else they are refused */
    CfpPump *pump;           /* to wait in for what takes long */
} CfpCaptureFilterOptions;

/**
 * Whether the expression is one, and some packet can pass it: for Wireshark's filter field. Answers
 * in milliseconds and without the network, also when host names are allowed. Errors:
 * CFP_FILTER_ERROR_*.
 */
gboolean cfp_capture_filter_check(const char *expression, gboolean allows_names,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Checks the expression, looks up its host names if that is wanted, and finds out what Cloudflare
 * can apply. Errors: CFP_FILTER_ERROR_*, with the expression in the message; CFP_LOOKUP_ERROR_*;
 * G_IO_ERROR_CANCELLED.
 */
CfpCaptureFilter *cfp_capture_filter_new(const CfpCaptureFilterOptions *options,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_capture_filter_free(CfpCaptureFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpCaptureFilter, cfp_capture_filter_free)

/** What to ask the service for, from the strictest to the loosest; none is like the one before.
 * choices: of CFP_MAX_FILTER_CHOICES; each to be cleared. Returns their number, at least 1. */
size_t cfp_capture_filter_choices(const CfpCaptureFilter *self, CfpFilterV1 *choices);

/**
 * The expressions that a packet has to pass here when the service applies `accepted`: the capture
 * filter in any case, and the fields when the service would not take all of them. They are programs
 * of their own: a "vlan" in one must not change what the other means.
 *
 * ret_expressions: borrowed. Returns their number, 0 to 2.
 */
size_t cfp_capture_filter_local(const CfpCaptureFilter *self, const CfpFilterV1 *accepted,
                                const char *ret_expressions[2]);

/** The capture filter, compiled for a link type; NULL when it has not been yet. Borrowed. */
const CfpBpf *cfp_capture_filter_program(const CfpCaptureFilter *self, uint32_t linktype);

/** Capture filter and fields together, in pcap-filter(7) words, for people; NULL for none. Owned.
 */
char *cfp_capture_filter_to_text(const CfpCaptureFilter *self);

/** One sentence on how much of the capture filter Cloudflare applies; NULL when there is none.
 * Owned. */
char *cfp_capture_filter_explain(const CfpCaptureFilter *self, const CfpFilterV1 *accepted);

/** Whether the service took the filter that was asked for first. */
gboolean cfp_capture_filter_is_first_choice(const CfpCaptureFilter *self,
                                            const CfpFilterV1 *accepted);

/** Whether nothing in the first choice that comes from the capture filter rests on how the service
 * is assumed to read it. */
gboolean cfp_capture_filter_is_certain(const CfpCaptureFilter *self);

/** "www.example.com = 192.0.2.1, 2001:db8::1", one for each name that was looked up; ended by NULL.
 * Borrowed. */
const char *const *cfp_capture_filter_lookups(const CfpCaptureFilter *self);

#endif
