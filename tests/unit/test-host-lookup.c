/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/host-lookup.h"

#include <errno.h>
#include <gio/gio.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/child.h"
#include "support/fake-dns.h"

/* Exit statuses of the children. */
enum { GOOD = 0, BAD = 90, LATE = 91 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return BAD;                                                                            \
    } while (0)

static const char *const both[] = {"192.0.2.1",   "2001:db8::1", "192.0.2.2",
                                   "2001:db8::1", "192.0.2.1",   NULL};
static const char *const zone[] = {"fe80::1%lo", "::ffff:192.0.2.1", "2001:DB8:0:0:0:0:0:2", NULL};
static const char *const none[] = {NULL};

static const CfpFakeHost hosts[] = {
    {.name = "both.example", .addresses = both},
    {.name = "zone.example", .addresses = zone},
    {.name = "empty.example", .addresses = none},
    {.name = "again.example", .error = EAI_AGAIN},
    {.name = "fail.example", .error = EAI_FAIL},
    {.name = "system.example", .error = EAI_SYSTEM},
    {.name = "slow.example", .addresses = both, .hangs = TRUE},
    {.name = NULL},
};

/* ---- answers -------------------------------------------------------------------------------- */

static char *
look_up(const char *name, GError **error)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_auto(GStrv) addresses = NULL;

    if (!cfp_host_lookup(pump, name, CFP_LOOKUP_TIMEOUT_MS, &addresses, error)) {
        ASSERT_TRUE(addresses == NULL);
        return NULL;
    }
    return g_strjoinv(" ", addresses);
}

static void
test_found(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    cfp_fake_dns_set(hosts);
    found = look_up("both.example", &error);
    ASSERT_NO_ERROR(error);
    ASSERT_STR(found, "192.0.2.1 2001:db8::1 192.0.2.2");
    ASSERT_UINT(cfp_fake_dns_count(), 1);
}

static void
test_canonical(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    cfp_fake_dns_set(hosts);
    found = look_up("zone.example", &error);
    ASSERT_NO_ERROR(error);
    ASSERT_STR(found, "fe80::1 ::ffff:192.0.2.1 2001:db8::2");
}

static void
test_figures(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    cfp_fake_dns_set(hosts);
    found = look_up("192.0.2.9", &error);
    ASSERT_NO_ERROR(error);
    ASSERT_STR(found, "192.0.2.9");
    ASSERT_UINT(cfp_fake_dns_count(), 0);
}

static void
test_errors(void)
{
    const struct {
        const char *name;
        CfpLookupError code;
        const char *reason;
    } rows[] = {
        {"nosuch.example", CFP_LOOKUP_ERROR_NOT_FOUND, gai_strerror(EAI_NONAME)},
        {"empty.example", CFP_LOOKUP_ERROR_NOT_FOUND, "no address"},
        {"again.example", CFP_LOOKUP_ERROR_FAILED, gai_strerror(EAI_AGAIN)},
        {"fail.example", CFP_LOOKUP_ERROR_FAILED, gai_strerror(EAI_FAIL)},
        {"system.example", CFP_LOOKUP_ERROR_FAILED, g_strerror(EMFILE)},
    };

    cfp_fake_dns_set(hosts);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_TRUE(look_up(rows[i].name, &error) == NULL);
        ASSERT_ERROR(error, CFP_LOOKUP_ERROR, rows[i].code);
        ASSERT_CONTAINS(error->message, rows[i].name);
        ASSERT_CONTAINS(error->message, rows[i].reason);
    }
}

/* n addresses, and each of them twice. */
static char *
look_up_many(guint n, GError **error)
{
    g_autoptr(GPtrArray) many = g_ptr_array_new_with_free_func(g_free);
    CfpFakeHost host[] = {{.name = "many.example"}, {.name = NULL}};
    char *found;

    for (guint i = 0; i < 2 * n; i++)
        g_ptr_array_add(many, g_strdup_printf("198.51.100.%u", i % n));
    g_ptr_array_add(many, NULL);
    host[0].addresses = (const char *const *)many->pdata;
    cfp_fake_dns_set(host);
    found = look_up("many.example", error);
    cfp_fake_dns_set(hosts);
    return found;
}

static void
test_limit(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) too_many = NULL;
    g_autofree char *found = look_up_many(CFP_MAX_HOST_ADDRESSES, &error);
    g_auto(GStrv) addresses = NULL;

    ASSERT_NO_ERROR(error);
    addresses = g_strsplit(found, " ", -1);
    ASSERT_UINT(g_strv_length(addresses), CFP_MAX_HOST_ADDRESSES);
    ASSERT_TRUE(look_up_many(CFP_MAX_HOST_ADDRESSES + 1, &too_many) == NULL);
    ASSERT_ERROR(too_many, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_TOO_MANY);
    ASSERT_CONTAINS(too_many->message, "many.example");
}

/* ---- a resolver that hangs ------------------------------------------------------------------ */

/* What was left behind ends well: the sanitizers look on. */
static gboolean
ends_after_release(void)
{
    gint64 patience = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    cfp_fake_dns_release();
    while (cfp_fake_dns_count_ended() < cfp_fake_dns_count())
        if (g_get_monotonic_time() > patience)
            return FALSE;
    return TRUE;
}

static void
test_deadline(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = NULL;
    gint64 start = g_get_monotonic_time();

    cfp_fake_dns_set(hosts);
    ASSERT_FALSE(cfp_host_lookup(pump, "slow.example", 50, &addresses, &error));
    ASSERT_TRUE(g_get_monotonic_time() - start >= 50 * 1000);
    ASSERT_TRUE(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    ASSERT_ERROR(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_TIMEOUT);
    ASSERT_CONTAINS(error->message, "slow.example");
    ASSERT_TRUE(addresses == NULL);
    ASSERT_UINT(cfp_fake_dns_count_ended(), 0);
    ASSERT_TRUE(ends_after_release());
}

static void *
release_soon(void *data)
{
    struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};

    (void)nanosleep(&moment, NULL);
    cfp_fake_dns_release();
    return data;
}

static void
test_slow_answer(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;
    GThread *thread;

    cfp_fake_dns_set(hosts);
    thread = g_thread_new("release", release_soon, NULL);
    found = look_up("slow.example", &error);
    (void)g_thread_join(thread);
    ASSERT_NO_ERROR(error);
    ASSERT_STR(found, "192.0.2.1 2001:db8::1 192.0.2.2");
}

/* Ourselves, a moment later: a child of ours says when. */
static void
signal_soon(int said[2])
{
    struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
    gint64 now;

    if (fork() != 0)
        return;
    (void)nanosleep(&moment, NULL);
    now = g_get_monotonic_time();
    (void)!write(said[1], &now, sizeof now);
    (void)kill(getppid(), SIGTERM);
    _exit(0);
}

static int
child_signal(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = NULL;
    gint64 signalled = 0;
    gboolean late;
    int said[2];

    (void)data;
    cfp_fake_dns_set(hosts);
    CHECK(cfp_pump_catch_signals(pump, NULL));
    CHECK(pipe(said) == 0);
    signal_soon(said);
    CHECK(!cfp_host_lookup(pump, "slow.example", 20000, &addresses, &error));
    CHECK(read(said[0], &signalled, sizeof signalled) == sizeof signalled);
    late = g_get_monotonic_time() - signalled >= 100 * 1000;
    CHECK(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
    CHECK(addresses == NULL && cfp_fake_dns_count_ended() == 0);
    CHECK(ends_after_release());
    return late ? LATE : GOOD;
}

/* A busy machine may be late for once. */
static void
test_signal(void)
{
    int status = LATE;

    for (int i = 0; i < 5 && status == LATE; i++)
        status = cfp_child_run(child_signal, NULL, NULL);
    ASSERT_INT(status, GOOD);
}

static void
test_reader_gone(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = NULL;
    int ends[2];

    cfp_fake_dns_set(hosts);
    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(pump, ends[1]);
    (void)close(ends[0]);
    ASSERT_FALSE(cfp_host_lookup(pump, "slow.example", 20000, &addresses, &error));
    ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    (void)close(ends[1]);
    ASSERT_TRUE(ends_after_release());
}

/* The last of the tests: its thread still hangs when the program ends, which must harm nobody. */
static void
test_left_behind(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = NULL;

    cfp_fake_dns_set(hosts);
    ASSERT_FALSE(cfp_host_lookup(pump, "slow.example", 1, &addresses, &error));
    ASSERT_ERROR(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_TIMEOUT);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"addresses of both families are found, each once", test_found},
        {"addresses are canonical and without a zone", test_canonical},
        {"an address in figures is its own answer", test_figures},
        {"an error says the name and the reason", test_errors},
        {"as many addresses as the limit are taken, not one more", test_limit},
        {"a resolver that hangs is left at the deadline", test_deadline},
        {"an answer that takes its time is waited for", test_slow_answer},
        {"a signal ends the wait within 100 ms", test_signal},
        {"a reader that is gone ends the wait", test_reader_gone},
        {"a look-up that still hangs at the end of the program harms nobody", test_left_behind},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "host-lookup", cases);
}
