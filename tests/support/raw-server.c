/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/raw-server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct CfpRawServer {
    int listener;
    char *url;
    GThread *acceptor;
    CfpRawHandler handler;
    void *handler_data;
    CfpRawAnswer *answers; /* NULL: the handler is not ours */
    size_t n_answers;

    GMutex mutex;           /* guards what follows */
    GPtrArray *connections; /* Connection * */
    GPtrArray *requests;    /* CfpRawRequest * */
    size_t next_answer;
    gboolean surprised;
    int hangs; /* atomic */
};

typedef struct {
    CfpRawServer *server;
    GThread *thread;
    int fd;
    guint number;
    GString *input;
} Connection;

static void
free_request(void *data)
{
    CfpRawRequest *self = data;

    g_free(self->line);
    g_free(self->head);
    g_free(self->body);
    g_free(self);
}

char *
cfp_raw_request_header(const CfpRawRequest *self, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(self->head, "\r\n", -1);
    size_t len = strlen(name);

    for (size_t i = 0; lines[i]; i++)
        if (g_ascii_strncasecmp(lines[i], name, len) == 0 && lines[i][len] == ':')
            return g_strstrip(g_strdup(lines[i] + len + 1));
    return NULL;
}

/* ---- one connection ---------------------------------------------------------------------- */

static gboolean
receive_more(Connection *self)
{
    char piece[16384];
    ssize_t n;

    do
        n = recv(self->fd, piece, sizeof piece, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return FALSE;
    g_string_append_len(self->input, piece, n);
    return TRUE;
}

static CfpRawRequest *
receive_request(Connection *self)
{
    CfpRawRequest *request;
    g_autofree char *length = NULL;
    char *end, *first_end;
    size_t head_len, body_len;

    while (!(end = strstr(self->input->str, "\r\n\r\n")))
        if (!receive_more(self) || !g_ascii_isupper(self->input->str[0]))
            return NULL; /* or a TLS greeting, which has no line to wait for */
    request = g_new0(CfpRawRequest, 1);
    first_end = strstr(self->input->str, "\r\n");
    head_len = (size_t)(end - self->input->str) + 4;
    request->line = g_strndup(self->input->str, (size_t)(first_end - self->input->str));
    request->head = g_strndup(self->input->str, head_len);
    request->connection = self->number;
    length = cfp_raw_request_header(request, "Content-Length");
    body_len = length ? (size_t)g_ascii_strtoull(length, NULL, 10) : 0;
    while (self->input->len < head_len + body_len)
        if (!receive_more(self))
            break;
    request->body = g_strndup(self->input->str + head_len, body_len);
    g_string_erase(self->input, 0, (gssize)MIN(head_len + body_len, self->input->len));
    return request;
}

static gboolean
send_all(const Connection *self, const char *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = send(self->fd, data + done, len - done, MSG_NOSIGNAL);

        if (n <= 0)
            return FALSE;
        done += (size_t)n;
    }
    return TRUE;
}

static void
send_answer(const Connection *self, const CfpRawAnswer *answer)
{
    size_t len = answer->body_len > 0 ? answer->body_len : answer->body ? strlen(answer->body) : 0;
    g_autoptr(GString) head = g_string_new(NULL);

    if (answer->status == 0)
        return;
    g_string_append_printf(head, "HTTP/1.1 %u Status\r\n", answer->status);
    if (!answer->bare)
        g_string_append_printf(head, "Content-Length: %zu\r\n", len);
    g_string_append_printf(head, "%s\r\n", answer->headers ? answer->headers : "");
    if (answer->sent > 0)
        len = MIN(len, answer->sent);
    if (send_all(self, head->str, head->len) && len > 0)
        (void)send_all(self, answer->body, len);
}

/* FALSE when the connection is over. */
static gboolean
end_answer(Connection *self, CfpRawEnd end)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    switch (end) {
    case CFP_RAW_KEEP:
        return TRUE;
    case CFP_RAW_CLOSE:
        return FALSE;
    case CFP_RAW_RESET:
        (void)setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        return FALSE;
    case CFP_RAW_HANG:
        g_atomic_int_inc(&self->server->hangs);
        while (receive_more(self))
            continue;
        return FALSE;
    }
    return FALSE;
}

static void *
serve(void *data)
{
    Connection *self = data;
    CfpRawServer *server = self->server;
    gboolean goes_on = TRUE;

    while (goes_on) {
        CfpRawRequest *request = receive_request(self);
        CfpRawAnswer answer = {0};

        if (!request)
            break;
        g_mutex_lock(&server->mutex);
        g_ptr_array_add(server->requests, request);
        server->handler(request, &answer, server->handler_data);
        g_mutex_unlock(&server->mutex);
        send_answer(self, &answer);
        goes_on = end_answer(self, answer.end);
    }
    g_mutex_lock(&server->mutex);
    (void)close(self->fd);
    self->fd = -1;
    g_mutex_unlock(&server->mutex);
    return NULL;
}

static void
free_connection(void *data)
{
    Connection *self = data;

    (void)g_thread_join(self->thread);
    g_string_free(self->input, TRUE);
    g_free(self);
}

/* ---- the server ---------------------------------------------------------------------------- */

static void *
accept_all(void *data)
{
    CfpRawServer *self = data;
    int fd;

    while ((fd = accept(self->listener, NULL, NULL)) >= 0) {
        Connection *connection = g_new0(Connection, 1);
        int yes = 1;

        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connection->server = self;
        connection->fd = fd;
        connection->input = g_string_new(NULL);
        g_mutex_lock(&self->mutex);
        connection->number = self->connections->len + 1;
        connection->thread = g_thread_new("connection", serve, connection);
        g_ptr_array_add(self->connections, connection);
        g_mutex_unlock(&self->mutex);
    }
    return NULL;
}

static void
follow_script(const CfpRawRequest *request, CfpRawAnswer *ret_answer, void *data)
{
    CfpRawServer *self = data;
    const CfpRawAnswer *answer = NULL;

    if (self->next_answer < self->n_answers)
        answer = &self->answers[self->next_answer++];
    if (answer && (!answer->request || g_str_has_prefix(request->line, answer->request))) {
        *ret_answer = *answer;
        return;
    }
    self->surprised = TRUE;
    *ret_answer = (CfpRawAnswer){.status = 418, .body = "not in the script"};
}

CfpRawServer *
cfp_raw_server_start_with(CfpRawHandler handler, void *data)
{
    CfpRawServer *self = g_new0(CfpRawServer, 1);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(self->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(self->listener, 16) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &len) != 0)
        g_error("the test's server can't listen: %s", g_strerror(errno));
    self->url = g_strdup_printf("http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    self->handler = handler;
    self->handler_data = data;
    g_mutex_init(&self->mutex);
    self->connections = g_ptr_array_new_with_free_func(free_connection);
    self->requests = g_ptr_array_new_with_free_func(free_request);
    self->acceptor = g_thread_new("server", accept_all, self);
    return self;
}

CfpRawServer *
cfp_raw_server_start(const CfpRawAnswer *answers, size_t n)
{
    CfpRawServer *self = cfp_raw_server_start_with(follow_script, NULL);

    /* No request can come before the caller knows the port. */
    self->handler_data = self;
    self->answers = g_new(CfpRawAnswer, n);
    if (n > 0)
        memcpy(self->answers, answers, n * sizeof *answers);
    self->n_answers = n;
    return self;
}

void
cfp_raw_server_stop(CfpRawServer *self)
{
    if (!self)
        return;
    (void)shutdown(self->listener, SHUT_RDWR);
    (void)g_thread_join(self->acceptor);
    (void)close(self->listener);
    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->connections->len; i++) {
        const Connection *connection = g_ptr_array_index(self->connections, i);

        if (connection->fd >= 0)
            (void)shutdown(connection->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&self->mutex);
    g_ptr_array_unref(self->connections);
    g_ptr_array_unref(self->requests);
    g_mutex_clear(&self->mutex);
    g_free(self->answers);
    g_free(self->url);
    g_free(self);
}

const char *
cfp_raw_server_url(const CfpRawServer *self)
{
    return self->url;
}

guint
cfp_raw_server_count(CfpRawServer *self)
{
    return cfp_raw_server_count_of(self, "");
}

guint
cfp_raw_server_count_of(CfpRawServer *self, const char *line)
{
    guint count = 0;

    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->requests->len; i++) {
        const CfpRawRequest *request = g_ptr_array_index(self->requests, i);

        count += g_str_has_prefix(request->line, line) ? 1 : 0;
    }
    g_mutex_unlock(&self->mutex);
    return count;
}

const CfpRawRequest *
cfp_raw_server_request(CfpRawServer *self, guint index)
{
    const CfpRawRequest *request = NULL;

    g_mutex_lock(&self->mutex);
    if (index < self->requests->len)
        request = g_ptr_array_index(self->requests, index);
    g_mutex_unlock(&self->mutex);
    return request;
}

gboolean
cfp_raw_server_is_done(CfpRawServer *self)
{
    gboolean done;

    g_mutex_lock(&self->mutex);
    done = self->next_answer == self->n_answers && !self->surprised;
    g_mutex_unlock(&self->mutex);
    return done;
}

guint
cfp_raw_server_hangs(CfpRawServer *self)
{
    return (guint)g_atomic_int_get(&self->hangs);
}
