/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "job"

#include "cloudflare/job.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "net/retry.h"

G_DEFINE_QUARK(cfp_job_error, cfp_job_error)

/* How far the service's "submitted" may lie before our own request by its clock: Date has whole
 * seconds. */
#define CLOCK_TOLERANCE_US (2 * G_USEC_PER_SEC)

/* Looks into the list after a lost answer, one second apart: a capture may appear late. */
#define MAX_LOOKS 3u

struct CfpJob {
    CfpApi *api;
    CfpCaptureRequest *request; /* with the filter that was sent last */
    GArray *fallbacks;          /* CfpFilterV1 */
    guint next_fallback;
    guint fallbacks_tried;
    CfpTurn turn;
    CfpProgress progress;
    void *progress_data;
    CfpCaptureInfo *capture;
    guint tries;
    guint turns;
    guint turn_waited_s;
    gint64 began_us; /* wall clock, microseconds since 1970: before the latest create */
};

static void
clear_filter(void *filter)
{
    cfp_filter_v1_clear(filter);
}

CfpJob *
cfp_job_new(CfpApi *api, const CfpCaptureRequest *request, const CfpFilterV1 *fallbacks,
            size_t n_fallbacks, CfpTurn turn, CfpProgress progress, void *progress_data)
{
    CfpJob *self = g_new0(CfpJob, 1);

    self->api = api;
    self->request = cfp_capture_request_copy(request);
    self->fallbacks = g_array_new(FALSE, FALSE, sizeof(CfpFilterV1));
    g_array_set_clear_func(self->fallbacks, clear_filter);
    for (size_t i = 0; i < n_fallbacks; i++) {
        CfpFilterV1 copy;

        cfp_filter_v1_copy(&copy, &fallbacks[i]);
        g_array_append_val(self->fallbacks, copy);
    }
    self->turn = turn;
    self->progress = progress;
    self->progress_data = progress_data;
    return self;
}

void
cfp_job_free(CfpJob *self)
{
    if (!self)
        return;
    cfp_capture_request_free(self->request);
    cfp_capture_info_free(self->capture);
    g_array_unref(self->fallbacks);
    g_free(self);
}

const CfpCaptureInfo *
cfp_job_capture(const CfpJob *self)
{
    return self->capture;
}

const CfpCaptureRequest *
cfp_job_request(const CfpJob *self)
{
    return self->request;
}

guint
cfp_job_turn_waited_s(const CfpJob *self)
{
    return self->turn_waited_s;
}

static void say(CfpJob *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(CfpJob *self, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (self->progress)
        self->progress(text, self->progress_data);
}

static void
adopt(CfpJob *self, CfpCaptureInfo *capture)
{
    cfp_capture_info_free(self->capture);
    self->capture = capture;
}

/* ---- a lost answer ------------------------------------------------------------------------ */

static gboolean
is_ours(const CfpJob *self, const CfpCaptureInfo *capture, gint64 not_before_us)
{
    return capture->submitted_us >= not_before_us && capture->has_type &&
           capture->type == self->request->type &&
           capture->time_limit == self->request->time_limit &&
           (self->request->offset_time_us == 0 ||
            capture->offset_time_us == self->request->offset_time_us) &&
           cfp_filter_v1_equal(&capture->filter, &self->request->filter);
}

/* Takes our capture out of the list, if it is there. */
static gboolean
look_for_ours(CfpJob *self, gboolean *ret_found, GError **error)
{
    g_autoptr(GPtrArray) captures = NULL;
    gint64 server_now_us, not_before_us;

    if (!cfp_api_list(self->api, &captures, &server_now_us, error))
        return FALSE;
    /* By the service's clock: ours may be wrong by hours. */
    not_before_us = server_now_us - (g_get_real_time() - self->began_us) - CLOCK_TOLERANCE_US;
    *ret_found = FALSE;
    for (guint i = 0; i < captures->len && !*ret_found; i++) {
        if (is_ours(self, g_ptr_array_index(captures, i), not_before_us)) {
            adopt(self, g_ptr_array_steal_index(captures, i));
            *ret_found = TRUE;
        }
    }
    return TRUE;
}

static gboolean
find_lost(CfpJob *self, gboolean *ret_found, GError **error)
{
    *ret_found = FALSE;
    say(self, "looking whether the capture was created");
    for (unsigned looks = 0; looks < MAX_LOOKS && !*ret_found; looks++) {
        if (looks > 0 && !cfp_pump_pause(cfp_api_pump(self->api), 1000, error))
            return FALSE;
        if (!look_for_ours(self, ret_found, error))
            return FALSE;
    }
    if (*ret_found)
        g_warning("the answer to the request was lost, but capture %s was created: it is used",
                  self->capture->id);
    return TRUE;
}

/* ---- the service's turn --------------------------------------------------------------------- */

/* Seconds until the service takes a sample again, by its own list; 0 when the list names no reason
 * to wait. */
static gboolean
turn_from_list(CfpJob *self, guint *ret_wait_s, GError **error)
{
    g_autoptr(GPtrArray) captures = NULL;
    gint64 server_now_us, newest_us = 0, rest_us;

    if (!cfp_api_list(self->api, &captures, &server_now_us, error))
        return FALSE;
    for (guint i = 0; i < captures->len; i++) {
        const CfpCaptureInfo *capture = g_ptr_array_index(captures, i);

        if (capture->type == CFP_CAPTURE_SAMPLE)
            newest_us = MAX(newest_us, capture->submitted_us);
    }
    rest_us = newest_us + (gint64)CFP_SAMPLE_TURN_S * G_USEC_PER_SEC - server_now_us;
    *ret_wait_s = 0;
    if (rest_us > 0)
        *ret_wait_s = (guint)MIN(rest_us / G_USEC_PER_SEC + 1, (gint64)CFP_SAMPLE_TURN_S) +
                      CFP_SAMPLE_TURN_MARGIN_S;
    return TRUE;
}

/* A letter or digit; what is not ASCII is taken for a letter. */
static gboolean
is_in_a_word(char c)
{
    return g_ascii_isalnum(c) || (guchar)c >= 0x80;
}

/* Whole words only: "unsupported" and "report" say nothing of a port. "source_port" does. */
static gboolean
holds_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || !is_in_a_word(at[-1])) && !is_in_a_word(at[len]))
            return TRUE;
    return FALSE;
}

static gboolean
holds_one_of(const char *text, const char *const *words)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    for (size_t i = 0; words[i]; i++)
        if (holds_word(lower, words[i]))
            return TRUE;
    return FALSE;
}

static gboolean
says_one_of(const CfpApiRefusal *refusal, const char *const *words)
{
    return refusal->error.message && holds_one_of(refusal->error.message, words);
}

/* What the service answers to a second sample within a minute is not documented: 429, or a 400
 * that names no field. */
static gboolean
may_be_about_turns(const CfpApiRefusal *refusal, const GError *failure)
{
    return g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_RATE) ||
           (g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_INVALID) &&
            !refusal->error.pointer);
}

/* A refusal that is certainly about turns is no matter of the filter, whatever words it holds. */
static gboolean
is_about_turns(const CfpApiRefusal *refusal, const GError *failure)
{
    static const char *const words[] = {"minute", "rate limit", "too many requests", NULL};

    return g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_RATE) ||
           (may_be_about_turns(refusal, failure) &&
            (refusal->retry_after_s >= 0 || says_one_of(refusal, words)));
}

static gboolean
wait_seconds(CfpJob *self, guint seconds, GError **error)
{
    g_message("waiting %u s for the service's turn", seconds);
    for (guint left = seconds; left > 0; left--) {
        say(self, "waiting for the service's turn: %u s", left);
        if (!cfp_pump_pause(cfp_api_pump(self->api), 1000, error))
            return FALSE;
        self->turn_waited_s++;
    }
    return TRUE;
}

/* Decides how long to wait. ret_wait_s: 0 when the refusal is not about turns after all. */
static gboolean
turn_length(CfpJob *self, const CfpApiRefusal *refusal, guint *ret_wait_s, GError **error)
{
    static const char *const turn_words[] = {"minute",   "minutes",  "rate",      "ratelimit",
                                             "too many", "throttle", "throttled", "throttling",
                                             "wait",     "waiting",  "try again", NULL};
    gboolean said = refusal->status == 429 || says_one_of(refusal, turn_words);

    if (refusal->retry_after_s > (gint64)CFP_MAX_RETRY_AFTER_S) {
        *ret_wait_s = 0;
        return TRUE;
    }
    if (refusal->retry_after_s >= 0) {
        *ret_wait_s = MAX((guint)refusal->retry_after_s, 1u);
        return TRUE;
    }
    if (self->request->type != CFP_CAPTURE_SAMPLE) {
        *ret_wait_s = 0;
        return TRUE;
    }
    if (!turn_from_list(self, ret_wait_s, error))
        return FALSE;
    if (*ret_wait_s == 0 && said)
        *ret_wait_s = CFP_SAMPLE_TURN_S + CFP_SAMPLE_TURN_MARGIN_S;
    return TRUE;
}

/* ---- a filter that the service may not take ------------------------------------------------- */

/* TRUE when the pointer names a field of the request that is not of the filter. */
static gboolean
names_another_field(const char *pointer)
{
    static const char *const fields[] = {"type",         "system",           "time_limit",
                                         "packet_limit", "byte_limit",       "offset_time",
                                         "colo_name",    "destination_conf", NULL};
    const char *end = strrchr(pointer, '/');

    return g_strv_contains(fields, end ? end + 1 : pointer);
}

static gboolean
is_about_the_filter(const CfpApiRefusal *refusal)
{
    static const char *const words[] = {"address", "addresses", "cidr",     "cidrs",     "ipv6",
                                        "ipv4",    "prefix",    "prefixes", "filter",    "filters",
                                        "port",    "ports",     "protocol", "protocols", NULL};
    const char *pointer = refusal->error.pointer;

    /* Each of the filter's fields has one of the words in its name. */
    if (pointer && holds_one_of(pointer, words))
        return TRUE;
    if (pointer && names_another_field(pointer))
        return FALSE;
    return says_one_of(refusal, words);
}

/* Whether a fallback still has the very member that the refusal names. */
static gboolean
has_refused_member(const CfpFilterV1 *next, const CfpFilterV1 *refused, const char *pointer)
{
    const char *end = pointer ? strrchr(pointer, '/') : NULL;
    const char *member = end ? end + 1 : pointer;

    if (g_strcmp0(member, "source_address") == 0)
        return next->source_address &&
               g_strcmp0(next->source_address, refused->source_address) == 0;
    if (g_strcmp0(member, "destination_address") == 0)
        return next->destination_address &&
               g_strcmp0(next->destination_address, refused->destination_address) == 0;
    if (g_strcmp0(member, "source_port") == 0)
        return next->source_port > 0 && next->protocol == refused->protocol;
    if (g_strcmp0(member, "destination_port") == 0)
        return next->destination_port > 0 && next->protocol == refused->protocol;
    return g_strcmp0(member, "protocol") == 0 && next->protocol >= 0;
}

/* What is not documented to be taken. */
static gboolean
is_doubtful(const CfpFilterV1 *filter)
{
    g_auto(CfpFilterV1) certain = {.protocol = -1};

    cfp_filter_v1_copy(&certain, filter);
    return cfp_filter_v1_drop_doubtful(&certain) || cfp_filter_v1_drop_bare_ports(&certain);
}

/* Puts the next filter that is worth a try into the request; FALSE when there is none. */
static gboolean
fall_back(CfpJob *self, const CfpApiRefusal *refusal, const GError *failure)
{
    g_autofree char *text = NULL;
    const CfpFilterV1 *next = NULL;

    if (!g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_INVALID) ||
        self->fallbacks_tried == CFP_JOB_MAX_FALLBACKS)
        return FALSE;
    while (!next && self->next_fallback < self->fallbacks->len) {
        next = &g_array_index(self->fallbacks, CfpFilterV1, self->next_fallback++);
        if (cfp_filter_v1_equal(next, &self->request->filter) ||
            has_refused_member(next, &self->request->filter, refusal->error.pointer))
            next = NULL;
    }
    if (!next)
        return FALSE;
    self->fallbacks_tried++;
    cfp_filter_v1_clear(&self->request->filter);
    cfp_filter_v1_copy(&self->request->filter, next);
    text = cfp_codec_encode_filter(next);
    g_warning("the service refuses the filter (%s): trying %s", failure->message, text);
    say(self, "the service refuses a part of the filter, asking for less");
    return TRUE;
}

/* ---- creating ---------------------------------------------------------------------------------
 */

typedef enum { AGAIN, CREATED, GIVE_UP } Verdict;

static Verdict
fail_with(GError *failure, GError **error)
{
    g_propagate_error(error, failure);
    return GIVE_UP;
}

static Verdict
retry_later(CfpJob *self, GError *failure, gint64 retry_after_s, GError **error)
{
    if (!cfp_retry_is_allowed(++self->tries, retry_after_s))
        return fail_with(failure, error);
    g_warning("try %u: %s", self->tries, failure->message);
    say(self, "Cloudflare can't be reached, trying again (%u of %u)", self->tries + 1,
        CFP_MAX_TRIES);
    g_error_free(failure);
    return cfp_pump_pause(cfp_api_pump(self->api),
                          cfp_retry_delay_ms(self->tries, retry_after_s, g_random_double()), error)
               ? AGAIN
               : GIVE_UP;
}

/* The request may have arrived although its answer did not. */
static Verdict
after_lost_answer(CfpJob *self, GError *failure, gint64 retry_after_s, GError **error)
{
    g_autoptr(GError) list_failure = NULL;
    gboolean found;

    g_warning("no answer to the request: %s", failure->message);
    if (!find_lost(self, &found, &list_failure)) {
        if (g_error_matches(list_failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            g_error_free(failure);
            return fail_with(g_steal_pointer(&list_failure), error);
        }
        g_prefix_error(&failure, "the request may have been accepted, but the list of captures "
                                 "can't be read either: ");
        return fail_with(failure, error);
    }
    if (!found)
        return retry_later(self, failure, retry_after_s, error);
    g_error_free(failure);
    return CREATED;
}

static Verdict
after_turn_refusal(CfpJob *self, GError *failure, const CfpApiRefusal *refusal, GError **error)
{
    gboolean waits = self->turn == CFP_TURN_WAIT && self->turns < CFP_MAX_TURNS;
    guint wait_s = 0;

    if (waits && !turn_length(self, refusal, &wait_s, error)) {
        g_error_free(failure);
        return GIVE_UP;
    }
    /* What is left is the filter, which the message may not name. */
    if (wait_s == 0 && !is_about_turns(refusal, failure) && is_doubtful(&self->request->filter) &&
        fall_back(self, refusal, failure)) {
        g_error_free(failure);
        return AGAIN;
    }
    if (wait_s == 0)
        return fail_with(failure, error);
    self->turns++;
    g_error_free(failure);
    return wait_seconds(self, wait_s, error) ? AGAIN : GIVE_UP;
}

/* A token that may read but not create is a common mistake, and worth one more call. */
static Verdict
after_forbidden(CfpJob *self, GError *failure, GError **error)
{
    g_autoptr(GPtrArray) captures = NULL;

    if (cfp_api_list(self->api, &captures, NULL, NULL))
        failure->code = CFP_API_ERROR_READ_ONLY;
    return fail_with(failure, error);
}

static Verdict
after_failure(CfpJob *self, GError *failure, const CfpApiRefusal *refusal, GError **error)
{
    if (cfp_http_error_was_not_sent(failure))
        return cfp_http_error_is_transient(failure) ? retry_later(self, failure, -1, error)
                                                    : fail_with(failure, error);
    if (cfp_http_error_is_transient(failure) ||
        g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_SERVER) ||
        g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_REPLY))
        return after_lost_answer(self, failure, refusal->retry_after_s, error);
    if (g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_FORBIDDEN))
        return after_forbidden(self, failure, error);
    if (!is_about_turns(refusal, failure) && is_about_the_filter(refusal) &&
        fall_back(self, refusal, failure)) {
        g_error_free(failure);
        return AGAIN;
    }
    if (may_be_about_turns(refusal, failure))
        return after_turn_refusal(self, failure, refusal, error);
    return fail_with(failure, error);
}

gboolean
cfp_job_create(CfpJob *self, GError **error)
{
    Verdict verdict = AGAIN;

    while (verdict == AGAIN) {
        g_auto(CfpApiRefusal) refusal = {.error = {.code = -1}};
        CfpCaptureInfo *capture = NULL;
        GError *failure = NULL;

        say(self, "asking for the capture");
        self->began_us = g_get_real_time();
        if (cfp_api_create(self->api, self->request, &capture, &refusal, &failure)) {
            adopt(self, capture);
            verdict = CREATED;
        } else {
            verdict = after_failure(self, failure, &refusal, error);
        }
    }
    if (verdict == CREATED)
        g_message("capture %s, %s", self->capture->id,
                  self->capture->status_word ? self->capture->status_word : "no status");
    return verdict == CREATED;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static guint
patience_s(const CfpJob *self)
{
    return self->request->time_limit + CFP_SAMPLE_PATIENCE_S;
}

static const char *
status_text(const CfpCaptureInfo *capture)
{
    switch (capture->status) {
    case CFP_STATUS_PENDING:
        return "the capture is pending";
    case CFP_STATUS_RUNNING:
        return "capturing";
    case CFP_STATUS_CONVERTING:
        return "the service is converting the capture";
    case CFP_STATUS_READY:
        return "the capture is ready";
    case CFP_STATUS_FAILED:
        return "the capture failed";
    case CFP_STATUS_OTHER:
        break;
    }
    return "waiting for the capture";
}

static gboolean
throw_failed(const CfpJob *self, GError **error)
{
    return cfp_throw(error, CFP_JOB_ERROR, CFP_JOB_ERROR_FAILED, "capture %s failed: %s",
                     self->capture->id,
                     self->capture->error_message && self->capture->error_message[0]
                         ? self->capture->error_message
                         : "Cloudflare gives no reason");
}

/* A capture that was just made may not be known everywhere at Cloudflare yet. */
static gboolean
is_too_new(const CfpJob *self, const GError *failure)
{
    gint64 age_us = g_get_real_time() - self->began_us;

    return g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_NOT_FOUND) && age_us >= 0 &&
           age_us < (gint64)CFP_NEW_CAPTURE_S * (gint64)G_USEC_PER_SEC;
}

static gboolean
poll_once(CfpJob *self, GError **error)
{
    g_autoptr(GError) failure = NULL;
    CfpCaptureInfo *capture = NULL;

    if (!cfp_api_get(self->api, self->capture->id, &capture, &failure)) {
        if (is_too_new(self, failure))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (g_strcmp0(capture->status_word, self->capture->status_word) != 0)
        g_info("capture %s: %s", capture->id, capture->status_word ? capture->status_word : "?");
    adopt(self, capture);
    return TRUE;
}

gboolean
cfp_job_wait(CfpJob *self, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)patience_s(self) * (gint64)G_USEC_PER_SEC;
    guint delay_ms = CFP_FIRST_POLL_MS;

    while (self->capture->status != CFP_STATUS_READY) {
        say(self, "%s", status_text(self->capture));
        if (self->capture->status == CFP_STATUS_FAILED)
            return throw_failed(self, error);
        if (g_get_monotonic_time() >= deadline)
            return cfp_throw(error, CFP_JOB_ERROR, CFP_JOB_ERROR_EXPIRED,
                             "capture %s is still \"%s\" after %u s", self->capture->id,
                             self->capture->status_word ? self->capture->status_word : "",
                             patience_s(self));
        if (!cfp_pump_pause(cfp_api_pump(self->api),
                            (guint64)((double)delay_ms * (0.8 + 0.4 * g_random_double())), error))
            return FALSE;
        delay_ms = MIN(delay_ms * 2, CFP_MAX_POLL_MS);
        if (!poll_once(self, error))
            return FALSE;
    }
    say(self, "%s", status_text(self->capture));
    return TRUE;
}
