/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/service.h"

#include <libsoup/soup.h>
#include <stdbool.h>
#include <string.h>

#include "service/auth.h"
#include "service/range.h"
#include "service/request-log.h"
#include "service/routes.h"
#include "service/send.h"
#include "service/times.h"

enum {
    /* The documented quota: 1200 requests in five minutes. */
    QUOTA = 1200,
    QUOTA_SECONDS = 300,
};

struct CfpService {
    CfpServiceOptions *options;
    CfpServiceState *state;
    CfpServiceLog *log;
    SoupServer *server;
    GCancellable *cancellable;
    GMutex mutex; /* of `faults` */
    GPtrArray *faults;
    char *base_url;
    guint port;
    guint requests;
    guint connections;
    guint etags;           /* changed ones */
    GMainContext *context; /* NULL: the caller's */
    GMainLoop *loop;
    GThread *thread;
};

/* The number of the TCP connection, kept on its socket. */
static guint
number_connection(CfpService *self, SoupServerMessage *message)
{
    GSocket *socket = soup_server_message_get_socket(message);

    if (!socket)
        return 0;
    guint number = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(socket), "cfp-connection"));
    if (number == 0) {
        number = ++self->connections;
        g_object_set_data(G_OBJECT(socket), "cfp-connection", GUINT_TO_POINTER(number));
    }
    return number;
}

/* The first fault in the order of the command line that applies; all of them count. */
static const CfpServiceFaultPlan *
choose_plan(CfpService *self, const char *method, CfpServiceRoute route, const char **text)
{
    const CfpServiceFaultPlan *chosen = NULL;

    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->faults->len; i++) {
        CfpServiceFault *fault = g_ptr_array_index(self->faults, i);
        const CfpServiceFaultPlan *plan = cfp_service_fault_take(fault, method, route);
        if (plan && !chosen) {
            chosen = plan;
            *text = cfp_service_fault_text(fault);
        }
    }
    g_mutex_unlock(&self->mutex);
    return chosen;
}

static void
set_common_headers(CfpService *self, CfpServiceAnswer *answer)
{
    g_autofree char *date = cfp_service_time_format_http(cfp_service_state_now(self->state));

    soup_message_headers_replace(answer->headers, "Date", date);
    soup_message_headers_replace(answer->headers, "Server", "pcaps-service");
    if (!self->options->has_ratelimit_headers)
        return;
    g_autofree char *left =
        g_strdup_printf("\"default\";r=%u;t=%d", QUOTA - MIN(self->requests, (guint)QUOTA), 60);
    g_autofree char *policy = g_strdup_printf("\"default\";q=%d;w=%d", QUOTA, QUOTA_SECONDS);
    soup_message_headers_replace(answer->headers, "Ratelimit", left);
    soup_message_headers_replace(answer->headers, "Ratelimit-Policy", policy);
}

static void
change_etag(CfpService *self, CfpServiceAnswer *answer)
{
    g_autofree char *etag = g_strdup_printf("\"changed-%u\"", ++self->etags);

    soup_message_headers_replace(answer->headers, "ETag", etag);
}

static CfpServiceAnswer *
make_answer(CfpService *self, CfpServiceRequest *request, const CfpServiceFaultPlan *plan)
{
    CfpServiceAnswer *answer;

    if (plan && cfp_service_fault_refuses(plan))
        answer = cfp_service_answer_refusal(plan, request->credential);
    else
        answer = cfp_service_routes_perform(self->state, request, plan ? plan->status_text : NULL);
    if (plan)
        cfp_service_answer_damage(answer, plan);
    if (plan && plan->change_etag)
        change_etag(self, answer);
    cfp_service_range_apply(answer, request->headers, self->options->ignores_range);
    set_common_headers(self, answer);
    return answer;
}

static void
note_end(gpointer data, guint number, guint64 sent, guint64 planned)
{
    CfpService *self = data;

    if (sent < planned)
        cfp_service_log_add_break(self->log, number, sent);
}

/* NULL when the body is no JSON. */
static JsonNode *
parse_body(SoupServerMessage *message, gsize *length)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
    g_autoptr(JsonParser) parser = json_parser_new();
    const char *text = g_bytes_get_data(bytes, length);

    if (*length == 0 || !json_parser_load_from_data(parser, text, (gssize)*length, NULL))
        return NULL;
    return json_parser_steal_root(parser);
}

static void
answer_request(SoupServer *server, SoupServerMessage *message, const char *path,
               GHashTable *parameters, gpointer data)
{
    CfpService *self = data;
    const char *method = soup_server_message_get_method(message);
    g_autoptr(CfpServiceTarget) target = cfp_service_target_new(method, path);
    CfpServiceRequest request = {
        .method = method,
        .path = path,
        .query = g_uri_get_query(soup_server_message_get_uri(message)),
        .headers = soup_server_message_get_request_headers(message),
        .target = target,
    };
    CfpServiceLogEntry entry = {.number = ++self->requests};

    (void)parameters;
    g_autoptr(JsonNode) body = parse_body(message, &request.body_length);
    request.body = body;
    request.auth = cfp_service_auth_check(self->options, request.headers, &request.credential);
    const CfpServiceFaultPlan *plan = choose_plan(self, method, target->route, &entry.fault);
    CfpServiceAnswer *answer = make_answer(self, &request, plan);
    bool is_lost = plan && (plan->hang || plan->lose_answer);
    entry.time_us = cfp_service_state_now(self->state);
    entry.connection = number_connection(self, message);
    entry.status = is_lost ? 0 : answer->status;
    entry.bytes = cfp_service_send_planned(answer, plan);
    cfp_service_log_add(self->log, &request, &entry);
    g_free(request.violation);
    const CfpServiceSendRequest send = {
        .server = server,
        .message = message,
        .cancellable = self->cancellable,
        .plan = plan,
        .number = entry.number,
        .ended = is_lost ? NULL : note_end,
        .data = self,
    };
    cfp_service_send(&send, answer);
}

static gboolean
listen_on_loopback(CfpService *self, GError **error)
{
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string("127.0.0.1", (guint)self->options->port);
    SoupServerListenOptions how = 0;

    if (self->options->tls_cert) {
        g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_files(
            self->options->tls_cert, self->options->tls_key, error);
        if (!certificate)
            return FALSE;
        soup_server_set_tls_certificate(self->server, certificate);
        how = SOUP_SERVER_LISTEN_HTTPS;
    }
    if (!soup_server_listen(self->server, address, how, error))
        return FALSE;
    GSList *uris = soup_server_get_uris(self->server);
    self->port = (guint)g_uri_get_port(uris->data);
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    self->base_url = g_strdup_printf("%s://127.0.0.1:%u/client/v4",
                                     self->options->tls_cert ? "https" : "http", self->port);
    return TRUE;
}

static gboolean
start_server(CfpService *self, GError **error)
{
    self->log = cfp_service_log_new(self->options->log_file, error);
    if (!self->log)
        return FALSE;
    for (char **text = self->options->faults; text && *text; text++) {
        if (!cfp_service_add_fault(self, *text, error))
            return FALSE;
    }
    self->server = soup_server_new("raw-paths", FALSE, NULL);
    soup_server_add_handler(self->server, NULL, answer_request, self, NULL);
    if (!listen_on_loopback(self, error))
        return FALSE;
    if (!self->options->port_file)
        return TRUE;
    /* Renamed into place: a reader sees nothing or all of it. */
    g_autofree char *text = g_strdup_printf("%u\n", self->port);
    return g_file_set_contents(self->options->port_file, text, -1, error);
}

static CfpService *
new_service(CfpServiceOptions *options)
{
    CfpService *self = g_new0(CfpService, 1);

    self->options = options;
    self->state = cfp_service_state_new(options);
    self->cancellable = g_cancellable_new();
    g_mutex_init(&self->mutex);
    self->faults = g_ptr_array_new_with_free_func((GDestroyNotify)cfp_service_fault_free);
    return self;
}

/* In the service's own thread. What is under way is cancelled and notices in the iterations: its
 * end is logged, so the log must still be there. */
static void
end_server(CfpService *self)
{
    g_cancellable_cancel(self->cancellable);
    if (!self->server)
        return;
    soup_server_disconnect(self->server);
    while (g_main_context_iteration(self->context, FALSE))
        ;
    g_clear_object(&self->server);
    while (g_main_context_iteration(self->context, FALSE))
        ;
}

static void
free_service(CfpService *self)
{
    cfp_service_log_free(self->log);
    cfp_service_state_free(self->state);
    g_ptr_array_unref(self->faults);
    g_clear_object(&self->cancellable);
    g_clear_pointer(&self->loop, g_main_loop_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_mutex_clear(&self->mutex);
    cfp_service_options_free(self->options);
    g_free(self->base_url);
    g_free(self);
}

CfpService *
cfp_service_new(CfpServiceOptions *options, GError **error)
{
    CfpService *self = new_service(options);

    if (start_server(self, error))
        return self;
    end_server(self);
    free_service(self);
    return NULL;
}

static gpointer
run_thread(gpointer data)
{
    CfpService *self = data;

    g_main_context_push_thread_default(self->context);
    g_main_loop_run(self->loop);
    end_server(self);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

CfpService *
cfp_service_start(const char *const *args, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    g_strv_builder_add(builder, "pcaps-service");
    for (; *args; args++)
        g_strv_builder_add(builder, *args);
    g_auto(GStrv) argv = g_strv_builder_end(builder);
    CfpServiceOptions *options = cfp_service_options_parse((const char *const *)argv, error);
    if (!options)
        return NULL;
    CfpService *self = new_service(options);
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    g_main_context_push_thread_default(self->context);
    gboolean is_started = start_server(self, error);
    if (!is_started)
        end_server(self);
    g_main_context_pop_thread_default(self->context);
    if (!is_started) {
        free_service(self);
        return NULL;
    }
    self->thread = g_thread_new("pcaps-service", run_thread, self);
    return self;
}

static gboolean
quit_loop(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

void
cfp_service_stop(CfpService *self)
{
    if (!self)
        return;
    if (self->thread) {
        /* As a source: a quit before the loop runs would be lost. */
        g_autoptr(GSource) source = g_idle_source_new();
        g_source_set_callback(source, quit_loop, self->loop, NULL);
        g_source_attach(source, self->context);
        g_thread_join(self->thread);
    } else {
        end_server(self);
    }
    free_service(self);
}

const char *
cfp_service_base_url(const CfpService *self)
{
    return self->base_url;
}

guint
cfp_service_port(const CfpService *self)
{
    return self->port;
}

const char *
cfp_service_account(const CfpService *self)
{
    return self->options->account;
}

char **
cfp_service_requests(CfpService *self)
{
    return cfp_service_log_lines(self->log);
}

gboolean
cfp_service_add_fault(CfpService *self, const char *script, GError **error)
{
    CfpServiceFault *fault = cfp_service_fault_parse(script, error);

    if (!fault)
        return FALSE;
    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->faults, fault);
    g_mutex_unlock(&self->mutex);
    return TRUE;
}
