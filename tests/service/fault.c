/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct CfpServiceFault {
    char *script;
    char *method; /* NULL: every one */
    char *route;  /* "any", a route's name, or the front of names: "ownership" */
    guint64 first;
    guint64 last;
    guint64 seen;
    CfpServiceFaultPlan plan;
};

typedef enum {
    VALUE_NONE,
    VALUE_NUMBER,
    VALUE_SIGNED,
    VALUE_TEXT,
    VALUE_MAYBE, /* a text that can be left out */
} Value;

typedef struct {
    const char *name;
    Value value;
    size_t offset; /* of the plan's member */
} Action;

#define MEMBER(name) offsetof(CfpServiceFaultPlan, name)

static const Action actions[] = {
    {"status", VALUE_NUMBER, MEMBER(status)},
    {"code", VALUE_NUMBER, MEMBER(code)},
    {"message", VALUE_TEXT, MEMBER(message)},
    {"retry-after", VALUE_NUMBER, MEMBER(retry_after)},
    {"html", VALUE_NONE, MEMBER(html)},
    {"malformed-json", VALUE_NONE, MEMBER(malformed_json)},
    {"deep-json", VALUE_NUMBER, MEMBER(deep_json)},
    {"huge-json", VALUE_NUMBER, MEMBER(huge_json)},
    {"wrong-type", VALUE_MAYBE, MEMBER(wrong_type)},
    {"empty-body", VALUE_NONE, MEMBER(empty_body)},
    {"echo-token", VALUE_NONE, MEMBER(echo_token)},
    {"pointer", VALUE_TEXT, MEMBER(pointer)},
    {"documentation-url", VALUE_TEXT, MEMBER(documentation_url)},
    {"error-chain", VALUE_NONE, MEMBER(error_chain)},
    {"delay", VALUE_NUMBER, MEMBER(delay_ms)},
    {"hang", VALUE_NONE, MEMBER(hang)},
    {"lose-answer", VALUE_NONE, MEMBER(lose_answer)},
    {"reset-after", VALUE_NUMBER, MEMBER(reset_after)},
    {"close-after", VALUE_NUMBER, MEMBER(close_after)},
    {"truncate", VALUE_NUMBER, MEMBER(truncate)},
    {"content-length", VALUE_SIGNED, MEMBER(content_length)},
    {"slow", VALUE_NUMBER, MEMBER(slow)},
    {"corrupt", VALUE_NUMBER, MEMBER(corrupt)},
    {"redirect", VALUE_TEXT, MEMBER(redirect)},
    {"change-etag", VALUE_NONE, MEMBER(change_etag)},
    {"status-text", VALUE_TEXT, MEMBER(status_text)},
};

/* Splits at commas; "\," is a comma of the text. */
static GPtrArray *
split_actions(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) part = g_string_new(NULL);

    for (const char *p = text; *p; p++) {
        if (p[0] == '\\' && p[1] == ',') {
            g_string_append_c(part, *++p);
        } else if (*p == ',') {
            g_ptr_array_add(parts, g_strstrip(g_strdup(part->str)));
            g_string_truncate(part, 0);
        } else {
            g_string_append_c(part, *p);
        }
    }
    g_ptr_array_add(parts, g_strstrip(g_strdup(part->str)));
    return parts;
}

static gboolean
set_number(CfpServiceFaultPlan *plan, const Action *action, const char *value, GError **error)
{
    bool is_signed = action->value == VALUE_SIGNED;
    gint64 number;

    /* "+5" is not a number for GLib. */
    if (is_signed && value[0] == '+')
        value++;
    if (!g_ascii_string_to_signed(value, 10, is_signed ? -G_MAXINT32 : 0, G_MAXINT32, &number,
                                  error))
        return FALSE;
    memcpy((char *)plan + action->offset, &number, sizeof number);
    return TRUE;
}

static gboolean
set_action(CfpServiceFaultPlan *plan, const char *text, GError **error)
{
    g_auto(GStrv) pair = g_strsplit(text, "=", 2);
    const char *name = pair[0] ? pair[0] : "";
    const char *value = pair[0] ? pair[1] : NULL;
    const Action *action = NULL;
    const gboolean yes = TRUE;

    for (size_t i = 0; i < G_N_ELEMENTS(actions) && !action; i++) {
        if (strcmp(actions[i].name, name) == 0)
            action = &actions[i];
    }
    bool needs_value = action && action->value != VALUE_NONE && action->value != VALUE_MAYBE;
    if (!action || (action->value == VALUE_NONE && value) || (needs_value && !value)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "\"%s\" is not an action of a fault", text);
        return FALSE;
    }
    if (action->value == VALUE_NUMBER || action->value == VALUE_SIGNED)
        return set_number(plan, action, value, error);
    if (action->value == VALUE_NONE) {
        memcpy((char *)plan + action->offset, &yes, sizeof yes);
        return TRUE;
    }
    char *copy = g_strdup(value ? value : "result");
    char *old;
    memcpy(&old, (char *)plan + action->offset, sizeof old);
    g_free(old);
    memcpy((char *)plan + action->offset, &copy, sizeof copy);
    return TRUE;
}

/* A route's name, or the front of one that ends at a "-". */
static gboolean
is_route_name(const char *text)
{
    if (strcmp(text, "any") == 0)
        return TRUE;
    for (int i = 0; i < CFP_SERVICE_ROUTE_COUNT; i++) {
        const char *name = cfp_service_route_name((CfpServiceRoute)i);
        if (strcmp(name, text) == 0 ||
            (g_str_has_prefix(name, text) && name[strlen(text)] == '-' && text[0]))
            return TRUE;
    }
    return FALSE;
}

/* "#N" or "#N-M"; without it every request. */
static gboolean
read_range(CfpServiceFault *fault, const char *range, GError **error)
{
    g_auto(GStrv) ends = g_strsplit(range, "-", 2);

    if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 1, G_MAXUINT32, &fault->first, error))
        return FALSE;
    fault->last = fault->first;
    return !ends[1] ||
           g_ascii_string_to_unsigned(ends[1], 10, fault->first, G_MAXUINT32, &fault->last, error);
}

static gboolean
read_selector(CfpServiceFault *fault, const char *selector, GError **error)
{
    g_auto(GStrv) halves = g_strsplit(selector, "#", 2);
    g_auto(GStrv) words = g_strsplit(halves[0] ? g_strstrip(halves[0]) : "", " ", 2);
    const char *route = words[0] && words[1] ? g_strstrip(words[1]) : words[0];

    if (!route || !is_route_name(route)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "\"%s\" is not METHOD ROUTE[#N[-M]]", selector);
        return FALSE;
    }
    if (words[1] && strcmp(words[0], "*") != 0)
        fault->method = g_strdup(words[0]);
    fault->route = g_strdup(route);
    fault->first = 1;
    fault->last = G_MAXUINT64;
    return !halves[1] || read_range(fault, g_strstrip(halves[1]), error);
}

CfpServiceFault *
cfp_service_fault_parse(const char *script, GError **error)
{
    g_autoptr(CfpServiceFault) fault = g_new0(CfpServiceFault, 1);
    const char *colon = strchr(script, ':');

    fault->script = g_strdup(script);
    fault->plan = (CfpServiceFaultPlan){
        .status = -1,
        .code = -1,
        .retry_after = -1,
        .deep_json = -1,
        .huge_json = -1,
        .delay_ms = -1,
        .reset_after = -1,
        .close_after = -1,
        .truncate = -1,
        .slow = -1,
        .corrupt = -1,
    };
    if (!colon) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--fault: \"%s\" is not SELECTOR: ACTION[,ACTION…]", script);
        return NULL;
    }
    g_autofree char *selector = g_strndup(script, (size_t)(colon - script));
    g_autoptr(GPtrArray) parts = split_actions(colon + 1);
    gboolean is_read = read_selector(fault, selector, error);
    for (guint i = 0; is_read && i < parts->len; i++)
        is_read = set_action(&fault->plan, g_ptr_array_index(parts, i), error);
    if (!is_read) {
        g_prefix_error(error, "--fault: ");
        return NULL;
    }
    return g_steal_pointer(&fault);
}

void
cfp_service_fault_free(CfpServiceFault *fault)
{
    if (!fault)
        return;
    g_free(fault->script);
    g_free(fault->method);
    g_free(fault->route);
    g_free(fault->plan.message);
    g_free(fault->plan.wrong_type);
    g_free(fault->plan.pointer);
    g_free(fault->plan.documentation_url);
    g_free(fault->plan.redirect);
    g_free(fault->plan.status_text);
    g_free(fault);
}

static gboolean
selects(const CfpServiceFault *fault, const char *method, CfpServiceRoute route)
{
    const char *name = cfp_service_route_name(route);
    size_t length = strlen(fault->route);

    if (fault->method && strcmp(fault->method, method) != 0)
        return FALSE;
    if (strcmp(fault->route, "any") == 0)
        return TRUE;
    return strncmp(name, fault->route, length) == 0 &&
           (name[length] == '\0' || name[length] == '-');
}

const CfpServiceFaultPlan *
cfp_service_fault_take(CfpServiceFault *fault, const char *method, CfpServiceRoute route)
{
    if (!selects(fault, method, route))
        return NULL;
    fault->seen++;
    return fault->seen >= fault->first && fault->seen <= fault->last ? &fault->plan : NULL;
}

const char *
cfp_service_fault_text(const CfpServiceFault *fault)
{
    return fault->script;
}

gboolean
cfp_service_fault_refuses(const CfpServiceFaultPlan *plan)
{
    /* 2xx and 3xx with an html body or so leave the action as it is. */
    return plan->status >= 400 || plan->code >= 0 || plan->message || plan->retry_after >= 0 ||
           plan->pointer || plan->documentation_url || plan->error_chain || plan->echo_token ||
           plan->redirect;
}
