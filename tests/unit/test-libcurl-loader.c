/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/libcurl-loader.h"

#include <curl/curl.h>

#include "support/asserts.h"
#include "support/raw-server.h"

static void
test_load(void)
{
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_libcurl_load(&error), error);
    ASSERT_OK(cfp_libcurl_load(&error), error);
}

static CURL *
new_easy(void)
{
    CURL *easy;

    ASSERT_TRUE(cfp_libcurl_load(NULL));
    easy = curl_easy_init();
    ASSERT_TRUE(easy != NULL);
    return easy;
}

static size_t
append(char *data, size_t size, size_t count, void *text)
{
    g_string_append_len(text, data, (gssize)(size * count));
    return size * count;
}

/* Drives one transfer to its end with the functions that the program uses. */
static CURLcode
run(CURL *easy)
{
    CURLM *multi = curl_multi_init();
    CURLcode result = CURLE_FAILED_INIT;
    CURLMsg *message;
    int running = 1, left, ready;

    ASSERT_TRUE(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L) == CURLM_OK);
    ASSERT_TRUE(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &result) == CURLM_OK);
    ASSERT_TRUE(curl_multi_add_handle(multi, easy) == CURLM_OK);
    while (running > 0) {
        ASSERT_TRUE(curl_multi_perform(multi, &running) == CURLM_OK);
        if (running > 0)
            ASSERT_TRUE(curl_multi_poll(multi, NULL, 0, 1000, &ready) == CURLM_OK);
    }
    message = curl_multi_info_read(multi, &left);
    if (message && message->easy_handle == easy)
        result = message->data.result;
    ASSERT_TRUE(curl_multi_remove_handle(multi, easy) == CURLM_OK);
    ASSERT_TRUE(curl_multi_cleanup(multi) == CURLM_OK);
    return result;
}

static void
test_longs_and_pointers(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 206, .headers = "Content-Range: bytes 3-4/5\r\n", .body = "lo"}};
    g_autoptr(CfpRawServer) server = cfp_raw_server_start(answers, 1);
    g_autoptr(GString) body = g_string_new(NULL);
    g_autofree char *range = NULL;
    g_autofree char *agent = NULL;
    g_autofree char *extra = NULL;
    CURL *easy = new_easy();
    struct curl_slist *headers = curl_slist_append(NULL, "X-Extra: yes");
    long status = 0, connects = 0;
    double total_s = -1.0;
    curl_off_t length = -2;
    const char *url = NULL;
    void *private_data = NULL;

    headers = curl_slist_append(headers, "X-More: yes");
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_URL, cfp_raw_server_url(server)) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_RESUME_FROM, 3L) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_USERAGENT, "loader") == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_WRITEDATA, body) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_PRIVATE, &status) == CURLE_OK);
    ASSERT_TRUE(run(easy) == CURLE_OK);
    range = cfp_raw_request_header(cfp_raw_server_request(server, 0), "Range");
    agent = cfp_raw_request_header(cfp_raw_server_request(server, 0), "User-Agent");
    extra = cfp_raw_request_header(cfp_raw_server_request(server, 0), "X-More");
    ASSERT_STR(range, "bytes=3-");
    ASSERT_STR(agent, "loader");
    ASSERT_STR(extra, "yes");
    ASSERT_STR(body->str, "lo");
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK);
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &total_s) == CURLE_OK);
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK);
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK);
    ASSERT_TRUE(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_data) == CURLE_OK);
    ASSERT_TRUE(status == 206 && connects == 1 && total_s >= 0 && length == 2);
    ASSERT_TRUE(g_str_has_prefix(url, cfp_raw_server_url(server)));
    ASSERT_TRUE(private_data == &status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
}

/* More than a long of 32 bits holds, and more than the lower half of a word. */
static void
test_off_t(void)
{
    const CfpRawAnswer answers[] = {{.status = 413, .end = CFP_RAW_CLOSE}};
    g_autoptr(CfpRawServer) server = cfp_raw_server_start(answers, 1);
    CURL *easy = new_easy();
    g_autofree char *range = NULL;
    curl_off_t size = G_GINT64_CONSTANT(5000000000);

    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_URL, cfp_raw_server_url(server)) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, size) == CURLE_OK);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)-2) ==
                CURLE_BAD_FUNCTION_ARGUMENT);
    (void)run(easy);
    range = cfp_raw_request_header(cfp_raw_server_request(server, 0), "Range");
    ASSERT_STR(range, "bytes=5000000000-");
    curl_easy_cleanup(easy);
}

static void
test_refusals(void)
{
    CURL *easy = new_easy();
    long number = 0;

    ASSERT_TRUE(curl_easy_setopt(easy, (CURLoption)9999, 1L) == CURLE_UNKNOWN_OPTION);
    ASSERT_TRUE(curl_easy_setopt(easy, CURLOPT_PORT, 70000L) == CURLE_BAD_FUNCTION_ARGUMENT);
    ASSERT_TRUE(curl_easy_getinfo(easy, (CURLINFO)(CURLINFO_LONG + 999), &number) != CURLE_OK);
    ASSERT_TRUE(strlen(curl_easy_strerror(CURLE_COULDNT_CONNECT)) > 0);
    ASSERT_TRUE(strlen(curl_multi_strerror(CURLM_BAD_HANDLE)) > 0);
    curl_easy_cleanup(easy);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"libcurl is found, once", test_load},
        {"numbers and pointers reach libcurl and come back", test_longs_and_pointers},
        {"sizes above 4 GB reach libcurl whole", test_off_t},
        {"libcurl's refusals come back", test_refusals},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "libcurl-loader", cases);
}
