/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_BPF_ANALYSIS_H
#define CFP_FILTER_BPF_ANALYSIS_H

#include <glib.h>
#include <pcap/bpf.h>

#include "filter/packet-facts.h"

/** What a BPF program does with some packets. */
typedef struct {
    GArray *accepted;    /* CfpPacketFacts: every packet that is accepted is one of these */
    gboolean may_reject; /* FALSE: it accepts all of the packets that were not cut short */
} CfpBpfOutcome;

/**
 * Abstract interpretation of a BPF program (bpf(4)) with sets of packets instead of one packet. All
 * ways through the program are followed; where they are too many they are joined, which makes the
 * sets larger, never smaller.
 *
 * packets: CfpPacketFacts, what goes in. ret_outcome: to be cleared.
 * Returns: FALSE when nothing can be said, as of a loop that does not come to an end.
 */
gboolean cfp_bpf_analyse(const struct bpf_insn *program, unsigned n, GArray *packets,
                         CfpBpfOutcome *ret_outcome) G_GNUC_WARN_UNUSED_RESULT;

void cfp_bpf_outcome_clear(CfpBpfOutcome *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpBpfOutcome, cfp_bpf_outcome_clear)

#endif
