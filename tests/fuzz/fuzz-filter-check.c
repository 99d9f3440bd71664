/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "filter/bpf.h"
#include "filter/host-names.h"
#include "support/no-dns.h"

/* Any text as a capture filter; what libpcap would ask the resolver for must not reach it. */

/* libpcap's optimizer takes seconds for some hundred terms. */
#define MAX_EXPRESSION 400

static void
match(const char *expression, uint32_t linktype)
{
    static const uint8_t bytes[60] = {0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17};
    g_autoptr(CfpBpf) filter = cfp_bpf_new(expression, linktype, 0, NULL);
    CfpPacket packet = {.len = 1500, .data = bytes};

    for (uint32_t caplen = 0; filter && caplen <= sizeof bytes; caplen += 20) {
        packet.caplen = caplen;
        (void)cfp_bpf_match(filter, &packet);
    }
}

static void
check_error(const GError *error)
{
    g_assert(error && error->domain == CFP_FILTER_ERROR);
    g_assert(error->message[0] && !strchr(error->message, '\n'));
}

/* With addresses in the place of its names an expression has none. */
static void
replace_names(const char *expression)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) failure = NULL;
    g_autofree char *first = cfp_filter_find_host_name(expression);
    g_auto(GStrv) names = cfp_filter_list_host_names(expression, &error);
    g_autofree char *replaced = cfp_filter_replace_host_names(expression, NULL, &failure);
    g_autofree char *left = NULL;

    if (!names || !replaced) {
        g_assert(first);
        check_error(names ? failure : error);
        return;
    }
    g_assert(!error && !failure);
    g_assert((first != NULL) == (names[0] != NULL));
    g_assert(first || strcmp(replaced, expression) == 0);
    left = cfp_filter_find_host_name(replaced);
    g_assert(!left);
    if (!cfp_bpf_check(replaced, &error))
        check_error(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *expression = NULL;
    g_autoptr(GError) error = NULL;

    if (size > MAX_EXPRESSION)
        return 0;
    expression = g_strndup((const char *)data, size);
    if (cfp_bpf_check(expression, &error)) {
        g_assert(!error);
        match(expression, 1);
        match(expression, 101);
    } else {
        check_error(error);
    }
    replace_names(expression);
    g_assert(cfp_no_dns_count() == 0);
    return 0;
}
