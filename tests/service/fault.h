/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_FAULT_H
#define CFP_TESTS_SERVICE_FAULT_H

#include <glib.h>

#include "service/route.h"

/** What a fault does to an answer; the words of README.md. -1 and NULL mean "not asked for". */
typedef struct {
    gint64 status;
    gint64 code;
    char *message;
    gint64 retry_after;
    gint64 deep_json;
    gint64 huge_json;
    gint64 delay_ms;
    gint64 reset_after;
    gint64 close_after;
    gint64 truncate;
    gint64 content_length; /* a difference; 0 = right */
    gint64 slow;           /* bytes a second */
    gint64 corrupt;        /* offset */
    char *wrong_type;      /* "result" or "fields" */
    char *pointer;
    char *documentation_url;
    char *redirect;
    char *status_text;
    gboolean html;
    gboolean malformed_json;
    gboolean empty_body;
    gboolean echo_token;
    gboolean error_chain;
    gboolean hang;
    gboolean lose_answer;
    gboolean change_etag;
} CfpServiceFaultPlan;

typedef struct CfpServiceFault CfpServiceFault;

/** Reads 'SELECTOR: ACTION[,ACTION…]'. Returns NULL with G_OPTION_ERROR. */
CfpServiceFault *cfp_service_fault_parse(const char *script, GError **error);
void cfp_service_fault_free(CfpServiceFault *fault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceFault, cfp_service_fault_free)

/**
 * Counts the request if the selector's method and route are its, and returns the plan when the
 * fault applies to it, NULL otherwise. The plan is the fault's.
 */
const CfpServiceFaultPlan *cfp_service_fault_take(CfpServiceFault *fault, const char *method,
                                                  CfpServiceRoute route);

/** The script as it was given. */
const char *cfp_service_fault_text(const CfpServiceFault *fault);

/** TRUE when the request is refused: the action of the route must not happen. */
gboolean cfp_service_fault_refuses(const CfpServiceFaultPlan *plan);

#endif
