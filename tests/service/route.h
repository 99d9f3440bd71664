/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_ROUTE_H
#define CFP_TESTS_SERVICE_ROUTE_H

#include <glib.h>

/** What a request is about. The names are those of a fault's selector. */
typedef enum {
    CFP_SERVICE_ROUTE_NONE, /* no such path */
    CFP_SERVICE_ROUTE_LIST,
    CFP_SERVICE_ROUTE_CREATE,
    CFP_SERVICE_ROUTE_GET,
    CFP_SERVICE_ROUTE_DOWNLOAD,
    CFP_SERVICE_ROUTE_STOP,
    CFP_SERVICE_ROUTE_OWNERSHIP_LIST,
    CFP_SERVICE_ROUTE_OWNERSHIP_ADD,
    CFP_SERVICE_ROUTE_OWNERSHIP_VALIDATE,
    CFP_SERVICE_ROUTE_OWNERSHIP_DELETE,
    CFP_SERVICE_ROUTE_ACCOUNTS,
    CFP_SERVICE_ROUTE_VERIFY_USER,
    CFP_SERVICE_ROUTE_VERIFY_ACCOUNT,
    CFP_SERVICE_ROUTE_COUNT,
} CfpServiceRoute;

typedef struct {
    CfpServiceRoute route;
    char *account;         /* of the path, or NULL */
    char *id;              /* of a capture or bucket, or NULL */
    const char *allow;     /* set when the path is known and the method is not */
    gboolean is_malformed; /* an id that is not 32 hexadecimal digits */
} CfpServiceTarget;

/** Finds what a request line is about. `path` is the whole one, with /client/v4. */
CfpServiceTarget *cfp_service_target_new(const char *method, const char *path);
void cfp_service_target_free(CfpServiceTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceTarget, cfp_service_target_free)

/** "create", "ownership-list", …; "none" for an unknown path. */
const char *cfp_service_route_name(CfpServiceRoute route);

/** TRUE for what a token with the read permission may not do. */
gboolean cfp_service_route_writes(CfpServiceRoute route);

#endif
