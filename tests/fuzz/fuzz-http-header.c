/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "net/http.h"

/* Any bytes as the header lines of an answer. */

static void
check(const CfpHttpResponse *response)
{
    const char *const texts[] = {response->content_type, response->content_range, response->etag,
                                 response->location, response->ray};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert(!texts[i] || (!strchr(texts[i], '\n') && strlen(texts[i]) < 100000));
    g_assert(!response->content_type || !strpbrk(response->content_type, ";ABC"));
    g_assert(response->content_length >= -1);
    g_assert(response->retry_after_s >= -1);
    g_assert(response->date_us >= G_GINT64_CONSTANT(-62135596800000000));
    g_assert(response->rate_remaining >= -1 && response->rate_remaining <= G_MAXINT32);
    g_assert(response->rate_reset_s >= -1 && response->rate_reset_s <= G_MAXINT32);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    CfpHttpResponse response = {0};
    size_t start = 0;

    cfp_http_response_clear(&response);
    for (size_t i = 0; i <= size && size < 100000; i++) {
        if (i < size && text[i] != '\n')
            continue;
        cfp_http_response_take_header(&response, text + start, i - start);
        check(&response);
        start = i + 1;
    }
    cfp_http_response_clear(&response);
    return 0;
}
