/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_ROUTES_H
#define CFP_TESTS_SERVICE_ROUTES_H

#include "service/answer.h"
#include "service/request.h"
#include "service/state.h"

/**
 * Checks a request and does what it asks for. `status_text`: NULL, or the status that captures are
 * shown with. The answer of a download is the whole file: ranges come later.
 */
CfpServiceAnswer *cfp_service_routes_perform(CfpServiceState *state, CfpServiceRequest *request,
                                             const char *status_text);

#endif
