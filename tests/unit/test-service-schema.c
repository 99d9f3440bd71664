/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/schema.h"
#include "service/times.h"
#include "support/cunit-runner.h"

/* 2026-01-02T03:04:05Z */
#define NOW (G_GINT64_CONSTANT(1767323045) * G_USEC_PER_SEC)

#define SIMPLE                                                                                     \
    "\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":300,\"packet_limit\":10000"
#define FULL                                                                                       \
    "\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":86400,"                         \
    "\"colo_name\":\"ord02\",\"destination_conf\":\"s3://b/d?region=us-east-1\""

typedef struct {
    const char *body;
    const char *pointer; /* NULL: valid */
    const char *part;    /* of the message */
} Case;

static void
check(CfpServiceBody kind, const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) node = json_from_string(cases[i].body, &error);
        ASSERT_NO_ERROR(error);
        g_autoptr(CfpServiceViolation) violation = cfp_service_schema_check(kind, node, NOW);
        ASSERT_STR(violation ? violation->pointer : NULL, cases[i].pointer);
        if (cases[i].part)
            ASSERT_CONTAINS(violation->message, cases[i].part);
    }
}

static void
takes_what_the_schema_allows(void)
{
    static const Case cases[] = {
        {"{" SIMPLE "}", NULL, NULL},
        {"{" SIMPLE ",\"filter_v1\":{}}", NULL, NULL},
        {"{" SIMPLE ",\"filter_v1\":{\"source_address\":\"192.0.2.0/24\","
         "\"destination_address\":\"2001:db8::1\",\"source_port\":1,\"destination_port\":65535,"
         "\"protocol\":255}}",
         NULL, NULL},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-02T03:04:05Z\"}", NULL, NULL},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-01T03:04:05.000Z\"}", NULL, NULL},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-02T05:04:05+02:00\"}", NULL, NULL},
        {"{" FULL "}", NULL, NULL},
        {"{" FULL ",\"packet_limit\":1,\"byte_limit\":1000000000}", NULL, NULL},
    };

    check(CFP_SERVICE_BODY_CREATE, cases, G_N_ELEMENTS(cases));
}

static void
refuses_what_the_schema_does_not_allow(void)
{
    static const Case cases[] = {
        {"[]", "", "not a JSON object"},
        {"{}", "/type", "missing"},
        {"{" SIMPLE ",\"byte_limit\":5}", "/byte_limit", "unknown"},
        {"{" SIMPLE ",\"filter_v1\":[]}", "/filter_v1", "not an object"},
        {"{" SIMPLE ",\"filter_v1\":{\"port\":1}}", "/filter_v1/port", "unknown"},
        {"{" SIMPLE ",\"filter_v1\":{\"source_port\":0}}", "/filter_v1/source_port", "0 is not"},
        {"{" SIMPLE ",\"filter_v1\":{\"source_port\":65536}}", "/filter_v1/source_port", "65536"},
        {"{" SIMPLE ",\"filter_v1\":{\"source_port\":\"53\"}}", "/filter_v1/source_port", "whole"},
        {"{" SIMPLE ",\"filter_v1\":{\"protocol\":256}}", "/filter_v1/protocol", "256"},
        {"{" SIMPLE ",\"filter_v1\":{\"source_address\":\"example.com\"}}",
         "/filter_v1/source_address", "not an IP address"},
        {"{" SIMPLE ",\"filter_v1\":{\"source_address\":\"10.1\"}}", "/filter_v1/source_address",
         "not an IP address"},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-02T03:04:06Z\"}", "/offset_time", "future"},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-01T03:04:04Z\"}", "/offset_time", "24 hours"},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-02 03:04:05Z\"}", "/offset_time", "RFC 3339"},
        {"{" SIMPLE ",\"offset_time\":\"2026-01-02T03:04:05\"}", "/offset_time", "RFC 3339"},
        {"{" SIMPLE ",\"offset_time\":1767323045}", "/offset_time", "not a string"},
        {"{\"type\":\"sample\"}", "/type", "sample"},
        {"{\"type\":7}", "/type", "not a string"},
        {"{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":301,"
         "\"packet_limit\":1}",
         "/time_limit", "301"},
        {"{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":1.5,"
         "\"packet_limit\":1}",
         "/time_limit", "whole"},
        {"{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":1}", "/packet_limit",
         "missing"},
        {"{" FULL ",\"offset_time\":\"2026-01-02T03:04:05Z\"}", "/offset_time", "unknown"},
        {"{" FULL ",\"byte_limit\":1000000001}", "/byte_limit", "1000000001"},
        {"{\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":1,\"colo\":\"ord02\","
         "\"packet_limit\":1}",
         "/colo", "unknown"},
        {"{\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":1,"
         "\"colo_name\":\"\",\"destination_conf\":\"s3://b\"}",
         "/colo_name", "empty"},
    };

    check(CFP_SERVICE_BODY_CREATE, cases, G_N_ELEMENTS(cases));
}

static void
checks_the_bodies_of_buckets(void)
{
    static const Case add[] = {
        {"{\"destination_conf\":\"gs://b/d\"}", NULL, NULL},
        {"{}", "/destination_conf", "missing"},
        {"{\"destination_conf\":\"bucket\"}", "/destination_conf", "not a URI"},
        {"{\"destination_conf\":\"gs://b\",\"name\":\"x\"}", "/name", "unknown"},
    };
    static const Case validate[] = {
        {"{\"destination_conf\":\"gs://b/d\",\"ownership_challenge\":\"x\"}", NULL, NULL},
        {"{\"destination_conf\":\"gs://b/d\"}", "/ownership_challenge", "missing"},
        {"{\"destination_conf\":\"gs://b/d\",\"ownership_challenge\":\"\"}", "/ownership_challenge",
         "empty"},
    };

    check(CFP_SERVICE_BODY_OWNERSHIP_ADD, add, G_N_ELEMENTS(add));
    check(CFP_SERVICE_BODY_OWNERSHIP_VALIDATE, validate, G_N_ELEMENTS(validate));
}

static void
never_repeats_a_bucket_s_uri(void)
{
    g_autoptr(JsonNode) body =
        json_from_string("{\"destination_conf\":\"r2:/b?secret-access-key=SECRET\"}", NULL);
    g_autoptr(CfpServiceViolation) violation =
        cfp_service_schema_check(CFP_SERVICE_BODY_OWNERSHIP_ADD, body, NOW);

    ASSERT_TRUE(violation != NULL);
    ASSERT_TRUE(strstr(violation->message, "SECRET") == NULL);
}

static void
reads_and_writes_times(void)
{
    static const char *const wrong[] = {
        "",
        "2026-01-02T03:04:05",
        "2026-13-02T03:04:05Z",
        "2026-02-30T03:04:05Z",
        "2026-01-02T24:04:05Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+0200",
        "2026-01-02T03:04:05+02:000",
        "2026-01-02T03:04:05Zz",
        "2026-1-02T03:04:05ZZZ",
    };
    gint64 us = 0;

    ASSERT_TRUE(cfp_service_time_parse("2026-01-02T03:04:05.0000061-00:30", &us));
    ASSERT_TRUE(us == NOW + G_GINT64_CONSTANT(1800) * G_USEC_PER_SEC + 6);
    g_autofree char *text = cfp_service_time_format(us);
    ASSERT_STR(text, "2026-01-02T03:34:05.000006Z");
    g_autofree char *http = cfp_service_time_format_http(us);
    ASSERT_STR(http, "Fri, 02 Jan 2026 03:34:05 GMT");
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        ASSERT_FALSE(cfp_service_time_parse(wrong[i], &us));
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"requests that the schema allows are valid", takes_what_the_schema_allows},
        {"each break of the schema is named by its member", refuses_what_the_schema_does_not_allow},
        {"the bodies of buckets are checked, too", checks_the_bodies_of_buckets},
        {"a violation never repeats a bucket's URI", never_repeats_a_bucket_s_uri},
        {"times are read strictly and written in microseconds", reads_and_writes_times},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "service-schema", cases);
}
