/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_PUSHDOWN_PROPERTIES_H
#define CFP_TESTS_SUPPORT_PUSHDOWN_PROPERTIES_H

#include "filter/filter-v1.h"
#include "support/packet-zoo.h"

/** How often what happened; a mode counts for itself. */
typedef struct {
    guint accepted;       /* expressions that libpcap takes for one of the link types */
    guint matched;        /* of these, those that some packet passed */
    guint pushed;         /* results with more than the dialog's fields */
    guint pushed_strict;  /* of these, those of the strict mode */
    guint pushed_address; /* of these, those with an address more, or a narrower one */
    guint pushed_port;
    guint pushed_protocol;
    guint exact;          /* results that say that nothing is left */
    guint contradictions; /* that libpcap doesn't see */
    guint narrowed;       /* packets that the service would not have sent, for a pushed filter */
} CfpPropertyCounts;

/**
 * Checks what cfp_pushdown_compute() promises for an expression on packets: that what passes the
 * expression and the fields passes the pushed filter, as the test service reads it; that nothing is
 * left when it says so; that nothing passes when it sees a contradiction; that the dialog's fields
 * are kept. What the expression means is decided by libpcap.
 *
 * counts: added to. Returns NULL, or what is wrong, owned.
 */
char *cfp_properties_check(const char *expression, const CfpFilterV1 *fields,
                           const CfpZooPacket *packets, size_t n, CfpPropertyCounts *counts);

/** Some of the dialog's fields, often none. To be cleared. */
void cfp_properties_make_fields(CfpFilterV1 *fields, CfpChoices *choices);

#endif
