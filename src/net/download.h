/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_DOWNLOAD_H
#define CFP_NET_DOWNLOAD_H

#include "net/http.h"
#include "packet/byte-source.h"

/**
 * Called with an answer to the download that is neither 200 nor 206 nor worth another try: turns
 * it into an error. Always returns FALSE.
 */
typedef gboolean (*CfpDownloadRefusal)(const CfpHttpResponse *head, const char *body,
                                       void *refusal_data, GError **error);

/**
 * A GET as a byte source: pulled, with a bounded buffer, the network held back while nobody
 * pulls. When the connection breaks, the download goes on where it broke: with a Range request
 * (RFC 9110, 14.2; guarded by If-Range when the server gave a strong ETag), or, when the server
 * answers a Range with the whole file, by skipping what was received, after its check sum has
 * shown that it is the same. No byte is repeated or lost, or the source fails with
 * CFP_HTTP_ERROR_CHANGED. Tries that bring no new byte are limited to CFP_MAX_RESUMES.
 *
 * http: borrowed. request: copied; its method must be GET.
 * Errors of fill: CFP_HTTP_ERROR_*, those of `refusal`, G_IO_ERROR_CANCELLED.
 */
CfpByteSource *cfp_download_new(CfpHttp *http, const CfpHttpRequest *request,
                                CfpDownloadRefusal refusal, void *refusal_data);

/** Facts for the log and for tests; `source` must be one of cfp_download_new(). */
guint64 cfp_download_received(const CfpByteSource *source); /* bytes of the file so far */
guint cfp_download_resumes(const CfpByteSource *source);    /* times it went on after a break */

#endif
