/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_REQUEST_H
#define CFP_TESTS_SERVICE_REQUEST_H

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "service/route.h"

/** How right the credentials of a request are; the words of the log's "auth". */
typedef enum {
    CFP_SERVICE_AUTH_NONE,      /* no credential at all */
    CFP_SERVICE_AUTH_WRONG,     /* a token that is unknown */
    CFP_SERVICE_AUTH_MALFORMED, /* an Authorization that is not "Bearer …" */
    CFP_SERVICE_AUTH_WRONG_KEY, /* an e-mail and key that are unknown, or only one of them */
    CFP_SERVICE_AUTH_EXPIRED,
    CFP_SERVICE_AUTH_READ_ONLY,
    CFP_SERVICE_AUTH_TOKEN,
    CFP_SERVICE_AUTH_KEY,
} CfpServiceAuth;

/** One request as the routes see it. Everything but `target` and `body` is borrowed. */
typedef struct {
    const char *method;
    const char *path;
    const char *query; /* NULL: none */
    SoupMessageHeaders *headers;
    gsize body_length;
    JsonNode *body; /* NULL: none, or not JSON */
    CfpServiceTarget *target;
    CfpServiceAuth auth;
    const char *credential; /* what was sent, for echo-token; NULL: nothing */
    char *violation;        /* set by the routes: how the request breaks the schema */
} CfpServiceRequest;

#endif
