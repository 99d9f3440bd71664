/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_EXTCAP_ACTION_H
#define CFP_EXTCAP_ACTION_H

#include "request.h"

/**
 * Carries out the request and returns the process's exit status. mistake: what was wrong with the
 * command line, or NULL. Text for Wireshark goes to stdout; on failure one line goes to stderr,
 * on success nothing does.
 */
int cfp_extcap_action_run(const CfpExtcapRequest *request, const GError *mistake);

#endif
