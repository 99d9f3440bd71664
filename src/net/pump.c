/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "pump"

#include "net/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"

struct CfpPump {
    int signal_fd; /* read end of the self-pipe; -1 before catch_signals */
    pid_t parent;  /* 0: not watched */
    int reader_fd; /* -1: not watched */
    CfpPoller poller;
    void *poller_data;
    CfpStop stop;
    gint64 delivery_end_us; /* until then what has arrived may be delivered, after a signal */
};

/* A signal handler can reach nothing but what stands at file scope. */
static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t first_signal_seen;
static struct timespec first_signal_at;

static gint64
elapsed_ms(const struct timespec *since)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)(now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void
on_signal(int number)
{
    int saved_errno = errno;

    (void)number;
    if (first_signal_seen) {
        if (elapsed_ms(&first_signal_at) > (gint64)CFP_SAME_STOP_MS)
            _exit(1);
    } else {
        (void)clock_gettime(CLOCK_MONOTONIC, &first_signal_at);
        first_signal_seen = 1;
    }
    /* A full pipe means that the pump has not looked yet: it will. */
    (void)!write(signal_pipe[1], "", 1);
    errno = saved_errno;
}

CfpPump *
cfp_pump_new(void)
{
    CfpPump *self = g_new0(CfpPump, 1);

    self->signal_fd = -1;
    self->reader_fd = -1;
    return self;
}

void
cfp_pump_free(CfpPump *self)
{
    g_free(self);
}

/* nohup has asked for it. */
static gboolean
is_ignored(int number)
{
    struct sigaction inherited;

    return sigaction(number, NULL, &inherited) == 0 && inherited.sa_handler == SIG_IGN;
}

gboolean
cfp_pump_catch_signals(CfpPump *self, GError **error)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (pipe(signal_pipe) != 0)
        return cfp_throw_errno(error, errno, "cannot make a pipe for signals");
    for (int i = 0; i < 2; i++)
        if (fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) != 0 ||
            fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) != 0)
            return cfp_throw_errno(error, errno, "cannot set up the pipe for signals");
    self->signal_fd = signal_pipe[0];
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&ignore.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        (!is_ignored(SIGHUP) && sigaction(SIGHUP, &action, NULL) != 0) ||
        sigaction(SIGPIPE, &ignore, NULL) != 0)
        return cfp_throw_errno(error, errno, "cannot catch signals");
    return TRUE;
}

void
cfp_pump_watch_parent(CfpPump *self)
{
    self->parent = getppid();
}

void
cfp_pump_watch_reader(CfpPump *self, int fd)
{
    self->reader_fd = fd;
}

void
cfp_pump_set_poller(CfpPump *self, CfpPoller poller, void *data)
{
    self->poller = poller;
    self->poller_data = data;
}

static gboolean
reader_is_gone(const CfpPump *self)
{
    struct pollfd fd = {.fd = self->reader_fd, .events = 0};

    return self->reader_fd >= 0 && poll(&fd, 1, 0) > 0 &&
           (fd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

static gboolean
signal_came(const CfpPump *self)
{
    char byte;

    return self->signal_fd >= 0 && read(self->signal_fd, &byte, 1) == 1;
}

static void
note_stop(CfpPump *self, CfpStop stop, const char *why)
{
    g_info("stop: %s", why);
    self->stop = stop;
    if (self->delivery_end_us == 0)
        self->delivery_end_us = g_get_monotonic_time() + (gint64)CFP_STOP_GRACE_MS * 1000;
}

/* A later, stronger reason replaces a signal: without a reader nothing can be delivered. */
static void
look(CfpPump *self)
{
    if (self->stop != CFP_STOP_READER_GONE && reader_is_gone(self))
        note_stop(self, CFP_STOP_READER_GONE, "the reader of the FIFO is gone");
    if (self->stop == CFP_STOP_NONE && signal_came(self))
        note_stop(self, CFP_STOP_SIGNAL, "signal");
    if (self->stop == CFP_STOP_NONE && self->parent != 0 && getppid() != self->parent)
        note_stop(self, CFP_STOP_PARENT_GONE, "the parent process is gone");
}

CfpStop
cfp_pump_stopped(CfpPump *self)
{
    look(self);
    return self->stop;
}

/* What has come may still be delivered to whoever reads, for a while; nothing more is fetched. */
static gboolean
may_wait(CfpPump *self, gboolean delivers, GError **error)
{
    look(self);
    if (self->stop == CFP_STOP_NONE)
        return TRUE;
    if (delivers && self->stop == CFP_STOP_SIGNAL && g_get_monotonic_time() < self->delivery_end_us)
        return TRUE;
    return cfp_throw(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the capture was stopped");
}

static int
timeout_ms(const CfpPump *self, gint64 deadline_us)
{
    gint64 now = g_get_monotonic_time();
    gint64 ms = 60 * 1000;

    if (deadline_us >= 0)
        ms = MIN(ms, (deadline_us - now + 999) / 1000);
    if (self->parent != 0)
        ms = MIN(ms, (gint64)CFP_PARENT_CHECK_MS);
    if (self->delivery_end_us > now)
        ms = MIN(ms, (self->delivery_end_us - now + 999) / 1000);
    return (int)MAX(ms, 0);
}

/* fd: -1, or what is to become writable. */
static gboolean
wait_for(CfpPump *self, int fd, gint64 deadline_us, GError **error)
{
    struct pollfd fds[3];
    unsigned n = 0;

    if (!may_wait(self, fd >= 0, error))
        return FALSE;
    /* After a stop the pipe may be full of signals that are known already. */
    if (self->signal_fd >= 0 && self->stop == CFP_STOP_NONE)
        fds[n++] = (struct pollfd){.fd = self->signal_fd, .events = POLLIN};
    if (self->reader_fd >= 0 && self->reader_fd != fd)
        fds[n++] = (struct pollfd){.fd = self->reader_fd, .events = 0};
    if (fd >= 0)
        fds[n++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    if (self->poller)
        self->poller(fds, n, timeout_ms(self, deadline_us), self->poller_data);
    else
        (void)poll(fds, n, timeout_ms(self, deadline_us));
    return may_wait(self, fd >= 0, error);
}

gboolean
cfp_pump_wait_writable(CfpPump *self, int fd, gint64 deadline_us, gboolean *ret_writable,
                       GError **error)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};

    if (!wait_for(self, fd, deadline_us, error))
        return FALSE;
    if (ret_writable)
        *ret_writable = poll(&writable, 1, 0) > 0 && (writable.revents & POLLOUT) != 0;
    return TRUE;
}

gboolean
cfp_pump_wait(CfpPump *self, gint64 deadline_us, GError **error)
{
    return wait_for(self, -1, deadline_us, error);
}

gboolean
cfp_pump_pause(CfpPump *self, guint64 ms, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;

    while (g_get_monotonic_time() < end)
        if (!cfp_pump_wait(self, end, error))
            return FALSE;
    return TRUE;
}
