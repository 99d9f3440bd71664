/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_REQUEST_LOG_H
#define CFP_TESTS_SERVICE_REQUEST_LOG_H

#include "service/request.h"

/** The service's memory of requests, in a file, too, if one is given. Safe from every thread. */
typedef struct CfpServiceLog CfpServiceLog;

/** What the log says of an answer. */
typedef struct {
    gint64 time_us;
    guint number;      /* of the request, from 1 */
    guint connection;  /* from 1 */
    guint status;      /* 0: nothing is sent */
    guint64 bytes;     /* of the body that is to be sent */
    const char *fault; /* NULL: none */
} CfpServiceLogEntry;

/** `path`: NULL for memory only. An existing file is emptied. NULL with G_FILE_ERROR. */
CfpServiceLog *cfp_service_log_new(const char *path, GError **error);
void cfp_service_log_free(CfpServiceLog *self);

/** Writes one line for a request, before anything is answered. */
void cfp_service_log_add(CfpServiceLog *self, const CfpServiceRequest *request,
                         const CfpServiceLogEntry *entry);

/** A second line for a request whose answer the peer didn't take to its end. */
void cfp_service_log_add_break(CfpServiceLog *self, guint number, guint64 bytes);

/** A copy of all lines so far, one JSON object each, ended by NULL. */
char **cfp_service_log_lines(CfpServiceLog *self);

#endif
