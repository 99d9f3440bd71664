/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/interval-set.h"

#include <string.h>

#include "support/asserts.h"

/* A universe that is small enough to be looked at whole. */
#define N 64u

static void
check_members(const CfpIntervalSet *set, const bool *expected, bool is_exact)
{
    for (unsigned i = 0; i < N; i++) {
        if (expected[i] || is_exact)
            ASSERT_TRUE(cfp_interval_set_has(set, i) == expected[i]);
    }
}

static void
check_form(const CfpIntervalSet *set)
{
    ASSERT_TRUE(set->n <= CFP_MAX_INTERVALS);
    for (unsigned i = 0; i < set->n; i++) {
        ASSERT_TRUE(set->items[i].low <= set->items[i].high);
        if (i > 0)
            ASSERT_TRUE(set->items[i].low > set->items[i - 1].high + 1);
    }
}

static void
test_edges(void)
{
    CfpIntervalSet set = cfp_interval_set_range(0, UINT32_MAX);
    uint32_t value = 0;

    cfp_interval_set_remove(&set, 0, 0);
    cfp_interval_set_remove(&set, UINT32_MAX, UINT32_MAX);
    ASSERT_FALSE(cfp_interval_set_has(&set, 0));
    ASSERT_FALSE(cfp_interval_set_has(&set, UINT32_MAX));
    ASSERT_TRUE(cfp_interval_set_has(&set, 1));
    ASSERT_FALSE(cfp_interval_set_is_single(&set, &value));
    cfp_interval_set_keep(&set, UINT32_MAX - 1, UINT32_MAX);
    ASSERT_TRUE(cfp_interval_set_is_single(&set, &value));
    ASSERT_UINT(value, UINT32_MAX - 1);
    cfp_interval_set_remove(&set, 0, UINT32_MAX);
    ASSERT_UINT(set.n, 0);
    ASSERT_FALSE(cfp_interval_set_is_single(&set, &value));
}

static void
test_neighbours_are_one(void)
{
    CfpIntervalSet set = cfp_interval_set_range(3, 4), next = cfp_interval_set_range(5, 6);

    cfp_interval_set_join(&set, &next);
    ASSERT_UINT(set.n, 1);
    ASSERT_UINT(set.items[0].low, 3);
    ASSERT_UINT(set.items[0].high, 6);
}

/* What does not fit must make the set larger: a member that is lost would be a packet lost. */
static void
test_too_many(void)
{
    CfpIntervalSet set = cfp_interval_set_range(0, N - 1);

    for (unsigned i = 1; i < N; i += 2)
        cfp_interval_set_remove(&set, i, i);
    check_form(&set);
    for (unsigned i = 0; i < N; i += 2)
        ASSERT_TRUE(cfp_interval_set_has(&set, i));
    ASSERT_UINT(set.n, CFP_MAX_INTERVALS);
    ASSERT_FALSE(cfp_interval_set_has(&set, N - 3));
}

/* The smallest gap is closed, wherever it is: the least that is wrong with the set then. */
static void
test_smallest_gap(void)
{
    for (unsigned smallest = 0; smallest < CFP_MAX_INTERVALS; smallest++) {
        CfpIntervalSet set = cfp_interval_set_range(0, UINT32_MAX);
        uint32_t low = 0;

        /* Gaps of 100 numbers, and one of 50; each step removes one. */
        for (unsigned i = 0; i < CFP_MAX_INTERVALS; i++) {
            low += 1000;
            cfp_interval_set_remove(&set, low, low + (i == smallest ? 49 : 99));
        }
        ASSERT_UINT(set.n, CFP_MAX_INTERVALS);
        for (unsigned i = 0; i < CFP_MAX_INTERVALS; i++) {
            ASSERT_TRUE(cfp_interval_set_has(&set, 1000 * (i + 1)) == (i == smallest));
            ASSERT_TRUE(cfp_interval_set_has(&set, 1000 * (i + 1) + 100));
            ASSERT_TRUE(cfp_interval_set_has(&set, 1000 * (i + 1) - 1));
        }
    }
}

static void
apply(GRand *random, CfpIntervalSet *set, bool *members, bool *is_exact)
{
    uint32_t a = g_rand_int(random) % N, b = g_rand_int(random) % N;
    uint32_t low = MIN(a, b), high = MAX(a, b);
    CfpIntervalSet other = cfp_interval_set_range(low, high);
    int operation = g_rand_int_range(random, 0, 8);

    for (unsigned i = 0; i < N; i++) {
        bool inside = i >= low && i <= high;

        if (operation == 0)
            members[i] = members[i] && inside;
        else if (operation < 5)
            members[i] = members[i] && !(inside && high - low < 4);
        else
            members[i] = members[i] || (inside && high - low < 4);
    }
    if (operation == 0)
        cfp_interval_set_keep(set, low, high);
    else if (operation < 5 && high - low < 4)
        cfp_interval_set_remove(set, low, high);
    else if (operation >= 5 && high - low < 4)
        cfp_interval_set_join(set, &other);
    /* Once a gap was closed the set may hold more for ever. */
    *is_exact = *is_exact && set->n < CFP_MAX_INTERVALS;
}

static void
test_random(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    unsigned exact = 0;

    for (unsigned round = 0; round < 2000; round++) {
        CfpIntervalSet set = cfp_interval_set_range(0, N - 1);
        bool members[N], is_exact = true;

        memset(members, true, sizeof members);
        for (unsigned step = 0; step < 20; step++) {
            apply(random, &set, members, &is_exact);
            check_form(&set);
            check_members(&set, members, is_exact);
        }
        exact += is_exact;
    }
    ASSERT_TRUE(exact > 100);
}

static void
test_includes(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    unsigned included = 0;

    for (unsigned round = 0; round < 5000; round++) {
        CfpIntervalSet a = cfp_interval_set_range(0, N - 1), b = a;
        bool members_a[N], members_b[N], ignored = true, expected = true;

        memset(members_a, true, sizeof members_a);
        memset(members_b, true, sizeof members_b);
        for (unsigned step = 0; step < 4; step++) {
            apply(random, &a, members_a, &ignored);
            apply(random, &b, members_b, &ignored);
        }
        for (unsigned i = 0; i < N; i++)
            expected = expected && (members_a[i] || !members_b[i]);
        ASSERT_TRUE(cfp_interval_set_includes(&a, &b) == expected);
        included += expected;
    }
    ASSERT_TRUE(included > 100 && included < 4900);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the smallest and the largest number are numbers like others", test_edges},
        {"intervals that touch become one", test_neighbours_are_one},
        {"what has no room makes the set larger, never smaller", test_too_many},
        {"of too many gaps the smallest is closed", test_smallest_gap},
        {"random changes agree with an array of members", test_random},
        {"a set includes another when each member says so", test_includes},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "interval-set", cases);
}
