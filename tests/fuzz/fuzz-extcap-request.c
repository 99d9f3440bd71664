/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "request.h"

/* A command line: its words stand between NULs. */

static char **
split(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    size_t start = 0;

    g_ptr_array_add(words, g_strdup("cloudflare-pcap"));
    for (size_t i = 0; i < size; i++) {
        if (data[i] != '\0')
            continue;
        g_ptr_array_add(words, g_strndup((const char *)data + start, i - start));
        start = i + 1;
    }
    if (start < size)
        g_ptr_array_add(words, g_strndup((const char *)data + start, size - start));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

/* A scrubbed command line says the same as before, but for the secrets, which keep their length. */
static void
check_same(const CfpExtcapRequest *a, const CfpExtcapRequest *b)
{
    g_assert(a->action == b->action);
    g_assert_cmpstr(a->interface, ==, b->interface);
    g_assert_cmpstr(a->reload_option, ==, b->reload_option);
    g_assert_cmpstr(a->capture_filter, ==, b->capture_filter);
    g_assert_cmpstr(a->fifo, ==, b->fifo);
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        if (!a->values[id] || !cfp_option_is_secret(id, a->values[id])) {
            g_assert_cmpstr(a->values[id], ==, b->values[id]);
            continue;
        }
        g_assert(b->values[id]);
        g_assert(strlen(a->values[id]) == strlen(b->values[id]));
        g_assert(strspn(b->values[id], "X") == strlen(b->values[id]));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(GStrv) argv = split(data, size);
    g_autoptr(CfpExtcapRequest) first = NULL;
    g_autoptr(CfpExtcapRequest) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) same_error = NULL;
    int argc = (int)g_strv_length(argv);
    gboolean ok = cfp_extcap_request_parse(argc, argv, &first, &error);

    g_assert(first);
    g_assert(ok == (error == NULL));
    g_assert((int)g_strv_length(argv) == argc);
    g_assert(cfp_extcap_request_parse(argc, argv, &again, &same_error) == ok);
    g_assert(ok || error->code == same_error->code);
    check_same(first, again);
    return 0;
}
