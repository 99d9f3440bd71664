/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_AUTH_H
#define CFP_TESTS_SERVICE_AUTH_H

#include "service/answer.h"
#include "service/options.h"
#include "service/request.h"

/** Judges the credentials of a request. `credential`: borrowed, see CfpServiceRequest. */
CfpServiceAuth cfp_service_auth_check(const CfpServiceOptions *options, SoupMessageHeaders *headers,
                                      const char **credential);

/** The refusal for these credentials, NULL when they suffice for the route. */
CfpServiceAnswer *cfp_service_auth_refuse(CfpServiceAuth auth, CfpServiceRoute route);

/** The word of the log: "token", "key", "none" or "wrong". */
const char *cfp_service_auth_word(CfpServiceAuth auth);

#endif
