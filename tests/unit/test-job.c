/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/job.h"

#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "support/asserts.h"
#include "support/fake-time.h"
#include "support/raw-server.h"

/* A time in an answer: @-5@ is five seconds ago by the service's clock. */
#define CAPTURE(id, status, time)                                                                  \
    "{\"id\":\"" id "\",\"status\":\"" status "\",\"type\":\"simple\",\"time_limit\":60,"          \
    "\"submitted\":\"" time "\"}"
#define ONE(capture) "{\"success\":true,\"result\":" capture "}"
#define LIST(captures) "{\"success\":true,\"result\":[" captures "]}"
#define REFUSAL(code, message)                                                                     \
    "{\"success\":false,\"errors\":[{\"code\":" code ",\"message\":\"" message "\"}]}"
#define REFUSAL_AT(pointer)                                                                        \
    "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"no\",\"source\":{\"pointer\":"    \
    "\"" pointer "\"}}]}"

#define CREATED                                                                                    \
    {                                                                                              \
        .request = "POST", .status = 200, .body = ONE(CAPTURE("c1", "pending", "@0@"))             \
    }
#define EMPTY_LIST                                                                                 \
    {                                                                                              \
        .request = "GET", .status = 200, .body = LIST("")                                          \
    }
#define LOST                                                                                       \
    {                                                                                              \
        .request = "POST", .end = CFP_RAW_CLOSE                                                    \
    }

/* ---- what is logged ---------------------------------------------------------------------------
 */

static GString *warnings; /* of the job, a line each */

static GLogWriterOutput
take_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    gboolean is_ours = FALSE;
    const char *message = "";

    (void)data;
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return g_log_writer_default(level, fields, n_fields, NULL);
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            is_ours = strcmp(fields[i].value, "job") == 0;
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
    }
    if (is_ours && (level & G_LOG_LEVEL_WARNING))
        g_string_append_printf(warnings, "%s\n", message);
    return G_LOG_WRITER_HANDLED;
}

static void
hear_warnings(void)
{
    warnings = g_string_new(NULL);
    g_log_set_writer_func(take_log, NULL, NULL);
}

/* ---- a service that follows a script, with a clock ---------------------------------------- */

typedef struct {
    const CfpRawAnswer *steps;
    size_t n, next;
    gint64 skew_s;    /* of the service's clock */
    GPtrArray *texts; /* of the answers: one may still be sent when the next is made */
    gboolean surprised;
} Script;

static void
put_times(GString *body, gint64 now_us)
{
    char *at;

    while ((at = strchr(body->str, '@')) != NULL) {
        char *end = NULL;
        gint64 seconds = g_ascii_strtoll(at + 1, &end, 10);
        g_autofree char *time = cfp_text_utc(now_us + seconds * G_USEC_PER_SEC);
        gssize position = at - body->str;

        g_string_erase(body, position, end + 1 - at);
        g_string_insert(body, position, time);
    }
}

static void
answer_step(const CfpRawRequest *request, CfpRawAnswer *ret_answer, void *data)
{
    Script *self = data;
    const CfpRawAnswer *step = self->next < self->n ? &self->steps[self->next++] : NULL;
    gint64 now_us = g_get_real_time() + self->skew_s * G_USEC_PER_SEC;
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
    g_autofree char *date = g_date_time_format(now, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n");
    g_autoptr(GString) body = g_string_new(step ? step->body : NULL);

    if (!step || !g_str_has_prefix(request->line, step->request)) {
        self->surprised = TRUE;
        *ret_answer = (CfpRawAnswer){.status = 418, .body = "not in the script"};
        return;
    }
    *ret_answer = *step;
    put_times(body, now_us);
    ret_answer->headers = g_strconcat(date, step->headers, NULL);
    ret_answer->body = g_string_free(g_steal_pointer(&body), FALSE);
    g_ptr_array_add(self->texts, (void *)(guintptr)ret_answer->headers);
    g_ptr_array_add(self->texts, (void *)(guintptr)ret_answer->body);
}

typedef struct {
    CfpPump *pump;
    CfpHttp *http;
    CfpRawServer *server;
    CfpApi *api;
    CfpJob *job;
    Script script;
    GString *said;
} Fixture;

static void
clear_fixture(Fixture *self)
{
    cfp_job_free(self->job);
    cfp_api_free(self->api);
    cfp_http_free(self->http);
    cfp_pump_free(self->pump);
    cfp_raw_server_stop(self->server);
    g_ptr_array_unref(self->script.texts);
    g_string_free(self->said, TRUE);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

static void
hear(const char *text, void *data)
{
    g_string_append_printf(data, "%s\n", text);
}

static CfpCaptureRequest *
new_request(void)
{
    CfpCaptureRequest *request = cfp_capture_request_new();

    request->time_limit = 60;
    request->packet_limit = 100;
    return request;
}

static void
init_with(Fixture *self, const CfpRawAnswer *steps, size_t n, const CfpCaptureRequest *request,
          CfpTurn turn, const CfpFilterV1 *fallbacks, size_t n_fallbacks)
{
    g_autoptr(CfpCaptureRequest) plain = new_request();
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};

    *self = (Fixture){.script = {.steps = steps, .n = n}};
    g_string_truncate(warnings, 0);
    cfp_fake_time_reset();
    cfp_fake_time_skip_waits();
    self->script.texts = g_ptr_array_new_with_free_func(g_free);
    self->said = g_string_new(NULL);
    self->pump = cfp_pump_new();
    self->http = cfp_http_new(self->pump, NULL, NULL);
    self->server = cfp_raw_server_start_with(answer_step, &self->script);
    self->api =
        cfp_api_new(self->http, cfp_raw_server_url(self->server), "account", &credential, NULL);
    self->job = cfp_job_new(self->api, request ? request : plain, fallbacks, n_fallbacks, turn,
                            hear, self->said);
    cfp_credential_clear(&credential);
}

static void
init(Fixture *self, const CfpRawAnswer *steps, size_t n, const CfpCaptureRequest *request,
     CfpTurn turn)
{
    init_with(self, steps, n, request, turn, NULL, 0);
}

/* All steps happened, in their order, and nothing else. */
static void
script_is_done(const Fixture *self)
{
    ASSERT_FALSE(self->script.surprised);
    ASSERT_UINT(self->script.next, self->script.n);
}

static void
creates(Fixture *self)
{
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_job_create(self->job, &error), error);
    ASSERT_STR(cfp_job_capture(self->job)->id, "c1");
    script_is_done(self);
}

static void
fails(Fixture *self, GQuark domain, int code)
{
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_job_create(self->job, &error));
    ASSERT_ERROR(error, domain, code);
    ASSERT_TRUE(cfp_job_capture(self->job) == NULL);
    script_is_done(self);
}

/* ---- creating ------------------------------------------------------------------------------ */

static void
test_create(void)
{
    const CfpRawAnswer steps[] = {CREATED};
    g_auto(Fixture) f;

    init(&f, steps, 1, NULL, CFP_TURN_WAIT);
    ASSERT_TRUE(cfp_job_capture(f.job) == NULL);
    creates(&f);
    ASSERT_UINT(cfp_job_turn_waited_s(f.job), 0);
    ASSERT_UINT(cfp_job_request(f.job)->time_limit, 60);
    ASSERT_CONTAINS(f.said->str, "asking for the capture\n");
    ASSERT_INT(cfp_fake_time_skipped_ms(), 0);
}

static void
test_refused_at_once(void)
{
    static const struct {
        CfpRawAnswer step;
        CfpApiError code;
    } rows[] = {
        {{.request = "POST", .status = 401, .body = REFUSAL("9109", "bad token")},
         CFP_API_ERROR_CREDENTIAL},
        {{.request = "POST", .status = 400, .body = REFUSAL("6003", "bad header")},
         CFP_API_ERROR_CREDENTIAL_FORMAT},
        {{.request = "POST", .status = 404, .body = REFUSAL("7003", "no route")},
         CFP_API_ERROR_ACCOUNT},
        {{.request = "POST", .status = 302}, CFP_API_ERROR_REDIRECT},
        {{.request = "POST", .status = 400, .body = REFUSAL_AT("/time_limit")},
         CFP_API_ERROR_INVALID},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) f;

        init(&f, &rows[i].step, 1, NULL, CFP_TURN_WAIT);
        fails(&f, CFP_API_ERROR, (int)rows[i].code);
    }
}

static void
test_read_only(void)
{
    const CfpRawAnswer may_read[] = {
        {.request = "POST", .status = 403, .body = REFUSAL("10000", "no")}, EMPTY_LIST};
    const CfpRawAnswer may_nothing[] = {
        {.request = "POST", .status = 403, .body = REFUSAL("10000", "no")},
        {.request = "GET", .status = 403, .body = REFUSAL("10000", "no")}};
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    init(&f, may_read, 2, NULL, CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_READ_ONLY);
    init(&g, may_nothing, 2, NULL, CFP_TURN_WAIT);
    fails(&g, CFP_API_ERROR, CFP_API_ERROR_FORBIDDEN);
}

/* ---- lost answers ------------------------------------------------------------------------ */

#define OURS                                                                                       \
    {                                                                                              \
        .request = "GET", .status = 200,                                                           \
        .body = LIST(CAPTURE("o1", "success", "@-3000@") "," CAPTURE("c1", "pending", "@0@"))      \
    }

static void
test_lost_and_found(void)
{
    static const CfpRawAnswer lost[] = {
        LOST,
        {.request = "POST", .end = CFP_RAW_RESET},
        {.request = "POST",
         .status = 200,
         .body = "{\"success\":true",
         .sent = 5,
         .end = CFP_RAW_CLOSE},
        {.request = "POST", .status = 200, .body = "{\"success\":true,\"resu"},
        {.request = "POST", .status = 200, .body = "<html>"},
        {.request = "POST", .status = 500, .body = "<html>"},
        {.request = "POST", .status = 502},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lost); i++) {
        const CfpRawAnswer steps[] = {lost[i], OURS};
        g_auto(Fixture) f;

        init(&f, steps, 2, NULL, CFP_TURN_WAIT);
        creates(&f);
        ASSERT_CONTAINS(f.said->str, "looking whether the capture was created\n");
    }
}

static void
test_found_late(void)
{
    const CfpRawAnswer steps[] = {LOST, EMPTY_LIST, EMPTY_LIST, OURS};
    g_auto(Fixture) f;

    init(&f, steps, 4, NULL, CFP_TURN_WAIT);
    creates(&f);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() >= 1900);
}

static void
test_lost_and_not_found(void)
{
    const CfpRawAnswer steps[] = {LOST, EMPTY_LIST, EMPTY_LIST, EMPTY_LIST, CREATED};
    g_auto(Fixture) f;

    init(&f, steps, 5, NULL, CFP_TURN_WAIT);
    creates(&f);
}

/* The answer may also be lost on a connection that was used before. */
static void
test_lost_on_a_used_connection(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 429, .headers = "Retry-After: 1\r\n"}, LOST, OURS};
    g_auto(Fixture) f;

    init(&f, steps, 3, NULL, CFP_TURN_WAIT);
    creates(&f);
    ASSERT_UINT(cfp_raw_server_count_of(f.server, "POST"), 2);
}

static void
test_not_ours(void)
{
    static const char *const captures[] = {
        /* older than the request */
        CAPTURE("x", "pending", "@-30@"),
        /* another time limit, filter or type */
        "{\"id\":\"x\",\"type\":\"simple\",\"time_limit\":61,\"submitted\":\"@0@\"}",
        ("{\"id\":\"x\",\"type\":\"simple\",\"time_limit\":60,\"submitted\":\"@0@\","
         "\"filter_v1\":{\"protocol\":6}}"),
        "{\"id\":\"x\",\"type\":\"full\",\"time_limit\":60,\"submitted\":\"@0@\"}",
        /* nobody knows */
        "{\"id\":\"x\",\"time_limit\":60,\"submitted\":\"@0@\"}",
        "{\"id\":\"x\",\"type\":\"simple\",\"submitted\":\"@0@\"}",
        "{\"id\":\"x\",\"type\":\"simple\",\"time_limit\":60}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(captures); i++) {
        g_autofree char *list = g_strdup_printf("{\"success\":true,\"result\":[%s]}", captures[i]);
        CfpRawAnswer listed = {.request = "GET", .status = 200, .body = list};
        const CfpRawAnswer steps[] = {LOST, listed, listed, listed, CREATED};
        g_auto(Fixture) f;

        init(&f, steps, 5, NULL, CFP_TURN_WAIT);
        creates(&f);
    }
}

/* By the service's clock, whatever ours says. */
static void
test_clocks_differ(void)
{
    static const gint64 skews[] = {-7200, -61, 61, 7200};

    for (size_t i = 0; i < G_N_ELEMENTS(skews); i++) {
        const CfpRawAnswer steps[] = {LOST, OURS};
        g_auto(Fixture) f;

        init(&f, steps, 2, NULL, CFP_TURN_WAIT);
        f.script.skew_s = skews[i];
        creates(&f);
    }
}

static void
test_found_with_all_fields(void)
{
    g_autoptr(CfpCaptureRequest) request = new_request();
    g_autofree char *offset = NULL;
    g_autofree char *list = NULL;
    CfpRawAnswer steps[2] = {LOST};
    g_auto(Fixture) f;

    request->offset_time_us = g_get_real_time() - (gint64)3600 * G_USEC_PER_SEC;
    request->filter.source_address = g_strdup("192.0.2.1");
    request->filter.destination_port = 53;
    request->filter.protocol = 17;
    offset = cfp_text_utc(request->offset_time_us);
    list = g_strdup_printf(
        "{\"success\":true,\"result\":[{\"id\":\"c1\",\"type\":\"simple\",\"time_limit\":60,"
        "\"submitted\":\"@0@\",\"offset_time\":\"%s\",\"filter_v1\":{\"source_address\":"
        "\"192.0.2.1\",\"destination_port\":53,\"protocol\":17}}]}",
        offset);
    steps[1] = (CfpRawAnswer){.request = "GET", .status = 200, .body = list};
    init(&f, steps, 2, request, CFP_TURN_WAIT);
    creates(&f);
}

static void
test_list_unreadable(void)
{
    const CfpRawAnswer steps[] = {
        LOST, {.request = "GET", .status = 403, .body = REFUSAL("10000", "no")}};
    g_auto(Fixture) f;
    g_autoptr(GError) error = NULL;

    init(&f, steps, 2, NULL, CFP_TURN_WAIT);
    ASSERT_FALSE(cfp_job_create(f.job, &error));
    ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED);
    ASSERT_CONTAINS(error->message, "may have been accepted");
    script_is_done(&f);
}

static void
test_lost_again_and_again(void)
{
    CfpRawAnswer steps[4 * CFP_MAX_TRIES];
    g_auto(Fixture) f;

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        steps[i] = i % 4 == 0 ? (CfpRawAnswer)LOST : (CfpRawAnswer)EMPTY_LIST;
    init(&f, steps, G_N_ELEMENTS(steps), NULL, CFP_TURN_WAIT);
    fails(&f, CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED);
}

static void
test_unreachable(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_autofree char *url = NULL;
    CfpCredential credential = {.token = cfp_secret_new("s3cret-token")};
    g_autoptr(CfpCaptureRequest) request = new_request();
    g_auto(Fixture) f;

    init(&f, NULL, 0, NULL, CFP_TURN_WAIT);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_TRUE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    ASSERT_TRUE(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    url = g_strdup_printf("http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    cfp_job_free(f.job);
    cfp_api_free(f.api);
    f.api = cfp_api_new(f.http, url, "account", &credential, NULL);
    f.job = cfp_job_new(f.api, request, NULL, 0, CFP_TURN_WAIT, NULL, NULL);
    cfp_credential_clear(&credential);
    fails(&f, CFP_HTTP_ERROR, CFP_HTTP_ERROR_CONNECT);
    /* About half a minute of tries, and no look into the list, which can't be reached either. */
    ASSERT_TRUE(cfp_fake_time_skipped_ms() > 10000 && cfp_fake_time_skipped_ms() < 60000);
    (void)close(fd);
}

/* ---- turns ---------------------------------------------------------------------------------- */

static gint64
waits(const CfpRawAnswer *steps, size_t n)
{
    g_auto(Fixture) f;

    init(&f, steps, n, NULL, CFP_TURN_WAIT);
    creates(&f);
    ASSERT_CONTAINS(f.said->str, "waiting for the service's turn: ");
    ASSERT_TRUE(ABS(cfp_fake_time_skipped_ms() / 1000 - (gint64)cfp_job_turn_waited_s(f.job)) <= 1);
    return cfp_job_turn_waited_s(f.job);
}

static void
test_turn_by_retry_after(void)
{
    const CfpRawAnswer by_429[] = {
        {.request = "POST",
         .status = 429,
         .headers = "Retry-After: 17\r\n",
         .body = REFUSAL("971", "Please wait")},
        CREATED,
    };
    const CfpRawAnswer by_400[] = {
        {.request = "POST", .status = 400, .headers = "Retry-After: 17\r\n"}, CREATED};

    ASSERT_INT(waits(by_429, 2), 17);
    ASSERT_INT(waits(by_400, 2), 17);
}

static void
test_turn_by_list(void)
{
    const CfpRawAnswer by_429[] = {
        {.request = "POST", .status = 429},
        {.request = "GET", .status = 200, .body = LIST(CAPTURE("x", "success", "@-50@"))},
        CREATED,
    };
    const CfpRawAnswer by_400[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "no")},
        {.request = "GET",
         .status = 200,
         .body = LIST(CAPTURE("x", "success", "@-3000@") "," CAPTURE("y", "success", "@-50@"))},
        CREATED,
    };
    gint64 first = waits(by_429, 3), second = waits(by_400, 3);

    ASSERT_TRUE(first >= 10 && first <= 13);
    ASSERT_TRUE(second >= 10 && second <= 13);
}

/* Nothing in the list explains it, but the service says what it is. */
static void
test_turn_by_word(void)
{
    const CfpRawAnswer by_429[] = {{.request = "POST", .status = 429}, EMPTY_LIST, CREATED};
    const CfpRawAnswer by_400[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "Only one request a Minute")},
        EMPTY_LIST,
        CREATED};

    ASSERT_INT(waits(by_429, 3), CFP_SAMPLE_TURN_S + CFP_SAMPLE_TURN_MARGIN_S);
    ASSERT_INT(waits(by_400, 3), CFP_SAMPLE_TURN_S + CFP_SAMPLE_TURN_MARGIN_S);
}

static void
test_no_turn(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "not entitled")}, EMPTY_LIST};
    g_auto(Fixture) f;

    init(&f, steps, 2, NULL, CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
}

static void
test_turn_fail(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 429, .headers = "Retry-After: 1\r\n"}};
    g_auto(Fixture) f;

    init(&f, steps, 1, NULL, CFP_TURN_FAIL);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_RATE);
}

static void
test_turn_limit(void)
{
    CfpRawAnswer steps[CFP_MAX_TURNS + 1];
    g_auto(Fixture) f;

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        steps[i] =
            (CfpRawAnswer){.request = "POST", .status = 429, .headers = "Retry-After: 60\r\n"};
    init(&f, steps, G_N_ELEMENTS(steps), NULL, CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_RATE);
    ASSERT_UINT(cfp_job_turn_waited_s(f.job), CFP_MAX_TURNS * 60);
}

/* "generate" is no rate: nothing is waited for. */
static void
test_turn_words_are_whole(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "can't generate it: awaited")},
        EMPTY_LIST};
    g_auto(Fixture) f;

    init(&f, steps, 2, NULL, CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    ASSERT_UINT(cfp_job_turn_waited_s(f.job), 0);
}

static void
test_stopped_while_waiting(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 429, .headers = "Retry-After: 60\r\n"}};
    g_auto(Fixture) f;
    int ends[2];

    init(&f, steps, 1, NULL, CFP_TURN_WAIT);
    ASSERT_TRUE(pipe(ends) == 0);
    (void)close(ends[0]);
    cfp_pump_watch_reader(f.pump, ends[1]);
    {
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(cfp_job_create(f.job, &error));
        ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
    (void)close(ends[1]);
}

/* ---- the filter and its fallbacks ----------------------------------------------------------- */

#define BY_FILTER                                                                                  \
    {                                                                                              \
        .request = "POST", .status = 400, .body = REFUSAL_AT("/filter_v1/source_address")          \
    }
#define BY_NOTHING                                                                                 \
    {                                                                                              \
        .request = "POST", .status = 400, .body = REFUSAL("4711", "no")                            \
    }

/* From the strictest to the loosest. */
static char network[] = "192.0.2.0/24", host[] = "198.51.100.1";
static const CfpFilterV1 looser[] = {
    {.destination_address = host, .destination_port = 53, .protocol = -1},
    {.destination_address = host, .protocol = -1},
    {.protocol = -1},
};

/* What is sent: the request's own filter, then the fallbacks. */
static const char *const sent[] = {
    "\"filter_v1\":{\"source_address\":\"192.0.2.0/24\",\"destination_address\":\"198.51.100.1\","
    "\"destination_port\":53}",
    "\"filter_v1\":{\"destination_address\":\"198.51.100.1\",\"destination_port\":53}",
    "\"filter_v1\":{\"destination_address\":\"198.51.100.1\"}",
    NULL,
};

static CfpCaptureRequest *
new_strict_request(void)
{
    CfpCaptureRequest *request = new_request();

    cfp_filter_v1_copy(&request->filter, &looser[0]);
    request->filter.source_address = g_strdup(network);
    return request;
}

static void
init_chain(Fixture *self, const CfpRawAnswer *steps, size_t n, CfpTurn turn)
{
    g_autoptr(CfpCaptureRequest) request = new_strict_request();

    init_with(self, steps, n, request, turn, looser, G_N_ELEMENTS(looser));
}

/* The filters that the requests had, as indices into `sent`: "0 1 1". */
static char *
asked(const Fixture *self)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < cfp_raw_server_count(self->server); i++) {
        const CfpRawRequest *request = cfp_raw_server_request(self->server, i);
        guint filter = 0;

        if (!g_str_has_prefix(request->line, "POST"))
            continue;
        while (sent[filter] && !strstr(request->body, sent[filter]))
            filter++;
        if (!sent[filter])
            ASSERT_LACKS(request->body, "filter_v1");
        g_string_append_printf(text, "%s%u", text->len > 0 ? " " : "", filter);
    }
    return g_string_free(text, FALSE);
}

static void
asked_for(const Fixture *self, const char *expected)
{
    g_autofree char *text = asked(self);

    ASSERT_STR(text, expected);
}

/* One refusal that makes it fall back, and then it is created with that of `sent`. */
static void
falls_back(const CfpRawAnswer *refusal, guint filter)
{
    const CfpRawAnswer steps[] = {*refusal, CREATED};

    for (size_t turn = 0; turn < 2; turn++) {
        g_auto(Fixture) f;

        init_chain(&f, steps, 2, turn == 0 ? CFP_TURN_WAIT : CFP_TURN_FAIL);
        creates(&f);
        asked_for(&f, filter == 1 ? "0 1" : filter == 2 ? "0 2" : "0 3");
        ASSERT_TRUE(cfp_filter_v1_equal(&cfp_job_request(f.job)->filter, &looser[filter - 1]));
        ASSERT_UINT(cfp_job_request(f.job)->time_limit, 60);
    }
}

static void
does_not_fall_back(const CfpRawAnswer *steps, size_t n, GQuark domain, int code)
{
    for (size_t turn = 0; turn < 2; turn++) {
        g_autoptr(CfpCaptureRequest) request = new_strict_request();
        g_auto(Fixture) f;

        init_chain(&f, steps, n, turn == 0 ? CFP_TURN_WAIT : CFP_TURN_FAIL);
        fails(&f, domain, code);
        asked_for(&f, "0");
        ASSERT_TRUE(cfp_filter_v1_equal(&cfp_job_request(f.job)->filter, &request->filter));
        ASSERT_LACKS(f.said->str, "refuses");
    }
}

static void
test_chain(void)
{
    const CfpRawAnswer steps[] = {BY_FILTER, BY_FILTER, BY_FILTER, CREATED};
    g_auto(Fixture) f;

    init_chain(&f, steps, 4, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 1 2 3");
    ASSERT_TRUE(cfp_filter_v1_is_empty(&cfp_job_request(f.job)->filter));
    ASSERT_INT(cfp_fake_time_skipped_ms(), 0);
}

static void
test_chain_ends(void)
{
    const CfpRawAnswer steps[] = {BY_FILTER, BY_FILTER, CREATED};
    g_auto(Fixture) f;

    init_chain(&f, steps, 3, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 1 2");
    ASSERT_TRUE(cfp_filter_v1_equal(&cfp_job_request(f.job)->filter, &looser[1]));
}

static void
test_last_refusal_is_the_error(void)
{
    const CfpRawAnswer steps[] = {
        BY_FILTER,
        BY_FILTER,
        BY_FILTER,
        {.request = "POST",
         .status = 400,
         .body = "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"the very last\","
                 "\"source\":{\"pointer\":\"/filter_v1\"}}]}"}};
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) f;

    init_chain(&f, steps, 4, CFP_TURN_WAIT);
    ASSERT_FALSE(cfp_job_create(f.job, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    ASSERT_CONTAINS(error->message, "the very last");
    ASSERT_TRUE(cfp_job_capture(f.job) == NULL);
    script_is_done(&f);
    asked_for(&f, "0 1 2 3");
}

static void
test_no_fallback(void)
{
    const CfpRawAnswer by_pointer[] = {BY_FILTER};
    const CfpRawAnswer by_nothing[] = {BY_NOTHING, EMPTY_LIST};
    g_autoptr(CfpCaptureRequest) request = new_strict_request();
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    init(&f, by_pointer, 1, request, CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    ASSERT_LACKS(f.said->str, "refuses");
    init(&g, by_nothing, 2, request, CFP_TURN_WAIT);
    fails(&g, CFP_API_ERROR, CFP_API_ERROR_INVALID);
}

static void
test_duplicates_are_skipped(void)
{
    const CfpRawAnswer steps[] = {BY_FILTER, BY_FILTER, BY_FILTER};
    g_autoptr(CfpCaptureRequest) request = new_strict_request();
    const CfpFilterV1 fallbacks[] = {request->filter, request->filter, looser[0],
                                     looser[0],       looser[2],       looser[2]};
    g_auto(Fixture) f;

    init_with(&f, steps, 3, request, CFP_TURN_WAIT, fallbacks, G_N_ELEMENTS(fallbacks));
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    asked_for(&f, "0 1 3");
}

static void
test_fallback_limit(void)
{
    CfpFilterV1 fallbacks[CFP_JOB_MAX_FALLBACKS + 1];
    CfpRawAnswer steps[CFP_JOB_MAX_FALLBACKS + 1];
    g_auto(Fixture) f;

    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++) {
        fallbacks[i] = (CfpFilterV1){.source_port = 1 + (guint)i, .protocol = -1};
        steps[i] = (CfpRawAnswer)BY_FILTER;
    }
    init_with(&f, steps, G_N_ELEMENTS(steps), NULL, CFP_TURN_WAIT, fallbacks,
              G_N_ELEMENTS(fallbacks));
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    ASSERT_UINT(cfp_job_request(f.job)->filter.source_port, CFP_JOB_MAX_FALLBACKS);
}

static void
test_skipped_do_not_count(void)
{
    CfpFilterV1 fallbacks[2 * CFP_JOB_MAX_FALLBACKS];
    CfpRawAnswer steps[CFP_JOB_MAX_FALLBACKS + 1];
    g_auto(Fixture) f;

    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++)
        fallbacks[i] = (CfpFilterV1){.source_port = 1 + (guint)i / 2, .protocol = -1};
    for (size_t i = 0; i < CFP_JOB_MAX_FALLBACKS; i++)
        steps[i] = (CfpRawAnswer)BY_FILTER;
    steps[CFP_JOB_MAX_FALLBACKS] = (CfpRawAnswer)CREATED;
    init_with(&f, steps, G_N_ELEMENTS(steps), NULL, CFP_TURN_WAIT, fallbacks,
              G_N_ELEMENTS(fallbacks));
    creates(&f);
    ASSERT_UINT(cfp_job_request(f.job)->filter.source_port, CFP_JOB_MAX_FALLBACKS);
}

static char *
refusal_of(const char *message, const char *pointer)
{
    return g_strdup_printf("{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"%s\","
                           "\"source\":{\"pointer\":\"%s\"}}]}",
                           message, pointer);
}

static void
test_filter_by_pointer(void)
{
    /* What is refused by its name is not asked for again. */
    static const struct {
        const char *pointer;
        guint filter;
    } rows[] = {
        {"/filter_v1", 1},       {"/filter_v1/source_address", 1},
        {"filter_v1.x", 1},      {"/destination_address", 3},
        {"/source_port", 1},     {"/filter_v1/destination_port", 2},
        {"destination_port", 2}, {"/filter_v1/protocol", 1},
        {"/protocol", 1},        {"#/filter_v1/type", 1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body = refusal_of("no", rows[i].pointer);

        falls_back(&(CfpRawAnswer){.request = "POST", .status = 400, .body = body}, rows[i].filter);
    }
}

static void
test_filter_by_word(void)
{
    static const char *const messages[] = {"invalid CIDR",
                                           "must be an IPv4 Address",
                                           "bad filter",
                                           "IPv6 is not supported",
                                           "a port needs TCP",
                                           "Unknown PROTOCOL.",
                                           "no such prefix",
                                           "source_address: must be IPv4",
                                           "unsupported report (port)",
                                           "ports, please",
                                           "support for ports: none"};

    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autofree char *body = g_strdup_printf(
            "{\"success\":false,\"errors\":[{\"code\":4711,\"message\":\"%s\"}]}", messages[i]);
        g_autofree char *pointing = refusal_of(messages[i], "/");

        falls_back(&(CfpRawAnswer){.request = "POST", .status = 400, .body = body}, 1);
        falls_back(&(CfpRawAnswer){.request = "POST", .status = 400, .body = pointing}, 1);
    }
}

/* With a pointer, because without one the filter would be to blame at last. */
static void
test_words_are_whole(void)
{
    static const char *const messages[] = {
        "unsupported",         "see the report",        "important",    "transports",  "portal",
        "addressed to nobody", "prefixed with nothing", "filtered out", "protocolary", "ipv64",
        "\303\251port\303\251"};

    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autofree char *body = refusal_of(messages[i], "/report");
        const CfpRawAnswer steps[] = {{.request = "POST", .status = 400, .body = body}};

        does_not_fall_back(steps, 1, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    }
}

static void
test_other_fields(void)
{
    static const char *const pointers[] = {"/time_limit", "/packet_limit", "/offset_time",
                                           "/type",       "/system",       "/body/time_limit",
                                           "time_limit"};

    for (size_t i = 0; i < G_N_ELEMENTS(pointers); i++) {
        g_autofree char *plain = refusal_of("must be less", pointers[i]);
        g_autofree char *wordy = refusal_of("must be less with such a filter", pointers[i]);
        const CfpRawAnswer steps[] = {{.request = "POST", .status = 400, .body = plain}};
        const CfpRawAnswer wordy_steps[] = {{.request = "POST", .status = 400, .body = wordy}};

        does_not_fall_back(steps, 1, CFP_API_ERROR, CFP_API_ERROR_INVALID);
        does_not_fall_back(wordy_steps, 1, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    }
}

/* The list says each time that it is not a matter of turns. */
static void
test_filter_at_last(void)
{
    const CfpRawAnswer steps[] = {BY_NOTHING, EMPTY_LIST, BY_NOTHING,
                                  EMPTY_LIST, BY_NOTHING, EMPTY_LIST};
    const CfpRawAnswer accepted[] = {BY_NOTHING, EMPTY_LIST, BY_NOTHING, EMPTY_LIST, CREATED};
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    init_chain(&f, steps, G_N_ELEMENTS(steps), CFP_TURN_WAIT);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    /* The last has nothing that is not documented to be taken: it is not to blame. */
    asked_for(&f, "0 1 2");
    init_chain(&g, accepted, G_N_ELEMENTS(accepted), CFP_TURN_WAIT);
    creates(&g);
    asked_for(&g, "0 1 2");
}

/* Who does not wait for turns need not know whose turn it is. */
static void
test_filter_without_turns(void)
{
    const CfpRawAnswer steps[] = {BY_NOTHING, BY_NOTHING, CREATED};
    g_auto(Fixture) f;

    init_chain(&f, steps, 3, CFP_TURN_FAIL);
    creates(&f);
    asked_for(&f, "0 1 2");
}

static void
test_other_failures(void)
{
    static const struct {
        CfpRawAnswer step;
        CfpApiError code;
    } rows[] = {
        {{.request = "POST", .status = 401, .body = REFUSAL("9109", "bad address")},
         CFP_API_ERROR_CREDENTIAL},
        {{.request = "POST", .status = 400, .body = REFUSAL("6003", "bad e-mail address")},
         CFP_API_ERROR_CREDENTIAL_FORMAT},
        {{.request = "POST", .status = 404, .body = REFUSAL("7003", "no route for address")},
         CFP_API_ERROR_ACCOUNT},
        {{.request = "POST", .status = 429, .headers = "Retry-After: 3600\r\n"},
         CFP_API_ERROR_RATE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        does_not_fall_back(&rows[i].step, 1, CFP_API_ERROR, (int)rows[i].code);
}

static void
test_turn_in_the_chain(void)
{
    const CfpRawAnswer by_429[] = {
        BY_FILTER,
        {.request = "POST", .status = 429, .headers = "Retry-After: 17\r\n"},
        BY_FILTER,
        CREATED};
    const CfpRawAnswer by_list[] = {
        BY_NOTHING,
        EMPTY_LIST,
        BY_NOTHING,
        {.request = "GET", .status = 200, .body = LIST(CAPTURE("x", "success", "@-50@"))},
        BY_NOTHING,
        EMPTY_LIST,
        CREATED};
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    init_chain(&f, by_429, 4, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 1 1 2");
    ASSERT_UINT(cfp_job_turn_waited_s(f.job), 17);
    init_chain(&g, by_list, G_N_ELEMENTS(by_list), CFP_TURN_WAIT);
    creates(&g);
    asked_for(&g, "0 1 1 2");
    ASSERT_TRUE(cfp_job_turn_waited_s(g.job) >= 10 && cfp_job_turn_waited_s(g.job) <= 13);
}

static void
test_turn_with_filter_words(void)
{
    const CfpRawAnswer by_word[] = {
        {.request = "POST",
         .status = 400,
         .body = REFUSAL("4711", "One capture a minute for each destination address")},
        EMPTY_LIST,
        CREATED};
    const CfpRawAnswer by_header[] = {{.request = "POST",
                                       .status = 400,
                                       .headers = "Retry-After: 17\r\n",
                                       .body = REFUSAL("4711", "this filter is in use")},
                                      CREATED};
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    init_chain(&f, by_word, 3, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 0");
    ASSERT_UINT(cfp_job_turn_waited_s(f.job), CFP_SAMPLE_TURN_S + CFP_SAMPLE_TURN_MARGIN_S);
    init_chain(&g, by_header, 2, CFP_TURN_WAIT);
    creates(&g);
    asked_for(&g, "0 0");
    ASSERT_UINT(cfp_job_turn_waited_s(g.job), 17);
}

/* Neither when an hour is too long, nor when nothing is waited for, nor after the last wait. */
static void
test_turn_keeps_the_filter(void)
{
    const CfpRawAnswer hour[] = {{.request = "POST",
                                  .status = 400,
                                  .headers = "Retry-After: 3600\r\n",
                                  .body = REFUSAL("4711", "no")}};
    const CfpRawAnswer minute[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "one a minute")}};
    CfpRawAnswer steps[CFP_MAX_TURNS + 1];
    g_auto(Fixture) f;
    g_auto(Fixture) g;

    does_not_fall_back(hour, 1, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    init_chain(&f, minute, 1, CFP_TURN_FAIL);
    fails(&f, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        steps[i] =
            (CfpRawAnswer){.request = "POST", .status = 400, .headers = "Retry-After: 9\r\n"};
    init_chain(&g, steps, G_N_ELEMENTS(steps), CFP_TURN_WAIT);
    fails(&g, CFP_API_ERROR, CFP_API_ERROR_INVALID);
    asked_for(&g, "0 0 0 0 0 0");
}

#define LISTED(id, filter)                                                                         \
    "{\"id\":\"" id "\",\"status\":\"pending\",\"type\":\"simple\",\"time_limit\":60,"             \
    "\"submitted\":\"@0@\",\"filter_v1\":{" filter "}}"
#define FIRST_FILTER                                                                               \
    "\"source_address\":\"192.0.2.0/24\",\"destination_address\":\"198.51.100.1\","                \
    "\"destination_port\":53"
#define SECOND_FILTER "\"destination_address\":\"198.51.100.1\",\"destination_port\":53"
#define THIRD_FILTER "\"destination_address\":\"198.51.100.1\""

static void
test_lost_after_a_fallback(void)
{
    const CfpRawAnswer steps[] = {
        BY_FILTER,
        LOST,
        {.request = "GET",
         .status = 200,
         .body = LIST(LISTED("x", FIRST_FILTER) "," LISTED("y", THIRD_FILTER) "," LISTED(
             "z", "") "," LISTED("c1", SECOND_FILTER))}};
    g_auto(Fixture) f;

    init_chain(&f, steps, 3, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 1");
    ASSERT_TRUE(cfp_filter_v1_equal(&cfp_job_request(f.job)->filter, &looser[0]));
}

/* What is not found is asked for again, as it was asked for last. */
static void
test_refused_filter_is_not_ours(void)
{
    const CfpRawAnswer listed = {
        .request = "GET", .status = 200, .body = LIST(LISTED("x", FIRST_FILTER))};
    const CfpRawAnswer steps[] = {BY_FILTER, LOST, listed, listed, listed, CREATED};
    g_auto(Fixture) f;

    init_chain(&f, steps, 6, CFP_TURN_WAIT);
    creates(&f);
    asked_for(&f, "0 1 1");
}

static void
test_fallback_is_told(void)
{
    const CfpRawAnswer steps[] = {
        {.request = "POST", .status = 400, .body = REFUSAL("4711", "no CIDR today")}, CREATED};
    g_auto(Fixture) f;

    init_chain(&f, steps, 2, CFP_TURN_WAIT);
    creates(&f);
    ASSERT_CONTAINS(warnings->str, "no CIDR today");
    ASSERT_CONTAINS(warnings->str,
                    "{\"destination_address\":\"198.51.100.1\",\"destination_port\":53}");
    ASSERT_LACKS(warnings->str, "192.0.2.0");
    ASSERT_STR(f.said->str, "asking for the capture\n"
                            "the service refuses a part of the filter, asking for less\n"
                            "asking for the capture\n");
}

static void
test_fallbacks_are_copied(void)
{
    const CfpRawAnswer steps[] = {BY_FILTER, CREATED};
    CfpFilterV1 fallback = {.source_address = g_strdup("203.0.113.9"), .protocol = -1};
    g_auto(Fixture) f;

    init_with(&f, steps, 2, NULL, CFP_TURN_WAIT, &fallback, 1);
    fallback.source_address[0] = '9';
    cfp_filter_v1_clear(&fallback);
    creates(&f);
    ASSERT_STR(cfp_job_request(f.job)->filter.source_address, "203.0.113.9");
}

/* ---- waiting until it is ready --------------------------------------------------------------- */

#define STATUS(word)                                                                               \
    {                                                                                              \
        .request = "GET /accounts/account/pcaps/c1 ", .status = 200,                               \
        .body = ONE(CAPTURE("c1", word, "@0@"))                                                    \
    }

static void
becomes_ready(const CfpRawAnswer *steps, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) f;

    init(&f, steps, n, NULL, CFP_TURN_WAIT);
    ASSERT_OK(cfp_job_create(f.job, &error), error);
    ASSERT_OK(cfp_job_wait(f.job, &error), error);
    ASSERT_TRUE(cfp_job_capture(f.job)->status == CFP_STATUS_READY);
    script_is_done(&f);
}

static void
test_ready(void)
{
    const CfpRawAnswer at_once[] = {
        {.request = "POST", .status = 200, .body = ONE(CAPTURE("c1", "success", "@0@"))}};
    const CfpRawAnswer polled[] = {
        CREATED,
        STATUS("pending"),
        STATUS("running"),
        STATUS("conversion_pending"),
        STATUS("conversion_running"),
        STATUS("unknown"),
        STATUS("a new word"),
        {.request = "GET", .status = 200, .body = ONE("{\"id\":\"c1\"}")},
        {.request = "GET", .status = 503},
        STATUS("complete"),
    };

    becomes_ready(at_once, 1);
    becomes_ready(polled, G_N_ELEMENTS(polled));
}

/* A capture that was just made is not known everywhere yet; later it should be. */
static void
test_not_found_yet(void)
{
    const CfpRawAnswer unknown = {
        .request = "GET", .status = 404, .body = REFUSAL("4711", "no such capture")};
    const CfpRawAnswer early[] = {CREATED, unknown, unknown, STATUS("success")};
    CfpRawAnswer late[30];
    g_auto(Fixture) f;
    g_autoptr(GError) error = NULL;

    becomes_ready(early, 4);
    late[0] = (CfpRawAnswer)CREATED;
    for (size_t i = 1; i < G_N_ELEMENTS(late); i++)
        late[i] = unknown;
    init(&f, late, G_N_ELEMENTS(late), NULL, CFP_TURN_WAIT);
    ASSERT_TRUE(cfp_job_create(f.job, NULL));
    ASSERT_FALSE(cfp_job_wait(f.job, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_NOT_FOUND);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() < 2 * (gint64)CFP_NEW_CAPTURE_S * 1000);
}

static void
test_failed(void)
{
    static const struct {
        const char *body, *reason;
    } rows[] = {
        {ONE("{\"id\":\"c1\",\"status\":\"failed\",\"error_message\":\"no packets\"}"),
         "capture c1 failed: no packets"},
        {ONE("{\"id\":\"c1\",\"status\":\"failed\"}"),
         "capture c1 failed: Cloudflare gives no reason"},
        {ONE("{\"id\":\"c1\",\"status\":\"failed\",\"error_message\":\"\"}"),
         "capture c1 failed: Cloudflare gives no reason"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const CfpRawAnswer steps[] = {CREATED,
                                      {.request = "GET", .status = 200, .body = rows[i].body}};
        g_autoptr(GError) error = NULL;
        g_auto(Fixture) f;

        init(&f, steps, 2, NULL, CFP_TURN_WAIT);
        ASSERT_TRUE(cfp_job_create(f.job, NULL));
        ASSERT_FALSE(cfp_job_wait(f.job, &error));
        ASSERT_ERROR(error, CFP_JOB_ERROR, CFP_JOB_ERROR_FAILED);
        ASSERT_STR(error->message, rows[i].reason);
        script_is_done(&f);
    }
}

static void
test_expired(void)
{
    CfpRawAnswer steps[200];
    g_auto(Fixture) f;
    g_autoptr(GError) error = NULL;
    gint64 patience_ms = (60 + (gint64)CFP_SAMPLE_PATIENCE_S) * 1000;

    steps[0] = (CfpRawAnswer)CREATED;
    for (size_t i = 1; i < G_N_ELEMENTS(steps); i++)
        steps[i] = (CfpRawAnswer)STATUS("running");
    init(&f, steps, G_N_ELEMENTS(steps), NULL, CFP_TURN_WAIT);
    ASSERT_TRUE(cfp_job_create(f.job, NULL));
    ASSERT_FALSE(cfp_job_wait(f.job, &error));
    ASSERT_ERROR(error, CFP_JOB_ERROR, CFP_JOB_ERROR_EXPIRED);
    ASSERT_CONTAINS(error->message, "\"running\" after 240 s");
    ASSERT_FALSE(f.script.surprised);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() >= patience_ms - 1000);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() <= patience_ms + 2 * (gint64)CFP_MAX_POLL_MS);
    /* Quick at first, then less and less often: far from one a second. */
    ASSERT_TRUE(f.script.next > 40 && f.script.next < 75);
}

static void
test_quick_at_first(void)
{
    const CfpRawAnswer steps[] = {CREATED, STATUS("pending"), STATUS("success")};

    becomes_ready(steps, 3);
    {
        g_auto(Fixture) f;

        init(&f, steps, 3, NULL, CFP_TURN_WAIT);
        ASSERT_TRUE(cfp_job_create(f.job, NULL));
        ASSERT_TRUE(cfp_job_wait(f.job, NULL));
        ASSERT_TRUE(cfp_fake_time_skipped_ms() >= 500 && cfp_fake_time_skipped_ms() <= 1000);
    }
}

static void
test_poll_fails(void)
{
    const CfpRawAnswer steps[] = {
        CREATED, {.request = "GET", .status = 401, .body = REFUSAL("9109", "expired")}};
    g_auto(Fixture) f;
    g_autoptr(GError) error = NULL;

    init(&f, steps, 2, NULL, CFP_TURN_WAIT);
    ASSERT_TRUE(cfp_job_create(f.job, NULL));
    ASSERT_FALSE(cfp_job_wait(f.job, &error));
    ASSERT_ERROR(error, CFP_API_ERROR, CFP_API_ERROR_CREDENTIAL);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a capture is created at once", test_create},
        {"what can't be helped fails at once", test_refused_at_once},
        {"a token that may only read is told from one that may nothing", test_read_only},
        {"a lost answer is found in the list", test_lost_and_found},
        {"a capture may appear late in the list", test_found_late},
        {"what is not in the list is created again", test_lost_and_not_found},
        {"an answer lost on a used connection is looked for too", test_lost_on_a_used_connection},
        {"somebody else's capture is not taken", test_not_ours},
        {"the service's clock counts, not ours", test_clocks_differ},
        {"a lost capture is known by all its fields", test_found_with_all_fields},
        {"without a list nothing is created twice", test_list_unreadable},
        {"answers lost again and again end it", test_lost_again_and_again},
        {"a service that can't be reached is tried for a while", test_unreachable},
        {"a turn is as long as the service says", test_turn_by_retry_after},
        {"a turn is reckoned from the list", test_turn_by_list},
        {"a turn is a minute when the service says no more", test_turn_by_word},
        {"a refusal without a reason to wait is one", test_no_turn},
        {"waiting for turns can be declined", test_turn_fail},
        {"turns are not waited for without end", test_turn_limit},
        {"a word inside another is no reason to wait", test_turn_words_are_whole},
        {"a stop ends the wait for a turn", test_stopped_while_waiting},
        {"the fallbacks are asked for one after another", test_chain},
        {"the fallback that is accepted ends the chain", test_chain_ends},
        {"the last refusal is the error", test_last_refusal_is_the_error},
        {"a filter without a fallback is refused for good", test_no_fallback},
        {"a fallback that was just refused is skipped", test_duplicates_are_skipped},
        {"so many fallbacks are tried and no more", test_fallback_limit},
        {"skipped fallbacks don't count", test_skipped_do_not_count},
        {"a refusal by a field of the filter is about the filter", test_filter_by_pointer},
        {"a refusal in words for the filter is about the filter", test_filter_by_word},
        {"a word inside another is not about the filter", test_words_are_whole},
        {"a refusal of another field is not about the filter", test_other_fields},
        {"the filter is to blame when nothing else explains a refusal", test_filter_at_last},
        {"the same without waiting for turns", test_filter_without_turns},
        {"only a refused field makes it fall back", test_other_failures},
        {"a turn in the middle of the chain is waited for", test_turn_in_the_chain},
        {"a turn is no matter of the filter, whatever its words", test_turn_with_filter_words},
        {"a turn that is not waited for does not cost the filter", test_turn_keeps_the_filter},
        {"a lost answer is looked for with the filter that was sent", test_lost_after_a_fallback},
        {"the filter of a refused request is not ours any more", test_refused_filter_is_not_ours},
        {"a fallback is logged with its reason", test_fallback_is_told},
        {"the fallbacks are copied", test_fallbacks_are_copied},
        {"every status but an end keeps it waiting", test_ready},
        {"a new capture may be unknown for a moment", test_not_found_yet},
        {"a failed capture says why", test_failed},
        {"a capture that is never ready expires", test_expired},
        {"it is asked for quickly at first", test_quick_at_first},
        {"a refusal while waiting is an error", test_poll_fails},
        {NULL, NULL},
    };

    hear_warnings();
    return cfp_test_main(argc, argv, "job", cases);
}
