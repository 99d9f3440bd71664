/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_RANGE_H
#define CFP_TESTS_SERVICE_RANGE_H

#include "service/answer.h"

/**
 * Turns the answer with a whole file into what the request's Range, If-Range and If-Match ask for:
 * 206, 412, 416 (RFC 9110, 13 and 14). Several ranges in one request are answered with the whole
 * file, as the specification allows. `ignores_range`: the server doesn't know Range.
 */
void cfp_service_range_apply(CfpServiceAnswer *answer, SoupMessageHeaders *request,
                             gboolean ignores_range);

#endif
