/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_SCHEMA_H
#define CFP_TESTS_SERVICE_SCHEMA_H

#include <json-glib/json-glib.h>

/** The request bodies of the PCAPs API. */
typedef enum {
    CFP_SERVICE_BODY_CREATE,
    CFP_SERVICE_BODY_OWNERSHIP_ADD,
    CFP_SERVICE_BODY_OWNERSHIP_VALIDATE,
} CfpServiceBody;

/** What is wrong with a request. Neither text ever holds the value of a destination_conf. */
typedef struct {
    char *pointer; /* JSON pointer to the member, "" for the whole body */
    char *message; /* names the member */
} CfpServiceViolation;

/**
 * Checks a body against the official schema of 2026-08-14, more strictly than that document: the
 * branch of a create request is chosen by its `type`, and unknown members are refused.
 *
 * `now_us`: the service's clock, for the 24 hours of offset_time. Returns NULL when the body is
 * valid.
 */
CfpServiceViolation *cfp_service_schema_check(CfpServiceBody kind, JsonNode *body, gint64 now_us);

CfpServiceViolation *cfp_service_violation_new(const char *pointer, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
void cfp_service_violation_free(CfpServiceViolation *violation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceViolation, cfp_service_violation_free)

#endif
