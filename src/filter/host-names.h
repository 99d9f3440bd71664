/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_HOST_NAMES_H
#define CFP_FILTER_HOST_NAMES_H

/**
 * Finds the first name in a pcap-filter(7) expression that pcap_compile() would ask the resolver
 * for: it has no way to be told not to. Reads tokens as libpcap's scanner does; whether they make
 * an expression is for libpcap to say. When in doubt a word counts as a name.
 *
 * Returns: owned; NULL when there is none.
 */
char *cfp_filter_find_host_name(const char *expression);

#endif
