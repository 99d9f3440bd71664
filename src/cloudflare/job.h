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

/* Fallbacks that are tried: what may be refused is a port without a protocol, an IPv6 address, a
 * network, and what else came from the capture filter. Each costs a request, of which an account
 * has few. */
#define CFP_JOB_MAX_FALLBACKS 5u

/** One capture at Cloudflare, from its request to the moment when it can be downloaded. */
typedef struct CfpJob CfpJob;

/**
 * api: borrowed. request: copied; its filter is the first choice. fallbacks: copied; the filters to
 * ask for when the service refuses the one before, from the strictest to the loosest. What they let
 * through beyond the first choice is the caller's to filter. NULL when n_fallbacks is 0. progress:
 * may be NULL.
 */
CfpJob *cfp_job_new(CfpApi *api, const CfpCaptureRequest *request, const CfpFilterV1 *fallbacks,
                    size_t n_fallbacks, CfpTurn turn, CfpProgress progress, void *progress_data);

void cfp_job_free(CfpJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpJob, cfp_job_free)

/**
 * Creates the capture. It is never created twice: when an answer is lost, it is looked for in the
 * list before another is made. Waits for the service's turn. When the service refuses the request
 * for its filter, or for no reason that can be told while the filter has something that it may not
 * take, the next fallback without what was refused is asked for, CFP_JOB_MAX_FALLBACKS at most; the
 * last refusal is the error. Errors: CFP_API_ERROR_*, CFP_HTTP_ERROR_*, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_job_create(CfpJob *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Waits until the capture is ready: polling quickly at first, then less and less often.
 * Errors: CFP_JOB_ERROR_*, CFP_API_ERROR_*, CFP_HTTP_ERROR_*, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_job_wait(CfpJob *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** The capture as last seen; NULL before it is created. Borrowed. */
const CfpCaptureInfo *cfp_job_capture(const CfpJob *self);

/** The request as it was accepted, with the filter that was. Borrowed. */
const CfpCaptureRequest *cfp_job_request(const CfpJob *self);

/** Seconds that were spent waiting for the service's turn. */
guint cfp_job_turn_waited_s(const CfpJob *self);

#endif
