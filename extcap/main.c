/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>

#include "action.h"
#include "base/log.h"

int
main(int argc, char **argv)
{
    g_autoptr(CfpExtcapRequest) request = NULL;
    g_autoptr(GError) mistake = NULL;
    gboolean understood;

    /* First of all: secrets leave argv, where every user of the machine can read them. */
    understood = cfp_extcap_request_parse(argc, argv, &request, &mistake);
    cfp_log_init();
    (void)setlocale(LC_CTYPE, "");
    return cfp_extcap_action_run(request, understood ? NULL : mistake);
}
