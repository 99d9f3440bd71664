/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/route.h"

#include <string.h>

#define BASE "/client/v4/"

/* "{account}" and "{id}" match one segment; of several rows with the same path the method decides.
 * The literal "ownership" stands before "{id}" and wins. */
typedef struct {
    const char *method;
    const char *path;
    CfpServiceRoute route;
    const char *allow;
} Row;

static const Row rows[] = {
    {"GET", "accounts", CFP_SERVICE_ROUTE_ACCOUNTS, "GET"},
    {"GET", "user/tokens/verify", CFP_SERVICE_ROUTE_VERIFY_USER, "GET"},
    {"GET", "accounts/{account}/tokens/verify", CFP_SERVICE_ROUTE_VERIFY_ACCOUNT, "GET"},
    {"GET", "accounts/{account}/pcaps", CFP_SERVICE_ROUTE_LIST, "GET, POST"},
    {"POST", "accounts/{account}/pcaps", CFP_SERVICE_ROUTE_CREATE, "GET, POST"},
    {"GET", "accounts/{account}/pcaps/ownership", CFP_SERVICE_ROUTE_OWNERSHIP_LIST, "GET, POST"},
    {"POST", "accounts/{account}/pcaps/ownership", CFP_SERVICE_ROUTE_OWNERSHIP_ADD, "GET, POST"},
    {"POST", "accounts/{account}/pcaps/ownership/validate", CFP_SERVICE_ROUTE_OWNERSHIP_VALIDATE,
     "POST"},
    {"DELETE", "accounts/{account}/pcaps/ownership/{id}", CFP_SERVICE_ROUTE_OWNERSHIP_DELETE,
     "DELETE"},
    {"GET", "accounts/{account}/pcaps/{id}", CFP_SERVICE_ROUTE_GET, "GET"},
    {"GET", "accounts/{account}/pcaps/{id}/download", CFP_SERVICE_ROUTE_DOWNLOAD, "GET"},
    {"PUT", "accounts/{account}/pcaps/{id}/stop", CFP_SERVICE_ROUTE_STOP, "PUT"},
};

static const char *const names[CFP_SERVICE_ROUTE_COUNT] = {
    "none",
    "list",
    "create",
    "get",
    "download",
    "stop",
    "ownership-list",
    "ownership-add",
    "ownership-validate",
    "ownership-delete",
    "accounts",
    "verify",
    "verify-account",
};

static gboolean
is_id(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

/* TRUE when the path has the row's form; the ids are then in `target`. */
static gboolean
match(const Row *row, const char *path, CfpServiceTarget *target)
{
    g_auto(GStrv) wanted = g_strsplit(row->path, "/", -1);
    g_auto(GStrv) given = g_strsplit(path, "/", -1);

    if (g_strv_length(wanted) != g_strv_length(given))
        return FALSE;
    const char *account = NULL;
    const char *id = NULL;
    for (size_t i = 0; wanted[i]; i++) {
        if (strcmp(wanted[i], "{account}") == 0)
            account = given[i];
        else if (strcmp(wanted[i], "{id}") == 0)
            id = given[i];
        else if (strcmp(wanted[i], given[i]) != 0)
            return FALSE;
    }
    g_free(target->account);
    g_free(target->id);
    target->account = g_strdup(account);
    target->id = g_strdup(id);
    target->is_malformed = (account && !is_id(account)) || (id && !is_id(id));
    return TRUE;
}

CfpServiceTarget *
cfp_service_target_new(const char *method, const char *path)
{
    g_autoptr(CfpServiceTarget) target = g_new0(CfpServiceTarget, 1);

    if (!g_str_has_prefix(path, BASE))
        return g_steal_pointer(&target);
    const char *known = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* A later row with {id} is not the same path as the literal that was found before. */
        if (known && strstr(rows[i].path, "{id}"))
            continue;
        if (!match(&rows[i], path + strlen(BASE), target))
            continue;
        if (strcmp(rows[i].method, method) == 0) {
            target->route = rows[i].route;
            return g_steal_pointer(&target);
        }
        known = rows[i].allow;
    }
    target->allow = known;
    return g_steal_pointer(&target);
}

void
cfp_service_target_free(CfpServiceTarget *target)
{
    if (!target)
        return;
    g_free(target->account);
    g_free(target->id);
    g_free(target);
}

const char *
cfp_service_route_name(CfpServiceRoute route)
{
    return names[route];
}

gboolean
cfp_service_route_writes(CfpServiceRoute route)
{
    return route == CFP_SERVICE_ROUTE_CREATE || route == CFP_SERVICE_ROUTE_STOP ||
           route == CFP_SERVICE_ROUTE_OWNERSHIP_ADD ||
           route == CFP_SERVICE_ROUTE_OWNERSHIP_VALIDATE ||
           route == CFP_SERVICE_ROUTE_OWNERSHIP_DELETE;
}
