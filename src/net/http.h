/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_HTTP_H
#define CFP_NET_HTTP_H

#include <glib.h>
#include <stdint.h>

#include "base/secret.h"
#include "net/http-error.h"
#include "net/pump.h"

/** HTTP/1.1 over libcurl: connections are kept and used again, certificates are verified, nothing
 * is followed to another host, nothing is decompressed behind our back. HTTP/1.1 on purpose: a
 * paused HTTP/2 stream goes on filling libcurl's memory. */
typedef struct CfpHttp CfpHttp;

/**
 * pump: borrowed, must outlive it; becomes its poller. ca_file: PEM file of the authorities to
 * trust instead of the system's, or NULL. Errors: CFP_HTTP_ERROR_LIBRARY.
 */
CfpHttp *cfp_http_new(CfpPump *pump, const char *ca_file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** All transfers must be freed first. */
void cfp_http_free(CfpHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpHttp, cfp_http_free)

CfpPump *cfp_http_pump(const CfpHttp *self);

/** TRUE for https:// to any host and http:// to a loopback address or localhost: the places where
 * a credential may be sent. Errors: CFP_HTTP_ERROR_URL with the reason. */
gboolean cfp_http_check_url(const char *url, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    const char *method;                     /* GET, POST, PUT, DELETE */
    const char *url;                        /* checked with cfp_http_check_url(); holds no secret */
    const char *const *headers;             /* "Name: value", NULL-terminated, or NULL */
    const CfpSecret *const *secret_headers; /* the same, never logged; NULL-terminated or NULL */
    const char *json;                       /* body, or NULL */
} CfpHttpRequest;

typedef struct {
    unsigned status;       /* of the final answer, e.g. 200 */
    char *content_type;    /* without parameters, lower case; NULL when absent */
    char *content_range;   /* as sent; NULL when absent */
    char *etag;            /* as sent, with its quotes; NULL when absent */
    char *location;        /* as sent; NULL when absent */
    char *ray;             /* CF-Ray: what Cloudflare's support asks for; NULL when absent */
    gint64 content_length; /* bytes; -1 when absent */
    gint64 retry_after_s;  /* seconds; -1 when absent */
    gint64 date_us;        /* the server's clock, microseconds since 1970; 0 when absent */
    gint64 rate_remaining; /* requests left, from Ratelimit; -1 when absent */
    gint64 rate_reset_s;   /* seconds until they are renewed; -1 when absent */
} CfpHttpResponse;

/**
 * Takes bytes of the body as they come. Returns FALSE when it has no room: the transfer is then
 * paused, and the same bytes are offered again after cfp_http_transfer_resume().
 */
typedef gboolean (*CfpHttpSink)(const uint8_t *data, size_t len, void *sink_data);

/** One request on its way. */
typedef struct CfpHttpTransfer CfpHttpTransfer;

/** Starts a request. sink: gets the body of every answer, whatever its status, but never before
 * this function has returned. Errors: _URL, _LIBRARY. */
CfpHttpTransfer *cfp_http_start(CfpHttp *self, const CfpHttpRequest *request, CfpHttpSink sink,
                                void *sink_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Ends the transfer, also in the middle; accepts NULL. */
void cfp_http_transfer_free(CfpHttpTransfer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpHttpTransfer, cfp_http_transfer_free)

/**
 * Waits until something more has come. Returns when the sink was called, the headers are complete
 * or the transfer is over; may return early.
 * Errors: CFP_HTTP_ERROR_TIMEOUT after CFP_STALL_TIMEOUT_S without a byte; the transfer's own
 * failure; G_IO_ERROR_CANCELLED.
 */
gboolean cfp_http_transfer_wait(CfpHttpTransfer *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** The answer's headers, or NULL while they are not complete. Borrowed. */
const CfpHttpResponse *cfp_http_transfer_response(const CfpHttpTransfer *self);

/** TRUE when the whole body has been given to the sink. */
gboolean cfp_http_transfer_is_done(const CfpHttpTransfer *self);

/** Lets a paused transfer go on; calls the sink. */
void cfp_http_transfer_resume(CfpHttpTransfer *self);

/** An answer that was read whole. */
typedef struct {
    CfpHttpResponse head;
    GString *body; /* NUL-terminated; may hold other NULs */
} CfpHttpAnswer;

void cfp_http_answer_free(CfpHttpAnswer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpHttpAnswer, cfp_http_answer_free)

/**
 * Sends a request and reads the whole answer, once, without retries. Any status is a success here.
 * max_body: bytes. ret_answer: owned.
 * Errors: CFP_HTTP_ERROR_* (TIMEOUT also after CFP_CALL_TIMEOUT_S in all), G_IO_ERROR_CANCELLED.
 */
gboolean cfp_http_perform(CfpHttp *self, const CfpHttpRequest *request, size_t max_body,
                          CfpHttpAnswer **ret_answer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Takes one header line ("Name: value") into the response. For http.c and its tests. */
void cfp_http_response_take_header(CfpHttpResponse *self, const char *line, size_t len);

/** Frees what the members hold, not the struct. */
void cfp_http_response_clear(CfpHttpResponse *self);

#endif
