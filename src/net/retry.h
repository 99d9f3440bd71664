/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_RETRY_H
#define CFP_NET_RETRY_H

#include <glib.h>
#include <stdbool.h>

/** TRUE for the statuses after which the same request may succeed: 408, 425, 429 and 5xx. */
bool cfp_retry_is_transient_status(unsigned status);

/**
 * Milliseconds to wait before try number `tries` + 1 (tries: those made, from 1): doubling from
 * CFP_FIRST_RETRY_MS to CFP_MAX_RETRY_MS, minus up to a quarter by `random` (0 to 1), so that many
 * clients don't come back at the same moment; or what the server asked for.
 * retry_after_s: the server's Retry-After, -1 for none.
 */
guint64 cfp_retry_delay_ms(unsigned tries, gint64 retry_after_s, double random);

/**
 * TRUE when another try may be made: below CFP_MAX_TRIES, and the server doesn't ask for more
 * patience than CFP_MAX_RETRY_AFTER_S.
 */
bool cfp_retry_is_allowed(unsigned tries, gint64 retry_after_s);

#endif
