/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cloudflare/api-codec.h"

#include <stdio.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/child.h"

#define ID "66802ca5668e47a2b82c2e6746e45037"

/* ---- writing ------------------------------------------------------------------------------ */

static CfpCaptureRequest *
new_request(CfpCaptureType type)
{
    CfpCaptureRequest *request = cfp_capture_request_new();

    request->type = type;
    request->time_limit = 300;
    request->packet_limit = 10000;
    return request;
}

static void
check_create(const CfpCaptureRequest *request, const char *expected)
{
    g_autofree char *json = cfp_codec_encode_create(request);

    ASSERT_STR(json, expected);
}

static void
test_encode_sample(void)
{
    g_autoptr(CfpCaptureRequest) request = new_request(CFP_CAPTURE_SAMPLE);

    check_create(request, "{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":300,"
                          "\"packet_limit\":10000}");
    request->offset_time_us = G_GINT64_CONSTANT(1577865600000000);
    /* Of full captures only: not in the schema of a sample. */
    request->byte_limit = 500000;
    request->colo_name = g_strdup("ord02");
    request->destination_conf = g_strdup("s3://bucket");
    check_create(request, "{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":300,"
                          "\"packet_limit\":10000,\"offset_time\":\"2020-01-01T08:00:00Z\"}");
}

static void
test_encode_full(void)
{
    g_autoptr(CfpCaptureRequest) request = new_request(CFP_CAPTURE_FULL);

    request->packet_limit = 0;
    request->offset_time_us = 17; /* a full capture can't look back */
    request->colo_name = g_strdup("ord02");
    request->destination_conf = g_strdup("s3://pcaps-bucket?region=us-east-1");
    check_create(request, "{\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":300,"
                          "\"colo_name\":\"ord02\",\"destination_conf\":"
                          "\"s3://pcaps-bucket?region=us-east-1\"}");
    request->packet_limit = 7;
    request->byte_limit = 500000;
    check_create(request, "{\"type\":\"full\",\"system\":\"magic-transit\",\"time_limit\":300,"
                          "\"packet_limit\":7,\"byte_limit\":500000,\"colo_name\":\"ord02\","
                          "\"destination_conf\":\"s3://pcaps-bucket?region=us-east-1\"}");
}

static void
test_encode_filter(void)
{
    static char source[] = "1.2.3.4", destination[] = "2001:db8::/32";
    static const struct {
        CfpFilterV1 filter;
        const char *expected;
    } rows[] = {
        {{.protocol = -1}, "{}"},
        {{.protocol = 0}, "{\"protocol\":0}"},
        {{.source_port = 123, .protocol = -1}, "{\"source_port\":123}"},
        {{.source_address = source,
          .destination_address = destination,
          .source_port = 123,
          .destination_port = 80,
          .protocol = 6},
         "{\"source_address\":\"1.2.3.4\",\"destination_address\":\"2001:db8::/32\","
         "\"source_port\":123,\"destination_port\":80,\"protocol\":6}"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json = cfp_codec_encode_filter(&rows[i].filter);

        ASSERT_STR(json, rows[i].expected);
    }
}

static void
test_encode_with_filter(void)
{
    g_autoptr(CfpCaptureRequest) request = new_request(CFP_CAPTURE_SAMPLE);

    request->filter.destination_port = 80;
    check_create(request, "{\"type\":\"simple\",\"system\":\"magic-transit\",\"time_limit\":300,"
                          "\"packet_limit\":10000,\"filter_v1\":{\"destination_port\":80}}");
}

static void
test_encode_escapes(void)
{
    g_autoptr(CfpCaptureRequest) request = new_request(CFP_CAPTURE_FULL);
    g_autofree char *json = NULL;

    request->colo_name = g_strdup("a\"b\\c\n");
    request->destination_conf = g_strdup("x");
    json = cfp_codec_encode_create(request);
    ASSERT_CONTAINS(json, "\"colo_name\":\"a\\\"b\\\\c\\n\"");
}

/* ---- one capture -------------------------------------------------------------------------- */

/* The capture inside {"result": …}. */
static CfpCaptureInfo *
decode(const char *result)
{
    g_autofree char *body =
        g_strdup_printf("{\"success\":true,\"errors\":[],\"messages\":[],\"result\":%s}", result);
    g_autoptr(GError) error = NULL;
    CfpCaptureInfo *capture = NULL;

    ASSERT_OK(cfp_codec_decode_capture(body, strlen(body), &capture, &error), error);
    return capture;
}

static void
fails(const char *body, gsize len, CfpCodecError code)
{
    g_autoptr(GError) one = NULL;
    g_autoptr(GError) many = NULL;
    CfpCaptureInfo *capture = NULL;
    GPtrArray *captures = NULL;

    ASSERT_FALSE(cfp_codec_decode_capture(body, len, &capture, &one));
    ASSERT_ERROR(one, CFP_CODEC_ERROR, code);
    ASSERT_TRUE(capture == NULL);
    ASSERT_FALSE(cfp_codec_decode_captures(body, len, &captures, &many));
    ASSERT_ERROR(many, CFP_CODEC_ERROR, code);
    ASSERT_TRUE(captures == NULL);
    ASSERT_TRUE(g_utf8_validate(one->message, -1, NULL) && !strchr(one->message, '\n'));
}

static void
test_decode_sample(void)
{
    g_autoptr(CfpCaptureInfo) capture = decode(
        "{\"id\":\"" ID
        "\",\"status\":\"pending\",\"type\":\"simple\",\"system\":\"magic-transit\","
        "\"submitted\":\"2022-06-02T18:38:22.269047Z\",\"offset_time\":\"2020-01-01T08:00:00Z\","
        "\"time_limit\":300,\"filter_v1\":{\"source_address\":\"1.2.3.4\","
        "\"destination_address\":\"5.6.7.8\",\"source_port\":123,\"destination_port\":80,"
        "\"protocol\":6},\"something_new\":[1,{}]}");

    ASSERT_STR(capture->id, ID);
    ASSERT_STR(capture->status_word, "pending");
    ASSERT_TRUE(capture->status == CFP_STATUS_PENDING);
    ASSERT_TRUE(capture->has_type && capture->type == CFP_CAPTURE_SAMPLE);
    ASSERT_INT(capture->submitted_us, G_GINT64_CONSTANT(1654195102269047));
    ASSERT_INT(capture->offset_time_us, G_GINT64_CONSTANT(1577865600000000));
    ASSERT_UINT(capture->time_limit, 300);
    ASSERT_STR(capture->filter.source_address, "1.2.3.4");
    ASSERT_STR(capture->filter.destination_address, "5.6.7.8");
    ASSERT_UINT(capture->filter.source_port, 123);
    ASSERT_UINT(capture->filter.destination_port, 80);
    ASSERT_INT(capture->filter.protocol, 6);
    ASSERT_STR(capture->error_message, NULL);
    ASSERT_STR(capture->colo_name, NULL);
    ASSERT_INT(capture->packets_captured, -1);
}

static void
test_decode_full(void)
{
    g_autoptr(CfpCaptureInfo) capture =
        decode("{\"id\":\"" ID "\",\"status\":\"failed\",\"type\":\"full\",\"colo_name\":\"ord02\","
               "\"colo\":\"ORD\",\"packets_captured\":4711,\"error_message\":"
               "\"No packets matched\\nthe filter.\"}");
    g_autoptr(CfpCaptureInfo) older = decode("{\"id\":\"" ID "\",\"colo\":\"ORD\"}");

    ASSERT_TRUE(capture->has_type && capture->type == CFP_CAPTURE_FULL);
    ASSERT_TRUE(capture->status == CFP_STATUS_FAILED);
    ASSERT_STR(capture->colo_name, "ord02");
    ASSERT_INT(capture->packets_captured, 4711);
    ASSERT_STR(capture->error_message, "No packets matched the filter.");
    ASSERT_STR(older->colo_name, "ORD");
}

static void
check_absent(const CfpCaptureInfo *capture)
{
    ASSERT_STR(capture->id, ID);
    ASSERT_STR(capture->status_word, NULL);
    ASSERT_TRUE(capture->status == CFP_STATUS_OTHER);
    ASSERT_INT(capture->submitted_us, 0);
    ASSERT_INT(capture->offset_time_us, 0);
    ASSERT_FALSE(capture->has_type);
    ASSERT_UINT(capture->time_limit, 0);
    ASSERT_TRUE(cfp_filter_v1_is_empty(&capture->filter));
    ASSERT_STR(capture->error_message, NULL);
    ASSERT_STR(capture->colo_name, NULL);
    ASSERT_INT(capture->packets_captured, -1);
}

static void
test_decode_absent(void)
{
    static const char *const results[] = {
        "{\"id\":\"" ID "\"}",
        "{\"id\":\"" ID "\",\"status\":null,\"submitted\":null,\"offset_time\":null,\"type\":null,"
        "\"time_limit\":null,\"filter_v1\":null,\"error_message\":null,\"colo_name\":null,"
        "\"packets_captured\":null}",
        "{\"id\":\"" ID "\",\"status\":7,\"submitted\":7,\"offset_time\":[],\"type\":{},"
        "\"time_limit\":\"soon\",\"filter_v1\":[],\"error_message\":false,\"colo_name\":1.5,"
        "\"packets_captured\":true}",
        "{\"id\":\"" ID "\",\"submitted\":\"yesterday\",\"type\":\"strange\",\"time_limit\":-1,"
        "\"filter_v1\":{\"protocol\":256,\"source_port\":-1,\"source_address\":7},"
        "\"packets_captured\":-5}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(results); i++) {
        g_autoptr(CfpCaptureInfo) capture = decode(results[i]);

        check_absent(capture);
    }
}

static void
test_decode_numbers(void)
{
    static const struct {
        const char *number;
        guint expected;
    } rows[] = {
        {"300", 300}, {"\"300\"", 300}, {"300.0", 300},        {"3e2", 300},    {"0", 0},
        {"\"0\"", 0}, {"-1", 0},        {"\"-1\"", 0},         {"\"\"", 0},     {"\"3e2\"", 0},
        {"1e300", 0}, {"-1e300", 0},    {"99999999999999", 0}, {"\" 300\"", 0}, {"[300]", 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json =
            g_strdup_printf("{\"id\":\"" ID "\",\"time_limit\":%s}", rows[i].number);
        g_autoptr(CfpCaptureInfo) capture = decode(json);

        ASSERT_UINT(capture->time_limit, rows[i].expected);
    }
}

static void
test_status_words(void)
{
    static const struct {
        const char *word;
        CfpCaptureStatus status;
    } rows[] = {
        {"unknown", CFP_STATUS_OTHER},
        {"success", CFP_STATUS_READY},
        {"pending", CFP_STATUS_PENDING},
        {"running", CFP_STATUS_RUNNING},
        {"conversion_pending", CFP_STATUS_CONVERTING},
        {"conversion_running", CFP_STATUS_CONVERTING},
        {"complete", CFP_STATUS_READY},
        {"failed", CFP_STATUS_FAILED},
        {"Success", CFP_STATUS_READY},
        {"successful", CFP_STATUS_OTHER},
        {"", CFP_STATUS_OTHER},
        {"a word of next year", CFP_STATUS_OTHER},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json =
            g_strdup_printf("{\"id\":\"" ID "\",\"status\":\"%s\"}", rows[i].word);
        g_autoptr(CfpCaptureInfo) capture = decode(json);

        ASSERT_TRUE(capture->status == rows[i].status);
        ASSERT_STR(capture->status_word, rows[i].word);
    }
}

/* An id becomes part of a URL. */
static void
test_ids(void)
{
    static const char *const bad[] = {
        "{}",
        "{\"id\":null}",
        "{\"id\":7}",
        "{\"id\":\"\"}",
        "{\"id\":\"../../zones\"}",
        "{\"id\":\"a/b\"}",
        "{\"id\":\"a?b\"}",
        "{\"id\":\"a b\"}",
        "{\"id\":\"a\\nb\"}",
        "{\"id\":\"a%2e\"}",
        "{\"id\":\"\\u00e9\"}",
        "{\"id\":\"" ID ID "0\"}",
        "null",
        "[]",
        "\"" ID "\"",
        "7",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *body = g_strdup_printf("{\"success\":true,\"result\":%s}", bad[i]);
        g_autoptr(GError) error = NULL;
        CfpCaptureInfo *capture = NULL;

        ASSERT_FALSE(cfp_codec_decode_capture(body, strlen(body), &capture, &error));
        ASSERT_ERROR(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE);
    }
}

/* ---- lists ---------------------------------------------------------------------------------- */

static GPtrArray *
decode_list(const char *result)
{
    g_autofree char *body = g_strdup_printf("{\"success\":true,\"errors\":[],\"messages\":[],"
                                            "\"result_info\":{\"count\":1},\"result\":%s}",
                                            result);
    g_autoptr(GError) error = NULL;
    GPtrArray *captures = NULL;

    ASSERT_OK(cfp_codec_decode_captures(body, strlen(body), &captures, &error), error);
    return captures;
}

static void
test_list(void)
{
    g_autoptr(GPtrArray) captures =
        decode_list("[{\"id\":\"a1\",\"status\":\"success\"},{\"id\":\"../x\"},null,7,\"x\",[],{},"
                    "{\"id\":\"b2\"}]");

    ASSERT_UINT(captures->len, 2);
    ASSERT_STR(((CfpCaptureInfo *)g_ptr_array_index(captures, 0))->id, "a1");
    ASSERT_STR(((CfpCaptureInfo *)g_ptr_array_index(captures, 1))->id, "b2");
}

static void
test_empty_list(void)
{
    g_autoptr(GPtrArray) none = decode_list("[]");
    g_autoptr(GPtrArray) null = decode_list("null");

    ASSERT_UINT(none->len, 0);
    ASSERT_UINT(null->len, 0);
}

static void
test_no_list(void)
{
    static const char *const bodies[] = {
        "{\"success\":true,\"result\":{}}",
        "{\"success\":true,\"result\":\"\"}",
        "{\"success\":true,\"result\":7}",
        "{\"success\":true}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autoptr(GError) error = NULL;
        GPtrArray *captures = NULL;

        ASSERT_FALSE(cfp_codec_decode_captures(bodies[i], strlen(bodies[i]), &captures, &error));
        ASSERT_ERROR(error, CFP_CODEC_ERROR, CFP_CODEC_ERROR_SHAPE);
    }
}

/* ---- envelopes ------------------------------------------------------------------------------- */

static void
test_refused(void)
{
    static const char body[] = "{\"success\":false,\"errors\":[{\"code\":1001,\"message\":\"no\"}],"
                               "\"messages\":[],\"result\":{\"id\":\"" ID "\"}}";

    fails(body, sizeof body - 1, CFP_CODEC_ERROR_REFUSED);
}

/* "success" is missing or odd in answers of proxies: the result decides. */
static void
test_success_is_optional(void)
{
    static const char *const bodies[] = {
        "{\"result\":{\"id\":\"" ID "\"}}",
        "{\"success\":null,\"result\":{\"id\":\"" ID "\"}}",
        "{\"success\":\"true\",\"result\":{\"id\":\"" ID "\"}}",
        "{\"success\":true,\"errors\":null,\"result\":{\"id\":\"" ID "\"}}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autoptr(CfpCaptureInfo) capture = NULL;
        g_autoptr(GError) error = NULL;

        ASSERT_OK(cfp_codec_decode_capture(bodies[i], strlen(bodies[i]), &capture, &error), error);
        ASSERT_STR(capture->id, ID);
    }
}

static void
test_not_json(void)
{
    static const struct {
        const char *body;
        CfpCodecError code;
    } rows[] = {
        {"", CFP_CODEC_ERROR_NOT_JSON},
        {" ", CFP_CODEC_ERROR_NOT_JSON},
        {"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title>", CFP_CODEC_ERROR_NOT_JSON},
        {"{\"success\":true,\"result\":{\"id\":\"" ID, CFP_CODEC_ERROR_NOT_JSON},
        {"{\"success\":true,\"result\":", CFP_CODEC_ERROR_NOT_JSON},
        {"{result:1}", CFP_CODEC_ERROR_NOT_JSON},
        {"\xff\xfe{}", CFP_CODEC_ERROR_NOT_JSON},
        {"{\"result\":{\"id\":\"\xff\"}}", CFP_CODEC_ERROR_NOT_JSON},
        {"[]", CFP_CODEC_ERROR_SHAPE},
        {"7", CFP_CODEC_ERROR_SHAPE},
        {"\"text\"", CFP_CODEC_ERROR_SHAPE},
        {"true", CFP_CODEC_ERROR_SHAPE},
        {"{}", CFP_CODEC_ERROR_SHAPE},
        {"{\"success\":true,\"errors\":[]}", CFP_CODEC_ERROR_SHAPE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        fails(rows[i].body, strlen(rows[i].body), rows[i].code);
    fails("{\0}", 3, CFP_CODEC_ERROR_NOT_JSON);
}

static char *
nested(const char *before, guint depth)
{
    GString *text = g_string_new(before);

    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, '[');
    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static void
test_depth(void)
{
    g_autofree char *fits = nested("", CFP_MAX_JSON_DEPTH);
    g_autofree char *deep = nested("", CFP_MAX_JSON_DEPTH + 1);
    g_autofree char *brackets = g_strnfill(1000, '[');
    g_autofree char *text = g_strdup_printf("{\"result\":{\"id\":\"" ID "\",\"error_message\":"
                                            "\"\\\"%s\"}}",
                                            brackets);
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GError) error = NULL;

    fails(fits, strlen(fits), CFP_CODEC_ERROR_SHAPE);
    fails(deep, strlen(deep), CFP_CODEC_ERROR_TOO_DEEP);
    /* Brackets of a text don't count. */
    ASSERT_OK(cfp_codec_decode_capture(text, strlen(text), &capture, &error), error);
}

/* What the parser takes besides JSON must not hide the depth from the check before it. */
static int
child_deep(void *data)
{
    g_autofree char *body = nested(data, 200000);
    CfpServiceError refused = {.code = -1};
    g_autoptr(GError) error = NULL;
    CfpCaptureInfo *capture = NULL;

    if (cfp_codec_decode_capture(body, strlen(body), &capture, &error))
        return 90;
    (void)cfp_codec_decode_errors(body, strlen(body), &refused);
    cfp_service_error_clear(&refused);
    return 0;
}

static void
test_hidden_depth(void)
{
    static char prefixes[][40] = {
        "",
        "/*\"*/",
        "//\"\n",
        "#\"\n",
        "'\"'",
        "[\"\\\\\",",
        "[\"\\\"\",",
        "{\"a\":'\"',\"b\":",
        "var x = \"",
        "[/*\"*/ /*\"*/ /*\"*/",
        "[\"\\u0022\",",
    };
    guint failed = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        int status = cfp_child_run(child_deep, prefixes[i], NULL);

        if (status != 0)
            fprintf(stderr, "\n    behind: %s", prefixes[i]);
        failed += status != 0 ? 1 : 0;
    }
    ASSERT_UINT(failed, 0);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void
check_errors(const char *errors, gint64 code, const char *message, const char *url,
             const char *pointer)
{
    g_autofree char *body = g_strdup_printf("{\"success\":false,\"errors\":%s,\"messages\":[],"
                                            "\"result\":null}",
                                            errors);
    CfpServiceError error = {.code = 4711};

    ASSERT_TRUE(cfp_codec_decode_errors(body, strlen(body), &error));
    ASSERT_INT(error.code, code);
    ASSERT_STR(error.message, message);
    ASSERT_STR(error.documentation_url, url);
    ASSERT_STR(error.pointer, pointer);
    cfp_service_error_clear(&error);
    ASSERT_INT(error.code, -1);
    ASSERT_STR(error.message, NULL);
}

static void
test_errors(void)
{
    check_errors("[{\"code\":7003,\"message\":\"No route for the URI\"}]", 7003,
                 "No route for the URI", NULL, NULL);
    check_errors("[{\"code\":1001,\"message\":\"bad field\",\"documentation_url\":"
                 "\"https://example.com/d\",\"source\":{\"pointer\":\"/time_limit\"}}]",
                 1001, "bad field", "https://example.com/d", "/time_limit");
    /* Real life has codes below the schema's 1000. */
    check_errors("[{\"code\":971,\"message\":\"Please wait\"}]", 971, "Please wait", NULL, NULL);
    check_errors("[{\"code\":\"9109\",\"message\":\"x\"}]", 9109, "x", NULL, NULL);
}

static void
test_error_chain(void)
{
    check_errors("[{\"code\":6003,\"message\":\"Invalid request headers\",\"error_chain\":["
                 "{\"code\":6103,\"message\":\"Invalid format for X-Auth-Key header\"},null,7]}]",
                 6003, "Invalid request headers; Invalid format for X-Auth-Key header", NULL, NULL);
}

static void
test_several_errors(void)
{
    check_errors("[{\"message\":\"first\"},{\"code\":1002,\"message\":\"second\",\"source\":"
                 "{\"pointer\":\"/b\"}},{\"code\":1003,\"message\":\"first\"},"
                 "{\"source\":{\"pointer\":\"/c\"}}]",
                 1002, "first; second", NULL, "/b");
}

static void
test_odd_errors(void)
{
    check_errors("[]", -1, NULL, NULL, NULL);
    check_errors("null", -1, NULL, NULL, NULL);
    check_errors("{}", -1, NULL, NULL, NULL);
    check_errors("\"no\"", -1, NULL, NULL, NULL);
    check_errors("[null,7,\"x\",[],{}]", -1, NULL, NULL, NULL);
    check_errors("[{\"code\":-5,\"message\":7,\"documentation_url\":[],\"source\":\"x\"}]", -1,
                 NULL, NULL, NULL);
    check_errors("[{\"message\":\"\"}]", -1, NULL, NULL, NULL);
    check_errors("[{\"message\":\"two\\nlines\\u001b[31m\"}]", -1, "two\nlines\x1b[31m", NULL,
                 NULL);
}

static void
test_long_error(void)
{
    g_autofree char *text = g_strnfill(5000, 'x');
    g_autofree char *body = g_strdup_printf(
        "{\"errors\":[{\"message\":\"%s\",\"documentation_url\":\"%s\"}]}", text, text);
    CfpServiceError error;

    ASSERT_TRUE(cfp_codec_decode_errors(body, strlen(body), &error));
    /* Whole: it is cut where it is known what must not be in it. */
    ASSERT_STR(error.message, text);
    ASSERT_STR(error.documentation_url, text);
    cfp_service_error_clear(&error);
}

static void
test_no_errors(void)
{
    static const char *const bodies[] = {"", "<html>", "[]", "7", "{\"errors\":[", "\xff"};

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        CfpServiceError error = {.code = 4711};

        ASSERT_FALSE(cfp_codec_decode_errors(bodies[i], strlen(bodies[i]), &error));
        ASSERT_INT(error.code, -1);
        ASSERT_STR(error.message, NULL);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a sample request has the schema's fields and no others", test_encode_sample},
        {"a full request has the schema's fields and no others", test_encode_full},
        {"a filter has the members that are set", test_encode_filter},
        {"a request carries its filter", test_encode_with_filter},
        {"texts are escaped", test_encode_escapes},
        {"a sample capture is read", test_decode_sample},
        {"a full capture is read, with either name of the data centre", test_decode_full},
        {"what is absent, null or of another type is neutral", test_decode_absent},
        {"numbers may be texts or have a fraction", test_decode_numbers},
        {"every word of status is known, others keep one waiting", test_status_words},
        {"an id that could change a URL is none", test_ids},
        {"a list has its captures and leaves out the rest", test_list},
        {"an empty list may be null", test_empty_list},
        {"what is no list is an error", test_no_list},
        {"success: false is a refusal even when there is a result", test_refused},
        {"success may be missing", test_success_is_optional},
        {"what is no JSON or no envelope is an error", test_not_json},
        {"nesting is limited", test_depth},
        {"nesting can't be hidden", test_hidden_depth},
        {"an error has code, message, documentation and pointer", test_errors},
        {"the chain of an error is told", test_error_chain},
        {"of several errors the first code and every message count", test_several_errors},
        {"odd errors are left out", test_odd_errors},
        {"long texts stay whole", test_long_error},
        {"what is no envelope has no errors", test_no_errors},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "api-codec", cases);
}
