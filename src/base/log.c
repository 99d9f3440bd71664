/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* GLib takes a writer once in a process, and where it writes is known later: this is the state at
 * file scope that logging can't do without. */
static struct {
    int fd; /* -1: nothing is kept */
    GLogLevelFlags levels;
} target = {.fd = -1};

static const struct {
    const char *name;
    GLogLevelFlags flag;
} levels[] = {
    {"critical", G_LOG_LEVEL_CRITICAL}, {"error", G_LOG_LEVEL_CRITICAL},
    {"warning", G_LOG_LEVEL_WARNING},   {"message", G_LOG_LEVEL_MESSAGE},
    {"info", G_LOG_LEVEL_INFO},         {"debug", G_LOG_LEVEL_DEBUG},
    {"noisy", G_LOG_LEVEL_DEBUG},
};

static const char *
level_name(GLogLevelFlags level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        if (level & levels[i].flag)
            return levels[i].name;
    return "error";
}

static const char *
field(const GLogField *fields, gsize n, const char *key)
{
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, key) == 0 && fields[i].length < 0)
            return fields[i].value;
    return NULL;
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    g_autoptr(GDateTime) now = NULL;
    g_autofree char *time = NULL;
    g_autofree char *line = NULL;
    const char *domain = field(fields, n_fields, "GLIB_DOMAIN");
    const char *message = field(fields, n_fields, "MESSAGE");

    (void)user_data;
    if (target.fd < 0 || !(level & target.levels))
        return G_LOG_WRITER_HANDLED;
    now = g_date_time_new_now_utc();
    time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
    line = g_strdup_printf("%.23sZ %d %-8s %s: %s\n", time, (int)getpid(), level_name(level),
                           domain ? domain : "-", message ? message : "");
    /* A full disk must not end the capture: the line is lost, the packets are not. */
    if (write(target.fd, line, strlen(line)) < 0)
        return G_LOG_WRITER_UNHANDLED;
    return G_LOG_WRITER_HANDLED;
}

static gboolean
levels_from(const char *name, GLogLevelFlags *ret_levels)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (g_ascii_strcasecmp(name, levels[i].name) == 0) {
            /* Lower flag bits are graver levels. */
            *ret_levels = (GLogLevelFlags)((unsigned)levels[i].flag * 2u - 1u);
            return TRUE;
        }
    }
    return FALSE;
}

void
cfp_log_init(void)
{
    g_log_set_writer_func(write_log, NULL, NULL);
}

gboolean
cfp_log_open(const char *path, const char *level, GError **error)
{
    if (!levels_from(level, &target.levels))
        return cfp_throw(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "unknown log level \"%s\": use debug, info, message, warning or critical",
                         level);
    if (!path)
        return TRUE;
    target.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
    if (target.fd < 0)
        return cfp_throw_errno(error, errno, "cannot write the log file %s", path);
    return TRUE;
}
