/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_BPF_PRIVATE_H
#define CFP_FILTER_BPF_PRIVATE_H

#include <pcap/bpf.h>

#include "filter/bpf.h"

/** The program (bpf(4)). ret_n: its length; 0 when libpcap says that nothing can pass. Borrowed. */
const struct bpf_insn *cfp_bpf_instructions(const CfpBpf *self, unsigned *ret_n);

#endif
