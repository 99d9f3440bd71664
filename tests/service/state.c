/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/state.h"

#include <gio/gio.h>
#include <string.h>

#include "service/times.h"
#include "service/traffic.h"

/* Of the API's own example (the official schema, pcaps_error_message). */
#define NO_PACKETS                                                                                 \
    "No packets matched the filter in the time limit given. Please modify the filter or try "      \
    "again."

static void
free_capture(CfpServiceCapture *capture)
{
    g_free(capture->id);
    json_object_unref(capture->request);
    cfp_service_filter_clear(&capture->filter);
    g_free(capture);
}

static void
free_bucket(CfpServiceBucket *bucket)
{
    g_free(bucket->id);
    g_free(bucket->destination);
    g_free(bucket->filename);
    g_free(bucket);
}

CfpServiceState *
cfp_service_state_new(const CfpServiceOptions *options)
{
    CfpServiceState *self = g_new0(CfpServiceState, 1);

    self->options = options;
    self->captures = g_ptr_array_new_with_free_func((GDestroyNotify)free_capture);
    self->buckets = g_ptr_array_new_with_free_func((GDestroyNotify)free_bucket);
    return self;
}

void
cfp_service_state_free(CfpServiceState *self)
{
    g_ptr_array_unref(self->captures);
    g_ptr_array_unref(self->buckets);
    g_free(self);
}

gint64
cfp_service_state_now(const CfpServiceState *self)
{
    return g_get_real_time() + self->options->clock_skew * G_USEC_PER_SEC;
}

/* 32 hexadecimal digits that depend on the seed and on nothing else. */
static char *
make_id(CfpServiceState *self)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                            self->options->seed, self->made++);

    return g_compute_checksum_for_string(G_CHECKSUM_MD5, text, -1);
}

CfpServiceCapture *
cfp_service_state_add_capture(CfpServiceState *self, JsonObject *request)
{
    CfpServiceCapture *capture = g_new0(CfpServiceCapture, 1);
    JsonObject *filter = NULL;

    capture->seed = (guint64)self->options->seed + self->made;
    capture->id = make_id(self);
    capture->request = json_object_ref(request);
    capture->is_full = strcmp(json_object_get_string_member(request, "type"), "full") == 0;
    capture->submitted_us = cfp_service_state_now(self);
    capture->time_limit = json_object_get_int_member(request, "time_limit");
    capture->packet_limit = json_object_get_int_member_with_default(request, "packet_limit", 0);
    if (json_object_has_member(request, "offset_time"))
        /* Valid: the schema was checked. */
        (void)cfp_service_time_parse(json_object_get_string_member(request, "offset_time"),
                                     &capture->offset_us);
    if (json_object_has_member(request, "filter_v1"))
        filter = json_object_get_object_member(request, "filter_v1");
    cfp_service_filter_init(&capture->filter, filter, self->options->reading);
    capture->polls_needed = self->options->is_created_done ? 0 : self->options->polls;
    /* A created capture is pending until the first GET, whatever that one answers. */
    capture->polls_done = self->options->is_created_done ? 0 : -1;
    capture->packet_count = -1;
    g_ptr_array_add(self->captures, capture);
    return capture;
}

CfpServiceCapture *
cfp_service_state_find_capture(CfpServiceState *self, const char *id)
{
    for (guint i = 0; i < self->captures->len; i++) {
        CfpServiceCapture *capture = g_ptr_array_index(self->captures, i);
        if (strcmp(capture->id, id) == 0)
            return capture;
    }
    return NULL;
}

char *
cfp_service_state_hide_keys(const char *destination)
{
    g_auto(GStrv) halves = g_strsplit(destination, "?", 2);
    g_autoptr(GString) kept = g_string_new(halves[0]);
    g_auto(GStrv) pairs = g_strsplit(halves[0] && halves[1] ? halves[1] : "", "&", -1);
    char separator = '?';

    for (size_t i = 0; pairs[i]; i++) {
        if (g_str_has_prefix(pairs[i], "access-key-id=") ||
            g_str_has_prefix(pairs[i], "secret-access-key=") || pairs[i][0] == '\0')
            continue;
        g_string_append_c(kept, separator);
        g_string_append(kept, pairs[i]);
        separator = '&';
    }
    return g_string_free(g_steal_pointer(&kept), FALSE);
}

CfpServiceBucket *
cfp_service_state_add_bucket(CfpServiceState *self, const char *destination)
{
    CfpServiceBucket *bucket = g_new0(CfpServiceBucket, 1);

    bucket->id = make_id(self);
    bucket->destination = g_strdup(destination);
    bucket->filename = g_strdup_printf("ownership-challenge-%s.txt", bucket->id);
    bucket->submitted_us = cfp_service_state_now(self);
    g_ptr_array_add(self->buckets, bucket);
    return bucket;
}

CfpServiceBucket *
cfp_service_state_find_bucket(CfpServiceState *self, const char *destination)
{
    g_autofree char *wanted = cfp_service_state_hide_keys(destination);

    for (guint i = self->buckets->len; i > 0; i--) {
        CfpServiceBucket *bucket = g_ptr_array_index(self->buckets, i - 1);
        g_autofree char *own = cfp_service_state_hide_keys(bucket->destination);
        if (strcmp(own, wanted) == 0)
            return bucket;
    }
    return NULL;
}

gboolean
cfp_service_state_remove_bucket(CfpServiceState *self, const char *id)
{
    for (guint i = 0; i < self->buckets->len; i++) {
        const CfpServiceBucket *bucket = g_ptr_array_index(self->buckets, i);
        if (strcmp(bucket->id, id) == 0) {
            g_ptr_array_remove_index(self->buckets, i);
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
cfp_service_state_is_done(const CfpServiceCapture *capture)
{
    return capture->polls_done >= capture->polls_needed;
}

/* The order of the states of a full capture is not documented: this is what the names say. */
static const char *
show_progress(const CfpServiceCapture *capture)
{
    static const char *const of_full[] = {"pending", "running", "conversion_pending",
                                          "conversion_running"};
    gint64 done = MAX(capture->polls_done, 0);

    if (!capture->is_full)
        return "pending";
    if (capture->stop_requested_us)
        return done <= capture->polls_at_stop + 1 ? of_full[2] : of_full[3];
    return of_full[MIN(done * 4 / MAX(capture->polls_needed, 1), 3)];
}

const char *
cfp_service_state_status(CfpServiceState *self, CfpServiceCapture *capture)
{
    if (!cfp_service_state_is_done(capture))
        return show_progress(capture);
    if (self->options->empty == CFP_SERVICE_EMPTY_FAILED &&
        cfp_service_state_count(self, capture) == 0)
        return "failed";
    return self->options->final_status;
}

static bool
has_reached_limit(const CfpServiceCapture *capture, gint64 count)
{
    return capture->packet_limit > 0 && count >= capture->packet_limit;
}

/* What is not IP passes the empty filter only. */
static bool
takes_frame(const CfpServiceCapture *capture, const CfpServiceTrafficFile *traffic,
            const CfpServiceFrame *frame)
{
    JsonObject *filter = NULL;
    const guint8 *packet;
    gsize length;

    if (json_object_has_member(capture->request, "filter_v1"))
        filter = json_object_get_object_member(capture->request, "filter_v1");
    if (!filter || json_object_get_size(filter) == 0)
        return true;
    return cfp_service_traffic_file_find_ip(traffic, frame, &packet, &length) &&
           cfp_service_filter_matches(&capture->filter, packet, length);
}

/* The same as generate_traffic(), of --traffic. */
static gint64
replay_traffic(CfpServiceState *self, const CfpServiceCapture *capture, CfpServiceFile *file)
{
    const CfpServiceTrafficFile *traffic = self->options->traffic;
    CfpServiceFrame frame;
    gsize position = 0;
    gint64 count = 0;

    while (!has_reached_limit(capture, count) &&
           cfp_service_traffic_file_next(traffic, &position, &frame)) {
        if (!takes_frame(capture, traffic, &frame))
            continue;
        count++;
        if (file)
            cfp_service_file_add_frame(file, frame.time_ns, frame.frame, frame.kept,
                                       frame.wire_length);
    }
    return count;
}

/* Generates what the capture saw. `file`: NULL counts only. */
static gint64
generate_traffic(CfpServiceState *self, const CfpServiceCapture *capture, CfpServiceFile *file)
{
    int linktype = self->options->linktype;
    gint64 length_us = capture->time_limit * G_USEC_PER_SEC;
    gint64 end_us = capture->offset_us ? capture->offset_us : capture->submitted_us;
    /* A sample looks back, a full capture ahead. */
    gint64 start_us = capture->is_full ? capture->submitted_us : end_us - length_us;
    const CfpServiceTrafficSpec spec = {
        .seed = capture->seed,
        .start_us = start_us,
        .end_us = start_us + length_us,
        .packets = (guint64)self->options->packets,
        .has_ipv4 = cfp_service_file_holds(linktype, false),
        .has_ipv6 = cfp_service_file_holds(linktype, true),
    };
    g_autoptr(CfpServiceTraffic) traffic = cfp_service_traffic_new(&spec);
    const guint8 *packet;
    gsize length;
    gint64 time_ns;
    gint64 count = 0;

    while (!has_reached_limit(capture, count) &&
           cfp_service_traffic_next(traffic, &packet, &length, &time_ns)) {
        if (!cfp_service_filter_matches(&capture->filter, packet, length))
            continue;
        count++;
        if (file)
            cfp_service_file_add(file, time_ns, packet, length);
    }
    return count;
}

static gint64
run_traffic(CfpServiceState *self, const CfpServiceCapture *capture, CfpServiceFile *file)
{
    return self->options->traffic ? replay_traffic(self, capture, file)
                                  : generate_traffic(self, capture, file);
}

gint64
cfp_service_state_count(CfpServiceState *self, CfpServiceCapture *capture)
{
    if (capture->packet_count < 0)
        capture->packet_count = run_traffic(self, capture, NULL);
    return capture->packet_count;
}

GBytes *
cfp_service_state_make_file(CfpServiceState *self, CfpServiceCapture *capture, GError **error)
{
    const CfpServiceOptions *options = self->options;

    if (options->file) {
        char *content;
        gsize length;
        if (!g_file_get_contents(options->file, &content, &length, error))
            return NULL;
        return g_bytes_new_take(content, length);
    }
    CfpServiceFile *file =
        cfp_service_file_new(options->format, options->linktype, (guint32)options->snaplen);
    capture->packet_count = run_traffic(self, capture, file);
    return cfp_service_file_finish(file);
}

static void
copy_member(JsonObject *to, JsonObject *from, const char *name)
{
    if (json_object_has_member(from, name))
        json_object_set_member(to, name, json_object_dup_member(from, name));
}

static void
set_time(JsonObject *object, const char *name, gint64 us)
{
    g_autofree char *text = cfp_service_time_format(us);

    json_object_set_string_member(object, name, text);
}

static void
set_destination(CfpServiceState *self, JsonObject *object, const char *destination)
{
    g_autofree char *shown = self->options->echoes_secrets
                                 ? g_strdup(destination)
                                 : cfp_service_state_hide_keys(destination);

    json_object_set_string_member(object, "destination_conf", shown);
}

static void
show_full_members(CfpServiceState *self, CfpServiceCapture *capture, JsonObject *object)
{
    copy_member(object, capture->request, "byte_limit");
    copy_member(object, capture->request, "colo_name");
    set_destination(self, object,
                    json_object_get_string_member(capture->request, "destination_conf"));
    if (capture->stop_requested_us)
        set_time(object, "stop_requested", capture->stop_requested_us);
    json_object_set_int_member(
        object, "packets_captured",
        cfp_service_state_is_done(capture) ? cfp_service_state_count(self, capture) : 0);
}

JsonNode *
cfp_service_state_show_capture(CfpServiceState *self, CfpServiceCapture *capture,
                               const char *status_text)
{
    const char *status = cfp_service_state_status(self, capture);
    const char *reason = self->options->error_message;
    JsonObject *object = json_object_new();
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_object_set_string_member(object, "id", capture->id);
    set_time(object, "submitted", capture->submitted_us);
    copy_member(object, capture->request, "type");
    copy_member(object, capture->request, "system");
    copy_member(object, capture->request, "time_limit");
    copy_member(object, capture->request, "filter_v1");
    copy_member(object, capture->request, "offset_time");
    json_object_set_string_member(object, "status", status_text ? status_text : status);
    if (capture->is_full)
        show_full_members(self, capture, object);
    /* The schema has error_message for full captures only: a sample's is an explicit wish. */
    if (strcmp(status, "failed") == 0 && (reason || capture->is_full))
        json_object_set_string_member(object, "error_message", reason ? reason : NO_PACKETS);
    json_node_take_object(node, object);
    return node;
}

JsonNode *
cfp_service_state_show_bucket(CfpServiceState *self, const CfpServiceBucket *bucket)
{
    JsonObject *object = json_object_new();
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_object_set_string_member(object, "id", bucket->id);
    json_object_set_string_member(object, "status", bucket->validated_us ? "success" : "pending");
    set_time(object, "submitted", bucket->submitted_us);
    if (bucket->validated_us)
        set_time(object, "validated", bucket->validated_us);
    else
        json_object_set_string_member(object, "validated", "");
    set_destination(self, object, bucket->destination);
    json_object_set_string_member(object, "filename", bucket->filename);
    json_node_take_object(node, object);
    return node;
}
