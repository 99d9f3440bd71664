/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_TRAFFIC_CHOICES_H
#define CFP_TESTS_SUPPORT_TRAFFIC_CHOICES_H

#include <glib.h>
#include <stdint.h>

/** Where generated filters and packets take their decisions from: a fuzzer's bytes, or a seed. */
typedef struct {
    const uint8_t *bytes; /* borrowed; NULL: pseudo-random numbers */
    size_t left;
    uint64_t state;
} CfpChoices;

/** When the bytes are used up every choice is 0, which must lead to an end. */
CfpChoices cfp_choices_from_bytes(const uint8_t *bytes, size_t length);
CfpChoices cfp_choices_from_seed(uint64_t seed);

/** 0 to n - 1; n is 1 to 65536. */
unsigned cfp_choose(CfpChoices *self, unsigned n);

/** TRUE in `percent` of all cases; FALSE when the bytes are used up. */
gboolean cfp_chance(CfpChoices *self, unsigned percent);

/*
 * What filters speak of and packets have comes from the same few values, so that filters match and
 * contradict each other. Texts are static; networks have no bits behind their length.
 */
const char *cfp_pick_ipv4(CfpChoices *self);
const char *cfp_pick_ipv6(CfpChoices *self);
const char *cfp_pick_ipv4_net(CfpChoices *self);
const char *cfp_pick_ipv6_net(CfpChoices *self);
unsigned cfp_pick_port(CfpChoices *self);
unsigned cfp_pick_protocol(CfpChoices *self);

#define cfp_pick(choices, array) ((array)[cfp_choose((choices), G_N_ELEMENTS(array))])

#endif
