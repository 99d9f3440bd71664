/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <string.h>

static bool
is_blank(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT;
}

#define MARK "…"

static void
cut(GString *line, gsize max_bytes)
{
    gsize end = max_bytes >= strlen(MARK) ? max_bytes - strlen(MARK) : 0;

    /* Back to the beginning of a character. */
    while (end > 0 && ((guchar)line->str[end] & 0xc0u) == 0x80u)
        end--;
    g_string_truncate(line, end);
    if (max_bytes >= strlen(MARK))
        g_string_append(line, MARK);
}

char *
cfp_text_one_line(const char *text, gsize max_bytes)
{
    g_autofree char *valid = NULL;
    GString *line;
    bool blank = true;

    if (!text)
        return NULL;
    valid = g_utf8_make_valid(text, -1);
    line = g_string_new(NULL);
    for (char *p = valid; *p && line->len <= max_bytes; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        /* One blank for several, and none at the end. */
        if (!is_blank(c)) {
            if (blank && line->len > 0)
                g_string_append_c(line, ' ');
            g_string_append_unichar(line, c);
        }
        blank = is_blank(c);
    }
    if (line->len > max_bytes)
        cut(line, max_bytes);
    return g_string_free(line, FALSE);
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
    if (!text || strlen(text) < strlen("2020-01-01T08:00:00Z") || text[4] != '-' ||
        text[7] != '-' || text[13] != ':' || text[16] != ':')
        return false;
    time = g_date_time_new_from_iso8601(text, utc);
    if (!time)
        return false;
    *ret_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
    return true;
}
