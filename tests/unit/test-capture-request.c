/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/capture-request.h"

#include "support/asserts.h"

static void
test_new(void)
{
    g_autoptr(CfpCaptureRequest) request = cfp_capture_request_new();

    ASSERT_TRUE(request->type == CFP_CAPTURE_SAMPLE);
    ASSERT_UINT(request->time_limit, 0);
    ASSERT_TRUE(cfp_filter_v1_is_empty(&request->filter));
    cfp_capture_request_free(NULL);
}

static void
test_copy(void)
{
    CfpCaptureRequest *request = cfp_capture_request_new();
    g_autoptr(CfpCaptureRequest) copy = NULL;

    request->type = CFP_CAPTURE_FULL;
    request->time_limit = 300;
    request->packet_limit = 10000;
    request->byte_limit = 500000;
    request->offset_time_us = 17;
    request->filter = (CfpFilterV1){.source_address = g_strdup("192.0.2.1"),
                                    .destination_address = g_strdup("192.0.2.2"),
                                    .source_port = 1,
                                    .destination_port = 2,
                                    .protocol = 6};
    request->colo_name = g_strdup("ord02");
    request->destination_conf = g_strdup("s3://bucket");
    copy = cfp_capture_request_copy(request);
    cfp_capture_request_free(request);
    ASSERT_TRUE(copy->type == CFP_CAPTURE_FULL);
    ASSERT_UINT(copy->time_limit, 300);
    ASSERT_UINT(copy->packet_limit, 10000);
    ASSERT_UINT(copy->byte_limit, 500000);
    ASSERT_INT(copy->offset_time_us, 17);
    ASSERT_STR(copy->filter.source_address, "192.0.2.1");
    ASSERT_STR(copy->filter.destination_address, "192.0.2.2");
    ASSERT_UINT(copy->filter.source_port, 1);
    ASSERT_UINT(copy->filter.destination_port, 2);
    ASSERT_INT(copy->filter.protocol, 6);
    ASSERT_STR(copy->colo_name, "ord02");
    ASSERT_STR(copy->destination_conf, "s3://bucket");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a new request filters nothing", test_new},
        {"a copy has everything, and outlives its original", test_copy},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "capture-request", cases);
}
