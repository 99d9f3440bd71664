/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/answer.h"

#include <string.h>

static const char html_page[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>502: Bad gateway</title></head>\n"
    "<body><h1>Bad gateway</h1><p>The web server reported a bad gateway error.</p></body></html>\n";

CfpServiceAnswer *
cfp_service_answer_new(guint status)
{
    CfpServiceAnswer *answer = g_new0(CfpServiceAnswer, 1);

    answer->status = status;
    answer->headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);
    answer->body = g_bytes_new_static("", 0);
    return answer;
}

void
cfp_service_answer_free(CfpServiceAnswer *answer)
{
    if (!answer)
        return;
    soup_message_headers_unref(answer->headers);
    g_bytes_unref(answer->body);
    g_free(answer);
}

static void
set_body(CfpServiceAnswer *answer, GBytes *body)
{
    g_bytes_unref(answer->body);
    answer->body = body;
}

void
cfp_service_answer_set_text(CfpServiceAnswer *answer, const char *type, const char *text)
{
    soup_message_headers_replace(answer->headers, "Content-Type", type);
    set_body(answer, g_bytes_new(text, strlen(text)));
}

/* Takes `node`. */
static void
set_json(CfpServiceAnswer *answer, JsonNode *node)
{
    g_autofree char *text = json_to_string(node, FALSE);

    cfp_service_answer_set_text(answer, "application/json", text);
    json_node_unref(node);
}

const char *
cfp_service_answer_phrase(guint status)
{
    const char *phrase = soup_status_get_phrase(status);

    /* libsoup stops at RFC 7231. */
    if (status == 429)
        return "Too Many Requests";
    return phrase && strcmp(phrase, "Unknown Error") != 0 ? phrase : "Error";
}

static JsonNode *
take_object(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    return node;
}

/* Takes `result` and `errors`. */
static JsonObject *
make_envelope(gboolean success, JsonNode *result, JsonArray *errors)
{
    JsonObject *envelope = json_object_new();

    json_object_set_member(envelope, "result", result);
    json_object_set_boolean_member(envelope, "success", success);
    json_object_set_array_member(envelope, "errors", errors);
    json_object_set_array_member(envelope, "messages", json_array_new());
    return envelope;
}

CfpServiceAnswer *
cfp_service_answer_result(JsonNode *result, int count)
{
    CfpServiceAnswer *answer = cfp_service_answer_new(200);
    JsonObject *envelope = make_envelope(TRUE, result, json_array_new());

    if (count >= 0) {
        JsonObject *info = json_object_new();
        json_object_set_int_member(info, "page", 1);
        json_object_set_int_member(info, "per_page", 50);
        json_object_set_int_member(info, "count", count);
        json_object_set_int_member(info, "total_count", count);
        json_object_set_object_member(envelope, "result_info", info);
    }
    set_json(answer, take_object(envelope));
    return answer;
}

static JsonObject *
make_error(const CfpServiceProblem *problem)
{
    JsonObject *error = json_object_new();

    json_object_set_int_member(error, "code", problem->code);
    json_object_set_string_member(error, "message", problem->message);
    if (problem->documentation_url)
        json_object_set_string_member(error, "documentation_url", problem->documentation_url);
    if (problem->pointer) {
        JsonObject *source = json_object_new();
        json_object_set_string_member(source, "pointer", problem->pointer);
        json_object_set_object_member(error, "source", source);
    }
    if (problem->chain_message) {
        JsonArray *chain = json_array_new();
        JsonObject *link = json_object_new();
        json_object_set_int_member(link, "code", problem->chain_code);
        json_object_set_string_member(link, "message", problem->chain_message);
        json_array_add_object_element(chain, link);
        json_object_set_array_member(error, "error_chain", chain);
    }
    return error;
}

CfpServiceAnswer *
cfp_service_answer_problem(guint status, const CfpServiceProblem *problem)
{
    CfpServiceAnswer *answer = cfp_service_answer_new(status);
    JsonArray *errors = json_array_new();

    json_array_add_object_element(errors, make_error(problem));
    set_json(answer, take_object(make_envelope(FALSE, json_node_new(JSON_NODE_NULL), errors)));
    return answer;
}

CfpServiceAnswer *
cfp_service_answer_error(guint status, gint64 code, const char *message)
{
    const CfpServiceProblem problem = {.code = code, .message = message};

    return cfp_service_answer_problem(status, &problem);
}

static guint
choose_status(const CfpServiceFaultPlan *plan)
{
    if (plan->status >= 0)
        return (guint)plan->status;
    if (plan->redirect)
        return 302;
    if (plan->retry_after >= 0)
        return 429;
    return plan->echo_token ? 403 : 400;
}

CfpServiceAnswer *
cfp_service_answer_refusal(const CfpServiceFaultPlan *plan, const char *credential)
{
    guint status = choose_status(plan);
    const char *usual = status == 429 ? "Please wait and consider throttling your request speed"
                                      : "A fault of the test service";
    const char *text = plan->message ? plan->message : usual;
    g_autofree char *echo = g_strdup_printf("%s: %s", text, credential ? credential : "");
    CfpServiceProblem problem = {
        .code = plan->code >= 0 ? plan->code : (status == 429 ? 971 : 10000),
        .message = plan->echo_token ? echo : text,
        .pointer = plan->pointer,
        .documentation_url = plan->documentation_url,
        .chain_code = 6111,
        .chain_message = plan->error_chain ? "Invalid format for Authorization header" : NULL,
    };
    CfpServiceAnswer *answer = cfp_service_answer_problem(status, &problem);

    if (plan->redirect)
        soup_message_headers_replace(answer->headers, "Location", plan->redirect);
    return answer;
}

static void
nest_json(CfpServiceAnswer *answer, gint64 depth)
{
    g_autoptr(GString) text = g_string_new("{\"success\":true,\"errors\":[],\"messages\":[],"
                                           "\"result\":");

    for (gint64 i = 0; i < depth; i++)
        g_string_append_c(text, '[');
    for (gint64 i = 0; i < depth; i++)
        g_string_append_c(text, ']');
    g_string_append_c(text, '}');
    cfp_service_answer_set_text(answer, "application/json", text->str);
}

/* Puts a member with that many bytes in front of the envelope's own. */
static void
inflate_json(CfpServiceAnswer *answer, gint64 bytes)
{
    gsize length;
    const char *old = g_bytes_get_data(answer->body, &length);
    g_autoptr(GString) text = g_string_new("{\"padding\":\"");

    for (gint64 i = 0; i < bytes; i++)
        g_string_append_c(text, 'x');
    g_string_append(text, "\",");
    if (length > 1)
        g_string_append_len(text, old + 1, (gssize)length - 1);
    cfp_service_answer_set_text(answer, "application/json", text->str);
}

/* Every member becomes one of another type. */
static void
confuse_object(JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);

    for (GList *item = names; item; item = item->next) {
        JsonNode *node = json_object_get_member(object, item->data);
        gboolean is_text =
            JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
        g_autofree char *name = g_strdup(item->data);
        if (is_text)
            json_object_set_int_member(object, name, 7);
        else
            json_object_set_string_member(object, name, "seven");
    }
}

static void
confuse_array(JsonArray *array)
{
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(node))
            confuse_object(json_node_get_object(node));
    }
}

static void
confuse_types(CfpServiceAnswer *answer, const char *how)
{
    gsize length;
    const char *text = g_bytes_get_data(answer->body, &length);
    g_autoptr(JsonParser) parser = json_parser_new();

    if (!json_parser_load_from_data(parser, text, (gssize)length, NULL))
        return;
    g_autoptr(JsonNode) root = json_parser_steal_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return;
    JsonObject *envelope = json_node_get_object(root);
    JsonNode *result = json_object_get_member(envelope, "result");
    if (strcmp(how, "fields") != 0)
        json_object_set_string_member(envelope, "result", "a string");
    else if (result && JSON_NODE_HOLDS_OBJECT(result))
        confuse_object(json_node_get_object(result));
    else if (result && JSON_NODE_HOLDS_ARRAY(result))
        confuse_array(json_node_get_array(result));
    set_json(answer, g_steal_pointer(&root));
}

static void
corrupt_body(CfpServiceAnswer *answer, gint64 offset)
{
    gsize length;
    const guint8 *old = g_bytes_get_data(answer->body, &length);

    if ((guint64)offset >= length)
        return;
    guint8 *copy = g_memdup2(old, length);
    for (gsize i = (gsize)offset; i < length && i < (gsize)offset + 4; i++)
        copy[i] ^= 0xff;
    set_body(answer, g_bytes_new_take(copy, length));
}

static void
cut_body(CfpServiceAnswer *answer, gsize length)
{
    gsize old = g_bytes_get_size(answer->body);

    set_body(answer, g_bytes_new_from_bytes(answer->body, 0, MIN(length, old)));
}

void
cfp_service_answer_damage(CfpServiceAnswer *answer, const CfpServiceFaultPlan *plan)
{
    if (plan->status >= 0)
        answer->status = (guint)plan->status;
    if (plan->retry_after >= 0) {
        g_autofree char *seconds = g_strdup_printf("%" G_GINT64_FORMAT, plan->retry_after);
        soup_message_headers_replace(answer->headers, "Retry-After", seconds);
    }
    if (plan->html)
        cfp_service_answer_set_text(answer, "text/html; charset=UTF-8", html_page);
    if (plan->wrong_type)
        confuse_types(answer, plan->wrong_type);
    if (plan->deep_json >= 0)
        nest_json(answer, plan->deep_json);
    if (plan->huge_json >= 0)
        inflate_json(answer, plan->huge_json);
    if (plan->malformed_json)
        cut_body(answer, g_bytes_get_size(answer->body) / 2);
    if (plan->empty_body)
        cut_body(answer, 0);
    if (plan->corrupt >= 0)
        corrupt_body(answer, plan->corrupt);
    if (plan->truncate >= 0) {
        gsize length = g_bytes_get_size(answer->body);
        cut_body(answer, length - MIN(length, (gsize)plan->truncate));
    }
}
