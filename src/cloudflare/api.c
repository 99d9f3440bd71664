/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "api"

#include "cloudflare/api.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/download.h"
#include "net/retry.h"

G_DEFINE_QUARK(cfp_api_error, cfp_api_error)

struct CfpApi {
    CfpHttp *http;
    char *captures_url; /* …/accounts/{id}/pcaps */
    CfpCredential credential;
    CfpSecret *secret_headers[3]; /* what is sent; NULL-terminated */
};

void
cfp_credential_clear(CfpCredential *self)
{
    g_clear_pointer(&self->token, cfp_secret_free);
    g_clear_pointer(&self->email, g_free);
    g_clear_pointer(&self->key, cfp_secret_free);
}

void
cfp_api_refusal_clear(CfpApiRefusal *self)
{
    cfp_service_error_clear(&self->error);
    self->status = 0;
    self->retry_after_s = -1;
}

static void
set_secret_headers(CfpApi *self)
{
    const CfpCredential *credential = &self->credential;

    if (credential->token) {
        self->secret_headers[0] =
            cfp_secret_new_prefixed("Authorization: Bearer ", credential->token);
        return;
    }
    if (credential->email && credential->key) {
        g_autofree char *email = g_strconcat("X-Auth-Email: ", credential->email, NULL);

        self->secret_headers[0] = cfp_secret_new(email);
        self->secret_headers[1] = cfp_secret_new_prefixed("X-Auth-Key: ", credential->key);
    }
}

CfpApi *
cfp_api_new(CfpHttp *http, const char *base_url, const char *account_id,
            const CfpCredential *credential, GError **error)
{
    g_autofree char *account = g_uri_escape_string(account_id, NULL, FALSE);
    size_t len = strlen(base_url);
    CfpApi *self;

    if (!cfp_http_check_url(base_url, error))
        return NULL;
    while (len > 0 && base_url[len - 1] == '/')
        len--;
    self = g_new0(CfpApi, 1);
    self->http = http;
    self->captures_url = g_strdup_printf("%.*s/accounts/%s/pcaps", (int)len, base_url, account);
    self->credential = (CfpCredential){
        .token = cfp_secret_copy(credential->token),
        .email = g_strdup(credential->email),
        .key = cfp_secret_copy(credential->key),
    };
    set_secret_headers(self);
    return self;
}

void
cfp_api_free(CfpApi *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(self->secret_headers); i++)
        cfp_secret_free(self->secret_headers[i]);
    cfp_credential_clear(&self->credential);
    g_free(self->captures_url);
    g_free(self);
}

CfpPump *
cfp_api_pump(const CfpApi *self)
{
    return cfp_http_pump(self->http);
}

char *
cfp_api_redact(const CfpApi *self, const char *text)
{
    g_autofree char *without_token = cfp_secret_redact(self->credential.token, text);

    return cfp_secret_redact(self->credential.key, without_token);
}

/* ---- refusals ---------------------------------------------------------------------------- */

/* Codes of Cloudflare's API in general; those of the PCAPs API are not public. Match on the code
 * first: the HTTP status that comes with it varies between reports. */
static const struct {
    gint64 code;
    CfpApiError error;
} known_codes[] = {
    {6003, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {6102, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {6103, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {6111, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {9106, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {9107, CFP_API_ERROR_CREDENTIAL_FORMAT},
    {9103, CFP_API_ERROR_CREDENTIAL},
    {9109, CFP_API_ERROR_CREDENTIAL},
    {1000, CFP_API_ERROR_CREDENTIAL},
    {1001, CFP_API_ERROR_CREDENTIAL},
    {10000, CFP_API_ERROR_FORBIDDEN},
    {7003, CFP_API_ERROR_ACCOUNT},
    {7000, CFP_API_ERROR_ACCOUNT},
    {971, CFP_API_ERROR_RATE},
    {10429, CFP_API_ERROR_RATE},
};

static CfpApiError
classify(unsigned status, gint64 code)
{
    if (status >= 500)
        return CFP_API_ERROR_SERVER;
    if (status >= 300 && status < 400)
        return CFP_API_ERROR_REDIRECT;
    if (status == 429)
        return CFP_API_ERROR_RATE;
    for (size_t i = 0; i < G_N_ELEMENTS(known_codes); i++)
        if (known_codes[i].code == code)
            return known_codes[i].error;
    if (status == 401)
        return CFP_API_ERROR_CREDENTIAL;
    if (status == 403)
        return CFP_API_ERROR_FORBIDDEN;
    if (status == 404)
        return CFP_API_ERROR_NOT_FOUND;
    /* Also a 200 whose envelope says "success": false. */
    return CFP_API_ERROR_INVALID;
}

static char *
describe(const CfpServiceError *service, unsigned status)
{
    GString *text = g_string_new(NULL);

    if (service->pointer)
        g_string_append_printf(text, "%s: ", service->pointer);
    g_string_append(text, service->message ? service->message : "no reason given");
    if (service->code >= 0)
        g_string_append_printf(text, " (code %" G_GINT64_FORMAT ", HTTP %u)", service->code,
                               status);
    else
        g_string_append_printf(text, " (HTTP %u)", status);
    if (service->documentation_url)
        g_string_append_printf(text, ", see %s", service->documentation_url);
    return g_string_free(text, FALSE);
}

/* A service may repeat the credential. It is taken out before a text is cut: half a secret would
 * not be found any more. */
static void
make_fit_to_show(const CfpApi *self, char **text)
{
    g_autofree char *clean = *text ? cfp_api_redact(self, *text) : NULL;

    g_free(*text);
    *text = cfp_text_one_line(clean, CFP_MAX_SERVICE_TEXT);
}

static gboolean
throw_refusal(const CfpApi *self, const CfpHttpResponse *head, const char *body, size_t len,
              CfpApiRefusal *ret_refusal, GError **error)
{
    g_auto(CfpApiRefusal) refusal = {.status = head->status, .retry_after_s = head->retry_after_s};
    g_autofree char *text = NULL;
    CfpApiError code;

    (void)cfp_codec_decode_errors(body, len, &refusal.error);
    make_fit_to_show(self, &refusal.error.message);
    make_fit_to_show(self, &refusal.error.documentation_url);
    make_fit_to_show(self, &refusal.error.pointer);
    code = classify(head->status, refusal.error.code);
    text = describe(&refusal.error, head->status);
    cfp_throw(error, CFP_API_ERROR, (int)code, "Cloudflare %s: %s",
              code == CFP_API_ERROR_SERVER ? "failed" : "refused the request", text);
    if (ret_refusal) {
        *ret_refusal = refusal;
        refusal.error = (CfpServiceError){.code = -1};
    }
    return FALSE;
}

/* An answer that was not understood: a refusal in the envelope of a success, or no envelope. */
static gboolean
throw_reply(const CfpApi *self, const CfpHttpAnswer *answer, GError *failure,
            CfpApiRefusal *ret_refusal, GError **error)
{
    g_autoptr(GError) owned = failure;
    g_autofree char *clean = NULL;
    g_autofree char *start = NULL;

    if (g_error_matches(owned, CFP_CODEC_ERROR, CFP_CODEC_ERROR_REFUSED))
        return throw_refusal(self, &answer->head, answer->body->str, answer->body->len, ret_refusal,
                             error);
    clean = cfp_api_redact(self, answer->body->str);
    start = cfp_text_one_line(clean, 60);
    return cfp_throw(error, CFP_API_ERROR, CFP_API_ERROR_REPLY,
                     "Cloudflare's answer can't be understood: %s%s%s%s", owned->message,
                     start[0] ? "; it begins with \"" : "", start, start[0] ? "\"" : "");
}

/* ---- calls ------------------------------------------------------------------------------- */

static void
fill_request(const CfpApi *self, CfpHttpRequest *request)
{
    request->secret_headers = (const CfpSecret *const *)self->secret_headers;
}

static gboolean
is_success(const CfpHttpAnswer *answer)
{
    return answer->head.status >= 200 && answer->head.status < 300;
}

/* One try of a reading call. ret_retry_after_s: what the server asked for; -2 when trying again
 * makes no sense. */
static gboolean
try_read(CfpApi *self, const char *url, CfpHttpAnswer **ret_answer, gint64 *ret_retry_after_s,
         GError **error)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    CfpHttpRequest request = {.method = "GET", .url = url, .headers = headers};
    g_autoptr(CfpHttpAnswer) answer = NULL;
    GError *failure = NULL;

    *ret_retry_after_s = -2;
    fill_request(self, &request);
    if (!cfp_http_perform(self->http, &request, CFP_MAX_JSON_BODY, &answer, &failure)) {
        if (cfp_http_error_is_transient(failure))
            *ret_retry_after_s = -1;
        g_propagate_error(error, failure);
        return FALSE;
    }
    if (is_success(answer)) {
        *ret_answer = g_steal_pointer(&answer);
        return TRUE;
    }
    if (cfp_retry_is_transient_status(answer->head.status))
        *ret_retry_after_s = answer->head.retry_after_s;
    return throw_refusal(self, &answer->head, answer->body->str, answer->body->len, NULL, error);
}

static gboolean
read_call(CfpApi *self, const char *url, CfpHttpAnswer **ret_answer, GError **error)
{
    for (unsigned tries = 1;; tries++) {
        g_autoptr(GError) failure = NULL;
        gint64 retry_after_s;

        if (try_read(self, url, ret_answer, &retry_after_s, &failure))
            return TRUE;
        if (retry_after_s == -2 || !cfp_retry_is_allowed(tries, retry_after_s)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_warning("try %u: %s", tries, failure->message);
        if (!cfp_pump_pause(cfp_api_pump(self),
                            cfp_retry_delay_ms(tries, retry_after_s, g_random_double()), error))
            return FALSE;
    }
}

gboolean
cfp_api_create(CfpApi *self, const CfpCaptureRequest *request, CfpCaptureInfo **ret_capture,
               CfpApiRefusal *ret_refusal, GError **error)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    g_autofree char *json = cfp_codec_encode_create(request);
    CfpHttpRequest http = {
        .method = "POST", .url = self->captures_url, .headers = headers, .json = json};
    g_autoptr(CfpHttpAnswer) answer = NULL;
    GError *failure = NULL;

    *ret_refusal = (CfpApiRefusal){.retry_after_s = -1, .error = {.code = -1}};
    fill_request(self, &http);
    if (!cfp_http_perform(self->http, &http, CFP_MAX_JSON_BODY, &answer, error))
        return FALSE;
    if (!is_success(answer))
        return throw_refusal(self, &answer->head, answer->body->str, answer->body->len, ret_refusal,
                             error);
    if (cfp_codec_decode_capture(answer->body->str, answer->body->len, ret_capture, &failure))
        return TRUE;
    return throw_reply(self, answer, failure, ret_refusal, error);
}

gboolean
cfp_api_get(CfpApi *self, const char *id, CfpCaptureInfo **ret_capture, GError **error)
{
    g_autofree char *url = g_strdup_printf("%s/%s", self->captures_url, id);
    g_autoptr(CfpHttpAnswer) answer = NULL;
    GError *failure = NULL;

    if (!read_call(self, url, &answer, error))
        return FALSE;
    if (cfp_codec_decode_capture(answer->body->str, answer->body->len, ret_capture, &failure))
        return TRUE;
    return throw_reply(self, answer, failure, NULL, error);
}

gboolean
cfp_api_list(CfpApi *self, GPtrArray **ret_captures, gint64 *ret_server_now_us, GError **error)
{
    g_autoptr(CfpHttpAnswer) answer = NULL;
    GError *failure = NULL;

    if (!read_call(self, self->captures_url, &answer, error))
        return FALSE;
    if (!cfp_codec_decode_captures(answer->body->str, answer->body->len, ret_captures, &failure))
        return throw_reply(self, answer, failure, NULL, error);
    if (ret_server_now_us)
        *ret_server_now_us = answer->head.date_us > 0 ? answer->head.date_us : g_get_real_time();
    return TRUE;
}

static gboolean
refuse_download(const CfpHttpResponse *head, const char *body, void *data, GError **error)
{
    return throw_refusal(data, head, body, strlen(body), NULL, error);
}

CfpByteSource *
cfp_api_download(CfpApi *self, const char *id)
{
    static const char *const headers[] = {"Accept: application/vnd.tcpdump.pcap", NULL};
    g_autofree char *url = g_strdup_printf("%s/%s/download", self->captures_url, id);
    CfpHttpRequest request = {.method = "GET", .url = url, .headers = headers};

    fill_request(self, &request);
    return cfp_download_new(self->http, &request, refuse_download, self);
}
