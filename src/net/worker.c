/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/worker.h"

/* What takes microseconds is waited for so long, and what takes seconds not noticeably longer. */
#define FIRST_PAUSE_MS 1u
#define MAX_PAUSE_MS 16u

/* What the thread and its caller share; the last of the two frees it. `over` publishes what is in
 * the box, which the thread doesn't touch any more. */
typedef struct {
    gint owners;
    gint over;
    CfpWork work;
    void *box;
    GDestroyNotify clear;
} Worker;

static void
unref_worker(Worker *self)
{
    if (!g_atomic_int_dec_and_test(&self->owners))
        return;
    g_atomic_rc_box_release_full(self->box, self->clear);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, unref_worker)

static void *
run(void *data)
{
    g_autoptr(Worker) self = data;

    self->work(self->box);
    g_atomic_int_set(&self->over, 1);
    return NULL;
}

static gboolean
start_thread(Worker *self, GError **error)
{
    GThread *thread;

    g_atomic_int_inc(&self->owners);
    thread = g_thread_try_new("worker", run, self, error);
    if (thread)
        g_thread_unref(thread);
    else
        unref_worker(self);
    return thread != NULL;
}

/* Pauses grow with the time the work takes. */
static CfpWorkOutcome
wait_for_thread(Worker *self, CfpPump *pump, guint timeout_ms, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    guint64 pause = FIRST_PAUSE_MS;

    while (!g_atomic_int_get(&self->over)) {
        if (g_get_monotonic_time() >= deadline)
            return CFP_WORK_LATE;
        if (!cfp_pump_pause(pump, pause, error))
            return CFP_WORK_FAILED;
        pause = MIN(2 * pause, MAX_PAUSE_MS);
    }
    return CFP_WORK_DONE;
}

CfpWorkOutcome
cfp_worker_run(CfpPump *pump, CfpWork work, void *box, GDestroyNotify clear, guint timeout_ms,
               GError **error)
{
    g_autoptr(Worker) self = g_new0(Worker, 1);

    *self =
        (Worker){.owners = 1, .work = work, .box = g_atomic_rc_box_acquire(box), .clear = clear};
    if (!start_thread(self, error))
        return CFP_WORK_FAILED;
    return wait_for_thread(self, pump, timeout_ms, error);
}
