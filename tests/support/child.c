/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/child.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 60u

static void G_GNUC_NORETURN
be_child(CfpChildMain run, void *data)
{
    int status;

    (void)alarm(PATIENCE_S);
    status = run(data);
    (void)fflush(NULL);
    /* Not exit(): what the parent registered with atexit() is the parent's. */
    _exit(status);
}

pid_t
cfp_child_start(CfpChildMain run, void *data)
{
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child == 0)
        be_child(run, data);
    return child;
}

int
cfp_child_wait(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

typedef struct {
    CfpChildMain run;
    void *data;
    int output[2];
} Redirected;

static int
run_redirected(void *data)
{
    Redirected *self = data;

    (void)dup2(self->output[1], STDOUT_FILENO);
    (void)dup2(self->output[1], STDERR_FILENO);
    (void)close(self->output[0]);
    (void)close(self->output[1]);
    return self->run(self->data);
}

int
cfp_child_run(CfpChildMain run, void *data, char **ret_output)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Redirected redirected = {.run = run, .data = data};
    char piece[4096];
    ssize_t n;
    pid_t child;

    if (!ret_output)
        return cfp_child_wait(cfp_child_start(run, data));
    if (pipe(redirected.output) != 0)
        return -1;
    child = cfp_child_start(run_redirected, &redirected);
    (void)close(redirected.output[1]);
    while ((n = read(redirected.output[0], piece, sizeof piece)) > 0)
        g_string_append_len(text, piece, n);
    (void)close(redirected.output[0]);
    *ret_output = g_string_free(g_steal_pointer(&text), FALSE);
    return cfp_child_wait(child);
}
