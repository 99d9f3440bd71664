/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/api.h"

#include <gio/gio.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/fake-time.h"
#include "support/quiet.h"
#include "support/raw-server.h"

#define ID "66802ca5668e47a2b82c2e6746e45037"
#define ACCOUNT "0123456789abcdef0123456789abcdef"
#define CAPTURE "{\"success\":true,\"result\":{\"id\":\"" ID "\",\"status\":\"pending\"}}"
#define LIST "{\"success\":true,\"result\":[{\"id\":\"" ID "\"}]}"
#define PATH "/client/v4/accounts/" ACCOUNT "/pcaps"

typedef struct {
    CfpPump *pump;
    CfpHttp *http;
    CfpRawServer *server;
    CfpApi *api;
} Fixture;

static void
clear_fixture(Fixture *self)
{
    cfp_api_free(self->api);
    cfp_http_free(self->http);
    cfp_pump_free(self->pump);
    cfp_raw_server_stop(self->server);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

static CfpApi *
new_api(const Fixture *self, const char *path, const CfpCredential *credential)
{
    g_autofree char *url = g_strconcat(cfp_raw_server_url(self->server), path, NULL);
    g_autoptr(GError) error = NULL;
    CfpApi *api = cfp_api_new(self->http, url, ACCOUNT, credential, &error);

    ASSERT_NO_ERROR(error);
    return api;
}

static Fixture
new_fixture(const CfpRawAnswer *answers, size_t n)
{
    Fixture self = {.pump = cfp_pump_new()};
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};

    cfp_fake_time_reset();
    cfp_fake_time_skip_waits();
    self.http = cfp_http_new(self.pump, NULL, NULL);
    self.server = cfp_raw_server_start(answers, n);
    self.api = new_api(&self, "/client/v4", &credential);
    cfp_credential_clear(&credential);
    return self;
}

static CfpCaptureRequest *
new_request(void)
{
    CfpCaptureRequest *request = cfp_capture_request_new();

    request->time_limit = 60;
    request->packet_limit = 100;
    return request;
}

static gboolean
create(const Fixture *self, CfpCaptureInfo **ret_capture, CfpApiRefusal *ret_refusal,
       GError **error)
{
    g_autoptr(CfpCaptureRequest) request = new_request();

    return cfp_api_create(self->api, request, ret_capture, ret_refusal, error);
}

static char *
header_of(const Fixture *self, guint request, const char *name)
{
    return cfp_raw_request_header(cfp_raw_server_request(self->server, request), name);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void
test_create(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "POST " PATH " HTTP", .status = 200, .body = CAPTURE}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_auto(CfpApiRefusal) refusal = {0};
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *type = NULL;
    g_autofree char *accept = NULL;

    ASSERT_OK(create(&f, &capture, &refusal, &error), error);
    ASSERT_STR(capture->id, ID);
    ASSERT_UINT(refusal.status, 0);
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
    type = header_of(&f, 0, "Content-Type");
    accept = header_of(&f, 0, "Accept");
    ASSERT_STR(type, "application/json");
    ASSERT_STR(accept, "application/json");
    ASSERT_STR(cfp_raw_server_request(f.server, 0)->body,
               "{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":60,"
               "\"packet_limit\":100}");
}

static void
test_reads(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "GET " PATH "/" ID " HTTP", .status = 200, .body = CAPTURE},
        {.request = "GET " PATH " HTTP", .status = 200, .body = LIST},
        {.request = "GET " PATH "/" ID "/download HTTP", .status = 200, .body = "bytes"},
    };
    g_auto(Fixture) f = new_fixture(answers, 3);
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GPtrArray) captures = NULL;
    g_autoptr(CfpByteSource) source = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *accept = NULL;
    const uint8_t *data;
    size_t len;

    ASSERT_OK(cfp_api_get(f.api, ID, &capture, &error), error);
    ASSERT_STR(capture->id, ID);
    ASSERT_OK(cfp_api_list(f.api, &captures, NULL, &error), error);
    ASSERT_UINT(captures->len, 1);
    source = cfp_api_download(f.api, ID);
    ASSERT_OK(cfp_byte_source_fill(source, 10, &data, &len, &error), error);
    ASSERT_BYTES(data, len, "bytes", 5);
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
    accept = header_of(&f, 2, "Accept");
    ASSERT_STR(accept, "application/vnd.tcpdump.pcap");
}

static void
test_base_urls(void)
{
    static const char *const paths[] = {"/client/v4", "/client/v4/", "/client/v4///"};
    CfpRawAnswer answer = {.request = "GET " PATH " HTTP", .status = 200, .body = LIST};
    const CfpRawAnswer answers[] = {answer, answer, answer};
    g_auto(Fixture) f = new_fixture(answers, 3);
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(CfpApi) api = new_api(&f, paths[i], &credential);
        g_autoptr(GPtrArray) captures = NULL;

        ASSERT_TRUE(cfp_api_pump(api) == f.pump);
        ASSERT_OK(cfp_api_list(api, &captures, NULL, &error), error);
    }
    ASSERT_TRUE(cfp_api_new(f.http, "http://example.com/client/v4", ACCOUNT, &credential, &error) ==
                NULL);
    ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL);
    cfp_credential_clear(&credential);
}

static void
test_account_is_escaped(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "GET /accounts/..%2Fx%3Fy/pcaps HTTP", .status = 200, .body = LIST}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};
    g_autoptr(CfpApi) api =
        cfp_api_new(f.http, cfp_raw_server_url(f.server), "../x?y", &credential, NULL);
    g_autoptr(GPtrArray) captures = NULL;

    cfp_credential_clear(&credential);
    ASSERT_TRUE(cfp_api_list(api, &captures, NULL, NULL));
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
}

static void
test_credentials(void)
{
    CfpRawAnswer answer = {.status = 200, .body = LIST};
    const CfpRawAnswer answers[] = {answer, answer};
    g_auto(Fixture) f = new_fixture(answers, 2);
    CfpCredential credential = {.email = g_strdup("me@example.com"), .key = cfp_secret_new("k3y")};
    g_autoptr(CfpApi) api = new_api(&f, "", &credential);
    g_autoptr(GPtrArray) first = NULL;
    g_autoptr(GPtrArray) second = NULL;
    g_autofree char *bearer = NULL;
    g_autofree char *none = NULL;
    g_autofree char *email = NULL;
    g_autofree char *key = NULL;
    g_autofree char *no_email = NULL;

    cfp_credential_clear(&credential);
    ASSERT_TRUE(cfp_api_list(f.api, &first, NULL, NULL));
    ASSERT_TRUE(cfp_api_list(api, &second, NULL, NULL));
    bearer = header_of(&f, 0, "Authorization");
    no_email = header_of(&f, 0, "X-Auth-Email");
    none = header_of(&f, 1, "Authorization");
    email = header_of(&f, 1, "X-Auth-Email");
    key = header_of(&f, 1, "X-Auth-Key");
    ASSERT_STR(bearer, "Bearer s3cret-token");
    ASSERT_STR(no_email, NULL);
    ASSERT_STR(none, NULL);
    ASSERT_STR(email, "me@example.com");
    ASSERT_STR(key, "k3y");
}

static void
test_server_clock(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", .body = LIST},
        {.status = 200, .body = LIST},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);
    g_autoptr(GPtrArray) first = NULL;
    g_autoptr(GPtrArray) second = NULL;
    gint64 now_us = 0;

    ASSERT_TRUE(cfp_api_list(f.api, &first, &now_us, NULL));
    ASSERT_INT(now_us, G_GINT64_CONSTANT(784111777000000));
    ASSERT_TRUE(cfp_api_list(f.api, &second, &now_us, NULL));
    ASSERT_TRUE(ABS(now_us - g_get_real_time()) < 60 * G_USEC_PER_SEC);
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void
test_refusals(void)
{
    static const struct {
        unsigned status;
        gint64 code;
        CfpApiError expected;
    } rows[] = {
        {400, 6003, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {400, 6102, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {400, 6103, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {400, 6111, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {400, 9106, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {400, 9107, CFP_API_ERROR_CREDENTIAL_FORMAT},
        {403, 9103, CFP_API_ERROR_CREDENTIAL},
        {400, 9103, CFP_API_ERROR_CREDENTIAL},
        {401, 9109, CFP_API_ERROR_CREDENTIAL},
        {403, 9109, CFP_API_ERROR_CREDENTIAL},
        {401, 1000, CFP_API_ERROR_CREDENTIAL},
        {401, 10000, CFP_API_ERROR_FORBIDDEN},
        {403, 10000, CFP_API_ERROR_FORBIDDEN},
        {404, 7003, CFP_API_ERROR_ACCOUNT},
        {400, 7003, CFP_API_ERROR_ACCOUNT},
        {404, 7000, CFP_API_ERROR_ACCOUNT},
        {429, 971, CFP_API_ERROR_RATE},
        {400, 971, CFP_API_ERROR_RATE},
        {429, 10429, CFP_API_ERROR_RATE},
        {429, 4711, CFP_API_ERROR_RATE},
        {401, 4711, CFP_API_ERROR_CREDENTIAL},
        {403, 4711, CFP_API_ERROR_FORBIDDEN},
        {404, 4711, CFP_API_ERROR_NOT_FOUND},
        {400, 4711, CFP_API_ERROR_INVALID},
        {409, 4711, CFP_API_ERROR_INVALID},
        {422, 4711, CFP_API_ERROR_INVALID},
        {500, 9109, CFP_API_ERROR_SERVER},
        {503, 4711, CFP_API_ERROR_SERVER},
        {599, 4711, CFP_API_ERROR_SERVER},
        /* 200 and "success": false */
        {200, 4711, CFP_API_ERROR_INVALID},
        {200, 9109, CFP_API_ERROR_CREDENTIAL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body = g_strdup_printf("{\"success\":false,\"errors\":[{\"code\":%d,"
                                                "\"message\":\"the reason\"}],\"result\":null}",
                                                (int)rows[i].code);
        g_autofree char *code_text = g_strdup_printf("code %d", (int)rows[i].code);
        const CfpRawAnswer answers[] = {
            {.status = rows[i].status, .headers = "Retry-After: 5\r\n", .body = body}};
        g_auto(Fixture) f = new_fixture(answers, 1);
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_ERROR(error, CFP_API_ERROR, rows[i].expected);
        ASSERT_CONTAINS(error->message, "the reason");
        ASSERT_CONTAINS(error->message, code_text);
        ASSERT_UINT(refusal.status, rows[i].status);
        ASSERT_INT(refusal.retry_after_s, 5);
        ASSERT_INT(refusal.error.code, rows[i].code);
        /* A request that creates is never repeated here. */
        ASSERT_UINT(cfp_raw_server_count(f.server), 1);
    }
}

static void
test_refusal_in_words(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 400,
         .body = "{\"success\":false,\"errors\":[{\"code\":1002,\"message\":\"too long\","
                 "\"documentation_url\":\"https://example.com/doc\",\"source\":{\"pointer\":"
                 "\"/time_limit\"}}]}"},
        {.status = 502, .body = "<html>\n<h1>502 Bad Gateway</h1>"},
        {.status = 302, .headers = "Location: https://example.com/\r\n"},
        {.status = 403, .body = "{\"success\":false,\"errors\":[]}"},
    };
    static const struct {
        CfpApiError code;
        const char *message;
    } expected[] = {
        {CFP_API_ERROR_INVALID, "Cloudflare refused the request: /time_limit: too long (code 1002, "
                                "HTTP 400), see https://example.com/doc"},
        {CFP_API_ERROR_SERVER, "Cloudflare failed: no reason given (HTTP 502)"},
        {CFP_API_ERROR_REDIRECT, "Cloudflare refused the request: no reason given (HTTP 302)"},
        {CFP_API_ERROR_FORBIDDEN, "Cloudflare refused the request: no reason given (HTTP 403)"},
    };
    g_auto(Fixture) f = new_fixture(answers, G_N_ELEMENTS(answers));

    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_ERROR(error, CFP_API_ERROR, expected[i].code);
        ASSERT_STR(error->message, expected[i].message);
    }
    ASSERT_UINT(cfp_raw_server_count(f.server), G_N_ELEMENTS(answers));
}

static void
test_not_understood(void)
{
    static const char *const bodies[] = {"", "<html>hello", "{\"success\":true,\"result\":7}",
                                         "{\"success\":true,\"result\":{}}", "[]"};

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        CfpRawAnswer answer = {.status = 200, .body = bodies[i]};
        const CfpRawAnswer answers[] = {answer, answer, answer};
        g_auto(Fixture) f = new_fixture(answers, 3);
        g_auto(CfpApiRefusal) refusal = {0};
        CfpCaptureInfo *capture = NULL;
        GPtrArray *captures = NULL;
        g_autoptr(GError) created = NULL;
        g_autoptr(GError) got = NULL;
        g_autoptr(GError) listed = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &created));
        ASSERT_ERROR(created, CFP_API_ERROR, CFP_API_ERROR_REPLY);
        ASSERT_FALSE(cfp_api_get(f.api, ID, &capture, &got));
        ASSERT_ERROR(got, CFP_API_ERROR, CFP_API_ERROR_REPLY);
        ASSERT_FALSE(cfp_api_list(f.api, &captures, NULL, &listed));
        ASSERT_ERROR(listed, CFP_API_ERROR, CFP_API_ERROR_REPLY);
    }
}

static void
test_shown_fit(void)
{
    g_autofree char *text = g_strnfill(5000, 'x');
    g_autofree char *body = g_strdup_printf("{\"success\":false,\"errors\":[{\"message\":"
                                            "\"two\\nlines\\u001b[31m %s\",\"source\":{"
                                            "\"pointer\":\"%s\"}}]}",
                                            text, text);
    const CfpRawAnswer answers[] = {
        {.status = 400, .body = body},
        {.status = 200, .body = "<html>\n<body>\n  <h1>error code: 502</h1>"},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);

    for (int i = 0; i < 2; i++) {
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_CONTAINS(error->message,
                        i == 0 ? "two lines [31m xxx" : "<html> <body> <h1>error code: 502");
        ASSERT_TRUE(strlen(error->message) < 1000);
        ASSERT_TRUE(!strchr(error->message, '\n'));
    }
}

/* A reading call that is refused with 200 gives the service's reason too. */
static void
test_refused_read_with_200(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200,
         .body = "{\"success\":false,\"errors\":[{\"code\":9109,\"message\":\"the reason\"}],"
                 "\"result\":null}"}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_api_get(f.api, ID, &capture, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_CREDENTIAL);
    ASSERT_CONTAINS(error->message, "the reason");
}

static void
test_download_refused(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 404,
         .body = "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"gone "
                 "s3cret-token\"}]}"}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpByteSource) source = cfp_api_download(f.api, ID);
    g_autoptr(GError) error = NULL;
    const uint8_t *data;
    size_t len;

    ASSERT_FALSE(cfp_byte_source_fill(source, 1, &data, &len, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_NOT_FOUND);
    ASSERT_STR(error->message, "Cloudflare refused the request: gone *** (code 4711, HTTP 404)");
}

/* ---- secrets -------------------------------------------------------------------------------- */

static void
test_echoed_secret(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 400,
         .body = "{\"success\":false,\"errors\":[{\"code\":6003,\"message\":\"bad header: Bearer "
                 "s3cret-token\",\"documentation_url\":\"https://x/?t=s3cret-token\",\"source\":"
                 "{\"pointer\":\"/s3cret-token\"},\"error_chain\":[{\"message\":\"also "
                 "s3cret-token\"}]}]}"},
        {.status = 200, .body = "<html>your token s3cret-token"},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);

    for (int i = 0; i < 2; i++) {
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_LACKS(error->message, "s3cret");
        ASSERT_CONTAINS(error->message, "***");
        ASSERT_LACKS(refusal.error.message, "s3cret");
        ASSERT_LACKS(refusal.error.pointer, "s3cret");
        ASSERT_LACKS(refusal.error.documentation_url, "s3cret");
    }
}

/* A secret at the place where a long text is cut must not lose its end and stay. */
static void
test_echoed_secret_cut(void)
{
    for (size_t room = CFP_MAX_SERVICE_TEXT - 30; room <= CFP_MAX_SERVICE_TEXT; room++) {
        g_autofree char *filling = g_strnfill(room, 'x');
        g_autofree char *body = g_strdup_printf(
            "{\"success\":false,\"errors\":[{\"message\":\"%ss3cret-token and more\"}]}", filling);
        const CfpRawAnswer answers[] = {{.status = 400, .body = body}};
        g_auto(Fixture) f = new_fixture(answers, 1);
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_LACKS(error->message, "s3cre");
    }
}

static void
test_echoed_secret_in_html(void)
{
    for (size_t room = 20; room <= 70; room++) {
        g_autofree char *body = g_strnfill(room, 'x');
        g_autofree char *html = g_strconcat("<", body, "s3cret-token and more", NULL);
        const CfpRawAnswer answers[] = {{.status = 200, .body = html}};
        g_auto(Fixture) f = new_fixture(answers, 1);
        g_auto(CfpApiRefusal) refusal = {0};
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(create(&f, &capture, &refusal, &error));
        ASSERT_LACKS(error->message, "s3cre");
    }
}

static void
test_redact(void)
{
    g_auto(Fixture) f = new_fixture(NULL, 0);
    CfpCredential credential = {.email = g_strdup("me@example.com"), .key = cfp_secret_new("k3y")};
    g_autoptr(CfpApi) api = new_api(&f, "", &credential);
    g_autofree char *token = cfp_api_redact(f.api, "a s3cret-token b");
    g_autofree char *key = cfp_api_redact(api, "a k3y s3cret-token");

    cfp_credential_clear(&credential);
    ASSERT_STR(token, "a *** b");
    ASSERT_STR(key, "a *** s3cret-token");
}

/* ---- trying again -----------------------------------------------------------------------------
 */

static void
test_reads_are_repeated(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 503},
        {.end = CFP_RAW_CLOSE},
        {.status = 429, .headers = "Retry-After: 100\r\n"},
        {.status = 408},
        {.status = 200, .body = CAPTURE},
    };
    g_auto(Fixture) f = new_fixture(answers, G_N_ELEMENTS(answers));
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_api_get(f.api, ID, &capture, &error), error);
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
    ASSERT_TRUE(cfp_fake_time_skipped_ms() >= 100 * 1000);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() < 110 * 1000);
}

static void
test_reads_give_up(void)
{
    CfpRawAnswer answers[CFP_MAX_TRIES + 5];
    g_auto(Fixture) f = {0};
    g_autoptr(GPtrArray) captures = NULL;
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        answers[i] = (CfpRawAnswer){.status = 500};
    f = new_fixture(answers, G_N_ELEMENTS(answers));
    ASSERT_FALSE(cfp_api_list(f.api, &captures, NULL, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_SERVER);
    ASSERT_UINT(cfp_raw_server_count(f.server), CFP_MAX_TRIES);
}

static void
test_reads_not_repeated(void)
{
    static const CfpRawAnswer refusals[] = {
        {.status = 400}, {.status = 401}, {.status = 403},
        {.status = 404}, {.status = 301}, {.status = 429, .headers = "Retry-After: 301\r\n"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_auto(Fixture) f = new_fixture(&refusals[i], 1);
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(cfp_api_get(f.api, ID, &capture, &error));
        ASSERT_TRUE(error->domain == CFP_API_ERROR);
        ASSERT_UINT(cfp_raw_server_count(f.server), 1);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a capture is created with one POST", test_create},
        {"captures are read, listed and downloaded at their places", test_reads},
        {"the base URL may end with slashes, and must be safe", test_base_urls},
        {"an account id can't change the place", test_account_is_escaped},
        {"a token or e-mail and key prove who asks", test_credentials},
        {"the service's clock is told with the list", test_server_clock},
        {"a refusal is known by its code, then by its status", test_refusals},
        {"a refusal is told with all the service says", test_refusal_in_words},
        {"an answer that is none can't be understood", test_not_understood},
        {"a refusal with status 200 is one for reading calls too", test_refused_read_with_200},
        {"what the service says is shown in one line, cut", test_shown_fit},
        {"a refused download is told like any refusal", test_download_refused},
        {"a secret that the service echoes is in no text", test_echoed_secret},
        {"a secret that is cut with its text is in no text either", test_echoed_secret_cut},
        {"nor in the beginning of what is no JSON", test_echoed_secret_in_html},
        {"token and key are redacted", test_redact},
        {"reading calls are repeated when that may help", test_reads_are_repeated},
        {"reading calls are not repeated for ever", test_reads_give_up},
        {"reading calls are not repeated in vain", test_reads_not_repeated},
        {NULL, NULL},
    };

    cfp_quiet_log();
    return cfp_test_main(argc, argv, "api", cases);
}
