/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "net/http.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7, the one form that may be generated). */
static gint64
parse_http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) time = NULL;
    int day, year, hour, minute, second;
    char month[4];
    const char *found;

    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
               &second) != 6 ||
        strlen(month) != 3)
        return 0;
    found = strstr(months, month);
    if (!found || (found - months) % 3 != 0)
        return 0;
    time = g_date_time_new_utc(year, (int)(found - months) / 3 + 1, day, hour, minute, second);
    return time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
}

static gint64
parse_retry_after(const char *text, gint64 now_us)
{
    guint64 seconds;
    gint64 date;

    if (cfp_text_to_uint(text, 0, G_MAXINT32, &seconds))
        return (gint64)seconds;
    date = parse_http_date(text);
    return date == 0 ? -1 : MAX(0, (date - now_us) / G_USEC_PER_SEC);
}

/* Ratelimit: "default";r=50;t=30 */
static gint64
parse_parameter(const char *text, char name)
{
    for (const char *p = strchr(text, ';'); p; p = strchr(p + 1, ';')) {
        const char *q = p + 1 + strspn(p + 1, " ");

        if (q[0] == name && q[1] == '=' && g_ascii_isdigit(q[2]))
            return (gint64)MIN(g_ascii_strtoull(q + 2, NULL, 10), (guint64)G_MAXINT32);
    }
    return -1;
}

static void
set_string(char **member, const char *value)
{
    g_free(*member);
    *member = g_strdup(value);
}

static void
set_content_type(CfpHttpResponse *self, char *value)
{
    g_autofree char *lower = NULL;

    value[strcspn(value, ";")] = '\0';
    lower = g_ascii_strdown(g_strstrip(value), -1);
    set_string(&self->content_type, lower);
}

void
cfp_http_response_take_header(CfpHttpResponse *self, const char *line, size_t len)
{
    g_autofree char *copy = g_strndup(line, len);
    char *value = strchr(copy, ':');
    guint64 number;

    if (!value)
        return;
    *value++ = '\0';
    value = g_strstrip(value);
    if (g_ascii_strcasecmp(copy, "content-type") == 0)
        set_content_type(self, value);
    else if (g_ascii_strcasecmp(copy, "content-range") == 0)
        set_string(&self->content_range, value);
    else if (g_ascii_strcasecmp(copy, "etag") == 0)
        set_string(&self->etag, value);
    else if (g_ascii_strcasecmp(copy, "location") == 0)
        set_string(&self->location, value);
    else if (g_ascii_strcasecmp(copy, "cf-ray") == 0)
        set_string(&self->ray, value);
    else if (g_ascii_strcasecmp(copy, "date") == 0)
        self->date_us = parse_http_date(value);
    else if (g_ascii_strcasecmp(copy, "retry-after") == 0)
        self->retry_after_s = parse_retry_after(value, g_get_real_time());
    else if (g_ascii_strcasecmp(copy, "content-length") == 0 &&
             cfp_text_to_uint(value, 0, G_MAXINT64, &number))
        self->content_length = (gint64)number;
    else if (g_ascii_strcasecmp(copy, "ratelimit") == 0) {
        self->rate_remaining = parse_parameter(value, 'r');
        self->rate_reset_s = parse_parameter(value, 't');
    }
}

void
cfp_http_response_clear(CfpHttpResponse *self)
{
    g_free(self->content_type);
    g_free(self->content_range);
    g_free(self->etag);
    g_free(self->location);
    g_free(self->ray);
    *self = (CfpHttpResponse){
        .content_length = -1, .retry_after_s = -1, .rate_remaining = -1, .rate_reset_s = -1};
}
