/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_HOST_NAMES_H
#define CFP_FILTER_HOST_NAMES_H

#include <glib.h>

/*
 * The names in a pcap-filter(7) expression that pcap_compile() would ask the resolver for: it has
 * no way to be told not to. Reads tokens as libpcap's scanner does, and the qualifiers of a name as
 * its grammar; whether they make an expression is for libpcap to say. Pure: nothing is looked up.
 */

/** The first of the names; owned, NULL when there is none. When in doubt a word counts as one. */
char *cfp_filter_find_host_name(const char *expression);

/**
 * All of them, each once, in their order; for cfp_filter_replace_host_names().
 *
 * Returns: owned, ended by NULL, empty when there is none; NULL on error.
 * Errors: CFP_FILTER_ERROR_NAME for a name that is none of an IP host ("net backbone", "ether host
 * printer"), and for more than CFP_MAX_FILTER_NAMES.
 */
char **cfp_filter_list_host_names(const char *expression, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * The expression with addresses in the place of each name, of the meaning that libpcap gives the
 * name itself: any of the addresses, behind "ip" only those of IPv4, behind "ip6" only those of
 * IPv6. (Also behind "arp" and "rarp" only those of IPv4, where libpcap refuses a name with both.)
 *
 * addresses: name -> char **, in figures, ended by NULL. NULL: every name is given the same two
 * made-up addresses. The result then shows, before anything is looked up, whether the expression
 * is one at all. A CFP_FILTER_ERROR_CONTRADICTION of it says nothing: all names have the same
 * addresses in "src n and not src m".
 *
 * Returns: owned; NULL on error.
 * Errors: as cfp_filter_list_host_names(), and CFP_FILTER_ERROR_NAME for a name without an address
 * of the family that is wanted; CFP_FILTER_ERROR_SYNTAX beyond CFP_MAX_CAPTURE_FILTER.
 */
char *cfp_filter_replace_host_names(const char *expression, GHashTable *addresses,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
