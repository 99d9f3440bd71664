/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/capture-request.h"

#include <string.h>

CfpCaptureRequest *
cfp_capture_request_new(void)
{
    CfpCaptureRequest *self = g_new0(CfpCaptureRequest, 1);

    self->filter.protocol = -1;
    return self;
}

CfpCaptureRequest *
cfp_capture_request_copy(const CfpCaptureRequest *self)
{
    CfpCaptureRequest *copy = g_new(CfpCaptureRequest, 1);

    *copy = *self;
    cfp_filter_v1_copy(&copy->filter, &self->filter);
    copy->colo_name = g_strdup(self->colo_name);
    copy->destination_conf = g_strdup(self->destination_conf);
    return copy;
}

void
cfp_capture_request_free(CfpCaptureRequest *self)
{
    if (!self)
        return;
    cfp_filter_v1_clear(&self->filter);
    g_free(self->colo_name);
    if (self->destination_conf)
        explicit_bzero(self->destination_conf, strlen(self->destination_conf));
    g_free(self->destination_conf);
    g_free(self);
}
