/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/routes.h"

#include <string.h>

#include "service/auth.h"
#include "service/schema.h"

/* The pcaps-specific codes of the real service are not public: every code from 19000 on is made up
 * here, and a client must not depend on one. */
enum {
    CODE_BAD_REQUEST = 19000,
    CODE_TURN = 19001,
    CODE_ONE_FULL = 19002,
    CODE_ADDRESS = 19003,
    CODE_NOT_FOUND = 19004,
    CODE_NOT_READY = 19005,
    CODE_WRONG_TYPE = 19006,
    CODE_CHALLENGE = 19007,
    CODE_INTERNAL = 19008,
    CODE_PORT = 19009,
};

typedef CfpServiceAnswer *(*Action)(CfpServiceState *, CfpServiceRequest *, const char *);

/* Takes `violation`: the answer names it and the log gets it. */
static CfpServiceAnswer *
refuse_violation(CfpServiceRequest *request, CfpServiceViolation *violation, guint status)
{
    const CfpServiceProblem problem = {
        .code = CODE_BAD_REQUEST,
        .message = violation->message,
        .pointer = violation->pointer[0] ? violation->pointer : NULL,
    };
    CfpServiceAnswer *answer = cfp_service_answer_problem(status, &problem);

    g_free(request->violation);
    request->violation = g_strdup(violation->message);
    cfp_service_violation_free(violation);
    return answer;
}

static CfpServiceAnswer *
refuse_body(CfpServiceState *state, CfpServiceRequest *request, CfpServiceBody kind)
{
    const char *type = soup_message_headers_get_content_type(request->headers, NULL);
    CfpServiceViolation *violation;

    if (g_strcmp0(type, "application/json") != 0)
        violation = cfp_service_violation_new("", "Content-Type is not application/json");
    else
        violation = cfp_service_schema_check(kind, request->body, cfp_service_state_now(state));
    return violation ? refuse_violation(request, violation, 400) : NULL;
}

/* Assumption: whether prefixes and IPv6 are taken is not documented. */
static CfpServiceAnswer *
refuse_addresses(CfpServiceState *state, JsonObject *body)
{
    static const char *const names[] = {"source_address", "destination_address"};
    JsonObject *filter = NULL;

    if (json_object_has_member(body, "filter_v1"))
        filter = json_object_get_object_member(body, "filter_v1");
    for (size_t i = 0; filter && i < G_N_ELEMENTS(names); i++) {
        if (!json_object_has_member(filter, names[i]))
            continue;
        const char *text = json_object_get_string_member(filter, names[i]);
        bool is_refused = (state->options->refuses_cidr && strchr(text, '/')) ||
                          (state->options->refuses_ipv6 && strchr(text, ':'));
        if (!is_refused)
            continue;
        g_autofree char *message = g_strdup_printf("%s: \"%s\" is not valid", names[i], text);
        g_autofree char *pointer = g_strdup_printf("/filter_v1/%s", names[i]);
        const CfpServiceProblem problem = {
            .code = CODE_ADDRESS, .message = message, .pointer = pointer};
        return cfp_service_answer_problem(400, &problem);
    }
    return NULL;
}

/* Assumption: whether a port can stand alone is not documented. */
static CfpServiceAnswer *
refuse_port_alone(CfpServiceState *state, JsonObject *body)
{
    JsonObject *filter = NULL;

    if (state->options->refuses_port_alone && json_object_has_member(body, "filter_v1"))
        filter = json_object_get_object_member(body, "filter_v1");
    if (!filter || json_object_has_member(filter, "protocol"))
        return NULL;
    const char *name =
        json_object_has_member(filter, "destination_port") ? "destination_port" : "source_port";
    if (!json_object_has_member(filter, name))
        return NULL;
    g_autofree char *message = g_strdup_printf("%s: needs a protocol", name);
    g_autofree char *pointer = g_strdup_printf("/filter_v1/%s", name);
    const CfpServiceProblem problem = {.code = CODE_PORT, .message = message, .pointer = pointer};
    return cfp_service_answer_problem(400, &problem);
}

/* "One sample collect request per minute" is documented; how a second one is refused is not. Both
 * forms below are assumptions. */
static CfpServiceAnswer *
refuse_turn(CfpServiceState *state)
{
    const CfpServiceOptions *options = state->options;
    gint64 now = g_get_monotonic_time();
    gint64 free_at = state->last_sample_us + (gint64)options->turn_seconds * G_USEC_PER_SEC;

    if (options->turn == CFP_SERVICE_TURN_OFF || state->last_sample_us == 0 || now >= free_at)
        return NULL;
    if (options->turn == CFP_SERVICE_TURN_400)
        return cfp_service_answer_error(
            400, CODE_TURN, "You can only request one sample packet capture per minute");
    CfpServiceAnswer *answer = cfp_service_answer_error(
        429, 971, "Please wait and consider throttling your request speed");
    g_autofree char *seconds =
        g_strdup_printf("%" G_GINT64_FORMAT, (free_at - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
    soup_message_headers_replace(answer->headers, "Retry-After", seconds);
    return answer;
}

/* Documented: one running or pending full capture at a time. Status and code are assumptions. */
static CfpServiceAnswer *
refuse_second_full(CfpServiceState *state)
{
    for (guint i = 0; state->options->one_full && i < state->captures->len; i++) {
        const CfpServiceCapture *capture = g_ptr_array_index(state->captures, i);
        if (capture->is_full && !cfp_service_state_is_done(capture))
            return cfp_service_answer_error(
                (guint)state->options->one_full, CODE_ONE_FULL,
                "Only one full packet capture can be running or pending at a time");
    }
    return NULL;
}

static CfpServiceAnswer *
create(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceAnswer *refusal = refuse_body(state, request, CFP_SERVICE_BODY_CREATE);

    if (refusal)
        return refusal;
    JsonObject *body = json_node_get_object(request->body);
    bool is_full = strcmp(json_object_get_string_member(body, "type"), "full") == 0;
    refusal = refuse_addresses(state, body);
    if (!refusal)
        refusal = refuse_port_alone(state, body);
    if (!refusal)
        refusal = is_full ? refuse_second_full(state) : refuse_turn(state);
    if (refusal)
        return refusal;
    if (!is_full)
        state->last_sample_us = g_get_monotonic_time();
    CfpServiceCapture *capture = cfp_service_state_add_capture(state, body);
    return cfp_service_answer_result(cfp_service_state_show_capture(state, capture, status_text),
                                     -1);
}

static CfpServiceAnswer *
list(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    JsonArray *captures = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    guint limit = MIN((guint)state->options->list_max, state->captures->len);

    (void)request;
    for (guint i = 0; i < limit; i++) {
        CfpServiceCapture *capture =
            g_ptr_array_index(state->captures, state->captures->len - 1 - i);
        json_array_add_element(captures,
                               cfp_service_state_show_capture(state, capture, status_text));
    }
    json_node_take_array(node, captures);
    return cfp_service_answer_result(node, (int)limit);
}

static CfpServiceAnswer *
refuse_unknown(void)
{
    return cfp_service_answer_error(404, CODE_NOT_FOUND, "There is no such packet capture");
}

static CfpServiceAnswer *
get(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceCapture *capture = cfp_service_state_find_capture(state, request->target->id);

    if (!capture)
        return refuse_unknown();
    if (!cfp_service_state_is_done(capture))
        capture->polls_done++;
    return cfp_service_answer_result(cfp_service_state_show_capture(state, capture, status_text),
                                     -1);
}

static void
describe_file(CfpServiceAnswer *answer, CfpServiceState *state)
{
    const CfpServiceOptions *options = state->options;
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, answer->body);
    g_autofree char *etag = g_strdup_printf("\"%.32s\"", sum);

    soup_message_headers_replace(answer->headers, "Content-Type", "application/vnd.tcpdump.pcap");
    soup_message_headers_replace(answer->headers, "ETag", etag);
    if (!options->ignores_range)
        soup_message_headers_replace(answer->headers, "Accept-Ranges", "bytes");
    if (options->gzip == CFP_SERVICE_GZIP_ENCODING)
        soup_message_headers_replace(answer->headers, "Content-Encoding", "gzip");
    answer->is_file = TRUE;
    answer->is_chunked = options->is_chunked;
}

/* Assumptions: what is answered before the capture is done, for a failed one and for a full one. */
static CfpServiceAnswer *
download(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceCapture *capture = cfp_service_state_find_capture(state, request->target->id);
    g_autoptr(GError) error = NULL;

    (void)status_text;
    if (!capture)
        return refuse_unknown();
    if (capture->is_full)
        return cfp_service_answer_error(400, CODE_WRONG_TYPE,
                                        "Only simple packet captures can be downloaded");
    if (!cfp_service_state_is_done(capture) ||
        strcmp(cfp_service_state_status(state, capture), "failed") == 0)
        return cfp_service_answer_error(404, CODE_NOT_READY,
                                        "The packet capture has no file to download");
    g_autoptr(GBytes) file = cfp_service_state_make_file(state, capture, &error);
    if (!file)
        return cfp_service_answer_error(500, CODE_INTERNAL, error->message);
    bool is_empty = !state->options->file && capture->packet_count == 0;
    if (is_empty && state->options->empty == CFP_SERVICE_EMPTY_404)
        return cfp_service_answer_error(404, CODE_NOT_FOUND, "No packets were captured");
    CfpServiceAnswer *answer = cfp_service_answer_new(200);
    if (is_empty && state->options->empty == CFP_SERVICE_EMPTY_BYTES) {
        describe_file(answer, state);
        return answer;
    }
    g_bytes_unref(answer->body);
    answer->body = state->options->gzip == CFP_SERVICE_GZIP_OFF ? g_steal_pointer(&file)
                                                                : cfp_service_file_compress(file);
    describe_file(answer, state);
    return answer;
}

/* Assumptions: stopping a sample, or a capture that has ended, is refused with 400. */
static CfpServiceAnswer *
stop(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceCapture *capture = cfp_service_state_find_capture(state, request->target->id);

    (void)status_text;
    if (!capture)
        return refuse_unknown();
    if (!capture->is_full)
        return cfp_service_answer_error(400, CODE_WRONG_TYPE,
                                        "Only full packet captures can be stopped");
    if (cfp_service_state_is_done(capture))
        return cfp_service_answer_error(400, CODE_NOT_READY, "The packet capture has ended");
    if (!capture->stop_requested_us) {
        capture->stop_requested_us = cfp_service_state_now(state);
        capture->polls_at_stop = capture->polls_done;
        /* Two GETs of conversion, unless the capture ends earlier anyhow. */
        capture->polls_needed = MIN(capture->polls_needed, capture->polls_done + 3);
    }
    return cfp_service_answer_new(204);
}

static CfpServiceAnswer *
list_buckets(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    JsonArray *buckets = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    (void)request;
    (void)status_text;
    for (guint i = 0; i < state->buckets->len; i++)
        json_array_add_element(
            buckets, cfp_service_state_show_bucket(state, g_ptr_array_index(state->buckets, i)));
    /* The schema allows null, and a client must take it for an empty list. */
    if (state->buckets->len == 0) {
        json_array_unref(buckets);
        json_node_init_null(node);
    } else {
        json_node_take_array(node, buckets);
    }
    return cfp_service_answer_result(node, (int)state->buckets->len);
}

static CfpServiceAnswer *
add_bucket(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceAnswer *refusal = refuse_body(state, request, CFP_SERVICE_BODY_OWNERSHIP_ADD);

    (void)status_text;
    if (refusal)
        return refusal;
    const CfpServiceBucket *bucket = cfp_service_state_add_bucket(
        state,
        json_object_get_string_member(json_node_get_object(request->body), "destination_conf"));
    if (state->options->challenge_dir) {
        g_autofree char *path =
            g_build_filename(state->options->challenge_dir, bucket->filename, NULL);
        g_autofree char *text = g_strdup_printf("%s\n", state->options->challenge);
        if (!g_file_set_contents(path, text, -1, NULL))
            return cfp_service_answer_error(500, CODE_INTERNAL, "The challenge can't be written");
    }
    return cfp_service_answer_result(cfp_service_state_show_bucket(state, bucket), -1);
}

static CfpServiceAnswer *
validate_bucket(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    CfpServiceAnswer *refusal = refuse_body(state, request, CFP_SERVICE_BODY_OWNERSHIP_VALIDATE);

    (void)status_text;
    if (refusal)
        return refusal;
    JsonObject *body = json_node_get_object(request->body);
    CfpServiceBucket *bucket = cfp_service_state_find_bucket(
        state, json_object_get_string_member(body, "destination_conf"));
    if (!bucket)
        return cfp_service_answer_error(404, CODE_NOT_FOUND, "There is no such bucket");
    const char *challenge = json_object_get_string_member(body, "ownership_challenge");
    if (strcmp(challenge, state->options->challenge) != 0)
        return cfp_service_answer_error(400, CODE_CHALLENGE, "The ownership challenge is wrong");
    bucket->validated_us = cfp_service_state_now(state);
    return cfp_service_answer_result(cfp_service_state_show_bucket(state, bucket), -1);
}

static CfpServiceAnswer *
delete_bucket(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    (void)status_text;
    if (!cfp_service_state_remove_bucket(state, request->target->id))
        return cfp_service_answer_error(404, CODE_NOT_FOUND, "There is no such bucket");
    return cfp_service_answer_new(204);
}

static CfpServiceAnswer *
list_accounts(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    JsonArray *accounts = json_array_new();
    JsonObject *account = json_object_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    (void)request;
    (void)status_text;
    json_object_set_string_member(account, "id", state->options->account);
    json_object_set_string_member(account, "name", "Test account");
    json_object_set_string_member(account, "type", "enterprise");
    json_array_add_object_element(accounts, account);
    json_node_take_array(node, accounts);
    return cfp_service_answer_result(node, 1);
}

/* The real service says in `messages` of this success, with the code of an error, that all is well:
 * a client must not take that for one. */
static CfpServiceAnswer *
verify(CfpServiceState *state, CfpServiceRequest *request, const char *status_text)
{
    static const char text[] =
        "{\"result\":{\"id\":\"ed17574386854bf78a67040be0a770b0\",\"status\":\"active\"},"
        "\"success\":true,\"errors\":[],\"messages\":[{\"code\":10000,"
        "\"message\":\"This API Token is valid and active\",\"type\":null}]}";
    CfpServiceAnswer *answer = cfp_service_answer_new(200);

    (void)state;
    (void)request;
    (void)status_text;
    cfp_service_answer_set_text(answer, "application/json", text);
    return answer;
}

static CfpServiceAnswer *
refuse_path(CfpServiceRequest *request)
{
    g_autofree char *message = NULL;

    if (request->target->allow) {
        message = g_strdup_printf("Method %s not available for that URI.", request->method);
        request->violation = g_strdup(message);
        CfpServiceAnswer *answer = cfp_service_answer_error(405, 7001, message);
        soup_message_headers_replace(answer->headers, "Allow", request->target->allow);
        return answer;
    }
    if (request->target->route == CFP_SERVICE_ROUTE_NONE || request->target->is_malformed) {
        message = g_strdup_printf("Could not route to %s, perhaps your object identifier is "
                                  "invalid?",
                                  request->path);
        request->violation = g_strdup(message);
        return cfp_service_answer_error(404, 7003, message);
    }
    return NULL;
}

/* Only the list of accounts has parameters. */
static CfpServiceAnswer *
refuse_form(CfpServiceRequest *request)
{
    const char *method = request->method;
    bool has_body = request->body_length > 0;

    if (request->query && request->query[0] && request->target->route != CFP_SERVICE_ROUTE_ACCOUNTS)
        return refuse_violation(
            request, cfp_service_violation_new("", "this call takes no query parameters"), 400);
    if (has_body && strcmp(method, "POST") != 0)
        return refuse_violation(request, cfp_service_violation_new("", "this call takes no body"),
                                400);
    return NULL;
}

CfpServiceAnswer *
cfp_service_routes_perform(CfpServiceState *state, CfpServiceRequest *request,
                           const char *status_text)
{
    static const Action actions[CFP_SERVICE_ROUTE_COUNT] = {
        [CFP_SERVICE_ROUTE_LIST] = list,
        [CFP_SERVICE_ROUTE_CREATE] = create,
        [CFP_SERVICE_ROUTE_GET] = get,
        [CFP_SERVICE_ROUTE_DOWNLOAD] = download,
        [CFP_SERVICE_ROUTE_STOP] = stop,
        [CFP_SERVICE_ROUTE_OWNERSHIP_LIST] = list_buckets,
        [CFP_SERVICE_ROUTE_OWNERSHIP_ADD] = add_bucket,
        [CFP_SERVICE_ROUTE_OWNERSHIP_VALIDATE] = validate_bucket,
        [CFP_SERVICE_ROUTE_OWNERSHIP_DELETE] = delete_bucket,
        [CFP_SERVICE_ROUTE_ACCOUNTS] = list_accounts,
        [CFP_SERVICE_ROUTE_VERIFY_USER] = verify,
        [CFP_SERVICE_ROUTE_VERIFY_ACCOUNT] = verify,
    };
    const char *account = request->target->account;
    CfpServiceAnswer *refusal = refuse_path(request);

    if (!refusal)
        refusal = cfp_service_auth_refuse(request->auth, request->target->route);
    if (!refusal && account && strcmp(account, state->options->account) != 0)
        refusal = cfp_service_answer_error(403, 10000, "Authentication error");
    if (!refusal)
        refusal = refuse_form(request);
    if (refusal)
        return refusal;
    return actions[request->target->route](state, request, status_text);
}
