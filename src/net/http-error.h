/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_HTTP_ERROR_H
#define CFP_NET_HTTP_ERROR_H

#include <glib.h>

#define CFP_HTTP_ERROR (cfp_http_error_quark())
GQuark cfp_http_error_quark(void);

/** Failures below the level of HTTP: an answer with any status is not one of them. */
typedef enum {
    CFP_HTTP_ERROR_LIBRARY,     /* libcurl is missing or too old */
    CFP_HTTP_ERROR_URL,         /* not a URL we may send a secret to */
    CFP_HTTP_ERROR_RESOLVE,     /* no such host name */
    CFP_HTTP_ERROR_CONNECT,     /* host or port not reachable */
    CFP_HTTP_ERROR_TLS,         /* certificate or handshake */
    CFP_HTTP_ERROR_TIMEOUT,     /* no byte for too long */
    CFP_HTTP_ERROR_INTERRUPTED, /* the connection broke */
    CFP_HTTP_ERROR_TOO_LARGE,   /* more bytes than the caller allowed */
    CFP_HTTP_ERROR_CHANGED,     /* a resumed download is not the same file any more */
    CFP_HTTP_ERROR_PROTOCOL,    /* the answer is not HTTP as it should be */
} CfpHttpError;

/** TRUE when trying the same request again may succeed: resolve, connect, timeout, interrupted. */
gboolean cfp_http_error_is_transient(const GError *error);

/** TRUE when the request can't have reached the server, so that repeating it is harmless. */
gboolean cfp_http_error_was_not_sent(const GError *error);

#endif
