/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/request-log.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "service/auth.h"
#include "service/times.h"

struct CfpServiceLog {
    GMutex mutex;
    GPtrArray *lines;
    FILE *file;
};

CfpServiceLog *
cfp_service_log_new(const char *path, GError **error)
{
    FILE *file = path ? g_fopen(path, "we") : NULL;

    if (path && !file) {
        int saved = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved), "%s: %s", path,
                    g_strerror(saved));
        return NULL;
    }
    CfpServiceLog *self = g_new0(CfpServiceLog, 1);
    g_mutex_init(&self->mutex);
    self->lines = g_ptr_array_new_with_free_func(g_free);
    self->file = file;
    return self;
}

void
cfp_service_log_free(CfpServiceLog *self)
{
    if (!self)
        return;
    g_mutex_clear(&self->mutex);
    g_ptr_array_unref(self->lines);
    if (self->file)
        (void)fclose(self->file); /* every line was flushed */
    g_free(self);
}

/* Takes `object`. */
static void
add_line(CfpServiceLog *self, JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    char *line = json_to_string(node, FALSE);
    g_mutex_lock(&self->mutex);
    if (self->file) {
        fprintf(self->file, "%s\n", line);
        (void)fflush(self->file); /* a full disk must not end the service */
    }
    g_ptr_array_add(self->lines, line);
    g_mutex_unlock(&self->mutex);
}

static JsonObject *
show_headers(SoupMessageHeaders *headers)
{
    static const char *const hidden[] = {"Authorization", "X-Auth-Key", "Proxy-Authorization",
                                         "Cookie"};
    JsonObject *object = json_object_new();
    SoupMessageHeadersIter iter;
    const char *name, *value;

    soup_message_headers_iter_init(&iter, headers);
    while (soup_message_headers_iter_next(&iter, &name, &value)) {
        bool is_hidden = false;
        for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
            is_hidden = is_hidden || g_ascii_strcasecmp(name, hidden[i]) == 0;
        if (!is_hidden)
            json_object_set_string_member(object, name, value);
    }
    return object;
}

/* Buckets' URIs may hold keys, and a challenge proves who owns one. Only the top level can hold
 * them in a valid request; an invalid one is hidden as a whole by the caller when it is deeper. */
static JsonNode *
show_body(JsonNode *body)
{
    static const char *const hidden[] = {"destination_conf", "ownership_challenge"};

    if (!body || !JSON_NODE_HOLDS_OBJECT(body))
        return json_node_new(JSON_NODE_NULL);
    g_autofree char *text = json_to_string(body, FALSE);
    JsonNode *copy = json_from_string(text, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++) {
        if (json_object_has_member(json_node_get_object(copy), hidden[i]))
            json_object_set_string_member(json_node_get_object(copy), hidden[i], "(hidden)");
    }
    g_autofree char *left = json_to_string(copy, FALSE);
    if (!strstr(left, "://"))
        return copy;
    json_node_unref(copy);
    return json_node_new(JSON_NODE_NULL);
}

void
cfp_service_log_add(CfpServiceLog *self, const CfpServiceRequest *request,
                    const CfpServiceLogEntry *entry)
{
    JsonObject *line = json_object_new();
    g_autofree char *time = cfp_service_time_format(entry->time_us);

    json_object_set_string_member(line, "time", time);
    json_object_set_int_member(line, "request", entry->number);
    json_object_set_int_member(line, "connection", entry->connection);
    json_object_set_string_member(line, "route", cfp_service_route_name(request->target->route));
    json_object_set_string_member(line, "method", request->method);
    json_object_set_string_member(line, "path", request->path);
    if (request->query)
        json_object_set_string_member(line, "query", request->query);
    else
        json_object_set_null_member(line, "query");
    json_object_set_object_member(line, "headers", show_headers(request->headers));
    json_object_set_string_member(line, "auth", cfp_service_auth_word(request->auth));
    json_object_set_member(line, "body", show_body(request->body));
    json_object_set_int_member(line, "status", entry->status);
    json_object_set_int_member(line, "bytes", (gint64)entry->bytes);
    if (entry->fault)
        json_object_set_string_member(line, "fault", entry->fault);
    if (request->violation)
        json_object_set_string_member(line, "schema_violation", request->violation);
    add_line(self, line);
}

void
cfp_service_log_add_break(CfpServiceLog *self, guint number, guint64 bytes)
{
    JsonObject *line = json_object_new();

    json_object_set_int_member(line, "request", number);
    json_object_set_string_member(line, "event", "broken-off");
    json_object_set_int_member(line, "bytes_sent", (gint64)bytes);
    add_line(self, line);
}

char **
cfp_service_log_lines(CfpServiceLog *self)
{
    g_mutex_lock(&self->mutex);
    char **lines = g_new0(char *, self->lines->len + 1);
    for (guint i = 0; i < self->lines->len; i++)
        lines[i] = g_strdup(g_ptr_array_index(self->lines, i));
    g_mutex_unlock(&self->mutex);
    return lines;
}
