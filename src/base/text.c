/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <string.h>

static bool
is_blank(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT;
}

char *
cfp_text_one_line(const char *text, gsize max_bytes)
{
    g_autofree char *valid = NULL;
    g_autoptr(GString) line = NULL;
    bool blank = true;

    if (!text)
        return NULL;
    /* A byte of text is at least one byte here: more than this can't be shown anyway. */
    valid = g_utf8_make_valid(text, (gssize)strnlen(text, max_bytes + 1));
    line = g_string_new(NULL);
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (!is_blank(c))
            g_string_append_unichar(line, c);
        else if (!blank)
            g_string_append_c(line, ' ');
        blank = is_blank(c);
    }
    while (line->len > 0 && line->str[line->len - 1] == ' ')
        g_string_truncate(line, line->len - 1);
    if (line->len > max_bytes) {
        const char *cut = g_utf8_find_prev_char(line->str, line->str + max_bytes - 2);

        g_string_truncate(line, cut ? (gsize)(cut - line->str) : 0);
        g_string_append(line, "…");
    }
    return g_string_free(g_steal_pointer(&line), FALSE);
}

bool
cfp_text_to_uint(const char *text, guint64 min, guint64 max, guint64 *ret_value)
{
    guint64 value = 0;

    if (!g_ascii_string_to_unsigned(text, 10, min, max, &value, NULL))
        return false;
    *ret_value = value;
    return true;
}

static char *
format_time(GDateTime *time, const char *format)
{
    return time ? g_date_time_format(time, format) : g_strdup("?");
}

char *
cfp_text_utc(gint64 unix_us)
{
    g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc(unix_us / G_USEC_PER_SEC);
    g_autofree char *text = format_time(seconds, "%Y-%m-%dT%H:%M:%S");
    gint64 rest = unix_us % G_USEC_PER_SEC;

    if (rest == 0)
        return g_strconcat(text, "Z", NULL);
    return g_strdup_printf("%s.%06" G_GINT64_FORMAT "Z", text, rest);
}

char *
cfp_text_local(gint64 unix_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(unix_us / G_USEC_PER_SEC);

    return format_time(time, "%Y-%m-%d %H:%M:%S");
}

bool
cfp_text_from_rfc3339(const char *text, gint64 *ret_us)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = NULL;

    /* g_date_time_new_from_iso8601 also takes week dates and dates without separators. */
    if (!text || strlen(text) < strlen("2020-01-01T08:00:00Z") || text[4] != '-')
        return false;
    time = g_date_time_new_from_iso8601(text, utc);
    if (!time)
        return false;
    *ret_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
    return true;
}
