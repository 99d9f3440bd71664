/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "http"

#include "net/http.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/libcurl-loader.h"

G_DEFINE_QUARK(cfp_http_error, cfp_http_error)

#define USER_AGENT "cloudflare-pcap/" CFP_VERSION

struct CfpHttp {
    CfpPump *pump;
    CURLM *multi;
    char *ca_file;
};

struct CfpHttpTransfer {
    CfpHttp *http;
    CURL *easy;
    struct curl_slist *headers;
    char *log_name; /* method, host and path: no query, no header */
    CfpHttpSink sink;
    void *sink_data;
    CfpHttpResponse response;
    size_t header_bytes;
    gboolean has_response; /* headers of the final answer are complete */
    gboolean paused;
    gboolean over;
    CURLcode result; /* when over */
    gint64 started_us;
    gint64 last_byte_us;
    char message[CURL_ERROR_SIZE];
};

gboolean
cfp_http_error_is_transient(const GError *error)
{
    return g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_RESOLVE) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_CONNECT) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TIMEOUT) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED);
}

gboolean
cfp_http_error_was_not_sent(const GError *error)
{
    return g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_RESOLVE) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_CONNECT) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TLS) ||
           g_error_matches(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL);
}

static gboolean
is_loopback(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

    if (address)
        return g_inet_address_get_is_loopback(address);
    return g_ascii_strcasecmp(host, "localhost") == 0;
}

gboolean
cfp_http_check_url(const char *url, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    const char *scheme, *host;

    if (!uri || !g_uri_get_host(uri) || g_uri_get_host(uri)[0] == '\0')
        /* A user name and password must not be repeated, not even a mistyped one. */
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL,
                         "\"%s\" is not a URL such as https://api.cloudflare.com/client/v4",
                         strchr(url, '@') ? "…" : url);
    scheme = g_uri_get_scheme(uri);
    host = g_uri_get_host(uri);
    if (g_uri_get_userinfo(uri) || g_uri_get_query(uri) || g_uri_get_fragment(uri))
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL,
                         "the URL for %s must not hold a user name, a query or a fragment", host);
    if (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback(host)))
        return TRUE;
    return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL,
                     "%s://%s is not encrypted: the credential is sent only over https (plain http "
                     "only to this machine)",
                     scheme, host);
}

/* ---- libcurl's side: callbacks ---------------------------------------------------------- */

static size_t
on_header(char *line, size_t size, size_t count, void *data)
{
    CfpHttpTransfer *self = data;
    size_t len = size * count;

    self->last_byte_us = g_get_monotonic_time();
    self->header_bytes += len;
    if (self->header_bytes > CFP_MAX_RESPONSE_HEADERS)
        return 0;
    /* A status line begins the answer anew: what came before was "100 Continue" or a proxy's. */
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
        cfp_http_response_clear(&self->response);
    else
        cfp_http_response_take_header(&self->response, line, len);
    return len;
}

static void
note_response(CfpHttpTransfer *self)
{
    long status = 0;

    if (self->has_response)
        return;
    (void)curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    self->response.status = (unsigned)status;
    self->has_response = TRUE;
    g_info("%s: %u after %" G_GINT64_FORMAT " ms%s%s", self->log_name, self->response.status,
           (g_get_monotonic_time() - self->started_us) / 1000, self->response.ray ? ", ray " : "",
           self->response.ray ? self->response.ray : "");
    if (self->response.rate_remaining >= 0)
        g_debug("rate limit: %" G_GINT64_FORMAT " requests left for %" G_GINT64_FORMAT " s",
                self->response.rate_remaining, self->response.rate_reset_s);
}

static size_t
on_body(char *data, size_t size, size_t count, void *user_data)
{
    CfpHttpTransfer *self = user_data;
    size_t len = size * count;

    note_response(self);
    self->last_byte_us = g_get_monotonic_time();
    if (!self->sink((const uint8_t *)data, len, self->sink_data)) {
        self->paused = TRUE;
        return CURL_WRITEFUNC_PAUSE;
    }
    return len;
}

static void
collect_results(CfpHttp *self)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(self->multi, &left))) {
        CfpHttpTransfer *transfer = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->over = TRUE;
        transfer->result = message->data.result;
        if (transfer->result == CURLE_OK)
            note_response(transfer);
    }
}

static void
drive(CfpHttp *self)
{
    int running;

    (void)curl_multi_perform(self->multi, &running);
    collect_results(self);
}

static void
poll_network(struct pollfd *fds, unsigned n, int timeout_ms, void *data)
{
    CfpHttp *self = data;
    struct curl_waitfd extra[4] = {{0}};
    int ready;

    for (unsigned i = 0; i < n && i < G_N_ELEMENTS(extra); i++) {
        extra[i].fd = fds[i].fd;
        if (fds[i].events & POLLIN)
            extra[i].events |= CURL_WAIT_POLLIN;
        if (fds[i].events & POLLOUT)
            extra[i].events |= CURL_WAIT_POLLOUT;
    }
    (void)curl_multi_poll(self->multi, extra, n, timeout_ms, &ready);
    drive(self);
}

/* ---- the client -------------------------------------------------------------------------- */

CfpHttp *
cfp_http_new(CfpPump *pump, const char *ca_file, GError **error)
{
    CfpHttp *self;

    if (!cfp_libcurl_load(error))
        return NULL;
    self = g_new0(CfpHttp, 1);
    self->pump = pump;
    self->ca_file = g_strdup(ca_file);
    self->multi = curl_multi_init();
    cfp_pump_set_poller(pump, poll_network, self);
    return self;
}

void
cfp_http_free(CfpHttp *self)
{
    if (!self)
        return;
    cfp_pump_set_poller(self->pump, NULL, NULL);
    (void)curl_multi_cleanup(self->multi);
    g_free(self->ca_file);
    g_free(self);
}

CfpPump *
cfp_http_pump(const CfpHttp *self)
{
    return self->pump;
}

static void
free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static struct curl_slist *
build_headers(const CfpHttpRequest *request)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; request->headers && request->headers[i]; i++)
        list = curl_slist_append(list, request->headers[i]);
    for (size_t i = 0; request->secret_headers && request->secret_headers[i]; i++)
        list = curl_slist_append(list, cfp_secret_reveal(request->secret_headers[i]));
    if (request->json) {
        list = curl_slist_append(list, "Content-Type: application/json");
        /* The bodies are small: waiting for "100 Continue" would cost a round trip. */
        list = curl_slist_append(list, "Expect:");
    }
    return list;
}

static CURLcode
set_body(CfpHttpTransfer *self, const CfpHttpRequest *request)
{
    /* When a kept connection turns out to be dead, libcurl sends the request again by itself. What
     * must not be sent twice gets a connection of its own. */
    if (strcmp(request->method, "GET") != 0)
        (void)curl_easy_setopt(self->easy, CURLOPT_FRESH_CONNECT, 1L);
    if (request->json) {
        (void)curl_easy_setopt(self->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)strlen(request->json));
        (void)curl_easy_setopt(self->easy, CURLOPT_COPYPOSTFIELDS, request->json);
    }
    return curl_easy_setopt(self->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static CURLcode
set_security(CfpHttpTransfer *self, const char *url)
{
    CURL *easy = self->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (self->http->ca_file)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, self->http->ca_file);
    /* A proxy would see a plain request with its credential. */
    if (g_str_has_prefix(url, "http:"))
        (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    return CURLE_OK;
}

static void
set_options(CfpHttpTransfer *self, const CfpHttpRequest *request)
{
    CURL *easy = self->easy;

    (void)curl_easy_setopt(easy, CURLOPT_URL, request->url);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else ending while a name is being resolved would wait for the resolver. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CFP_CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
    (void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->message);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, self);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, self->headers);
    (void)set_security(self, request->url);
    (void)set_body(self, request);
}

static char *
name_for_log(const CfpHttpRequest *request)
{
    g_autoptr(GUri) uri = g_uri_parse(request->url, G_URI_FLAGS_ENCODED, NULL);

    return g_strdup_printf("%s %s%s", request->method, uri ? g_uri_get_host(uri) : "?",
                           uri ? g_uri_get_path(uri) : "");
}

CfpHttpTransfer *
cfp_http_start(CfpHttp *self, const CfpHttpRequest *request, CfpHttpSink sink, void *sink_data,
               GError **error)
{
    g_autoptr(CfpHttpTransfer) transfer = NULL;
    CURLMcode code;

    if (!cfp_http_check_url(request->url, error))
        return NULL;
    transfer = g_new0(CfpHttpTransfer, 1);
    transfer->http = self;
    transfer->easy = curl_easy_init();
    transfer->sink = sink;
    transfer->sink_data = sink_data;
    transfer->headers = build_headers(request);
    transfer->log_name = name_for_log(request);
    transfer->started_us = transfer->last_byte_us = g_get_monotonic_time();
    cfp_http_response_clear(&transfer->response);
    set_options(transfer, request);
    code = curl_multi_add_handle(self->multi, transfer->easy);
    if (code != CURLM_OK) {
        cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_LIBRARY, "libcurl: %s",
                  curl_multi_strerror(code));
        return NULL;
    }
    return g_steal_pointer(&transfer);
}

void
cfp_http_transfer_free(CfpHttpTransfer *self)
{
    if (!self)
        return;
    (void)curl_multi_remove_handle(self->http->multi, self->easy);
    curl_easy_cleanup(self->easy);
    free_headers(self->headers);
    cfp_http_response_clear(&self->response);
    g_free(self->log_name);
    g_free(self);
}

const CfpHttpResponse *
cfp_http_transfer_response(const CfpHttpTransfer *self)
{
    return self->has_response ? &self->response : NULL;
}

gboolean
cfp_http_transfer_is_done(const CfpHttpTransfer *self)
{
    return self->over && self->result == CURLE_OK;
}

void
cfp_http_transfer_resume(CfpHttpTransfer *self)
{
    if (!self->paused || self->over)
        return;
    self->paused = FALSE;
    self->last_byte_us = g_get_monotonic_time();
    (void)curl_easy_pause(self->easy, CURLPAUSE_CONT);
    drive(self->http);
}

static CfpHttpError
classify(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CFP_HTTP_ERROR_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return CFP_HTTP_ERROR_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return CFP_HTTP_ERROR_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return CFP_HTTP_ERROR_TLS;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return CFP_HTTP_ERROR_INTERRUPTED;
    default:
        return CFP_HTTP_ERROR_PROTOCOL;
    }
}

static gboolean
throw_failure(const CfpHttpTransfer *self, GError **error)
{
    g_autofree char *text = cfp_text_one_line(
        self->message[0] ? self->message : curl_easy_strerror(self->result), CFP_MAX_SERVICE_TEXT);
    g_autofree char *host = NULL;
    const char *start = strchr(self->log_name, ' ');
    int code = (int)classify(self->result);
    long connect_result = 0;

    /* A time-out before the connection stands is a failure to connect. */
    (void)curl_easy_getinfo(self->easy, CURLINFO_NUM_CONNECTS, &connect_result);
    if (code == CFP_HTTP_ERROR_TIMEOUT && connect_result == 0 && !self->has_response)
        code = CFP_HTTP_ERROR_CONNECT;
    host = g_strndup(start + 1, strcspn(start + 1, "/"));
    g_info("%s: failed: %s", self->log_name, text);
    return cfp_throw(error, CFP_HTTP_ERROR, code, "%s: %s", host, text);
}

gboolean
cfp_http_transfer_wait(CfpHttpTransfer *self, GError **error)
{
    gint64 deadline = self->last_byte_us + (gint64)CFP_STALL_TIMEOUT_S * G_USEC_PER_SEC;

    if (!self->over && !self->paused && g_get_monotonic_time() >= deadline) {
        g_info("%s: no byte for %u s", self->log_name, CFP_STALL_TIMEOUT_S);
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TIMEOUT,
                         "no byte came for %u seconds", CFP_STALL_TIMEOUT_S);
    }
    if (!self->over && !cfp_pump_wait(self->http->pump, deadline, error))
        return FALSE;
    if (self->over && self->result != CURLE_OK)
        return throw_failure(self, error);
    return TRUE;
}

/* ---- whole answers ------------------------------------------------------------------------ */

typedef struct {
    GString *body;
    size_t max;
    gboolean too_large;
} Collector;

static gboolean
collect(const uint8_t *data, size_t len, void *user_data)
{
    Collector *self = user_data;

    if (self->body->len + len > self->max)
        self->too_large = TRUE;
    else
        g_string_append_len(self->body, (const char *)data, (gssize)len);
    return TRUE;
}

void
cfp_http_answer_free(CfpHttpAnswer *self)
{
    if (!self)
        return;
    cfp_http_response_clear(&self->head);
    if (self->body)
        g_string_free(self->body, TRUE);
    g_free(self);
}

gboolean
cfp_http_perform(CfpHttp *self, const CfpHttpRequest *request, size_t max_body,
                 CfpHttpAnswer **ret_answer, GError **error)
{
    g_autoptr(CfpHttpAnswer) answer = g_new0(CfpHttpAnswer, 1);
    g_autoptr(CfpHttpTransfer) transfer = NULL;
    Collector collector = {.max = max_body};
    gint64 deadline = g_get_monotonic_time() + (gint64)CFP_CALL_TIMEOUT_S * G_USEC_PER_SEC;

    cfp_http_response_clear(&answer->head);
    collector.body = answer->body = g_string_new(NULL);
    transfer = cfp_http_start(self, request, collect, &collector, error);
    if (!transfer)
        return FALSE;
    while (!cfp_http_transfer_is_done(transfer)) {
        if (!cfp_http_transfer_wait(transfer, error))
            return FALSE;
        if (collector.too_large)
            return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TOO_LARGE,
                             "the answer is larger than %zu bytes", max_body);
        if (g_get_monotonic_time() > deadline)
            return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TIMEOUT,
                             "no complete answer within %u seconds", CFP_CALL_TIMEOUT_S);
    }
    answer->head = transfer->response;
    transfer->response = (CfpHttpResponse){0};
    *ret_answer = g_steal_pointer(&answer);
    return TRUE;
}
