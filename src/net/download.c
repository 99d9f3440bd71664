/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "download"

#include "net/download.h"

#include <gio/gio.h>
#include <string.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/retry.h"

typedef struct {
    CfpByteSource base;
    CfpHttp *http;
    char *url;
    GPtrArray *headers;        /* char * */
    GPtrArray *secret_headers; /* CfpSecret * */
    CfpDownloadRefusal refusal;
    void *refusal_data;

    CfpHttpTransfer *transfer;
    CfpBuffer *buffer;
    GString *refused_body; /* of an answer that is not the file */
    uLong received_sum;    /* CRC-32 of all that came */
    guint64 received;      /* bytes of the file that came, in the buffer or consumed */
    guint64 skip;   /* bytes still to be skipped of a file that is sent again from its start */
    uLong skip_sum; /* of what is skipped */
    gint64 total;   /* size of the file; -1 unknown */
    char *etag;     /* strong, of the first answer; or NULL */
    guint tries;    /* since the last new byte */
    guint resumes;
    gboolean complete;
    guint64 received_at_try; /* where the transfer under way began */
    gboolean judged;         /* the head of the answer under way was looked at */
    GError *failure;         /* what a callback of the transfer can't return */
    GError *broken;          /* why it has ended; said again to everyone who asks again */
} Download;

/* ---- the head of an answer ----------------------------------------------------------------- */

/* Content-Range: bytes 100-199/200, or bytes * /200 with a 416 */
static gboolean
parse_content_range(const char *text, guint64 *ret_first, gint64 *ret_total)
{
    char *end = NULL;
    const char *slash;

    if (!text || g_ascii_strncasecmp(text, "bytes ", 6) != 0)
        return FALSE;
    slash = strchr(text, '/');
    *ret_total = slash && g_ascii_isdigit(slash[1])
                     ? (gint64)MIN(g_ascii_strtoull(slash + 1, NULL, 10), (guint64)G_MAXINT64)
                     : -1;
    if (text[6] == '*') {
        *ret_first = 0;
        return slash != NULL;
    }
    *ret_first = g_ascii_strtoull(text + 6, &end, 10);
    return end != text + 6 && *end == '-';
}

static gboolean
throw_changed(GError **error)
{
    return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_CHANGED,
                     "the connection broke, and when the download was resumed the file was not the "
                     "same any more");
}

static gboolean
accept_range(Download *self, const CfpHttpResponse *head, GError **error)
{
    guint64 first;
    gint64 total;

    if (!parse_content_range(head->content_range, &first, &total) || first != self->received_at_try)
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_PROTOCOL,
                         "the server answered a request for the bytes from %" G_GUINT64_FORMAT
                         " with \"%s\"",
                         self->received_at_try, head->content_range ? head->content_range : "");
    if (self->total >= 0 && total >= 0 && total != self->total)
        return throw_changed(error);
    if (self->etag && head->etag && strcmp(head->etag, self->etag) != 0)
        return throw_changed(error);
    if (self->total < 0)
        self->total = total;
    return TRUE;
}

/* The first answer says what the file is; later ones are held against it. */
static gboolean
accept_whole(Download *self, const CfpHttpResponse *head, GError **error)
{
    if (self->received_at_try == 0) {
        self->total = head->content_length;
        g_free(self->etag);
        self->etag = head->etag && head->etag[0] == '"' ? g_strdup(head->etag) : NULL;
        return TRUE;
    }
    if (self->total >= 0 && head->content_length >= 0 && head->content_length != self->total)
        return throw_changed(error);
    /* The range was ignored and the file comes from its start: skip what is known. */
    self->skip = self->received_at_try;
    self->skip_sum = crc32_z(0, NULL, 0);
    return TRUE;
}

static gboolean
is_the_file(const CfpHttpResponse *head)
{
    return head->status == 200 || head->status == 206;
}

/* Once for each answer, before its first byte is taken. */
static void
judge(Download *self, const CfpHttpResponse *head)
{
    if (self->judged)
        return;
    self->judged = TRUE;
    if (head->status == 206)
        (void)accept_range(self, head, &self->failure);
    else if (head->status == 200)
        (void)accept_whole(self, head, &self->failure);
}

/* ---- what comes in ------------------------------------------------------------------------ */

static size_t
skip_known(Download *self, const uint8_t *data, size_t len)
{
    size_t n = (size_t)MIN(self->skip, (guint64)len);

    if (n == 0)
        return 0;
    self->skip_sum = crc32_z(self->skip_sum, data, n);
    self->skip -= n;
    if (self->skip == 0 && self->skip_sum != self->received_sum)
        (void)throw_changed(&self->failure);
    return n;
}

static void
take_refusal(Download *self, const uint8_t *data, size_t len)
{
    if (self->refused_body->len + len <= CFP_MAX_JSON_BODY)
        g_string_append_len(self->refused_body, (const char *)data, (gssize)len);
}

static gboolean
take(const uint8_t *data, size_t len, void *user_data)
{
    Download *self = user_data;
    const CfpHttpResponse *head = cfp_http_transfer_response(self->transfer);
    size_t skipped;

    judge(self, head);
    if (self->failure)
        return TRUE;
    if (!is_the_file(head)) {
        take_refusal(self, data, len);
        return TRUE;
    }
    /* Room first: a refused chunk is offered again, and must not be skipped twice. */
    if (len > cfp_buffer_room(self->buffer))
        return FALSE;
    skipped = skip_known(self, data, len);
    if (self->failure || skipped == len)
        return TRUE;
    (void)cfp_buffer_append(self->buffer, data + skipped, len - skipped);
    self->received_sum = crc32_z(self->received_sum, data + skipped, len - skipped);
    self->received += len - skipped;
    return TRUE;
}

/* ---- requests --------------------------------------------------------------------------- */

static void
end_transfer(Download *self)
{
    g_clear_pointer(&self->transfer, cfp_http_transfer_free);
}

static gboolean
begin_transfer(Download *self, GError **error)
{
    g_autofree char *range = NULL;
    g_autofree char *if_range = NULL;
    g_autoptr(GPtrArray) headers = g_ptr_array_new();
    CfpHttpRequest request = {.method = "GET", .url = self->url};

    for (guint i = 0; i < self->headers->len; i++)
        g_ptr_array_add(headers, g_ptr_array_index(self->headers, i));
    if (self->received > 0) {
        range = g_strdup_printf("Range: bytes=%" G_GUINT64_FORMAT "-", self->received);
        g_ptr_array_add(headers, range);
        if (self->etag) {
            if_range = g_strconcat("If-Range: ", self->etag, NULL);
            g_ptr_array_add(headers, if_range);
        }
    }
    g_ptr_array_add(headers, NULL);
    request.headers = (const char *const *)headers->pdata;
    request.secret_headers = (const CfpSecret *const *)self->secret_headers->pdata;
    g_string_truncate(self->refused_body, 0);
    self->judged = FALSE;
    self->skip = 0;
    self->received_at_try = self->received;
    self->transfer = cfp_http_start(self->http, &request, take, self, error);
    return self->transfer != NULL;
}

/* ---- going on after a break --------------------------------------------------------------- */

static gboolean
pause_before_retry(Download *self, gint64 retry_after_s, GError **error)
{
    guint64 delay = cfp_retry_delay_ms(self->tries, retry_after_s, g_random_double());

    return cfp_pump_pause(cfp_http_pump(self->http), delay, error);
}

static gboolean
may_try_again(Download *self, gint64 retry_after_s)
{
    if (self->received > self->received_at_try)
        self->tries = 0;
    self->tries++;
    return self->tries <= CFP_MAX_RESUMES && cfp_retry_is_allowed(self->tries, retry_after_s);
}

static gboolean
recover(Download *self, GError *failure, GError **error)
{
    g_autoptr(GError) owned = failure;

    end_transfer(self);
    if (!cfp_http_error_is_transient(owned) || !may_try_again(self, -1)) {
        if (cfp_http_error_is_transient(owned) && self->received > 0)
            g_prefix_error(&owned,
                           "the download broke after %" G_GUINT64_FORMAT " bytes and could "
                           "not be resumed: ",
                           self->received);
        g_propagate_error(error, g_steal_pointer(&owned));
        return FALSE;
    }
    g_warning("the download broke after %" G_GUINT64_FORMAT " bytes, going on: %s", self->received,
              owned->message);
    if (self->received > 0)
        self->resumes++;
    return pause_before_retry(self, -1, error);
}

static gboolean
read_refusal(Download *self, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)CFP_CALL_TIMEOUT_S * G_USEC_PER_SEC;

    while (!cfp_http_transfer_is_done(self->transfer)) {
        if (!cfp_http_transfer_wait(self->transfer, error))
            return FALSE;
        if (g_get_monotonic_time() > deadline)
            return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TIMEOUT,
                             "no complete answer within %u seconds", CFP_CALL_TIMEOUT_S);
    }
    return TRUE;
}

static gboolean
handle_refusal(Download *self, GError **error)
{
    const CfpHttpResponse *head = cfp_http_transfer_response(self->transfer);
    g_autoptr(GError) failure = NULL;
    gint64 retry_after_s = head->retry_after_s;
    guint64 first;
    gint64 total;

    if (!read_refusal(self, &failure))
        return recover(self, g_steal_pointer(&failure), error);
    if (cfp_retry_is_transient_status(head->status) && may_try_again(self, retry_after_s)) {
        g_warning("the download was answered with %u, trying again", head->status);
        end_transfer(self);
        return pause_before_retry(self, retry_after_s, error);
    }
    /* Nothing behind what we have: the file is complete, its length was only not known. */
    if (head->status == 416 && parse_content_range(head->content_range, &first, &total) &&
        total >= 0 && (guint64)total == self->received) {
        self->complete = TRUE;
        return TRUE;
    }
    return self->refusal(head, self->refused_body->str, self->refusal_data, error);
}

/* ---- the byte source ------------------------------------------------------------------------ */

static gboolean
finish(Download *self, GError **error)
{
    if (self->skip > 0)
        return throw_changed(error);
    /* A server may send less than the range it was asked for. */
    if (self->total >= 0 && self->received < (guint64)self->total)
        return recover(self,
                       g_error_new_literal(CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED,
                                           "the server sent only a part of the file"),
                       error);
    self->complete = TRUE;
    g_info("%" G_GUINT64_FORMAT " bytes, resumed %u times", self->received, self->resumes);
    return TRUE;
}

static gboolean
step(Download *self, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const CfpHttpResponse *head;

    if (!self->transfer)
        return begin_transfer(self, error);
    if (!cfp_http_transfer_wait(self->transfer, &failure))
        return recover(self, g_steal_pointer(&failure), error);
    head = cfp_http_transfer_response(self->transfer);
    if (!head)
        return TRUE;
    judge(self, head);
    if (self->failure) {
        g_propagate_error(error, g_steal_pointer(&self->failure));
        return FALSE;
    }
    if (!is_the_file(head))
        return handle_refusal(self, error);
    return !cfp_http_transfer_is_done(self->transfer) || finish(self, error);
}

static gboolean
download_fill(CfpByteSource *source, size_t want, const uint8_t **ret_data, size_t *ret_len,
              GError **error)
{
    Download *self = (Download *)source;

    while (cfp_buffer_len(self->buffer) < want && !self->complete) {
        if (!self->broken && step(self, &self->broken))
            continue;
        if (error)
            *error = g_error_copy(self->broken);
        return FALSE;
    }
    *ret_data = cfp_buffer_peek(self->buffer, ret_len);
    return TRUE;
}

static void
download_consume(CfpByteSource *source, size_t count)
{
    Download *self = (Download *)source;

    cfp_buffer_consume(self->buffer, count);
    if (self->transfer && cfp_buffer_room(self->buffer) >= CFP_SOURCE_CAPACITY / 2)
        cfp_http_transfer_resume(self->transfer);
}

static size_t
download_available(const CfpByteSource *source)
{
    return cfp_buffer_len(((const Download *)source)->buffer);
}

static void
download_free(CfpByteSource *source)
{
    Download *self = (Download *)source;

    end_transfer(self);
    cfp_buffer_free(self->buffer);
    g_string_free(self->refused_body, TRUE);
    g_clear_error(&self->failure);
    g_clear_error(&self->broken);
    g_ptr_array_unref(self->headers);
    g_ptr_array_unref(self->secret_headers);
    g_free(self->etag);
    g_free(self->url);
    g_free(self);
}

static void
free_secret(void *secret)
{
    cfp_secret_free(secret);
}

static const CfpByteSourceClass download_class = {
    .fill = download_fill,
    .consume = download_consume,
    .available = download_available,
    .free = download_free,
};

CfpByteSource *
cfp_download_new(CfpHttp *http, const CfpHttpRequest *request, CfpDownloadRefusal refusal,
                 void *refusal_data)
{
    Download *self = g_new0(Download, 1);

    self->base.klass = &download_class;
    self->http = http;
    self->url = g_strdup(request->url);
    self->headers = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        g_ptr_array_add(self->headers, g_strdup(request->headers[i]));
    self->secret_headers = g_ptr_array_new_with_free_func(free_secret);
    for (size_t i = 0; request->secret_headers && request->secret_headers[i]; i++)
        g_ptr_array_add(self->secret_headers, cfp_secret_copy(request->secret_headers[i]));
    g_ptr_array_add(self->secret_headers, NULL);
    self->refusal = refusal;
    self->refusal_data = refusal_data;
    self->buffer = cfp_buffer_new(CFP_SOURCE_CAPACITY);
    self->refused_body = g_string_new(NULL);
    self->received_sum = crc32_z(0, NULL, 0);
    self->total = -1;
    return &self->base;
}

guint64
cfp_download_received(const CfpByteSource *source)
{
    return ((const Download *)source)->received;
}

guint
cfp_download_resumes(const CfpByteSource *source)
{
    return ((const Download *)source)->resumes;
}
