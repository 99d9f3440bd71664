/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_WORKER_H
#define CFP_NET_WORKER_H

#include "net/pump.h"

/* Work that can't be interrupted (the system's resolver, libpcap's compiler), in a thread that can
 * be left behind: the only threads of the program. */

/** Runs in the thread; touches nothing but `box`. */
typedef void (*CfpWork)(void *box);

typedef enum {
    CFP_WORK_DONE,
    CFP_WORK_LATE,   /* not done in time: the thread is left behind, and ends by itself */
    CFP_WORK_FAILED, /* stopped while waiting, or there is no thread: the error is set */
} CfpWorkOutcome;

/**
 * Runs `work` and waits for it in the pump.
 *
 * box: of g_atomic_rc_box_new(); only when the work is done the caller may look into it again. The
 * thread has a reference of its own, so that what it needs outlives the call. clear: of its
 * contents. timeout_ms: milliseconds. Errors: G_IO_ERROR_CANCELLED when the pump is stopped, at
 * once; G_THREAD_ERROR.
 */
CfpWorkOutcome cfp_worker_run(CfpPump *pump, CfpWork work, void *box, GDestroyNotify clear,
                              guint timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
