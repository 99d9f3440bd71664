/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/api-codec.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

G_DEFINE_QUARK(cfp_codec_error, cfp_codec_error)

/* ---- writing ----------------------------------------------------------------------------- */

static void
add_string(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
add_int(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
add_filter(JsonBuilder *builder, const CfpFilterV1 *filter)
{
    json_builder_begin_object(builder);
    if (filter->source_address)
        add_string(builder, "source_address", filter->source_address);
    if (filter->destination_address)
        add_string(builder, "destination_address", filter->destination_address);
    if (filter->source_port > 0)
        add_int(builder, "source_port", filter->source_port);
    if (filter->destination_port > 0)
        add_int(builder, "destination_port", filter->destination_port);
    if (filter->protocol >= 0)
        add_int(builder, "protocol", filter->protocol);
    json_builder_end_object(builder);
}

static char *
to_text(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);

    return json_to_string(root, FALSE);
}

char *
cfp_codec_encode_filter(const CfpFilterV1 *filter)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    add_filter(builder, filter);
    return to_text(builder);
}

static void
add_sample_fields(JsonBuilder *builder, const CfpCaptureRequest *request)
{
    g_autofree char *offset_time = NULL;

    if (request->offset_time_us == 0)
        return;
    offset_time = cfp_text_utc(request->offset_time_us);
    add_string(builder, "offset_time", offset_time);
}

static void
add_full_fields(JsonBuilder *builder, const CfpCaptureRequest *request)
{
    if (request->byte_limit > 0)
        add_int(builder, "byte_limit", request->byte_limit);
    if (request->colo_name)
        add_string(builder, "colo_name", request->colo_name);
    if (request->destination_conf)
        add_string(builder, "destination_conf", request->destination_conf);
}

char *
cfp_codec_encode_create(const CfpCaptureRequest *request)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    add_string(builder, "type", request->type == CFP_CAPTURE_FULL ? "full" : "simple");
    add_string(builder, "system", "magic-transit");
    add_int(builder, "time_limit", request->time_limit);
    if (request->packet_limit > 0)
        add_int(builder, "packet_limit", request->packet_limit);
    if (request->type == CFP_CAPTURE_FULL)
        add_full_fields(builder, request);
    else
        add_sample_fields(builder, request);
    if (!cfp_filter_v1_is_empty(&request->filter)) {
        json_builder_set_member_name(builder, "filter_v1");
        add_filter(builder, &request->filter);
    }
    json_builder_end_object(builder);
    return to_text(builder);
}

/* ---- reading ----------------------------------------------------------------------------- */

typedef enum { LOOKS_GOOD, LOOKS_TOO_DEEP, LOOKS_LIKE_NO_JSON } Look;

/* json-glib 1.6 descends into itself for every bracket and overruns the stack at some 100,000, and
 * it reads more than JSON: comments, other quotes, assignments, behind which brackets can hide. So
 * a body is looked over before it is parsed. */
static Look
look_over(const char *body, gsize len)
{
    static const char outside_strings[] = " \t\r\n[]{}:,+-.0123456789"
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    unsigned depth = 0;
    gboolean in_string = FALSE;

    for (gsize i = 0; i < len; i++) {
        char c = body[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (in_string)
            continue;
        else if (c == '\0' || !strchr(outside_strings, c))
            return LOOKS_LIKE_NO_JSON;
        else if ((c == '[' || c == '{') && ++depth > CFP_MAX_JSON_DEPTH)
            return LOOKS_TOO_DEEP;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return LOOKS_GOOD;
}

static JsonNode *
throw_no_json(gsize len, GError **error)
{
    cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_NOT_JSON,
              len == 0 ? "the answer is empty" : "the answer is not JSON");
    return NULL;
}

static JsonNode *
parse(const char *body, gsize len, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    Look look = look_over(body, len);
    JsonNode *root;

    if (look == LOOKS_TOO_DEEP) {
        cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_TOO_DEEP,
                  "the answer is nested more than %u levels deep", CFP_MAX_JSON_DEPTH);
        return NULL;
    }
    if (len == 0 || look == LOOKS_LIKE_NO_JSON || !g_utf8_validate_len(body, len, NULL) ||
        !json_parser_load_from_data(parser, body, (gssize)len, NULL))
        return throw_no_json(len, error);
    root = json_parser_steal_root(parser);
    return root ? root : throw_no_json(0, error);
}

static JsonNode *
member(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

static JsonObject *
member_object(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *
member_string(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

/* A number, or a string that holds one; -1 when it is neither or negative. */
static gint64
member_number(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    const char *text = member_string(object, name);
    guint64 value = 0;

    if (text)
        return cfp_text_to_uint(text, 0, G_MAXINT64, &value) ? (gint64)value : -1;
    if (!node || !JSON_NODE_HOLDS_VALUE(node))
        return -1;
    if (json_node_get_value_type(node) == G_TYPE_INT64)
        return MAX(json_node_get_int(node), -1);
    if (json_node_get_value_type(node) == G_TYPE_DOUBLE) {
        double number = json_node_get_double(node);

        return number >= 0 && number < 9e15 ? (gint64)number : -1;
    }
    return -1;
}

static guint
member_uint(JsonObject *object, const char *name)
{
    gint64 value = member_number(object, name);

    return value < 0 || value > G_MAXUINT32 ? 0 : (guint)value;
}

static gint64
member_time(JsonObject *object, const char *name)
{
    gint64 us = 0;

    return cfp_text_from_rfc3339(member_string(object, name), &us) ? us : 0;
}

static char *
member_line(JsonObject *object, const char *name)
{
    return cfp_text_one_line(member_string(object, name), CFP_MAX_SERVICE_TEXT);
}

/* Whole, but valid: json-glib lets half of a surrogate pair through. */
static char *
member_text(JsonObject *object, const char *name)
{
    const char *text = member_string(object, name);

    return text ? g_utf8_make_valid(text, -1) : NULL;
}

static CfpCaptureStatus
status_from_word(const char *word)
{
    static const struct {
        const char *word;
        CfpCaptureStatus status;
    } words[] = {
        {"pending", CFP_STATUS_PENDING},
        {"running", CFP_STATUS_RUNNING},
        {"conversion_pending", CFP_STATUS_CONVERTING},
        {"conversion_running", CFP_STATUS_CONVERTING},
        {"success", CFP_STATUS_READY},
        {"complete", CFP_STATUS_READY},
        {"failed", CFP_STATUS_FAILED},
    };

    for (size_t i = 0; word && i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(word, words[i].word) == 0)
            return words[i].status;
    return CFP_STATUS_OTHER;
}

void
cfp_capture_info_free(CfpCaptureInfo *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->status_word);
    g_free(self->error_message);
    g_free(self->colo_name);
    cfp_filter_v1_clear(&self->filter);
    g_free(self);
}

static void
read_type(CfpCaptureInfo *self, const char *word)
{
    self->has_type = TRUE;
    if (g_strcmp0(word, "full") == 0)
        self->type = CFP_CAPTURE_FULL;
    else if (g_strcmp0(word, "simple") == 0)
        self->type = CFP_CAPTURE_SAMPLE;
    else
        self->has_type = FALSE;
}

static void
read_filter(CfpFilterV1 *self, JsonObject *object)
{
    gint64 protocol = member_number(object, "protocol");

    self->source_address = g_strdup(member_string(object, "source_address"));
    self->destination_address = g_strdup(member_string(object, "destination_address"));
    self->source_port = member_uint(object, "source_port");
    self->destination_port = member_uint(object, "destination_port");
    self->protocol = protocol >= 0 && protocol <= 255 ? (int)protocol : -1;
}

/* The id becomes part of a URL and of the file: letters, digits and dashes only. */
static gboolean
is_id(const char *id)
{
    size_t len = id ? strlen(id) : 0;

    return len > 0 && len <= 64 &&
           strspn(id, "0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz-_") == len;
}

static CfpCaptureInfo *
read_capture(JsonObject *object)
{
    CfpCaptureInfo *self;

    if (!is_id(member_string(object, "id")))
        return NULL;
    self = g_new0(CfpCaptureInfo, 1);
    self->id = g_strdup(member_string(object, "id"));
    self->status_word = member_line(object, "status");
    self->status = status_from_word(self->status_word);
    self->submitted_us = member_time(object, "submitted");
    self->offset_time_us = member_time(object, "offset_time");
    read_type(self, member_string(object, "type"));
    self->time_limit = member_uint(object, "time_limit");
    read_filter(&self->filter, member_object(object, "filter_v1"));
    self->error_message = member_line(object, "error_message");
    self->colo_name = member_line(object, "colo_name");
    if (!self->colo_name)
        self->colo_name = member_line(object, "colo");
    self->packets_captured = member_number(object, "packets_captured");
    return self;
}

/* Both sides say whether a call worked: the HTTP status and this flag. Either "no" is a no. */
static JsonNode *
parse_result(const char *body, gsize len, JsonNode **ret_root, GError **error)
{
    g_autoptr(JsonNode) root = parse(body, len, error);
    JsonObject *envelope;
    JsonNode *success;

    if (!root)
        return NULL;
    if (!JSON_NODE_HOLDS_OBJECT(root)) {
        cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE,
                  "the answer is JSON, but not one of Cloudflare's envelopes");
        return NULL;
    }
    envelope = json_node_get_object(root);
    success = member(envelope, "success");
    if (success && JSON_NODE_HOLDS_VALUE(success) &&
        json_node_get_value_type(success) == G_TYPE_BOOLEAN && !json_node_get_boolean(success)) {
        cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_REFUSED,
                  "the answer says \"success\": false");
        return NULL;
    }
    if (!json_object_has_member(envelope, "result")) {
        cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE, "the answer has no \"result\"");
        return NULL;
    }
    *ret_root = g_steal_pointer(&root);
    return json_object_get_member(envelope, "result");
}

gboolean
cfp_codec_decode_capture(const char *body, gsize len, CfpCaptureInfo **ret_capture, GError **error)
{
    g_autoptr(JsonNode) root = NULL;
    JsonNode *result = parse_result(body, len, &root, error);
    CfpCaptureInfo *capture = NULL;

    if (!result)
        return FALSE;
    if (JSON_NODE_HOLDS_OBJECT(result))
        capture = read_capture(json_node_get_object(result));
    if (!capture)
        return cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE,
                         "the answer describes no capture with an id");
    *ret_capture = capture;
    return TRUE;
}

static void
free_capture(void *capture)
{
    cfp_capture_info_free(capture);
}

gboolean
cfp_codec_decode_captures(const char *body, gsize len, GPtrArray **ret_captures, GError **error)
{
    g_autoptr(JsonNode) root = NULL;
    JsonNode *result = parse_result(body, len, &root, error);
    g_autoptr(GPtrArray) captures = NULL;
    JsonArray *array;

    if (!result)
        return FALSE;
    if (!JSON_NODE_HOLDS_ARRAY(result) && !JSON_NODE_HOLDS_NULL(result))
        return cfp_throw(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE,
                         "the answer holds no list of captures");
    captures = g_ptr_array_new_with_free_func(free_capture);
    array = JSON_NODE_HOLDS_ARRAY(result) ? json_node_get_array(result) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        CfpCaptureInfo *capture =
            JSON_NODE_HOLDS_OBJECT(node) ? read_capture(json_node_get_object(node)) : NULL;

        if (capture)
            g_ptr_array_add(captures, capture);
    }
    *ret_captures = g_steal_pointer(&captures);
    return TRUE;
}

/* ---- errors ------------------------------------------------------------------------------ */

void
cfp_service_error_clear(CfpServiceError *self)
{
    g_free(self->message);
    g_free(self->documentation_url);
    g_free(self->pointer);
    *self = (CfpServiceError){.code = -1};
}

static void
append_message(GString *text, JsonObject *item)
{
    const char *message = member_string(item, "message");

    /* A few are enough, and searching the text for each of a million would take hours. */
    if (!message || text->len > 4 * CFP_MAX_SERVICE_TEXT || strstr(text->str, message))
        return;
    if (text->len > 0)
        g_string_append(text, "; ");
    g_string_append(text, message);
}

static void
read_error_item(CfpServiceError *self, GString *text, JsonObject *item)
{
    JsonNode *chain = member(item, "error_chain");

    if (self->code < 0)
        self->code = member_number(item, "code");
    if (!self->documentation_url)
        self->documentation_url = member_text(item, "documentation_url");
    if (!self->pointer)
        self->pointer = member_text(member_object(item, "source"), "pointer");
    append_message(text, item);
    if (!chain || !JSON_NODE_HOLDS_ARRAY(chain))
        return;
    for (guint i = 0; i < json_array_get_length(json_node_get_array(chain)); i++) {
        JsonNode *link = json_array_get_element(json_node_get_array(chain), i);

        if (JSON_NODE_HOLDS_OBJECT(link))
            append_message(text, json_node_get_object(link));
    }
}

gboolean
cfp_codec_decode_errors(const char *body, gsize len, CfpServiceError *ret_error)
{
    g_autoptr(JsonNode) root = parse(body, len, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    JsonNode *errors;

    *ret_error = (CfpServiceError){.code = -1};
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return FALSE;
    errors = member(json_node_get_object(root), "errors");
    for (guint i = 0; errors && JSON_NODE_HOLDS_ARRAY(errors) &&
                      i < json_array_get_length(json_node_get_array(errors));
         i++) {
        JsonNode *item = json_array_get_element(json_node_get_array(errors), i);

        if (JSON_NODE_HOLDS_OBJECT(item))
            read_error_item(ret_error, text, json_node_get_object(item));
    }
    if (text->len > 0)
        ret_error->message = g_utf8_make_valid(text->str, (gssize)text->len);
    return TRUE;
}
