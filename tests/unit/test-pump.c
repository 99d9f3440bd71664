/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/pump.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/child.h"

/* The handler of signals asks the clock how long ago the first one was: the linker's --wrap lets
 * time pass between two signals. */
#pragma GCC visibility push(default)
int __real_clock_gettime(clockid_t clock, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time);
#pragma GCC visibility pop

static volatile sig_atomic_t seconds_passed;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = __real_clock_gettime(clock, ret_time);

    ret_time->tv_sec += seconds_passed;
    return result;
}

/* Exit statuses of the children; 1 is the pump's own. */
enum { GOOD = 0, BAD = 90 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return BAD;                                                                            \
    } while (0)

static gboolean
is_stopped(CfpPump *pump, CfpStop why)
{
    g_autoptr(GError) error = NULL;

    return !cfp_pump_wait(pump, g_get_monotonic_time() + 10 * G_USEC_PER_SEC, &error) &&
           g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
           cfp_pump_stopped(pump) == why;
}

static gint64
in_ms(gint64 ms)
{
    return g_get_monotonic_time() + ms * 1000;
}

/* ---- signals ---------------------------------------------------------------------------- */

static int
child_each_signal(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();

    /* Whoever runs the tests may ignore SIGHUP, as nohup does. */
    CHECK(signal(SIGHUP, SIG_DFL) != SIG_ERR);
    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(cfp_pump_stopped(pump) == CFP_STOP_NONE);
    CHECK(raise(*(const int *)data) == 0);
    CHECK(is_stopped(pump, CFP_STOP_SIGNAL));
    CHECK(is_stopped(pump, CFP_STOP_SIGNAL));
    return GOOD;
}

static void
test_each_signal(void)
{
    static int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        ASSERT_INT(cfp_child_run(child_each_signal, &signals[i], NULL), GOOD);
}

static int
child_two_signals(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();

    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(raise(SIGINT) == 0);
    seconds_passed = *(const int *)data;
    CHECK(raise(SIGTERM) == 0);
    CHECK(is_stopped(pump, CFP_STOP_SIGNAL));
    /* The second one does not end the delivery either. */
    CHECK(cfp_pump_wait_writable(pump, STDOUT_FILENO, in_ms(0), NULL, NULL));
    CHECK(cfp_pump_wait_writable(pump, STDOUT_FILENO, in_ms(0), NULL, NULL));
    return GOOD;
}

static void
test_two_signals(void)
{
    int at_once = 0, soon = CFP_SAME_STOP_MS / 1000 - 1, later = CFP_SAME_STOP_MS / 1000 + 1;

    ASSERT_INT(cfp_child_run(child_two_signals, &at_once, NULL), GOOD);
    ASSERT_INT(cfp_child_run(child_two_signals, &soon, NULL), GOOD);
    ASSERT_INT(cfp_child_run(child_two_signals, &later, NULL), 1);
}

static int
child_signal_in_wait(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();

    (void)data;
    CHECK(cfp_pump_catch_signals(pump, NULL));
    (void)signal(SIGALRM, SIG_DFL);
    /* Ourselves, a moment later: a child of ours. */
    if (fork() == 0) {
        struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};

        (void)nanosleep(&moment, NULL);
        (void)kill(getppid(), SIGTERM);
        _exit(0);
    }
    CHECK(!cfp_pump_pause(pump, 20000, &error));
    CHECK(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
    CHECK(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    return GOOD;
}

static void
test_signal_in_wait(void)
{
    ASSERT_INT(cfp_child_run(child_signal_in_wait, NULL, NULL), GOOD);
}

static int
child_sigpipe(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    int ends[2];

    (void)data;
    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(pipe(ends) == 0);
    (void)close(ends[0]);
    CHECK(write(ends[1], "x", 1) < 0);
    CHECK(cfp_pump_stopped(pump) == CFP_STOP_NONE);
    return GOOD;
}

static void
test_sigpipe(void)
{
    ASSERT_INT(cfp_child_run(child_sigpipe, NULL, NULL), GOOD);
}

/* ---- delivering after a stop --------------------------------------------------------------- */

static int
child_delivers(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    gboolean writable = FALSE;
    gint64 start = g_get_monotonic_time();
    int ends[2];

    (void)data;
    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(pipe(ends) == 0);
    CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    CHECK(raise(SIGINT) == 0);
    CHECK(is_stopped(pump, CFP_STOP_SIGNAL));
    CHECK(!cfp_pump_wait(pump, in_ms(0), NULL));
    CHECK(cfp_pump_wait_writable(pump, ends[1], in_ms(60000), &writable, NULL));
    CHECK(writable);
    while (write(ends[1], "full", 4) > 0)
        ;
    /* Nobody reads: it ends all the same. */
    while (cfp_pump_wait_writable(pump, ends[1], -1, &writable, &error))
        CHECK(!writable);
    CHECK(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
    CHECK(g_get_monotonic_time() - start >= (gint64)CFP_STOP_GRACE_MS * 1000);
    CHECK(g_get_monotonic_time() - start < (gint64)CFP_STOP_GRACE_MS * 1000 + 2 * G_USEC_PER_SEC);
    return GOOD;
}

static void
test_delivers(void)
{
    ASSERT_INT(cfp_child_run(child_delivers, NULL, NULL), GOOD);
}

static int
child_reader_goes_while_delivering(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    int ends[2];

    (void)data;
    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(pipe(ends) == 0);
    cfp_pump_watch_reader(pump, ends[1]);
    CHECK(raise(SIGINT) == 0);
    CHECK(is_stopped(pump, CFP_STOP_SIGNAL));
    CHECK(cfp_pump_wait_writable(pump, ends[1], in_ms(1), NULL, NULL));
    (void)close(ends[0]);
    CHECK(is_stopped(pump, CFP_STOP_READER_GONE));
    CHECK(!cfp_pump_wait_writable(pump, ends[1], in_ms(1), NULL, NULL));
    return GOOD;
}

static void
test_reader_goes_while_delivering(void)
{
    ASSERT_INT(cfp_child_run(child_reader_goes_while_delivering, NULL, NULL), GOOD);
}

/* ---- the reader ----------------------------------------------------------------------------- */

static void
test_reader(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(pump, ends[1]);
    ASSERT_OK(cfp_pump_wait(pump, in_ms(1), &error), error);
    ASSERT_TRUE(cfp_pump_stopped(pump) == CFP_STOP_NONE);
    (void)close(ends[0]);
    ASSERT_TRUE(is_stopped(pump, CFP_STOP_READER_GONE));
    (void)close(ends[1]);
}

static void
test_reader_not_watched(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(pump, ends[1]);
    cfp_pump_watch_reader(pump, -1);
    (void)close(ends[0]);
    ASSERT_TRUE(cfp_pump_wait(pump, in_ms(0), NULL));
    ASSERT_TRUE(cfp_pump_stopped(pump) == CFP_STOP_NONE);
    (void)close(ends[1]);
}

static void *
close_soon(void *data)
{
    struct pollfd none = {.fd = -1};

    (void)poll(&none, 1, 50);
    (void)close(*(const int *)data);
    return NULL;
}

static void
test_reader_goes_in_wait(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    gint64 start = g_get_monotonic_time();
    GThread *thread;
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(pump, ends[1]);
    thread = g_thread_new("reader", close_soon, &ends[0]);
    ASSERT_FALSE(cfp_pump_pause(pump, 20000, NULL));
    (void)g_thread_join(thread);
    ASSERT_TRUE(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    (void)close(ends[1]);
}

/* ---- the parent ----------------------------------------------------------------------------- */

/* Grandchild: its parent ends as soon as it is watched. */
static int
grandchild_main(void *data)
{
    const int *ends = data;
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    gint64 start;
    char verdict = 'n';

    cfp_pump_watch_parent(pump);
    if (cfp_pump_stopped(pump) != CFP_STOP_NONE || write(ends[1], "w", 1) != 1)
        return BAD;
    start = g_get_monotonic_time();
    if (!cfp_pump_pause(pump, 20000, &error) && cfp_pump_stopped(pump) == CFP_STOP_PARENT_GONE &&
        g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC)
        verdict = 'y';
    return write(ends[1], &verdict, 1) == 1 ? GOOD : BAD;
}

static int
child_that_leaves(void *data)
{
    int *ends = data;
    char byte;

    (void)cfp_child_start(grandchild_main, ends);
    return read(ends[0], &byte, 1) == 1 && byte == 'w' ? GOOD : BAD;
}

static void
test_parent(void)
{
    char verdict = '?';
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    ASSERT_INT(cfp_child_run(child_that_leaves, ends, NULL), GOOD);
    ASSERT_TRUE(read(ends[0], &verdict, 1) == 1);
    ASSERT_TRUE(verdict == 'y');
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void
test_deadline(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    gint64 start = g_get_monotonic_time();

    ASSERT_TRUE(cfp_pump_wait(pump, start + 30 * 1000, NULL));
    ASSERT_TRUE(g_get_monotonic_time() - start >= 30 * 1000);
    start = g_get_monotonic_time();
    ASSERT_TRUE(cfp_pump_wait(pump, start - 1000, NULL));
    ASSERT_TRUE(cfp_pump_wait(pump, 0, NULL));
    ASSERT_TRUE(g_get_monotonic_time() - start < G_USEC_PER_SEC);
}

static void
test_pause(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    gint64 start = g_get_monotonic_time();

    ASSERT_TRUE(cfp_pump_pause(pump, 30, NULL));
    ASSERT_TRUE(g_get_monotonic_time() - start >= 30 * 1000);
    ASSERT_TRUE(cfp_pump_pause(pump, 0, NULL));
}

static void
test_writable(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autofree char *much = g_strnfill(1024 * 1024, 'x');
    gboolean writable = FALSE;
    int ends[2];
    gssize filled;

    ASSERT_TRUE(pipe(ends) == 0);
    ASSERT_TRUE(cfp_pump_wait_writable(pump, ends[1], -1, &writable, NULL));
    ASSERT_TRUE(writable);
    ASSERT_TRUE(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    filled = write(ends[1], much, 1024 * 1024);
    ASSERT_TRUE(filled > 0 && filled < 1024 * 1024);
    ASSERT_TRUE(cfp_pump_wait_writable(pump, ends[1], in_ms(1), &writable, NULL));
    ASSERT_FALSE(writable);
    while (filled > 0)
        filled -= read(ends[0], much, (size_t)filled);
    ASSERT_TRUE(cfp_pump_wait_writable(pump, ends[1], -1, &writable, NULL));
    ASSERT_TRUE(writable);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

typedef struct {
    unsigned calls;
    int timeout_ms;
    int fd;
    gboolean writes;
} Poll;

static void
note_poll(struct pollfd *fds, unsigned n, int timeout_ms, void *data)
{
    Poll *self = data;

    self->calls++;
    self->timeout_ms = timeout_ms;
    self->fd = n > 0 ? fds[0].fd : -1;
    self->writes = n > 0 && (fds[0].events & POLLOUT) != 0;
}

static void
test_poller(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    Poll poll = {0};
    int ends[2];

    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_set_poller(pump, note_poll, &poll);
    ASSERT_TRUE(cfp_pump_wait(pump, in_ms(5000), NULL));
    ASSERT_UINT(poll.calls, 1);
    ASSERT_TRUE(poll.timeout_ms > 4000 && poll.timeout_ms <= 5000);
    ASSERT_TRUE(cfp_pump_wait_writable(pump, ends[1], -1, NULL, NULL));
    ASSERT_TRUE(poll.fd == ends[1] && poll.writes);
    cfp_pump_watch_reader(pump, ends[1]);
    ASSERT_TRUE(cfp_pump_wait(pump, -1, NULL));
    ASSERT_TRUE(poll.fd == ends[1] && !poll.writes);
    cfp_pump_watch_parent(pump);
    ASSERT_TRUE(cfp_pump_wait(pump, -1, NULL));
    ASSERT_TRUE(poll.timeout_ms <= (int)CFP_PARENT_CHECK_MS);
    cfp_pump_set_poller(pump, NULL, NULL);
    ASSERT_TRUE(cfp_pump_wait(pump, in_ms(0), NULL));
    ASSERT_UINT(poll.calls, 4);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"SIGINT, SIGTERM and SIGHUP stop every wait", test_each_signal},
        {"two signals within two seconds are one stop, a later one ends the process",
         test_two_signals},
        {"a signal ends a wait at once", test_signal_in_wait},
        {"a broken pipe is no signal", test_sigpipe},
        {"after a signal what is there can be delivered, for some time", test_delivers},
        {"without a reader nothing is delivered", test_reader_goes_while_delivering},
        {"a reader that went stops the pump", test_reader},
        {"a reader that is not watched any more does not", test_reader_not_watched},
        {"a reader that goes ends a wait at once", test_reader_goes_in_wait},
        {"the parent's death is noticed", test_parent},
        {"a wait ends at its deadline", test_deadline},
        {"a pause takes its time", test_pause},
        {"a wait for room says whether there is any", test_writable},
        {"a poller waits in the pump's place", test_poller},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pump", cases);
}
