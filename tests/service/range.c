/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/range.h"

#include <stdbool.h>
#include <string.h>

typedef enum {
    RANGE_NONE, /* absent or not understood: the whole file */
    RANGE_PART,
    RANGE_UNSATISFIABLE,
} Found;

/* One range of `length` bytes: "bytes=A-B", "bytes=A-" or "bytes=-N". */
static Found
read_range(const char *text, guint64 length, guint64 *first, guint64 *last)
{
    if (!text || !g_str_has_prefix(text, "bytes=") || strchr(text, ','))
        return RANGE_NONE;
    g_auto(GStrv) ends = g_strsplit(text + strlen("bytes="), "-", 2);
    if (!ends[0] || !ends[1])
        return RANGE_NONE;
    bool has_first = g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXINT64, first, NULL);
    bool has_last = g_ascii_string_to_unsigned(ends[1], 10, 0, G_MAXINT64, last, NULL);
    if ((!has_first && ends[0][0]) || (!has_last && ends[1][0]) || (!has_first && !has_last))
        return RANGE_NONE;
    if (!has_first) {
        guint64 count = MIN(*last, length);
        *first = length - count;
        *last = length - 1;
        return count > 0 ? RANGE_PART : RANGE_UNSATISFIABLE;
    }
    if (has_last && *last < *first)
        return RANGE_NONE;
    if (*first >= length)
        return RANGE_UNSATISFIABLE;
    *last = has_last ? MIN(*last, length - 1) : length - 1;
    return RANGE_PART;
}

static void
replace_answer(CfpServiceAnswer *answer, guint status)
{
    answer->status = status;
    soup_message_headers_remove(answer->headers, "Content-Type");
    cfp_service_answer_set_text(answer, "text/plain", "");
}

void
cfp_service_range_apply(CfpServiceAnswer *answer, SoupMessageHeaders *request,
                        gboolean ignores_range)
{
    const char *etag = soup_message_headers_get_one(answer->headers, "ETag");
    const char *if_match = soup_message_headers_get_one(request, "If-Match");
    const char *if_range = soup_message_headers_get_one(request, "If-Range");
    guint64 length = g_bytes_get_size(answer->body);
    guint64 first, last;

    if (!answer->is_file || answer->status != 200)
        return;
    if (if_match && strcmp(if_match, "*") != 0 && g_strcmp0(if_match, etag) != 0) {
        replace_answer(answer, 412);
        return;
    }
    if (ignores_range || (if_range && g_strcmp0(if_range, etag) != 0))
        return;
    Found found = read_range(soup_message_headers_get_one(request, "Range"), length, &first, &last);
    if (found == RANGE_NONE)
        return;
    g_autofree char *content_range =
        found == RANGE_PART ? g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                                              "/%" G_GUINT64_FORMAT,
                                              first, last, length)
                            : g_strdup_printf("bytes */%" G_GUINT64_FORMAT, length);
    soup_message_headers_replace(answer->headers, "Content-Range", content_range);
    if (found == RANGE_UNSATISFIABLE) {
        replace_answer(answer, 416);
        return;
    }
    g_autoptr(GBytes) whole = answer->body;
    answer->body = g_bytes_new_from_bytes(whole, (gsize)first, (gsize)(last - first + 1));
    answer->status = 206;
}
