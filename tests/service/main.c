/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "service/service.h"

enum {
    PARENT_CHECK_MS = 250,
};

typedef struct {
    GMainLoop *loop;
    pid_t parent;
} Program;

static gboolean
end_by_signal(gpointer data)
{
    const Program *program = data;

    g_main_loop_quit(program->loop);
    return G_SOURCE_CONTINUE;
}

/* What is written there is thrown away; its end is the service's. */
static gboolean
end_with_stdin(gint fd, GIOCondition condition, gpointer data)
{
    const Program *program = data;
    char sink[256];

    (void)condition;
    ssize_t length = read(fd, sink, sizeof sink);
    if (length > 0 || (length < 0 && (errno == EINTR || errno == EAGAIN)))
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(program->loop);
    return G_SOURCE_REMOVE;
}

static gboolean
end_with_parent(gpointer data)
{
    const Program *program = data;

    if (kill(program->parent, 0) == 0 || errno != ESRCH)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(program->loop);
    return G_SOURCE_REMOVE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Program program = {NULL, 0};

    (void)argc;
    CfpServiceOptions *options = cfp_service_options_parse((const char *const *)argv, &error);
    if (!options) {
        fprintf(stderr, "pcaps-service: %s\n", error->message);
        return 2;
    }
    program.parent = (pid_t)options->parent_pid;
    gboolean exits_with_stdin = options->exits_with_stdin;
    CfpService *service = cfp_service_new(options, &error);
    if (!service) {
        fprintf(stderr, "pcaps-service: %s\n", error->message);
        return 1;
    }
    program.loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, end_by_signal, &program);
    g_unix_signal_add(SIGTERM, end_by_signal, &program);
    if (exits_with_stdin)
        g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, end_with_stdin, &program);
    if (program.parent > 0)
        g_timeout_add(PARENT_CHECK_MS, end_with_parent, &program);
    printf("pcaps-service: %s\n", cfp_service_base_url(service));
    (void)fflush(stdout); /* nobody may be listening */
    g_main_loop_run(program.loop);
    cfp_service_stop(service);
    g_main_loop_unref(program.loop);
    return 0;
}
