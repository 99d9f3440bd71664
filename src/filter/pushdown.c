/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/pushdown.h"

gboolean
cfp_pushdown_compute(const char *expression, const CfpFilterV1 *fields, CfpPushdownMode mode,
                     CfpPushdown *ret_pushdown, GError **error)
{
    (void)mode;
    cfp_filter_v1_copy(&ret_pushdown->filter, fields);
    ret_pushdown->is_exact = !expression || expression[0] == '\0';
    return ret_pushdown->is_exact || cfp_bpf_check(expression, error);
}

void
cfp_pushdown_clear(CfpPushdown *self)
{
    cfp_filter_v1_clear(&self->filter);
}
