/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/auth.h"

#include <string.h>

CfpServiceAuth
cfp_service_auth_check(const CfpServiceOptions *options, SoupMessageHeaders *headers,
                       const char **credential)
{
    const char *authorization = soup_message_headers_get_one(headers, "Authorization");
    const char *email = soup_message_headers_get_one(headers, "X-Auth-Email");
    const char *key = soup_message_headers_get_one(headers, "X-Auth-Key");

    *credential = key;
    if (!authorization && !email && !key)
        return CFP_SERVICE_AUTH_NONE;
    if (!authorization && g_strcmp0(email, options->email) == 0 && email && key &&
        g_strcmp0(key, options->key) == 0)
        return CFP_SERVICE_AUTH_KEY;
    if (!authorization)
        return CFP_SERVICE_AUTH_WRONG_KEY;
    *credential = authorization;
    if (!g_str_has_prefix(authorization, "Bearer ") || authorization[7] == '\0' ||
        strchr(authorization + 7, ' '))
        return CFP_SERVICE_AUTH_MALFORMED;
    const char *token = *credential = authorization + 7;
    if (strcmp(token, options->token) == 0)
        return CFP_SERVICE_AUTH_TOKEN;
    if (g_strcmp0(token, options->read_only_token) == 0)
        return CFP_SERVICE_AUTH_READ_ONLY;
    return g_strcmp0(token, options->expired_token) == 0 ? CFP_SERVICE_AUTH_EXPIRED
                                                         : CFP_SERVICE_AUTH_WRONG;
}

/* Codes and texts that others have reported of the real service; which HTTP status goes with which
 * code varies between the reports. */
CfpServiceAnswer *
cfp_service_auth_refuse(CfpServiceAuth auth, CfpServiceRoute route)
{
    gboolean verifies =
        route == CFP_SERVICE_ROUTE_VERIFY_USER || route == CFP_SERVICE_ROUTE_VERIFY_ACCOUNT;
    const CfpServiceProblem malformed = {
        .code = 6003,
        .message = "Invalid request headers",
        .chain_code = 6111,
        .chain_message = "Invalid format for Authorization header",
    };

    switch (auth) {
    case CFP_SERVICE_AUTH_NONE:
        return cfp_service_answer_error(
            400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
    case CFP_SERVICE_AUTH_MALFORMED:
        return cfp_service_answer_problem(400, &malformed);
    case CFP_SERVICE_AUTH_WRONG_KEY:
        return cfp_service_answer_error(403, 9103, "Unknown X-Auth-Key or X-Auth-Email");
    case CFP_SERVICE_AUTH_WRONG:
    case CFP_SERVICE_AUTH_EXPIRED:
        return verifies ? cfp_service_answer_error(401, 1000, "Invalid API Token")
                        : cfp_service_answer_error(401, 9109, "Invalid access token");
    case CFP_SERVICE_AUTH_READ_ONLY:
        return cfp_service_route_writes(route)
                   ? cfp_service_answer_error(403, 10000, "Authentication error")
                   : NULL;
    case CFP_SERVICE_AUTH_TOKEN:
    case CFP_SERVICE_AUTH_KEY:
        return NULL;
    }
    return NULL;
}

const char *
cfp_service_auth_word(CfpServiceAuth auth)
{
    switch (auth) {
    case CFP_SERVICE_AUTH_NONE:
        return "none";
    case CFP_SERVICE_AUTH_WRONG:
    case CFP_SERVICE_AUTH_MALFORMED:
    case CFP_SERVICE_AUTH_WRONG_KEY:
    case CFP_SERVICE_AUTH_EXPIRED:
        return "wrong";
    case CFP_SERVICE_AUTH_KEY:
        return "key";
    case CFP_SERVICE_AUTH_READ_ONLY:
    case CFP_SERVICE_AUTH_TOKEN:
        return "token";
    }
    return "wrong";
}
