/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "fifo"

#include "app/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"

G_DEFINE_QUARK(cfp_fifo_error, cfp_fifo_error)

#define OPEN_RETRY_MS 10

struct CfpFifo {
    CfpPump *pump;
    char *path;
    int fd;
    gboolean is_stale; /* a file with an older content, which goes when the new one comes */
    int shared_flags;  /* of standard output, to be put back; -1: nothing to put back */
};

static gboolean
throw_open(const char *path, const char *reason, GError **error)
{
    return cfp_throw(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_OPEN, "%s can't be written: %s", path,
                     reason);
}

/* Opening a FIFO for writing blocks until somebody reads it; without blocking it fails with ENXIO
 * instead, which can be tried again while signals are looked at. */
static gboolean
open_fifo(CfpPump *pump, const char *path, int *ret_fd, GError **error)
{
    gint64 deadline;

    cfp_pump_watch_parent(pump);
    deadline = g_get_monotonic_time() + (gint64)CFP_FIFO_OPEN_TIMEOUT_S * (gint64)G_USEC_PER_SEC;

    for (;;) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0) {
            *ret_fd = fd;
            return TRUE;
        }
        if (errno != ENXIO && errno != EINTR)
            return throw_open(path, g_strerror(errno), error);
        if (g_get_monotonic_time() > deadline)
            return throw_open(path, "nobody reads it", error);
        if (!cfp_pump_pause(pump, OPEN_RETRY_MS, error))
            return FALSE;
    }
}

static gboolean
open_any(CfpPump *pump, const char *path, int *ret_fd, GError **error)
{
    struct stat info;

    if (strcmp(path, "-") == 0)
        *ret_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    else if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode))
        return open_fifo(pump, path, ret_fd, error);
    else
        *ret_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return *ret_fd >= 0 || throw_open(path, g_strerror(errno), error);
}

CfpFifo *
cfp_fifo_open(CfpPump *pump, const char *path, GError **error)
{
    struct stat info;
    CfpFifo *self;
    int fd = -1;

    if (!open_any(pump, path, &fd, error))
        return NULL;
    self = g_new0(CfpFifo, 1);
    self->pump = pump;
    self->path = g_strdup(path);
    self->fd = fd;
    self->shared_flags = -1;
    if (fstat(fd, &info) != 0)
        return self;
    self->is_stale = S_ISREG(info.st_mode) && strcmp(path, "-") != 0;
    /* A terminal or file is left as it is: the flag would hit whoever shares it. */
    if (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) {
        int flags = fcntl(fd, F_GETFL);

        if (strcmp(path, "-") == 0)
            self->shared_flags = flags;
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        cfp_pump_watch_reader(pump, fd);
        cfp_pump_watch_parent(pump);
    }
    return self;
}

void
cfp_fifo_free(CfpFifo *self)
{
    if (!self)
        return;
    cfp_pump_watch_reader(self->pump, -1);
    if (self->shared_flags >= 0)
        (void)fcntl(self->fd, F_SETFL, self->shared_flags);
    (void)close(self->fd);
    g_free(self->path);
    g_free(self);
}

gboolean
cfp_fifo_write(CfpFifo *self, const uint8_t *data, size_t len, size_t *ret_written, GError **error)
{
    *ret_written = 0;
    /* Not earlier: a capture that fails at once must not cost the one that is there. */
    if (self->is_stale && ftruncate(self->fd, 0) != 0)
        return cfp_throw(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_WRITE, "%s can't be written: %s",
                         self->path, g_strerror(errno));
    self->is_stale = FALSE;
    while (*ret_written < len) {
        ssize_t n = write(self->fd, data + *ret_written, len - *ret_written);

        if (n >= 0) {
            *ret_written += (size_t)n;
        } else if (errno == EPIPE) {
            return cfp_throw(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_CLOSED,
                             "nobody reads %s any more", self->path);
        } else if (errno == EAGAIN) {
            if (!cfp_pump_wait_writable(self->pump, self->fd, -1, NULL, error))
                return FALSE;
        } else if (errno != EINTR) {
            return cfp_throw(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_WRITE, "%s can't be written: %s",
                             self->path, g_strerror(errno));
        }
    }
    return TRUE;
}
