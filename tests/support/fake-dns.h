/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_FAKE_DNS_H
#define CFP_TESTS_SUPPORT_FAKE_DNS_H

#include <glib.h>

/*
 * Linked into a program, it answers in the resolver's place, also when libpcap asks. Addresses in
 * figures, service and protocol names are looked up as usual; networks' names are never found.
 */

typedef struct {
    const char *name;
    const char *const *addresses; /* in figures, ended by NULL; NULL: `error` */
    int error;                    /* EAI_*, for getaddrinfo(3) */
    gboolean hangs;               /* no answer before cfp_fake_dns_release() */
} CfpFakeHost;

/** hosts: ended by a NULL name, borrowed. Other names are EAI_NONAME. Forgets the counts. */
void cfp_fake_dns_set(const CfpFakeHost *hosts);

/** Look-ups of host and network names that have begun, and those that are over. */
unsigned cfp_fake_dns_count(void);
unsigned cfp_fake_dns_count_ended(void);

/** Look-ups of network names among them. */
unsigned cfp_fake_dns_count_networks(void);

/** What hangs goes on, and nothing hangs any more. */
void cfp_fake_dns_release(void);

#endif
