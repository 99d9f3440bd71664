/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "app/options.h"
#include "app/start-time.h"
#include "cloudflare/capture-request.h"

/* Byte 0: the time zone. Bytes 1 to 4: the wall clock, seconds since 1970. The rest: the text. */

static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu",
                                    "Pacific/Apia"};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GTimeZone) zone = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    guint32 seconds;
    gint64 now_us, us = -1;

    if (size < 5)
        return 0;
    zone = g_time_zone_new_identifier(zones[data[0] % G_N_ELEMENTS(zones)]);
    if (!zone)
        zone = g_time_zone_new_utc();
    memcpy(&seconds, data + 1, sizeof seconds);
    now_us = (gint64)seconds * G_USEC_PER_SEC;
    text = g_strndup((const char *)data + 5, size - 5);
    if (cfp_start_time_parse(text, now_us, zone, &us, &error)) {
        g_assert(!error);
        g_assert(us == 0 ||
                 (us >= now_us - (gint64)CFP_MAX_LOOK_BACK_S * G_USEC_PER_SEC && us < now_us));
        return 0;
    }
    g_assert(us == -1);
    g_assert(error && error->domain == CFP_OPTION_ERROR);
    g_assert(error->code == CFP_OPTION_ERROR_INVALID);
    return 0;
}
