/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/fake-time.h"

#include <curl/curl.h>

/* The linker's --wrap gives the functions these names, and wants them visible. */
#pragma GCC visibility push(default)
gint64 __real_g_get_monotonic_time(void);
gint64 __wrap_g_get_monotonic_time(void);
gint64 __real_g_get_real_time(void);
gint64 __wrap_g_get_real_time(void);
CURLMcode __real_curl_multi_perform(CURLM *multi, int *running);
CURLMcode __wrap_curl_multi_perform(CURLM *multi, int *running);
CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout_ms,
                                 int *ready);
CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout_ms,
                                 int *ready);
#pragma GCC visibility pop

/* Functions that stand in for others can get at nothing but this. */
static struct {
    gint64 skipped_us;
    gint64 tick_us;
    gboolean skips;
    gboolean oversleeps;
    int running; /* transfers under way */
    guint (*count_silences)(void *data);
    void *silence_data;
    guint silences_before; /* the transfer */
} state;

void
cfp_fake_time_reset(void)
{
    state.skipped_us = state.tick_us = 0;
    state.skips = state.oversleeps = FALSE;
    state.count_silences = NULL;
}

void
cfp_fake_time_skip_waits(void)
{
    state.skips = TRUE;
}

static guint
silences(void)
{
    return state.count_silences ? state.count_silences(state.silence_data) : 0;
}

void
cfp_fake_time_skip_when(guint (*count_silences)(void *data), void *data)
{
    state.count_silences = count_silences;
    state.silence_data = data;
    state.silences_before = silences();
}

void
cfp_fake_time_oversleep(void)
{
    state.oversleeps = TRUE;
}

void
cfp_fake_time_advance_ms(gint64 ms)
{
    state.skipped_us += ms * 1000;
}

void
cfp_fake_time_tick_ms(gint64 ms)
{
    state.tick_us = ms * 1000;
}

gint64
cfp_fake_time_skipped_ms(void)
{
    return state.skipped_us / 1000;
}

gint64
__wrap_g_get_monotonic_time(void)
{
    state.skipped_us += state.tick_us;
    return __real_g_get_monotonic_time() + state.skipped_us;
}

gint64
__wrap_g_get_real_time(void)
{
    return __real_g_get_real_time() + state.skipped_us;
}

CURLMcode
__wrap_curl_multi_perform(CURLM *multi, int *running)
{
    CURLMcode code = __real_curl_multi_perform(multi, running);
    int ready;

    while (state.oversleeps && code == CURLM_OK && *running > 0) {
        (void)__real_curl_multi_poll(multi, NULL, 0, 1000, &ready);
        code = __real_curl_multi_perform(multi, running);
    }
    state.running = *running;
    return code;
}

/* The tests have one transfer at a time. */
CURLMcode
__wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    state.running = 1;
    state.silences_before = silences();
    return __real_curl_multi_add_handle(multi, easy);
}

CURLMcode
__wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    state.running = 0;
    return __real_curl_multi_remove_handle(multi, easy);
}

static gboolean
only_time_counts(void)
{
    if (state.running == 0)
        return state.skips;
    return silences() > state.silences_before;
}

CURLMcode
__wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout_ms,
                       int *ready)
{
    gboolean skip = only_time_counts();
    CURLMcode code;

    if (!skip)
        return __real_curl_multi_poll(multi, fds, n, timeout_ms, ready);
    /* Bytes that are there come first. */
    code = __real_curl_multi_poll(multi, fds, n, 0, ready);
    if (*ready == 0)
        state.skipped_us += (gint64)timeout_ms * 1000;
    return code;
}
