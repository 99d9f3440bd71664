/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "support/cunit-runner.h"
#include "support/filter-grammar.h"
#include "support/no-dns.h"
#include "support/packet-zoo.h"
#include "support/pushdown-properties.h"

/*
 * Thousands of expressions on thousands of packets, the same in every run. In the environment:
 * CFP_PROPERTY_ROUNDS, how many expressions, where they take long (valgrind); CFP_PROPERTY_SEED,
 * another seed, to look for more by hand.
 */

#define DEFAULT_SEED 20
#define DEFAULT_ROUNDS 4200

/* Packets, and expressions before there are others. */
#define ZOO_SIZE 2000
#define ZOO_ROUNDS 600

static guint64
read_number(const char *name, guint64 fallback)
{
    const char *text = g_getenv(name);

    return text ? g_ascii_strtoull(text, NULL, 10) : fallback;
}

static void
fill_zoo(CfpZooPacket *zoo, CfpChoices *choices)
{
    memset(zoo, 0, ZOO_SIZE * sizeof *zoo);
    for (size_t i = 0; i < ZOO_SIZE; i++)
        cfp_zoo_make(&zoo[i], choices);
}

static void
run_rounds(CfpPropertyCounts *counts, guint64 seed, guint rounds)
{
    g_autofree CfpZooPacket *zoo = g_new(CfpZooPacket, ZOO_SIZE);
    CfpChoices choices = cfp_choices_from_seed(seed);
    guint tried = 0;

    for (; counts->accepted < rounds; tried++) {
        g_autofree char *expression = cfp_grammar_make(&choices);
        g_autofree char *problem = NULL;
        CfpFilterV1 fields;

        if (tried % ZOO_ROUNDS == 0)
            fill_zoo(zoo, &choices);
        cfp_properties_make_fields(&fields, &choices);
        problem = cfp_properties_check(expression, &fields, zoo, ZOO_SIZE, counts);
        cfp_filter_v1_clear(&fields);
        if (problem)
            printf("\nseed %" G_GUINT64_FORMAT ", expression %u: %s", seed, tried, problem);
        ASSERT_TRUE(!problem);
        /* A grammar that libpcap mostly refuses would test little. */
        ASSERT_TRUE(tried < 2 * rounds + 10);
    }
}

static void
test_properties(void)
{
    CfpPropertyCounts counts = {0};
    guint64 seed = read_number("CFP_PROPERTY_SEED", DEFAULT_SEED);
    guint rounds = (guint)read_number("CFP_PROPERTY_ROUNDS", DEFAULT_ROUNDS);

    run_rounds(&counts, seed, rounds);
    printf("\n    %u expressions, %u matched; pushed %u (strict %u, address %u, port %u, protocol "
           "%u), exact %u, contradictions %u, packets saved %u\n    ",
           counts.accepted, counts.matched, counts.pushed, counts.pushed_strict,
           counts.pushed_address, counts.pushed_port, counts.pushed_protocol, counts.exact,
           counts.contradictions, counts.narrowed);
    ASSERT_UINT(cfp_no_dns_count(), 0);
    if (rounds < DEFAULT_ROUNDS)
        return;
    /* What can't be pushed can't be wrong: there must be much of it. */
    ASSERT_TRUE(counts.matched > rounds / 2);
    ASSERT_TRUE(counts.pushed > rounds / 4);
    ASSERT_TRUE(counts.pushed_strict > rounds / 10);
    ASSERT_TRUE(counts.pushed_address > rounds / 12);
    ASSERT_TRUE(counts.pushed_port > rounds / 15);
    ASSERT_TRUE(counts.pushed_protocol > rounds / 6);
    ASSERT_TRUE(counts.exact > rounds / 10);
    ASSERT_TRUE(counts.contradictions > rounds / 10);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"what is pushed down loses no packet, and what is exact lets none more through",
         test_properties},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pushdown-property", cases);
}
