/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_CLOUDFLARE_JOB_H
#define CFP_CLOUDFLARE_JOB_H

#include "cloudflare/api.h"

#define CFP_JOB_ERROR (cfp_job_error_quark())
GQuark cfp_job_error_quark(void);

typedef enum {
    CFP_JOB_ERROR_FAILED,  /* the service says that the capture failed */
    CFP_JOB_ERROR_EXPIRED, /* it was not ready in time */
} CfpJobError;

/** Told what is going on: one line without a full stop, for a person. */
typedef void (*CfpProgress)(const char *text, void *progress_data);

/** What to do while the service takes no further sample capture (one a minute). */
typedef enum {
    CFP_TURN_WAIT,
    CFP_TURN_FAIL,
} CfpTurn;

/** One capture at Cloudflare, from its request to the moment when it can be downloaded. */
typedef struct CfpJob CfpJob;

/** api: borrowed. request: copied. progress: may be NULL. */
CfpJob *cfp_job_new(CfpApi *api, const CfpCaptureRequest *request, CfpTurn turn,
                    CfpProgress progress, void *progress_data);

void cfp_job_free(CfpJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpJob, cfp_job_free)

/**
 * Creates the capture. It is never created twice: when an answer is lost, it is looked for in the
 * list before another is made. Waits for the service's turn. When the service refuses an address
 * that is a network or IPv6 (not documented whether it takes them), the request is repeated
 * without it, and cfp_job_local_filter() says what is left to be filtered here.
 * Errors: CFP_API_ERROR_*, CFP_HTTP_ERROR_*, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_job_create(CfpJob *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Waits until the capture is ready: polling quickly at first, then less and less often.
 * Errors: CFP_JOB_ERROR_*, CFP_API_ERROR_*, CFP_HTTP_ERROR_*, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_job_wait(CfpJob *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** The capture as last seen; NULL before it is created. Borrowed. */
const CfpCaptureInfo *cfp_job_capture(const CfpJob *self);

/** The request as it was accepted. Borrowed. */
const CfpCaptureRequest *cfp_job_request(const CfpJob *self);

/** A pcap-filter expression for what the service would not filter, or NULL. Borrowed. */
const char *cfp_job_local_filter(const CfpJob *self);

/** Seconds that were spent waiting for the service's turn. */
guint cfp_job_turn_waited_s(const CfpJob *self);

#endif
