/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/times.h"

#include <string.h>

/* `count` digits at `text`, or -1. */
static int
read_digits(const char *text, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* The zone's distance from UTC in seconds; FALSE when the rest of the text is no zone. */
static gboolean
read_zone(const char *text, int *seconds)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *seconds = 0;
        return TRUE;
    }
    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return FALSE;
    int hours = read_digits(text + 1, 2);
    int minutes = read_digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return FALSE;
    *seconds = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
    return TRUE;
}

/* The digits after the seconds' point; `text` is moved behind them. */
static gboolean
read_fraction(const char **text, gint64 *us)
{
    gint64 unit = 100000;
    const char *p = *text;

    *us = 0;
    if (*p != '.')
        return TRUE;
    if (!g_ascii_isdigit(*++p))
        return FALSE;
    for (; g_ascii_isdigit(*p); p++) {
        *us += (*p - '0') * unit;
        unit /= 10;
    }
    *text = p;
    return TRUE;
}

gboolean
cfp_service_time_parse(const char *text, gint64 *us)
{
    gint64 fraction;
    int zone;

    if (strlen(text) < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || (text[10] != 'T' && text[10] != 't'))
        return FALSE;
    int year = read_digits(text, 4), month = read_digits(text + 5, 2);
    int day = read_digits(text + 8, 2), hour = read_digits(text + 11, 2);
    int minute = read_digits(text + 14, 2), second = read_digits(text + 17, 2);
    if (year < 1 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
        return FALSE;
    const char *rest = text + 19;
    if (!read_fraction(&rest, &fraction) || !read_zone(rest, &zone))
        return FALSE;
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, hour, minute, second);
    if (!time)
        return FALSE;
    *us = (g_date_time_to_unix(time) - zone) * G_USEC_PER_SEC + fraction;
    return TRUE;
}

static char *
format(gint64 us, const char *pattern)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);

    return g_date_time_format(time, pattern);
}

char *
cfp_service_time_format(gint64 us)
{
    g_autofree char *seconds = format(us, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%06dZ", seconds, (int)(us % G_USEC_PER_SEC));
}

char *
cfp_service_time_format_seconds(gint64 us)
{
    return format(us, "%Y-%m-%dT%H:%M:%SZ");
}

char *
cfp_service_time_format_http(gint64 us)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autofree char *clock = g_date_time_format(time, "%H:%M:%S");

    return g_strdup_printf("%s, %02d %s %d %s GMT", days[g_date_time_get_day_of_week(time) - 1],
                           g_date_time_get_day_of_month(time),
                           months[g_date_time_get_month(time) - 1], g_date_time_get_year(time),
                           clock);
}
