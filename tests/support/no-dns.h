/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_NO_DNS_H
#define CFP_TESTS_SUPPORT_NO_DNS_H

/*
 * Linked into a program, it stands in for the resolver's functions, also for those of libpcap:
 * addresses in figures, service and protocol names are looked up as usual, names of hosts and
 * networks are never found, and counted.
 */

/** Look-ups of host or network names so far. */
unsigned cfp_no_dns_count(void);

#endif
