/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_FILTER_GRAMMAR_H
#define CFP_TESTS_SUPPORT_FILTER_GRAMMAR_H

#include "support/traffic-choices.h"

/** A pcap-filter(7) expression, most often one that libpcap accepts: of some hundred bytes at most,
 * without names that would need DNS. Owned. */
char *cfp_grammar_make(CfpChoices *choices);

#endif
