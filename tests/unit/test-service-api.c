/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "service/service.h"
#include "support/cunit-runner.h"

#define SIMPLE                                                                                     \
    "{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":60,\"packet_limit\":100}"
#define FULL                                                                                       \
    "{\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":60,\"colo_name\":\"ord02\","   \
    "\"destination_conf\":\"r2://b?account-id=1&secret-access-key=SECRET\"}"

typedef struct {
    guint status; /* 0: no answer */
    char *body;
    gsize length;
    SoupMessage *message;
} Reply;

static void
clear_reply(Reply *reply)
{
    g_free(reply->body);
    g_clear_object(&reply->message);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reply, clear_reply)

static CfpService *
start(const char *const *args)
{
    g_autoptr(GError) error = NULL;
    CfpService *service = cfp_service_start(args, &error);

    ASSERT_NO_ERROR(error);
    return service;
}

/* Without the desktop's proxy: everything here is on loopback. */
static SoupSession *
new_session(void)
{
    SoupSession *session = soup_session_new();

    soup_session_set_proxy_resolver(session, NULL);
    return session;
}

/* One request in a connection of its own; `path` is behind /pcaps. */
static Reply
ask(CfpService *service, const char *method, const char *path, const char *body)
{
    g_autoptr(SoupSession) session = new_session();
    g_autofree char *uri = g_strdup_printf("%s/accounts/%s/pcaps%s", cfp_service_base_url(service),
                                           cfp_service_account(service), path);
    Reply reply = {.message = soup_message_new(method, uri)};

    soup_message_headers_append(soup_message_get_request_headers(reply.message), "Authorization",
                                "Bearer test-token");
    /* libsoup asks again by itself when a connection breaks before the answer. */
    soup_message_add_flags(reply.message, SOUP_MESSAGE_NEW_CONNECTION);
    if (body) {
        g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
        soup_message_set_request_body_from_bytes(reply.message, "application/json", bytes);
    }
    g_autoptr(GBytes) answer = soup_session_send_and_read(session, reply.message, NULL, NULL);
    if (!answer)
        return reply;
    reply.status = soup_message_get_status(reply.message);
    reply.length = g_bytes_get_size(answer);
    reply.body = g_malloc0(reply.length + 1);
    if (reply.length > 0)
        memcpy(reply.body, g_bytes_get_data(answer, NULL), reply.length);
    return reply;
}

/* A text member of the answer's result, "" if there is none. */
static char *
read_result(const Reply *reply, const char *name)
{
    g_autoptr(JsonNode) root = json_from_string(reply->body, NULL);
    JsonObject *result = json_object_get_object_member(json_node_get_object(root), "result");

    return g_strdup(json_object_get_string_member_with_default(result, name, ""));
}

/* Creates a capture and gives "/" and its id. */
static char *
create(CfpService *service, const char *body)
{
    g_auto(Reply) reply = ask(service, "POST", "", body);

    ASSERT_UINT(reply.status, 200);
    g_autofree char *id = read_result(&reply, "id");
    ASSERT_UINT(strlen(id), 32);
    return g_strconcat("/", id, NULL);
}

static void
expect_status(CfpService *service, const char *path, const char *expected)
{
    g_auto(Reply) reply = ask(service, "GET", path, NULL);
    g_autofree char *status = read_result(&reply, "status");

    ASSERT_STR(status, expected);
}

static void
plays_a_sample_capture(void)
{
    static const char *const args[] = {"--polls", "2", NULL};
    static const char magic[] = "\xd4\xc3\xb2\xa1";
    g_autoptr(CfpService) service = start(args);
    g_autofree char *path = create(service, SIMPLE);
    g_autofree char *download = g_strconcat(path, "/download", NULL);

    expect_status(service, path, "pending");
    g_auto(Reply) early = ask(service, "GET", download, NULL);
    ASSERT_UINT(early.status, 404);
    expect_status(service, path, "pending");
    expect_status(service, path, "success");
    g_auto(Reply) file = ask(service, "GET", download, NULL);
    ASSERT_UINT(file.status, 200);
    ASSERT_TRUE(file.length > 24);
    ASSERT_BYTES(file.body, 4, magic, 4);
    g_auto(GStrv) log = cfp_service_requests(service);
    ASSERT_UINT(g_strv_length(log), 6);
    for (guint i = 0; i < 6; i++)
        ASSERT_TRUE(strstr(log[i], "schema_violation") == NULL);
}

static void
plays_a_full_capture_that_is_stopped(void)
{
    static const char *const args[] = {"--polls", "100", NULL};
    g_autoptr(CfpService) service = start(args);
    g_autofree char *path = create(service, FULL);
    g_autofree char *stop = g_strconcat(path, "/stop", NULL);

    expect_status(service, path, "pending");
    g_auto(Reply) reply = ask(service, "PUT", stop, NULL);
    ASSERT_UINT(reply.status, 204);
    expect_status(service, path, "conversion_pending");
    expect_status(service, path, "conversion_running");
    expect_status(service, path, "success");
}

static void
logs_violations_and_no_secrets(void)
{
    static const char *const args[] = {NULL};
    g_autoptr(CfpService) service = start(args);
    g_auto(Reply) full = ask(service, "POST", "", FULL);
    g_auto(Reply) reply = ask(service, "POST", "", "{\"type\":\"simple\",\"limit\":1}");

    ASSERT_UINT(full.status, 200);
    ASSERT_UINT(reply.status, 400);
    g_auto(GStrv) log = cfp_service_requests(service);
    ASSERT_UINT(g_strv_length(log), 2);
    g_autofree char *all = g_strjoinv("\n", log);
    ASSERT_TRUE(strstr(all, "SECRET") == NULL);
    ASSERT_TRUE(strstr(all, "test-token") == NULL);
    ASSERT_CONTAINS(log[0], "\"destination_conf\":\"(hidden)\"");
    ASSERT_CONTAINS(log[0], "\"auth\":\"token\"");
    ASSERT_CONTAINS(log[1], "\"schema_violation\":\"limit: unknown member\"");
}

/* What the documentation is silent about: each refusal is an option. */
static void
refuses_what_may_be_unknown(void)
{
    static const char *const args[] = {"--refuse-address", "both", "--refuse-port-without-protocol",
                                       NULL};
    static const struct {
        const char *filter;
        const char *pointer; /* NULL: taken */
    } rows[] = {
        {"{\"destination_port\":53}", "/filter_v1/destination_port"},
        {"{\"source_port\":53}", "/filter_v1/source_port"},
        {"{\"source_port\":1,\"destination_port\":53}", "/filter_v1/destination_port"},
        {"{\"protocol\":17,\"destination_port\":53}", NULL},
        {"{\"protocol\":17}", NULL},
        {"{}", NULL},
        {"{\"source_address\":\"192.0.2.0/24\"}", "/filter_v1/source_address"},
        {"{\"destination_address\":\"2001:db8::1\"}", "/filter_v1/destination_address"},
        {"{\"destination_address\":\"192.0.2.1\"}", NULL},
    };
    g_autoptr(CfpService) service = start(args);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body =
            g_strdup_printf("{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":60,"
                            "\"packet_limit\":100,\"filter_v1\":%s}",
                            rows[i].filter);
        g_auto(Reply) reply = ask(service, "POST", "", body);
        ASSERT_UINT(reply.status, rows[i].pointer ? 400 : 200);
        if (rows[i].pointer)
            ASSERT_CONTAINS(reply.body, rows[i].pointer);
    }
}

static void
applies_faults_to_the_requests_they_select(void)
{
    static const char *const args[] = {"--fault", "POST create#2: status=503,retry-after=4", NULL};
    g_autoptr(CfpService) service = start(args);
    g_autoptr(GError) error = NULL;
    g_auto(Reply) first = ask(service, "POST", "", SIMPLE);
    g_auto(Reply) second = ask(service, "POST", "", SIMPLE);
    g_auto(Reply) third = ask(service, "POST", "", SIMPLE);

    ASSERT_UINT(first.status, 200);
    ASSERT_UINT(third.status, 200);
    ASSERT_UINT(second.status, 503);
    ASSERT_STR(soup_message_headers_get_one(soup_message_get_response_headers(second.message),
                                            "Retry-After"),
               "4");
    ASSERT_TRUE(cfp_service_add_fault(service, "list: html", &error));
    g_auto(Reply) list = ask(service, "GET", "", NULL);
    ASSERT_CONTAINS(list.body, "<html");
    ASSERT_FALSE(cfp_service_add_fault(service, "list: explode", &error));
    ASSERT_CONTAINS(error->message, "explode");
}

/* A fault that breaks the connection: the action has happened, and the next request works. */
static void
breaks_connections(void)
{
    static const char *const args[] = {"--create-status",
                                       "success",
                                       "--fault",
                                       "create#2: lose-answer",
                                       "--fault",
                                       "download#1: "
                                       "reset-after=100",
                                       "--fault",
                                       "download#2: close-after=100",
                                       "--fault",
                                       "download#3: slow=100000",
                                       NULL};
    g_autoptr(CfpService) service = start(args);
    g_autofree char *path = create(service, SIMPLE);
    g_autofree char *download = g_strconcat(path, "/download", NULL);
    g_auto(Reply) lost = ask(service, "POST", "", SIMPLE);
    g_auto(Reply) list = ask(service, "GET", "", NULL);
    g_auto(Reply) reset = ask(service, "GET", download, NULL);
    g_auto(Reply) closed = ask(service, "GET", download, NULL);
    g_auto(Reply) slow = ask(service, "GET", download, NULL);
    g_auto(Reply) usual = ask(service, "GET", download, NULL);

    ASSERT_UINT(lost.status, 0);
    ASSERT_CONTAINS(list.body, "\"count\":2");
    ASSERT_UINT(reset.status, 0);
    /* libsoup takes a body that ends too early for complete. */
    ASSERT_TRUE(closed.status == 0 || closed.length == 100);
    ASSERT_UINT(slow.status, 200);
    ASSERT_BYTES(slow.body, slow.length, usual.body, usual.length);
}

/* A service that ends while answers are delayed or hang must not wait for them. */
static void
ends_with_requests_under_way(void)
{
    static const char *const args[] = {"--fault", "GET list: hang", "--fault",
                                       "GET get: delay=100000", NULL};
    CfpService *service = start(args);
    g_autoptr(SoupSession) session = new_session();
    g_autofree char *path = create(service, SIMPLE);

    for (int i = 0; i < 2; i++) {
        g_autofree char *uri =
            g_strdup_printf("%s/accounts/%s/pcaps%s", cfp_service_base_url(service),
                            cfp_service_account(service), i ? path : "");
        g_autoptr(SoupMessage) message = soup_message_new("GET", uri);
        soup_session_send_async(session, message, 0, NULL, NULL, NULL);
    }
    for (guint seen = 0; seen < 3;) {
        g_auto(GStrv) log = cfp_service_requests(service);
        seen = g_strv_length(log);
        (void)g_main_context_iteration(NULL, FALSE);
    }
    cfp_service_stop(service);
    soup_session_abort(session);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void
serves_ranges(void)
{
    static const char *const args[] = {"--create-status", "success", NULL};
    g_autoptr(CfpService) service = start(args);
    g_autofree char *path = create(service, SIMPLE);
    g_autofree char *uri =
        g_strdup_printf("%s/accounts/%s/pcaps%s/download", cfp_service_base_url(service),
                        cfp_service_account(service), path);
    g_autoptr(SoupSession) session = new_session();
    static const struct {
        const char *name;
        const char *value;
        guint status;
        gsize length; /* 0: not looked at */
    } rows[] = {
        {"Range", "bytes=0-23", 206, 24}, {"Range", "bytes=-7", 206, 7},
        {"Range", "bytes=10-", 206, 0},   {"Range", "bytes=99999999-", 416, 0},
        {"Range", "bytes=5-4", 200, 0},   {"If-Match", "\"other\"", 412, 0},
        {"If-Match", "*", 200, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SoupMessage) message = soup_message_new("GET", uri);
        SoupMessageHeaders *headers = soup_message_get_request_headers(message);
        soup_message_headers_append(headers, "Authorization", "Bearer test-token");
        soup_message_headers_append(headers, rows[i].name, rows[i].value);
        g_autoptr(GBytes) body = soup_session_send_and_read(session, message, NULL, NULL);
        ASSERT_UINT(soup_message_get_status(message), rows[i].status);
        if (rows[i].length)
            ASSERT_UINT(g_bytes_get_size(body), rows[i].length);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a sample capture is pending, then has a file", plays_a_sample_capture},
        {"a stopped full capture is converted and succeeds", plays_a_full_capture_that_is_stopped},
        {"the log names violations and holds no secret", logs_violations_and_no_secrets},
        {"undocumented filters are refused when it is asked for", refuses_what_may_be_unknown},
        {"a fault changes the answers it selects", applies_faults_to_the_requests_they_select},
        {"a broken connection leaves the service as it is", breaks_connections},
        {"the service ends with answers under way", ends_with_requests_under_way},
        {"ranges and conditions are served", serves_ranges},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "service-api", cases);
}
