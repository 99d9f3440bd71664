/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/schema.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

#include "service/times.h"

typedef enum {
    KIND_WORD,    /* one of `words` */
    KIND_WHOLE,   /* a whole number from `minimum` to `maximum` */
    KIND_TEXT,    /* a text with at least one character */
    KIND_URI,     /* scheme://something */
    KIND_TIME,    /* RFC 3339, within the last 24 hours */
    KIND_ADDRESS, /* an IP address or prefix */
    KIND_OBJECT,  /* an object of `members` */
} Kind;

typedef struct Rule Rule;
struct Rule {
    const char *name; /* NULL ends a table */
    Kind kind;
    bool is_required;
    gint64 minimum;
    gint64 maximum;
    const char *const *words;
    const Rule *members;
};

static const char *const types[] = {"simple", "full", NULL};
static const char *const systems[] = {"magic-transit", NULL};

/* The schema sets no bounds for these numbers: they are the nature of a port and a protocol. Port
 * 0 is refused because a server that reads a missing number as 0 would drop the condition. */
static const Rule filter_rules[] = {
    {"source_address", KIND_ADDRESS, false, 0, 0, NULL, NULL},
    {"destination_address", KIND_ADDRESS, false, 0, 0, NULL, NULL},
    {"source_port", KIND_WHOLE, false, 1, 65535, NULL, NULL},
    {"destination_port", KIND_WHOLE, false, 1, 65535, NULL, NULL},
    {"protocol", KIND_WHOLE, false, 0, 255, NULL, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL, NULL},
};

static const Rule simple_rules[] = {
    {"type", KIND_WORD, true, 0, 0, types, NULL},
    {"system", KIND_WORD, true, 0, 0, systems, NULL},
    {"time_limit", KIND_WHOLE, true, 1, 300, NULL, NULL},
    {"packet_limit", KIND_WHOLE, true, 1, 10000, NULL, NULL},
    {"filter_v1", KIND_OBJECT, false, 0, 0, NULL, filter_rules},
    {"offset_time", KIND_TIME, false, 0, 0, NULL, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL, NULL},
};

static const Rule full_rules[] = {
    {"type", KIND_WORD, true, 0, 0, types, NULL},
    {"system", KIND_WORD, true, 0, 0, systems, NULL},
    {"time_limit", KIND_WHOLE, true, 1, 86400, NULL, NULL},
    {"packet_limit", KIND_WHOLE, false, 1, 10000, NULL, NULL},
    {"byte_limit", KIND_WHOLE, false, 1, 1000000000, NULL, NULL},
    {"colo_name", KIND_TEXT, true, 0, 0, NULL, NULL},
    {"destination_conf", KIND_URI, true, 0, 0, NULL, NULL},
    {"filter_v1", KIND_OBJECT, false, 0, 0, NULL, filter_rules},
    {NULL, KIND_TEXT, false, 0, 0, NULL, NULL},
};

static const Rule ownership_rules[] = {
    {"destination_conf", KIND_URI, true, 0, 0, NULL, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL, NULL},
};

static const Rule validate_rules[] = {
    {"destination_conf", KIND_URI, true, 0, 0, NULL, NULL},
    {"ownership_challenge", KIND_TEXT, true, 0, 0, NULL, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL, NULL},
};

CfpServiceViolation *
cfp_service_violation_new(const char *pointer, const char *format, ...)
{
    CfpServiceViolation *violation = g_new0(CfpServiceViolation, 1);
    va_list arguments;

    violation->pointer = g_strdup(pointer);
    va_start(arguments, format);
    violation->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return violation;
}

void
cfp_service_violation_free(CfpServiceViolation *violation)
{
    if (!violation)
        return;
    g_free(violation->pointer);
    g_free(violation->message);
    g_free(violation);
}

static CfpServiceViolation *
check_word(const Rule *rule, const char *pointer, const char *text)
{
    g_autoptr(GString) words = g_string_new(NULL);

    for (size_t i = 0; rule->words[i]; i++) {
        if (strcmp(rule->words[i], text) == 0)
            return NULL;
        g_string_append_printf(words, "%s%s", i ? ", " : "", rule->words[i]);
    }
    return cfp_service_violation_new(pointer, "%s: \"%s\" is not one of: %s", pointer + 1, text,
                                     words->str);
}

static CfpServiceViolation *
check_uri(const char *pointer, const char *text)
{
    const char *end = strstr(text, "://");
    bool is_uri = end && end > text && end[3] != '\0' && g_ascii_isalpha(text[0]);

    for (const char *p = text; is_uri && p < end; p++)
        is_uri = g_ascii_isalnum(*p) || *p == '+' || *p == '-' || *p == '.';
    for (const char *p = text; is_uri && *p; p++)
        is_uri = g_ascii_isgraph(*p);
    /* The value may hold secrets: it is never quoted. */
    return is_uri ? NULL : cfp_service_violation_new(pointer, "%s: not a URI", pointer + 1);
}

static CfpServiceViolation *
check_time(const char *pointer, const char *text, gint64 now_us)
{
    gint64 us;

    if (!cfp_service_time_parse(text, &us))
        return cfp_service_violation_new(pointer, "%s: \"%s\" is not an RFC 3339 time", pointer + 1,
                                         text);
    /* Whether the real service allows a little of the future is not known: this one does not. */
    if (us > now_us)
        return cfp_service_violation_new(pointer, "%s: %s is in the future", pointer + 1, text);
    if (us < now_us - G_GINT64_CONSTANT(24) * 3600 * G_USEC_PER_SEC)
        return cfp_service_violation_new(pointer, "%s: %s is more than 24 hours ago", pointer + 1,
                                         text);
    return NULL;
}

static CfpServiceViolation *
check_address(const char *pointer, const char *text)
{
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(text, NULL);

    /* GLib reads "10.1" as the mask of a short form: only what inet_pton() takes is an address. */
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    if (!mask || !parts[0] || !g_hostname_is_ip_address(parts[0]))
        return cfp_service_violation_new(pointer, "%s: \"%s\" is not an IP address", pointer + 1,
                                         text);
    return NULL;
}

static CfpServiceViolation *
check_text(const Rule *rule, const char *pointer, JsonNode *node, gint64 now_us)
{
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return cfp_service_violation_new(pointer, "%s: not a string", pointer + 1);
    const char *text = json_node_get_string(node);
    if (rule->kind == KIND_WORD)
        return check_word(rule, pointer, text);
    if (rule->kind == KIND_URI)
        return check_uri(pointer, text);
    if (rule->kind == KIND_TIME)
        return check_time(pointer, text, now_us);
    if (rule->kind == KIND_ADDRESS)
        return check_address(pointer, text);
    if (text[0] == '\0')
        return cfp_service_violation_new(pointer, "%s: empty", pointer + 1);
    return NULL;
}

static CfpServiceViolation *
check_whole(const Rule *rule, const char *pointer, JsonNode *node)
{
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
        return cfp_service_violation_new(pointer, "%s: not a whole number", pointer + 1);
    gint64 value = json_node_get_int(node);
    if (value < rule->minimum || value > rule->maximum)
        return cfp_service_violation_new(
            pointer, "%s: %" G_GINT64_FORMAT " is not in %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
            pointer + 1, value, rule->minimum, rule->maximum);
    return NULL;
}

static const Rule *
find_rule(const Rule *rules, const char *name)
{
    for (; rules->name; rules++) {
        if (strcmp(rules->name, name) == 0)
            return rules;
    }
    return NULL;
}

/* The nesting is the table's: one level, for filter_v1. */
static CfpServiceViolation *
check_object(const Rule *rules, const char *parent, JsonObject *object, gint64 now_us)
{
    CfpServiceViolation *found = NULL;
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init(&iter, object);
    while (!found && json_object_iter_next(&iter, &name, &node)) {
        const Rule *rule = find_rule(rules, name);
        g_autofree char *pointer = g_strdup_printf("%s/%s", parent, name);
        if (!rule)
            found = cfp_service_violation_new(pointer, "%s: unknown member", pointer + 1);
        else if (rule->kind == KIND_WHOLE)
            found = check_whole(rule, pointer, node);
        else if (rule->kind != KIND_OBJECT)
            found = check_text(rule, pointer, node, now_us);
        else if (JSON_NODE_HOLDS_OBJECT(node))
            found = check_object(rule->members, pointer, json_node_get_object(node), now_us);
        else
            found = cfp_service_violation_new(pointer, "%s: not an object", pointer + 1);
    }
    for (; !found && rules->name; rules++) {
        g_autofree char *pointer = g_strdup_printf("%s/%s", parent, rules->name);
        if (rules->is_required && !json_object_has_member(object, rules->name))
            found = cfp_service_violation_new(pointer, "%s: missing", pointer + 1);
    }
    return found;
}

/* The official schema is an undiscriminated anyOf, by which a full request with a misspelt member
 * passes as a simple one. */
static const Rule *
choose_create_rules(JsonObject *object)
{
    JsonNode *type = json_object_get_member(object, "type");

    if (type && JSON_NODE_HOLDS_VALUE(type) && json_node_get_value_type(type) == G_TYPE_STRING &&
        strcmp(json_node_get_string(type), "full") == 0)
        return full_rules;
    return simple_rules;
}

CfpServiceViolation *
cfp_service_schema_check(CfpServiceBody kind, JsonNode *body, gint64 now_us)
{
    if (!body || !JSON_NODE_HOLDS_OBJECT(body))
        return cfp_service_violation_new("", "the body is not a JSON object");
    JsonObject *object = json_node_get_object(body);
    const Rule *rules = validate_rules;
    if (kind == CFP_SERVICE_BODY_CREATE)
        rules = choose_create_rules(object);
    else if (kind == CFP_SERVICE_BODY_OWNERSHIP_ADD)
        rules = ownership_rules;
    return check_object(rules, "", object, now_us);
}
