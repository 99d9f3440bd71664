/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_ANSWER_H
#define CFP_TESTS_SERVICE_ANSWER_H

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "service/fault.h"

/** What is answered to one request, before anything of it is sent. */
typedef struct {
    guint status;
    SoupMessageHeaders *headers;
    GBytes *body;
    gboolean is_file; /* a download: ranges and gzip may apply */
    gboolean is_chunked;
} CfpServiceAnswer;

/** One item of `errors`. Members that are NULL or 0 are left out. */
typedef struct {
    gint64 code;
    const char *message;
    const char *pointer;
    const char *documentation_url;
    gint64 chain_code;
    const char *chain_message;
} CfpServiceProblem;

/** An answer with an empty body. */
CfpServiceAnswer *cfp_service_answer_new(guint status);
void cfp_service_answer_free(CfpServiceAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceAnswer, cfp_service_answer_free)

/** 200 with the success envelope. Takes `result`; `count` < 0 leaves result_info out. */
CfpServiceAnswer *cfp_service_answer_result(JsonNode *result, int count);

/** The failure envelope with one error. */
CfpServiceAnswer *cfp_service_answer_problem(guint status, const CfpServiceProblem *problem);
CfpServiceAnswer *cfp_service_answer_error(guint status, gint64 code, const char *message);

/** The reason phrase of a status line. */
const char *cfp_service_answer_phrase(guint status);

/** Replaces the body by `text` of type `type`. */
void cfp_service_answer_set_text(CfpServiceAnswer *answer, const char *type, const char *text);

/** The answer of a request that a fault refuses. `credential`: what echo-token repeats. */
CfpServiceAnswer *cfp_service_answer_refusal(const CfpServiceFaultPlan *plan,
                                             const char *credential);

/** Does to a finished answer what the plan asks for, except what concerns the connection. */
void cfp_service_answer_damage(CfpServiceAnswer *answer, const CfpServiceFaultPlan *plan);

#endif
