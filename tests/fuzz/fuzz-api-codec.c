/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "cloudflare/api-codec.h"

/* Any bytes as the body of an answer. */

static void
check_line(const char *text)
{
    if (!text)
        return;
    g_assert(g_utf8_validate(text, -1, NULL));
    g_assert(strlen(text) <= CFP_MAX_SERVICE_TEXT);
    for (const char *p = text; *p; p++)
        g_assert(!g_ascii_iscntrl(*p));
}

static void
check_text(const char *text)
{
    g_assert(!text || g_utf8_validate(text, -1, NULL));
}

static void
check_capture(const CfpCaptureInfo *capture)
{
    g_autofree char *filter = NULL;

    /* It becomes part of a URL. */
    g_assert(capture->id && strlen(capture->id) >= 1 && strlen(capture->id) <= 64);
    for (const char *p = capture->id; *p; p++)
        g_assert(g_ascii_isalnum(*p) || *p == '-' || *p == '_');
    check_line(capture->status_word);
    check_line(capture->error_message);
    check_line(capture->colo_name);
    g_assert(capture->packets_captured >= -1);
    g_assert(capture->filter.protocol >= -1 && capture->filter.protocol <= 255);
    filter = cfp_codec_encode_filter(&capture->filter);
    g_assert(filter[0] == '{');
}

static void
check_error(const GError *error)
{
    g_assert(error && error->domain == CFP_CODEC_ERROR);
    g_assert(g_utf8_validate(error->message, -1, NULL));
    g_assert(!strchr(error->message, '\n'));
}

static void
decode_one(const char *body, gsize len)
{
    g_autoptr(CfpCaptureInfo) capture = NULL;
    g_autoptr(GError) error = NULL;

    if (cfp_codec_decode_capture(body, len, &capture, &error))
        check_capture(capture);
    else
        check_error(error);
}

static void
decode_many(const char *body, gsize len)
{
    g_autoptr(GPtrArray) captures = NULL;
    g_autoptr(GError) error = NULL;

    if (!cfp_codec_decode_captures(body, len, &captures, &error)) {
        check_error(error);
        return;
    }
    for (guint i = 0; i < captures->len; i++)
        check_capture(g_ptr_array_index(captures, i));
}

static void
decode_errors(const char *body, gsize len)
{
    CfpServiceError error = {.code = 4711};

    if (!cfp_codec_decode_errors(body, len, &error))
        g_assert(error.code == -1 && !error.message && !error.pointer && !error.documentation_url);
    g_assert(error.code >= -1);
    check_text(error.message);
    check_text(error.pointer);
    check_text(error.documentation_url);
    cfp_service_error_clear(&error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *body = (const char *)data;

    if (size > CFP_MAX_JSON_BODY)
        return 0;
    decode_one(body, size);
    decode_many(body, size);
    decode_errors(body, size);
    return 0;
}
