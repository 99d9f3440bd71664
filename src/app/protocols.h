/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_PROTOCOLS_H
#define CFP_APP_PROTOCOLS_H

#include <glib.h>
#include <stdbool.h>

/**
 * An IP protocol by name or number (IANA "Protocol Numbers"). The names are built in:
 * /etc/protocols is not there on many machines. Returns FALSE when it is neither. ret_number: 0 to
 * 255.
 */
bool cfp_protocol_parse(const char *text, int *ret_number);

#endif
