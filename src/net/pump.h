/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_PUMP_H
#define CFP_NET_PUMP_H

#include <glib.h>
#include <poll.h>

/** The one place where the program waits: for the network, the FIFO, signals, the parent's death
 * and deadlines. Single-threaded; nothing else blocks. */
typedef struct CfpPump CfpPump;

typedef enum {
    CFP_STOP_NONE,        /* go on */
    CFP_STOP_SIGNAL,      /* SIGINT, SIGTERM or SIGHUP: finish what has arrived */
    CFP_STOP_READER_GONE, /* nobody reads the FIFO any more */
    CFP_STOP_PARENT_GONE, /* whoever started us has died */
} CfpStop;

CfpPump *cfp_pump_new(void);

void cfp_pump_free(CfpPump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpPump, cfp_pump_free)

/**
 * From now on SIGINT, SIGTERM and SIGHUP (unless nohup(1) ignores it) stop the pump, and SIGPIPE
 * is ignored. A second signal
 * more than CFP_SAME_STOP_MS after the first ends the process at once, with status 1.
 * Only for main, once in a process. Errors: G_IO_ERROR_*.
 */
gboolean cfp_pump_catch_signals(CfpPump *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** From now on the death of the process that is our parent now stops the pump within a second. */
void cfp_pump_watch_parent(CfpPump *self);

/** From now on the pump stops when the other end of `fd` (a FIFO or pipe, borrowed) is closed.
 * -1 ends it. */
void cfp_pump_watch_reader(CfpPump *self, int fd);

/**
 * Who waits on behalf of the pump: like poll(2), for `fds` and whatever else the poller has (its
 * own sockets). It may return early, and need not fill in revents.
 */
typedef void (*CfpPoller)(struct pollfd *fds, unsigned n, int timeout_ms, void *data);

/** poller: NULL for poll(2) itself. */
void cfp_pump_set_poller(CfpPump *self, CfpPoller poller, void *data);

/**
 * Waits until something has happened or until `deadline_us` (g_get_monotonic_time(); -1: none).
 * May return early; the caller looks again at what it waits for.
 * Errors: G_IO_ERROR_CANCELLED when the pump is stopped, at once and each time.
 */
gboolean cfp_pump_wait(CfpPump *self, gint64 deadline_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * The same, also until `fd` (borrowed) can be written. ret_writable: whether it can; may be NULL.
 * This is how what has arrived is delivered: after a signal it goes on succeeding for
 * CFP_STOP_GRACE_MS, unless the reader is gone.
 */
gboolean cfp_pump_wait_writable(CfpPump *self, int fd, gint64 deadline_us, gboolean *ret_writable,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Waits for `ms` milliseconds. Errors: as cfp_pump_wait(). */
gboolean cfp_pump_pause(CfpPump *self, guint64 ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Why the pump is stopped; looks at the signals and the FIFO first, without waiting. */
CfpStop cfp_pump_stopped(CfpPump *self);

#endif
