/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "filter/bpf.h"
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
        g_assert(error && error->domain == CFP_FILTER_ERROR);
        g_assert(error->message[0] && !strchr(error->message, '\n'));
    }
    g_assert(cfp_no_dns_count() == 0);
    return 0;
}
