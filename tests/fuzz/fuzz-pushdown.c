/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "support/filter-grammar.h"
#include "support/no-dns.h"
#include "support/packet-zoo.h"
#include "support/pushdown-properties.h"

/*
 * A capture filter, the dialog's fields and packets, and what the pushdown promises for them. The
 * first byte decides where the filter comes from: 't' and a text up to a zero byte, or choices for
 * the grammar. Bytes behind it are choices for the fields and for some packets; to them come
 * packets that are always the same.
 */

/* libpcap's optimizer takes seconds for some hundred terms. */
#define MAX_EXPRESSION 300

#define CHOSEN_PACKETS 8
#define PACKETS 200

static CfpZooPacket *
make_packets(void)
{
    CfpZooPacket *packets = g_new0(CfpZooPacket, PACKETS);
    CfpChoices choices = cfp_choices_from_seed(1);

    for (size_t i = CHOSEN_PACKETS; i < PACKETS; i++)
        cfp_zoo_make(&packets[i], &choices);
    return packets;
}

/* A loop takes the analysis a hundred times as long as other words: several are left out. */
static gboolean
is_slow(const char *expression)
{
    const char *loop = strstr(expression, "protochain");

    return loop && strstr(loop + 1, "protochain");
}

/* The expression, NULL when it is too long. `choices`: set to what is behind it. */
static char *
take_expression(const uint8_t *data, size_t size, CfpChoices *choices)
{
    const uint8_t *end;

    if (size == 0 || data[0] != 't') {
        *choices = cfp_choices_from_bytes(data, size);
        return cfp_grammar_make(choices);
    }
    end = memchr(data, '\0', size);
    if (!end)
        end = data + size;
    if ((size_t)(end - data) > MAX_EXPRESSION)
        return NULL;
    *choices = cfp_choices_from_bytes(end, size - (size_t)(end - data));
    return g_strndup((const char *)data + 1, (size_t)(end - data) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static CfpZooPacket *packets;
    CfpPropertyCounts counts = {0};
    CfpChoices choices;
    g_autofree char *expression = take_expression(data, size, &choices);
    g_autofree char *problem = NULL;
    CfpFilterV1 fields;

    if (!expression || is_slow(expression))
        return 0;
    if (!packets)
        packets = make_packets();
    cfp_properties_make_fields(&fields, &choices);
    for (size_t i = 0; i < CHOSEN_PACKETS; i++) {
        memset(&packets[i], 0, sizeof packets[i]);
        cfp_zoo_make(&packets[i], &choices);
    }
    problem = cfp_properties_check(expression, &fields, packets, PACKETS, &counts);
    cfp_filter_v1_clear(&fields);
    if (problem)
        fprintf(stderr, "%s", problem);
    g_assert(!problem);
    g_assert(cfp_no_dns_count() == 0);
    return 0;
}
