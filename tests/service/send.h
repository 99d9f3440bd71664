/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_SEND_H
#define CFP_TESTS_SERVICE_SEND_H

#include <stdbool.h>

#include "service/answer.h"

/** Called once when an answer ended: `sent` bytes of the `planned` ones of its body. */
typedef void (*CfpServiceSendEnded)(gpointer data, guint number, guint64 sent, guint64 planned);

typedef struct {
    SoupServer *server;
    SoupServerMessage *message;
    GCancellable *cancellable;       /* ends what is under way */
    const CfpServiceFaultPlan *plan; /* NULL: none; used during the call only */
    guint number;
    CfpServiceSendEnded ended;
    gpointer data;
} CfpServiceSendRequest;

/** The bytes of the answer's body that will go out under the plan. */
guint64 cfp_service_send_planned(const CfpServiceAnswer *answer, const CfpServiceFaultPlan *plan);

/**
 * Sends an answer, now or later, as the plan says. Takes `answer`. What a correct HTTP server can't
 * send (a reset, a wrong length, a slow body) goes out over the connection itself, taken from
 * libsoup.
 */
void cfp_service_send(const CfpServiceSendRequest *request, CfpServiceAnswer *answer);

#endif
