/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/retry.h"

#include "base/limits.h"
#include "support/cunit-runner.h"

static void
test_statuses(void)
{
    for (unsigned status = 100; status < 600; status++) {
        bool expected = status == 408 || status == 425 || status == 429 || status >= 500;

        ASSERT_UINT(cfp_retry_is_transient_status(status), expected);
    }
}

static void
test_doubling(void)
{
    static const guint64 delays[] = {500, 1000, 2000, 4000, 8000, 16000, 16000, 16000};

    for (guint i = 0; i < G_N_ELEMENTS(delays); i++)
        ASSERT_UINT(cfp_retry_delay_ms(i + 1, -1, 0.0), delays[i]);
    ASSERT_UINT(cfp_retry_delay_ms(1, -1, 0.0), CFP_FIRST_RETRY_MS);
    ASSERT_UINT(cfp_retry_delay_ms(G_MAXUINT, -1, 0.0), CFP_MAX_RETRY_MS);
}

static void
test_jitter(void)
{
    for (unsigned tries = 1; tries < 10; tries++) {
        guint64 longest = cfp_retry_delay_ms(tries, -1, 0.0);

        ASSERT_UINT(cfp_retry_delay_ms(tries, -1, 1.0), longest - longest / 4);
        ASSERT_TRUE(cfp_retry_delay_ms(tries, -1, 0.5) < longest);
        ASSERT_TRUE(cfp_retry_delay_ms(tries, -1, 0.5) > longest - longest / 4);
    }
}

/* Never earlier than the server said. */
static void
test_retry_after(void)
{
    for (unsigned tries = 1; tries < 10; tries++) {
        ASSERT_UINT(cfp_retry_delay_ms(tries, 0, 0.0), 0);
        ASSERT_UINT(cfp_retry_delay_ms(tries, 30, 0.0), 30000);
        ASSERT_TRUE(cfp_retry_delay_ms(tries, 30, 1.0) >= 30000);
        ASSERT_TRUE(cfp_retry_delay_ms(tries, 30, 1.0) < 31000);
    }
}

static void
test_limits(void)
{
    ASSERT_TRUE(cfp_retry_is_allowed(1, -1));
    ASSERT_TRUE(cfp_retry_is_allowed(CFP_MAX_TRIES - 1, -1));
    ASSERT_FALSE(cfp_retry_is_allowed(CFP_MAX_TRIES, -1));
    ASSERT_FALSE(cfp_retry_is_allowed(CFP_MAX_TRIES + 1, -1));
    ASSERT_TRUE(cfp_retry_is_allowed(1, CFP_MAX_RETRY_AFTER_S));
    ASSERT_FALSE(cfp_retry_is_allowed(1, CFP_MAX_RETRY_AFTER_S + 1));
    ASSERT_FALSE(cfp_retry_is_allowed(1, G_MAXINT64));
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"408, 425, 429 and 5xx may pass, nothing else", test_statuses},
        {"waits double up to a maximum", test_doubling},
        {"chance shortens a wait by a quarter at most", test_jitter},
        {"the server's own Retry-After is kept", test_retry_after},
        {"tries and patience are limited", test_limits},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "retry", cases);
}
