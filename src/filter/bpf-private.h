/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_BPF_PRIVATE_H
#define CFP_FILTER_BPF_PRIVATE_H

#include <pcap/bpf.h>

#include "filter/bpf.h"

/** The same as cfp_bpf_new(), but as libpcap's generator writes it: its optimiser mixes the tests
 * of one header with those of another. Errors: CFP_FILTER_ERROR_*. */
CfpBpf *cfp_bpf_new_plain(const char *expression, uint32_t linktype,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** The program (bpf(4)). ret_n: its length; 0 when libpcap says that nothing can pass. Borrowed. */
const struct bpf_insn *cfp_bpf_instructions(const CfpBpf *self, unsigned *ret_n);

#endif
