/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/send.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    SLOW_STEP_MS = 20,
    RESET_STEP_MS = 2,
    RESET_STEPS = 5000, /* ten seconds for the peer's kernel to take everything */
    CHUNK = 16384,
};

/* How the connection ends after a raw answer. */
typedef enum {
    ENDING_CLOSE,
    ENDING_RESET,
} Ending;

/* One answer under way: a g_rc_box, of which each source and each pending write holds a count. */
typedef struct {
    SoupServer *server;
    SoupServerMessage *message; /* NULL once the connection was taken */
    GCancellable *cancellable;
    CfpServiceAnswer *answer;
    CfpServiceFaultPlan plan; /* its texts are not used */
    guint number;
    CfpServiceSendEnded ended;
    gpointer data;
    guint64 planned;
    guint64 sent;
    GIOStream *stream;
    GSocket *socket;
    GByteArray *raw;
    gsize head; /* bytes of `raw` before the body */
    gsize written;
    Ending ending;
    guint steps;
    guint8 sink[1024];
} Send;

static void
clear_send(gpointer data)
{
    Send *self = data;

    if (self->ended)
        self->ended(self->data, self->number, self->sent, self->planned);
    g_clear_object(&self->message);
    g_clear_object(&self->cancellable);
    cfp_service_answer_free(self->answer);
    g_clear_object(&self->stream);
    g_clear_object(&self->socket);
    g_clear_pointer(&self->raw, g_byte_array_unref);
}

static void
release(gpointer self)
{
    g_rc_box_release_full(self, clear_send);
}

/* `function` is called early when the service ends, and must look. */
static void
run_later(Send *self, guint ms, GSourceFunc function)
{
    g_autoptr(GSource) source = g_timeout_source_new(ms);
    g_autoptr(GSource) end = g_cancellable_source_new(self->cancellable);

    g_source_set_dummy_callback(end);
    g_source_add_child_source(source, end);
    g_source_set_callback(source, function, g_rc_box_acquire(self), release);
    g_source_attach(source, g_main_context_get_thread_default());
}

static bool
is_raw(const CfpServiceFaultPlan *plan)
{
    return plan->lose_answer || plan->reset_after >= 0 || plan->close_after >= 0 ||
           plan->content_length != 0 || plan->slow >= 0;
}

guint64
cfp_service_send_planned(const CfpServiceAnswer *answer, const CfpServiceFaultPlan *plan)
{
    guint64 length = g_bytes_get_size(answer->body);

    if (!plan)
        return length;
    if (plan->hang || plan->lose_answer)
        return 0;
    if (plan->reset_after >= 0)
        length = MIN(length, (guint64)plan->reset_after);
    if (plan->close_after >= 0)
        length = MIN(length, (guint64)plan->close_after);
    return length;
}

static void
count_sent(SoupServerMessage *message, guint size, gpointer data)
{
    Send *self = data;

    (void)message;
    self->sent += size;
}

static void
copy_headers(SoupMessageHeaders *from, SoupMessageHeaders *to)
{
    SoupMessageHeadersIter iter;
    const char *name, *value;

    soup_message_headers_iter_init(&iter, from);
    while (soup_message_headers_iter_next(&iter, &name, &value))
        soup_message_headers_replace(to, name, value);
}

/* Hands the answer to libsoup. The message keeps a count until it is done. */
static void
fill_message(Send *self, SoupServerMessage *message)
{
    const CfpServiceAnswer *answer = self->answer;
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    SoupMessageBody *body = soup_server_message_get_response_body(message);
    gsize length = g_bytes_get_size(answer->body);

    soup_server_message_set_status(message, answer->status,
                                   cfp_service_answer_phrase(answer->status));
    copy_headers(answer->headers, headers);
    if (answer->is_chunked)
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
    for (gsize at = 0; at < length; at += CHUNK) {
        g_autoptr(GBytes) part =
            g_bytes_new_from_bytes(answer->body, at, MIN((gsize)CHUNK, length - at));
        soup_message_body_append_bytes(body, part);
    }
    soup_message_body_complete(body);
    /* libsoup would cut the ranges itself: range.c has done that, or was told not to. */
    soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
    g_signal_connect(message, "wrote-body-data", G_CALLBACK(count_sent), self);
    g_object_set_data_full(G_OBJECT(message), "cfp-send", g_rc_box_acquire(self), release);
}

static void
build_raw(Send *self)
{
    const CfpServiceAnswer *answer = self->answer;
    gsize length = g_bytes_get_size(answer->body);
    g_autoptr(GString) head = g_string_new(NULL);
    SoupMessageHeadersIter iter;
    const char *name, *value;

    self->raw = g_byte_array_new();
    if (self->plan.lose_answer)
        return;
    g_string_append_printf(head, "HTTP/1.1 %u %s\r\n", answer->status,
                           cfp_service_answer_phrase(answer->status));
    soup_message_headers_iter_init(&iter, answer->headers);
    while (soup_message_headers_iter_next(&iter, &name, &value))
        g_string_append_printf(head, "%s: %s\r\n", name, value);
    g_string_append(head, "Connection: close\r\n");
    if (answer->is_chunked)
        g_string_append_printf(head, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", length);
    else
        g_string_append_printf(head, "Content-Length: %" G_GINT64_FORMAT "\r\n\r\n",
                               MAX((gint64)length + self->plan.content_length, 0));
    self->head = head->len;
    g_byte_array_append(self->raw, (const guint8 *)head->str, (guint)head->len);
    g_byte_array_append(self->raw, g_bytes_get_data(answer->body, NULL), (guint)self->planned);
    if (answer->is_chunked && self->planned == length)
        g_byte_array_append(self->raw, (const guint8 *)"\r\n0\r\n\r\n", 7);
}

static void
close_stream(Send *self)
{
    (void)g_socket_close(self->socket, NULL); /* nothing can be done about it */
    (void)g_io_stream_close(self->stream, NULL, NULL);
}

/* Waits until the peer's kernel has everything: closing with SO_LINGER 0 throws away the rest. */
static gboolean
reset_when_sent(gpointer data)
{
    static const struct linger at_once = {1, 0};
    Send *self = data;
    int fd = g_socket_get_fd(self->socket);
    int queued = 0;

    if (g_cancellable_is_cancelled(self->cancellable))
        return G_SOURCE_REMOVE;
    if (ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0 && self->steps++ < RESET_STEPS)
        return G_SOURCE_CONTINUE;
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_stream(self);
    return G_SOURCE_REMOVE;
}

/* Reads what the peer still says until it closes, too: closing with unread bytes would be a
 * reset. */
static void
drain(GObject *source, GAsyncResult *result, gpointer data)
{
    Send *self = data;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);

    if (length > 0) {
        g_input_stream_read_async(G_INPUT_STREAM(source), self->sink, sizeof self->sink,
                                  G_PRIORITY_DEFAULT, self->cancellable, drain, self);
        return;
    }
    close_stream(self);
    release(self);
}

static void
finish_raw(Send *self)
{
    if (self->ending == ENDING_RESET) {
        run_later(self, RESET_STEP_MS, reset_when_sent);
        return;
    }
    (void)g_socket_shutdown(self->socket, FALSE, TRUE, NULL); /* the peer may be gone */
    g_input_stream_read_async(g_io_stream_get_input_stream(self->stream), self->sink,
                              sizeof self->sink, G_PRIORITY_DEFAULT, self->cancellable, drain,
                              g_rc_box_acquire(self));
}

static gboolean write_next(gpointer data);

static void
note_written(GObject *source, GAsyncResult *result, gpointer data)
{
    Send *self = data;
    gsize written = 0;
    gboolean is_done =
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, &written, NULL);

    self->written += written;
    self->sent = MIN(self->written - MIN(self->written, self->head), self->planned);
    if (!is_done)
        close_stream(self);
    else if (self->written == self->raw->len)
        finish_raw(self);
    else
        run_later(self, SLOW_STEP_MS, write_next);
    release(self);
}

static gboolean
write_next(gpointer data)
{
    Send *self = data;
    gsize length = self->raw->len - self->written;

    if (g_cancellable_is_cancelled(self->cancellable))
        return G_SOURCE_REMOVE;
    if (self->plan.slow >= 0 && self->written >= self->head)
        length = MIN(length, MAX((gsize)self->plan.slow * SLOW_STEP_MS / 1000, 1));
    else if (self->plan.slow >= 0)
        length = self->head;
    g_output_stream_write_all_async(g_io_stream_get_output_stream(self->stream),
                                    self->raw->data + self->written, length, G_PRIORITY_DEFAULT,
                                    self->cancellable, note_written, g_rc_box_acquire(self));
    return G_SOURCE_REMOVE;
}

static void
take_connection(Send *self)
{
    SoupServerMessage *message = g_steal_pointer(&self->message);

    self->socket = g_object_ref(soup_server_message_get_socket(message));
    self->stream = soup_server_message_steal_connection(message);
    g_object_unref(message);
    build_raw(self);
    self->ending = self->plan.reset_after >= 0 ? ENDING_RESET : ENDING_CLOSE;
    if (self->raw->len == 0)
        finish_raw(self);
    else
        (void)write_next(self); /* whether to call it again concerns sources only */
}

static gboolean
resume(gpointer data)
{
    Send *self = data;

    if (g_cancellable_is_cancelled(self->cancellable))
        return G_SOURCE_REMOVE;
    if (is_raw(&self->plan)) {
        take_connection(self);
        return G_SOURCE_REMOVE;
    }
    g_autoptr(SoupServerMessage) message = g_steal_pointer(&self->message);
    fill_message(self, message);
    soup_server_unpause_message(self->server, message);
    return G_SOURCE_REMOVE;
}

void
cfp_service_send(const CfpServiceSendRequest *request, CfpServiceAnswer *answer)
{
    Send *self = g_rc_box_new0(Send);

    self->server = request->server;
    self->cancellable = g_object_ref(request->cancellable);
    self->answer = answer;
    self->number = request->number;
    self->planned = cfp_service_send_planned(answer, request->plan);
    self->plan = request->plan ? *request->plan : (CfpServiceFaultPlan){0};
    self->ended = request->ended;
    self->data = request->data;
    bool is_later = request->plan && (self->plan.delay_ms > 0 || is_raw(&self->plan));
    if (self->plan.hang || is_later)
        soup_server_pause_message(self->server, request->message);
    if (!self->plan.hang && !is_later)
        fill_message(self, request->message);
    if (!self->plan.hang && is_later) {
        self->message = g_object_ref(request->message);
        run_later(self, (guint)MAX(self->plan.delay_ms, 0), resume);
    }
    release(self);
}
