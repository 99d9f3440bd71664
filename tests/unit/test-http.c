/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/http.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/fake-time.h"
#include "support/raw-server.h"

/* A client, and a server that follows a script. */
typedef struct {
    CfpPump *pump;
    CfpHttp *http;
    CfpRawServer *server;
} Fixture;

static void
clear_fixture(Fixture *self)
{
    cfp_raw_server_stop(self->server);
    cfp_http_free(self->http);
    cfp_pump_free(self->pump);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

static Fixture
new_fixture(const CfpRawAnswer *answers, size_t n)
{
    Fixture self = {.pump = cfp_pump_new()};
    g_autoptr(GError) error = NULL;

    /* A test that failed has cleared nothing. */
    cfp_fake_time_reset();
    self.http = cfp_http_new(self.pump, NULL, &error);
    ASSERT_NO_ERROR(error);
    self.server = cfp_raw_server_start(answers, n);
    return self;
}

static gboolean
perform(const Fixture *self, const CfpHttpRequest *request, CfpHttpAnswer **ret_answer,
        GError **error)
{
    CfpHttpRequest sent = *request;
    g_autofree char *url =
        g_strconcat(cfp_raw_server_url(self->server), request->url ? request->url : "/", NULL);

    sent.url = url;
    return cfp_http_perform(self->http, &sent, 1000, ret_answer, error);
}

static gboolean
get(const Fixture *self, CfpHttpAnswer **ret_answer, GError **error)
{
    return perform(self, &(CfpHttpRequest){.method = "GET"}, ret_answer, error);
}

static void
get_fails(const Fixture *self, int code)
{
    g_autoptr(CfpHttpAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(get(self, &answer, &error));
    ASSERT_TRUE(answer == NULL);
    ASSERT_ERROR(error, CFP_HTTP_ERROR, code);
}

static void
test_get(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "GET /x/y HTTP/1.1",
         .status = 200,
         .headers = "Content-Type: text/plain; charset=x\r\nETag: \"1\"\r\n",
         .body = "hello"},
    };
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpHttpAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_OK(perform(&f, &(CfpHttpRequest){.method = "GET", .url = "/x/y"}, &answer, &error),
              error);
    ASSERT_UINT(answer->head.status, 200);
    ASSERT_STR(answer->head.content_type, "text/plain");
    ASSERT_STR(answer->head.etag, "\"1\"");
    ASSERT_TRUE(answer->head.content_length == 5);
    ASSERT_BYTES(answer->body->str, answer->body->len, "hello", 5);
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
}

static void
check_header(const Fixture *f, guint request, const char *name, const char *expected)
{
    g_autofree char *value =
        cfp_raw_request_header(cfp_raw_server_request(f->server, request), name);

    ASSERT_STR(value, expected);
}

static void
test_request_headers(void)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    const CfpRawAnswer answers[] = {{.status = 200}, {.status = 200}};
    g_autoptr(CfpSecret) secret = cfp_secret_new("Authorization: Bearer s3cret");
    const CfpSecret *const secrets[] = {secret, NULL};
    g_auto(Fixture) f = new_fixture(answers, 2);
    g_autoptr(CfpHttpAnswer) first = NULL;
    g_autoptr(CfpHttpAnswer) second = NULL;
    CfpHttpRequest request = {.method = "GET", .headers = headers, .secret_headers = secrets};

    ASSERT_TRUE(perform(&f, &request, &first, NULL));
    request.method = "POST";
    request.json = "{\"a\":1}";
    ASSERT_TRUE(perform(&f, &request, &second, NULL));
    for (guint i = 0; i < 2; i++) {
        check_header(&f, i, "Accept", "application/json");
        check_header(&f, i, "Authorization", "Bearer s3cret");
        check_header(&f, i, "User-Agent", "cloudflare-pcap/" CFP_VERSION);
        check_header(&f, i, "Accept-Encoding", NULL);
        check_header(&f, i, "Expect", NULL);
    }
    check_header(&f, 0, "Content-Type", NULL);
    check_header(&f, 1, "Content-Type", "application/json");
    check_header(&f, 1, "Content-Length", "7");
    ASSERT_STR(cfp_raw_server_request(f.server, 1)->body, "{\"a\":1}");
    ASSERT_TRUE(g_str_has_prefix(cfp_raw_server_request(f.server, 1)->line, "POST / "));
}

static void
test_connection_is_kept(void)
{
    const CfpRawAnswer answers[] = {{.status = 200, .body = "1"}, {.status = 200, .body = "2"}};
    g_auto(Fixture) f = new_fixture(answers, 2);
    g_autoptr(CfpHttpAnswer) first = NULL;
    g_autoptr(CfpHttpAnswer) second = NULL;

    ASSERT_TRUE(get(&f, &first, NULL));
    ASSERT_TRUE(get(&f, &second, NULL));
    ASSERT_STR(second->body->str, "2");
    ASSERT_UINT(cfp_raw_server_request(f.server, 1)->connection, 1);
}

static void
test_every_status_is_an_answer(void)
{
    static const unsigned statuses[] = {201, 204, 301, 400, 401, 404, 429, 500, 503, 599};

    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        const CfpRawAnswer answers[] = {
            {.status = statuses[i],
             .headers = "Retry-After: 7\r\nLocation: https://example.com/\r\n",
             .bare = statuses[i] == 204},
        };
        g_auto(Fixture) f = new_fixture(answers, 1);
        g_autoptr(CfpHttpAnswer) answer = NULL;

        ASSERT_TRUE(get(&f, &answer, NULL));
        ASSERT_UINT(answer->head.status, statuses[i]);
        ASSERT_TRUE(answer->head.retry_after_s == 7);
        ASSERT_STR(answer->head.location, "https://example.com/");
        ASSERT_UINT(cfp_raw_server_count(f.server), 1);
    }
}

static void
test_not_decompressed(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .headers = "Content-Encoding: gzip\r\n", .body = "not really gzip"}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpHttpAnswer) answer = NULL;

    ASSERT_TRUE(get(&f, &answer, NULL));
    ASSERT_STR(answer->body->str, "not really gzip");
}

static void
test_interim_answer(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 103,
         .bare = TRUE,
         .headers = "ETag: \"early\"\r\nRetry-After: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
                    "2\r\n",
         .body = "ok"}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpHttpAnswer) answer = NULL;

    ASSERT_TRUE(get(&f, &answer, NULL));
    ASSERT_UINT(answer->head.status, 200);
    ASSERT_STR(answer->head.etag, NULL);
    ASSERT_TRUE(answer->head.retry_after_s == -1);
}

static void
test_size_limit(void)
{
    g_autofree char *body = g_strnfill(1001, 'x');
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = body, .body_len = 1000},
        {.status = 200, .body = body},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);
    g_autoptr(CfpHttpAnswer) answer = NULL;

    ASSERT_TRUE(get(&f, &answer, NULL));
    ASSERT_UINT(answer->body->len, 1000);
    get_fails(&f, CFP_HTTP_ERROR_TOO_LARGE);
}

static void
test_header_limit(void)
{
    g_autoptr(GString) headers = g_string_new(NULL);

    for (int i = 0; i < 3000; i++)
        g_string_append_printf(headers, "X-%d: %0100d\r\n", i, 0);
    const CfpRawAnswer answers[] = {{.status = 200, .headers = headers->str}};
    g_auto(Fixture) f = new_fixture(answers, 1);

    get_fails(&f, CFP_HTTP_ERROR_PROTOCOL);
}

static void
test_broken_connections(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 0, .end = CFP_RAW_CLOSE},
        {.status = 0, .end = CFP_RAW_RESET},
        {.status = 200, .body = "0123456789", .sent = 5, .end = CFP_RAW_CLOSE},
        {.status = 200, .body = "0123456789", .sent = 5, .end = CFP_RAW_RESET},
        {.status = 200,
         .bare = TRUE,
         .headers = "Transfer-Encoding: chunked\r\n",
         .body = "a\r\n01234",
         .end = CFP_RAW_CLOSE},
    };
    g_auto(Fixture) f = new_fixture(answers, G_N_ELEMENTS(answers));

    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        get_fails(&f, CFP_HTTP_ERROR_INTERRUPTED);
    ASSERT_UINT(cfp_raw_server_count(f.server), G_N_ELEMENTS(answers));
}

/* What libcurl sends again by itself may have been carried out twice. */
static void
test_post_is_sent_once(void)
{
    const CfpRawAnswer answers[] = {
        {.request = "GET", .status = 200, .body = "kept"},
        {.request = "POST", .status = 0, .end = CFP_RAW_CLOSE},
        {.request = "POST", .status = 200, .body = "again"},
    };
    g_auto(Fixture) f = new_fixture(answers, 3);
    g_autoptr(CfpHttpAnswer) first = NULL;
    g_autoptr(CfpHttpAnswer) second = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(get(&f, &first, NULL));
    (void)perform(&f, &(CfpHttpRequest){.method = "POST", .json = "{}"}, &second, &error);
    ASSERT_UINT(cfp_raw_server_count_of(f.server, "POST"), 1);
    ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED);
}

static void
test_not_http(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .bare = TRUE, .headers = "Content-Length: five\r\n", .body = "12345"},
    };
    g_auto(Fixture) f = new_fixture(answers, 1);

    get_fails(&f, CFP_HTTP_ERROR_PROTOCOL);
}

static guint
server_hangs(void *server)
{
    return cfp_raw_server_hangs(server);
}

static void
test_stall(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 0, .end = CFP_RAW_HANG},
        {.status = 200, .body = "0123456789", .sent = 5, .end = CFP_RAW_HANG},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);

    cfp_fake_time_skip_when(server_hangs, f.server);
    for (gint64 i = 1; i <= 2; i++) {
        gint64 before = g_get_monotonic_time(), took_s;

        get_fails(&f, CFP_HTTP_ERROR_TIMEOUT);
        took_s = (g_get_monotonic_time() - before) / G_USEC_PER_SEC;
        ASSERT_TRUE(took_s >= CFP_STALL_TIMEOUT_S && took_s <= CFP_STALL_TIMEOUT_S + 2);
    }
}

static guint
closed_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_TRUE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    ASSERT_TRUE(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static void
url_fails(const Fixture *f, const char *url, int code, const char *host)
{
    CfpHttpRequest request = {.method = "GET", .url = url};
    g_autoptr(CfpHttpAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_http_perform(f->http, &request, 1000, &answer, &error));
    ASSERT_ERROR(error, CFP_HTTP_ERROR, code);
    ASSERT_CONTAINS(error->message, host);
}

static void
test_unreachable(void)
{
    g_auto(Fixture) f = new_fixture(NULL, 0);
    g_autofree char *closed = g_strdup_printf("http://127.0.0.1:%u/", closed_port());
    g_autofree char *label = g_strnfill(70, 'x');
    /* Too long for DNS, so that no query leaves the machine. */
    g_autofree char *nowhere = g_strdup_printf("https://%s.invalid/", label);

    url_fails(&f, closed, CFP_HTTP_ERROR_CONNECT, "127.0.0.1");
    url_fails(&f, nowhere, CFP_HTTP_ERROR_RESOLVE, ".invalid");
    url_fails(&f, "http://example.com/", CFP_HTTP_ERROR_URL, "example.com");
}

static void
test_no_tls(void)
{
    g_auto(Fixture) f = new_fixture(NULL, 0);
    g_autofree char *url =
        g_strconcat("https", cfp_raw_server_url(f.server) + strlen("http"), NULL);

    url_fails(&f, url, CFP_HTTP_ERROR_TLS, "127.0.0.1");
    ASSERT_UINT(cfp_raw_server_count(f.server), 0);
}

static void
test_missing_authorities(void)
{
    g_auto(Fixture) f = new_fixture(NULL, 0);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpHttp) http = cfp_http_new(pump, "/no/such/ca.pem", NULL);
    g_autofree char *url =
        g_strconcat("https", cfp_raw_server_url(f.server) + strlen("http"), NULL);
    CfpHttpRequest request = {.method = "GET", .url = url};
    g_autoptr(CfpHttpAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_http_perform(http, &request, 1000, &answer, &error));
    ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_TLS);
}

static void
test_proxy_is_not_used_for_loopback(void)
{
    const CfpRawAnswer answers[] = {{.request = "GET / ", .status = 200}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(CfpHttpAnswer) answer = NULL;
    g_autofree char *proxy = g_strdup_printf("http://127.0.0.1:%u", closed_port());
    g_autoptr(GError) error = NULL;

    g_setenv("http_proxy", proxy, TRUE);
    g_setenv("all_proxy", proxy, TRUE);
    (void)get(&f, &answer, &error);
    g_unsetenv("http_proxy");
    g_unsetenv("all_proxy");
    ASSERT_NO_ERROR(error);
}

/* ---- transfers ------------------------------------------------------------------------------ */

typedef struct {
    GString *got;
    gboolean full;
    guint refused;
} Sink;

static gboolean
sink_take(const uint8_t *data, size_t len, void *user_data)
{
    Sink *self = user_data;

    if (self->full) {
        self->refused++;
        return FALSE;
    }
    g_string_append_len(self->got, (const char *)data, (gssize)len);
    self->full = TRUE;
    return TRUE;
}

static void
test_pause(void)
{
    g_autofree char *body = g_strnfill(1000000, 'x');
    const CfpRawAnswer answers[] = {{.status = 200, .body = body}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(GString) got = g_string_new(NULL);
    Sink sink = {.got = got};
    CfpHttpRequest request = {.method = "GET", .url = cfp_raw_server_url(f.server)};
    g_autoptr(CfpHttpTransfer) transfer = cfp_http_start(f.http, &request, sink_take, &sink, NULL);
    guint rounds = 0;

    while (!cfp_http_transfer_is_done(transfer)) {
        gsize before = got->len;

        while (sink.refused == 0 && !cfp_http_transfer_is_done(transfer))
            ASSERT_TRUE(cfp_http_transfer_wait(transfer, NULL));
        ASSERT_TRUE(got->len >= before);
        sink.full = FALSE;
        sink.refused = 0;
        cfp_http_transfer_resume(transfer);
        rounds++;
    }
    ASSERT_TRUE(rounds > 3);
    ASSERT_BYTES(got->str, got->len, body, strlen(body));
}

static void
test_freed_in_the_middle(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = "0123456789", .sent = 5, .end = CFP_RAW_HANG},
        {.status = 200, .body = "next"},
    };
    g_auto(Fixture) f = new_fixture(answers, 2);
    g_autoptr(GString) got = g_string_new(NULL);
    Sink sink = {.got = got};
    CfpHttpRequest request = {.method = "GET", .url = cfp_raw_server_url(f.server)};
    CfpHttpTransfer *transfer = cfp_http_start(f.http, &request, sink_take, &sink, NULL);
    g_autoptr(CfpHttpAnswer) answer = NULL;

    while (got->len == 0)
        ASSERT_TRUE(cfp_http_transfer_wait(transfer, NULL));
    ASSERT_TRUE(cfp_http_transfer_response(transfer) != NULL);
    ASSERT_FALSE(cfp_http_transfer_is_done(transfer));
    cfp_http_transfer_free(transfer);
    cfp_http_transfer_free(NULL);
    ASSERT_TRUE(get(&f, &answer, NULL));
    ASSERT_STR(answer->body->str, "next");
}

/* The reader's end is looked at although libcurl does the waiting. */
static void
test_reader_goes_while_waiting(void)
{
    const CfpRawAnswer answers[] = {{.status = 0, .end = CFP_RAW_HANG}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    CfpHttpRequest request = {.method = "GET", .url = cfp_raw_server_url(f.server)};
    g_autoptr(GString) got = g_string_new(NULL);
    Sink sink = {.got = got};
    g_autoptr(CfpHttpTransfer) transfer = cfp_http_start(f.http, &request, sink_take, &sink, NULL);
    g_autoptr(GError) error = NULL;
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(f.pump, ends[1]);
    while (cfp_raw_server_hangs(f.server) == 0)
        ASSERT_TRUE(cfp_pump_pause(f.pump, 1, NULL));
    (void)close(ends[0]);
    ASSERT_FALSE(cfp_http_transfer_wait(transfer, &error));
    ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    ASSERT_TRUE(cfp_pump_stopped(f.pump) == CFP_STOP_READER_GONE);
    (void)close(ends[1]);
}

static void *
close_later(void *data)
{
    const int *ends = data;
    struct pollfd none = {.fd = -1};

    (void)poll(&none, 1, 50);
    (void)close(ends[0]);
    return NULL;
}

static void
test_reader_wakes_the_wait(void)
{
    const CfpRawAnswer answers[] = {{.status = 0, .end = CFP_RAW_HANG}};
    g_auto(Fixture) f = new_fixture(answers, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpHttpAnswer) answer = NULL;
    gint64 start = g_get_monotonic_time();
    GThread *thread;
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(f.pump, ends[1]);
    thread = g_thread_new("reader", close_later, ends);
    ASSERT_FALSE(get(&f, &answer, &error));
    (void)g_thread_join(thread);
    ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    ASSERT_TRUE(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    (void)close(ends[1]);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"an answer has its head and its body", test_get},
        {"a request has its headers, its secrets and its body", test_request_headers},
        {"a connection is used again", test_connection_is_kept},
        {"every status is an answer, and redirects are not followed",
         test_every_status_is_an_answer},
        {"nothing is decompressed", test_not_decompressed},
        {"headers of an interim answer don't count", test_interim_answer},
        {"a body above the caller's limit is refused", test_size_limit},
        {"headers without end are refused", test_header_limit},
        {"a connection that breaks is told from an answer", test_broken_connections},
        {"a POST is never sent twice behind our back", test_post_is_sent_once},
        {"what is no HTTP is refused", test_not_http},
        {"silence ends a call", test_stall},
        {"no such name, no such port and no such scheme are told apart", test_unreachable},
        {"a server without TLS gets nothing", test_no_tls},
        {"a missing file of authorities is an error", test_missing_authorities},
        {"no proxy stands before this machine", test_proxy_is_not_used_for_loopback},
        {"a sink without room pauses, and no byte is lost", test_pause},
        {"a transfer can be ended in the middle", test_freed_in_the_middle},
        {"a reader that went is seen in a wait for the network", test_reader_goes_while_waiting},
        {"a reader that goes ends a wait for the network at once", test_reader_wakes_the_wait},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "http", cases);
}
