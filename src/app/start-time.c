/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/start-time.h"

#include <string.h>

#include "app/options.h"
#include "base/error.h"
#include "base/text.h"
#include "cloudflare/capture-request.h"

#define DAY_S (24 * 3600)
#define AHEAD_TOLERANCE_S 5

/* "24h" is what the dialog promises; by the time the request arrives it is more. */
#define OLDEST_MARGIN_S 10

/* "2h30m": ret_seconds is the sum. */
static gboolean
parse_age(const char *text, gint64 *ret_seconds)
{
    gint64 sum = 0;

    while (*text) {
        char *unit = NULL;
        guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &unit, 10) : 0;

        if (!unit || number > G_MAXINT32)
            return FALSE;
        switch (*unit) {
        case 'd':
            number *= DAY_S;
            break;
        case 'h':
            number *= 3600;
            break;
        case 'm':
            number *= 60;
            break;
        case 's':
            break;
        default:
            return FALSE;
        }
        /* Far beyond what is allowed anyway: no more precision is needed, nor an overflow. */
        sum = MIN(sum + (gint64)number, (gint64)G_MAXINT32);
        text = unit + 1;
    }
    *ret_seconds = sum;
    return TRUE;
}

static gboolean
shows_same_time(GDateTime *a, GDateTime *b)
{
    return g_date_time_get_hour(a) == g_date_time_get_hour(b) &&
           g_date_time_get_minute(a) == g_date_time_get_minute(b);
}

/* When clocks are set back, an hour comes twice: the later one, unless that is still to come. */
static GDateTime *
latest_not_after(GDateTime *time, GDateTime *now)
{
    for (int hours = 1; hours >= -1; hours--) {
        g_autoptr(GDateTime) other = g_date_time_add_hours(time, hours);

        if (shows_same_time(other, time) && g_date_time_compare(other, now) <= 0)
            return g_steal_pointer(&other);
    }
    return g_date_time_add_days(time, -1);
}

/* "14:05" or "14:05:30": today, or yesterday when that is still to come. */
static gboolean
parse_time_of_day(const char *text, gint64 now_us, GTimeZone *zone, gint64 *ret_us)
{
    g_autoptr(GDateTime) now_utc = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) now = g_date_time_to_timezone(now_utc, zone);
    g_autofree char *date = g_date_time_format(now, "%Y-%m-%d");
    g_autofree char *iso = NULL;
    g_autoptr(GDateTime) time = NULL;
    g_autoptr(GDateTime) latest = NULL;
    const char *colon = strchr(text, ':');

    if (!colon || strchr(text, '-') || colon - text > 2)
        return FALSE;
    iso = g_strdup_printf("%sT%s%s%s", date, colon - text == 1 ? "0" : "", text,
                          strchr(colon + 1, ':') ? "" : ":00");
    time = g_date_time_new_from_iso8601(iso, zone);
    if (!time)
        return FALSE;
    latest = latest_not_after(time, now);
    *ret_us = g_date_time_to_unix(latest) * G_USEC_PER_SEC;
    return TRUE;
}

static gboolean
parse_date_time(const char *text, GTimeZone *zone, gint64 *ret_us)
{
    g_autoptr(GString) iso = g_string_new(text);
    g_autoptr(GDateTime) time = NULL;

    if (strlen(text) < strlen("2026-11-21T14:05") || text[4] != '-')
        return FALSE;
    iso->str[10] = 'T';
    if (text[16] != ':')
        g_string_insert(iso, 16, ":00");
    time = g_date_time_new_from_iso8601(iso->str, zone);
    if (!time)
        return FALSE;
    *ret_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
    return TRUE;
}

static gboolean
parse_moment(const char *text, gint64 now_us, GTimeZone *zone, gint64 *ret_us)
{
    gint64 age_s;

    if (parse_age(text, &age_s)) {
        *ret_us = now_us - age_s * G_USEC_PER_SEC;
        return TRUE;
    }
    return parse_time_of_day(text, now_us, zone, ret_us) || parse_date_time(text, zone, ret_us);
}

gboolean
cfp_start_time_parse(const char *text, gint64 now_us, GTimeZone *zone, gint64 *ret_us,
                     GError **error)
{
    gint64 oldest_us = now_us - (gint64)CFP_MAX_LOOK_BACK_S * G_USEC_PER_SEC;
    gint64 moment_us;

    if (text[0] == '\0' || strcmp(text, "now") == 0) {
        *ret_us = 0;
        return TRUE;
    }
    if (!parse_moment(text, now_us, zone, &moment_us))
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "--start: \"%s\" is no time: use now, 90s, 15m, 2h30m, 14:05, "
                         "2026-11-21 14:05:00 or RFC 3339",
                         text);
    if (moment_us > now_us + AHEAD_TOLERANCE_S * G_USEC_PER_SEC)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "--start: \"%s\" lies in the future: a sample capture looks back", text);
    if (moment_us < oldest_us)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "--start: \"%s\" is more than 24 hours back: the service keeps no more",
                         text);
    moment_us = MAX(moment_us, oldest_us + OLDEST_MARGIN_S * G_USEC_PER_SEC);
    *ret_us = moment_us >= now_us - 500 * 1000 ? 0 : moment_us;
    return TRUE;
}
