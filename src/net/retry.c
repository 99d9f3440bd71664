/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/retry.h"

#include "base/limits.h"

bool
cfp_retry_is_transient_status(unsigned status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

guint64
cfp_retry_delay_ms(unsigned tries, gint64 retry_after_s, double random)
{
    guint64 delay = CFP_FIRST_RETRY_MS;

    /* A fraction of a second on top: the server rounds its clock as we do ours. */
    if (retry_after_s >= 0)
        return (guint64)retry_after_s * 1000 + (guint64)(250.0 * random);
    for (unsigned i = 1; i < tries && delay < CFP_MAX_RETRY_MS; i++)
        delay *= 2;
    delay = MIN(delay, CFP_MAX_RETRY_MS);
    return delay - (guint64)((double)delay * 0.25 * random);
}

bool
cfp_retry_is_allowed(unsigned tries, gint64 retry_after_s)
{
    return tries < CFP_MAX_TRIES && retry_after_s <= (gint64)CFP_MAX_RETRY_AFTER_S;
}
