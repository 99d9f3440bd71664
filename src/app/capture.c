/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "capture"

#include "app/capture.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "app/packet-stream.h"
#include "base/error.h"
#include "base/limits.h"
#include "filter/bpf.h"
#include "net/http.h"
#include "packet/pcap-reader.h"

G_DEFINE_QUARK(cfp_capture_error, cfp_capture_error)

/* A capture that is ready and can't be downloaded yet is tried again this often, a second apart. */
#define MAX_EARLY_DOWNLOADS 3u

/* What lives while one capture runs. */
typedef struct {
    const CfpCapturePlan *plan;
    CfpCaptureRequest *request;
    CfpCaptureFilter *filter;
    CfpHttp *http;
    CfpApi *api;
    CfpJob *job;
    CfpPacketStream *stream;
} Run;

static void
clear_run(Run *self)
{
    cfp_packet_stream_free(self->stream);
    cfp_job_free(self->job);
    cfp_api_free(self->api);
    cfp_http_free(self->http);
    cfp_capture_filter_free(self->filter);
    cfp_capture_request_free(self->request);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, clear_run)

static CfpPushdownMode
pushdown_mode(const CfpSettings *settings)
{
    const char *mode = cfp_settings_get(settings, CFP_OPTION_PUSHDOWN);

    if (g_strcmp0(mode, "off") == 0)
        return CFP_PUSHDOWN_OFF;
    return g_strcmp0(mode, "strict") == 0 ? CFP_PUSHDOWN_STRICT : CFP_PUSHDOWN_AUTO;
}

static gboolean
prepare_filter(Run *self, GError **error)
{
    const CfpCapturePlan *plan = self->plan;
    gboolean resolves =
        g_strcmp0(cfp_settings_get(plan->settings, CFP_OPTION_RESOLVE_NAMES), "yes") == 0;

    self->filter = cfp_capture_filter_new(
        &(CfpCaptureFilterOptions){
            .expression = plan->capture_filter,
            .fields = &self->request->filter,
            .mode = pushdown_mode(plan->settings),
            .resolves_names = resolves,
            .pump = plan->pump,
        },
        error);
    return self->filter != NULL;
}

/* Everything that can be wrong without a request is found before one is made. */
static gboolean
prepare(Run *self, GError **error)
{
    const CfpSettings *settings = self->plan->settings;
    const char *ca_file = cfp_settings_get(settings, CFP_OPTION_CA_FILE);
    CfpCredential credential = {0};

    if (g_strcmp0(cfp_settings_get(settings, CFP_OPTION_TYPE), "full") == 0)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_LATER,
                         "full captures are not in this version yet");
    self->request = cfp_settings_request(settings, g_get_real_time(), error);
    if (!self->request || !prepare_filter(self, error))
        return FALSE;
    if (ca_file && access(ca_file, R_OK) != 0)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "the CA certificates %s (--ca-file or SSL_CERT_FILE) can't be read: %s",
                         ca_file, g_strerror(errno));
    if (!cfp_settings_get(settings, CFP_OPTION_ACCOUNT_ID))
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
                         "no account is known: set \"Account id\" in the dialog, --account-id, "
                         "CLOUDFLARE_ACCOUNT_ID or account-id in the config file");
    if (!cfp_settings_credential(settings, &credential, error))
        return FALSE;
    self->http =
        cfp_http_new(self->plan->pump, cfp_settings_get(settings, CFP_OPTION_CA_FILE), error);
    if (self->http)
        self->api =
            cfp_api_new(self->http, cfp_settings_get(settings, CFP_OPTION_API_URL),
                        cfp_settings_get(settings, CFP_OPTION_ACCOUNT_ID), &credential, error);
    cfp_credential_clear(&credential);
    return self->api != NULL;
}

static void
log_filter(const Run *self)
{
    g_autofree char *text = cfp_capture_filter_to_text(self->filter);
    g_autofree char *sent = cfp_codec_encode_filter(&self->request->filter);
    g_autofree char *explanation = cfp_capture_filter_explain(self->filter, &self->request->filter);

    g_message("filter: %s; filter_v1: %s%s%s", text ? text : "none", sent, explanation ? ". " : "",
              explanation ? explanation : "");
}

static gboolean
create(Run *self, GError **error)
{
    const CfpCapturePlan *plan = self->plan;
    CfpFilterV1 choices[CFP_MAX_FILTER_CHOICES];
    size_t n = cfp_capture_filter_choices(self->filter, choices);

    cfp_filter_v1_clear(&self->request->filter);
    cfp_filter_v1_copy(&self->request->filter, &choices[0]);
    self->job = cfp_job_new(self->api, self->request, choices + 1, n - 1,
                            cfp_settings_turn(plan->settings), plan->progress, plan->progress_data);
    for (size_t i = 0; i < n; i++)
        cfp_filter_v1_clear(&choices[i]);
    log_filter(self);
    return cfp_job_create(self->job, error);
}

/* From here on the reader sees that the capture has begun. */
static gboolean
begin_output(Run *self, GError **error)
{
    const CfpCapturePlan *plan = self->plan;
    CfpStreamOptions options = {
        .job = self->job,
        .account_id = cfp_settings_get(plan->settings, CFP_OPTION_ACCOUNT_ID),
        .filter = self->filter,
        .classic_pcap = g_strcmp0(cfp_settings_get(plan->settings, CFP_OPTION_FORMAT), "pcap") == 0,
        .fifo = plan->fifo,
        .progress = plan->progress,
        .progress_data = plan->progress_data,
    };

    self->stream = cfp_packet_stream_new(&options);
    return cfp_packet_stream_begin(self->stream, error);
}

/* ---- the download ------------------------------------------------------------------------ */

/* The status may say "success" before the file is there: nobody has documented that it can't. */
static gboolean
open_download(Run *self, CfpByteSource **ret_source, GError **error)
{
    for (unsigned tries = 1;; tries++) {
        g_autoptr(CfpByteSource) source =
            cfp_api_download(self->api, cfp_job_capture(self->job)->id);
        g_autoptr(GError) failure = NULL;
        const uint8_t *data;
        size_t len;

        if (cfp_byte_source_fill(source, 1, &data, &len, &failure)) {
            *ret_source = g_steal_pointer(&source);
            return TRUE;
        }
        if (!g_error_matches(failure, CFP_API_ERROR, CFP_API_ERROR_NOT_FOUND) ||
            tries > MAX_EARLY_DOWNLOADS) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_warning("capture %s is ready but can't be downloaded yet: %s",
                  cfp_job_capture(self->job)->id, failure->message);
        if (!cfp_pump_pause(self->plan->pump, 1000, error))
            return FALSE;
    }
}

static gboolean
download(Run *self, GError **error)
{
    CfpByteSource *source = NULL;

    if (!open_download(self, &source, error))
        return FALSE;
    return cfp_packet_stream_copy_take(self->stream, source, error);
}

/* ---- endings ----------------------------------------------------------------------------- */

static gboolean
was_stopped(const GError *failure)
{
    return g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
           g_error_matches(failure, CFP_FIFO_ERROR, CFP_FIFO_ERROR_CLOSED);
}

/* Few packets are no proof that there were few: the limit counts what Cloudflare returned. */
static void
warn_of_starvation(const Run *self)
{
    g_autofree char *text = cfp_packet_stream_starvation(self->stream);
    g_autoptr(GError) warning = NULL;

    if (!text)
        return;
    g_warning("%s", text);
    warning = g_error_new_literal(CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_STARVED, text);
    if (self->plan->warn)
        self->plan->warn(warning, self->plan->warn_data);
}

static gboolean
throw_no_packets(const Run *self, GError **error)
{
    g_autofree char *window = cfp_packet_stream_window_text(self->stream);
    guint64 received = cfp_packet_stream_received(self->stream);

    g_autofree char *starvation = cfp_packet_stream_starvation(self->stream);

    if (starvation)
        return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_STARVED, "%s", starvation);
    if (received > 0)
        return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS,
                         "none of the %" G_GUINT64_FORMAT
                         " packets that Cloudflare returned for %s "
                         "passes the capture filter",
                         received, window);
    if (!cfp_capture_filter_is_certain(self->filter))
        return cfp_throw(
            error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS,
            "Cloudflare has no packets that match for %s, or understands a part of the "
            "filter in another way than is assumed (--pushdown strict assumes less)",
            window);
    return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS,
                     "Cloudflare has no packets that match for %s", window);
}

/* The words for a failure while packets come: how many were delivered all the same, and how to have
 * them again, since "now" is another window by then. */
static gboolean
throw_incomplete(const Run *self, GError *failure, GError **error)
{
    g_autoptr(GError) owned = failure;
    g_autofree char *again = cfp_packet_stream_same_window(self->stream);
    guint64 passed = cfp_packet_stream_passed(self->stream);
    gboolean output_failed = failure->domain == CFP_FIFO_ERROR;

    if (g_error_matches(owned, CFP_PCAP_ERROR, CFP_PCAP_ERROR_EMPTY))
        return throw_no_packets(self, error);
    if (passed == 0) {
        g_propagate_error(error, g_steal_pointer(&owned));
        return FALSE;
    }
    if (output_failed)
        return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_INCOMPLETE,
                         "the capture is incomplete, at least %" G_GUINT64_FORMAT
                         " of %" G_GUINT64_FORMAT " packets were delivered: %s. Make room, and to "
                         "have the same window again: %s",
                         cfp_packet_stream_delivered(self->stream), passed, owned->message, again);
    return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_INCOMPLETE,
                     "the capture is incomplete, %" G_GUINT64_FORMAT " packets were delivered: %s. "
                     "To have the same window again: %s",
                     passed, owned->message, again);
}

static gboolean
finish(Run *self, GError *failure, GError **error)
{
    gboolean stopped = was_stopped(failure);

    if (self->stream && cfp_pump_stopped(self->plan->pump) != CFP_STOP_READER_GONE) {
        g_autoptr(GError) ending = NULL;

        if (!cfp_packet_stream_end(self->stream, &ending) && !failure) {
            stopped = was_stopped(ending);
            failure = g_steal_pointer(&ending);
        }
    }
    if (stopped) {
        g_message("stopped");
        g_error_free(failure);
        return TRUE;
    }
    if (failure && self->stream)
        return throw_incomplete(self, failure, error);
    if (failure) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    if (cfp_packet_stream_unfiltered(self->stream) && cfp_packet_stream_passed(self->stream) > 0)
        return cfp_throw(error, CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_UNFILTERED,
                         "the filter %s: %" G_GUINT64_FORMAT " packets were delivered unfiltered",
                         cfp_packet_stream_unfiltered(self->stream),
                         cfp_packet_stream_passed(self->stream));
    if (cfp_packet_stream_passed(self->stream) == 0)
        return throw_no_packets(self, error);
    warn_of_starvation(self);
    return TRUE;
}

gboolean
cfp_capture_run(const CfpCapturePlan *plan, GError **error)
{
    g_auto(Run) run = {.plan = plan};
    GError *failure = NULL;
    gboolean ok;

    ok = prepare(&run, &failure) && create(&run, &failure) && begin_output(&run, &failure) &&
         cfp_job_wait(run.job, &failure) && download(&run, &failure);
    g_info("%s", ok ? "complete" : failure->message);
    return finish(&run, failure, error);
}
