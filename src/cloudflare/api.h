/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_CLOUDFLARE_API_H
#define CFP_CLOUDFLARE_API_H

#include "base/secret.h"
#include "cloudflare/api-codec.h"
#include "net/http.h"
#include "packet/byte-source.h"

#define CFP_API_DEFAULT_BASE_URL "https://api.cloudflare.com/client/v4"

#define CFP_API_ERROR (cfp_api_error_quark())
GQuark cfp_api_error_quark(void);

/** What a refusal of the service means; the message carries its own words. */
typedef enum {
    CFP_API_ERROR_CREDENTIAL_FORMAT, /* a token or key of the wrong form, or in the wrong place */
    CFP_API_ERROR_CREDENTIAL,        /* unknown, revoked or expired */
    CFP_API_ERROR_FORBIDDEN,         /* no permission, or not for this account */
    CFP_API_ERROR_READ_ONLY,         /* may list and download, but not create */
    CFP_API_ERROR_ACCOUNT,           /* no such account */
    CFP_API_ERROR_NOT_FOUND,         /* no such capture, or nothing to download */
    CFP_API_ERROR_INVALID,           /* a field is refused */
    CFP_API_ERROR_RATE,              /* too many requests, or not our turn yet */
    CFP_API_ERROR_SERVER,            /* 5xx */
    CFP_API_ERROR_REDIRECT,          /* 3xx: not followed */
    CFP_API_ERROR_REPLY,             /* an answer that can't be understood */
} CfpApiError;

/** How to prove who is asking: a token, or e-mail and key (the older scheme). */
typedef struct {
    CfpSecret *token; /* NULL: e-mail and key */
    char *email;
    CfpSecret *key;
} CfpCredential;

void cfp_credential_clear(CfpCredential *self);

/** One refusal in detail, for those who decide on it. */
typedef struct {
    unsigned status;      /* HTTP; 0: there was no answer */
    gint64 retry_after_s; /* -1: none */
    CfpServiceError error;
} CfpApiRefusal;

void cfp_api_refusal_clear(CfpApiRefusal *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpApiRefusal, cfp_api_refusal_clear)

/** The PCAPs API of one account. Reading calls are repeated on 408, 425, 429, 5xx and network
 * failures, within the limits of net/retry.h; create never is. */
typedef struct CfpApi CfpApi;

/**
 * http: borrowed. base_url: with /client/v4, without a final slash or with one. credential: copied.
 * Errors: CFP_HTTP_ERROR_URL.
 */
CfpApi *cfp_api_new(CfpHttp *http, const char *base_url, const char *account_id,
                    const CfpCredential *credential, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_api_free(CfpApi *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpApi, cfp_api_free)

CfpPump *cfp_api_pump(const CfpApi *self);

/**
 * POST /pcaps, once. ret_refusal: filled when the service answered with a refusal (status > 0);
 * to be cleared. Errors: CFP_API_ERROR_*, CFP_HTTP_ERROR_*, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_api_create(CfpApi *self, const CfpCaptureRequest *request,
                        CfpCaptureInfo **ret_capture, CfpApiRefusal *ret_refusal,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** GET /pcaps/{id}. Errors: as above. */
gboolean cfp_api_get(CfpApi *self, const char *id, CfpCaptureInfo **ret_capture,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** GET /pcaps: up to 50, in no promised order. ret_captures: of CfpCaptureInfo *, owned.
 * ret_server_now_us: the service's clock at its answer, microseconds since 1970; ours if it gave
 * none. May be NULL. */
gboolean cfp_api_list(CfpApi *self, GPtrArray **ret_captures, gint64 *ret_server_now_us,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** GET /pcaps/{id}/download: the capture file of a sample capture, as it streams. `self` must
 * outlive the source. Errors of its fill: CFP_API_ERROR_*, CFP_HTTP_ERROR_*. */
CfpByteSource *cfp_api_download(CfpApi *self, const char *id);

/** Replaces the credential wherever it stands in `text` by "***". Owned. */
char *cfp_api_redact(const CfpApi *self, const char *text);

#endif
