/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_EXTCAP_DESCRIBE_H
#define CFP_EXTCAP_DESCRIBE_H

#include "app/config.h"

/* What Wireshark is told about the plugin: pure text. All results are owned. */

#define CFP_EXTCAP_INTERFACE "cloudflare-pcap"

/** Answer to --extcap-interfaces. */
char *cfp_describe_interfaces(void);

/** Answer to --extcap-dlts. */
char *cfp_describe_dlts(void);

/** Answer to --extcap-config: the dialog. config: for the defaults; NULL: none. */
char *cfp_describe_config(const CfpConfig *config);

/** Answer to --extcap-reload-option: the values of one selector; "" when it can't be reloaded.
 * option: its name, without dashes in front. */
char *cfp_describe_reload(const char *option);

/** Answer to --help. */
char *cfp_describe_help(void);

#endif
