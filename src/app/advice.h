/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_ADVICE_H
#define CFP_APP_ADVICE_H

#include <glib.h>

/**
 * The one line a person reads when something failed: what, why, and what to do. At most
 * CFP_MAX_STDERR bytes, without a line break. Owned.
 */
char *cfp_advice_line(const GError *error);

/** What to do about it, or NULL when the message says it all. Static. */
const char *cfp_advice(const GError *error);

/** The process's exit status for the error: see the man page. NULL: 0. */
int cfp_advice_exit_status(const GError *error);

#endif
