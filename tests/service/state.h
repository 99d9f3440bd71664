/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_STATE_H
#define CFP_TESTS_SERVICE_STATE_H

#include <json-glib/json-glib.h>

#include "service/options.h"
#include "service/traffic-filter.h"

/** One capture. It advances by GETs, not by time, so that tests decide. */
typedef struct {
    char *id;
    gboolean is_full;
    gint64 submitted_us;
    gint64 offset_us; /* 0: not given */
    gint64 time_limit;
    gint64 packet_limit; /* 0: none */
    JsonObject *request;
    CfpServiceFilter filter;
    guint64 seed;
    int polls_done;
    int polls_needed;
    gint64 stop_requested_us; /* 0: not stopped */
    int polls_at_stop;
    gint64 packet_count; /* -1: not counted yet */
} CfpServiceCapture;

/** A bucket whose ownership is to be proved. */
typedef struct {
    char *id;
    char *destination; /* as given: may hold secrets */
    char *filename;
    gint64 submitted_us;
    gint64 validated_us; /* 0: not yet */
} CfpServiceBucket;

/** What the service remembers. */
typedef struct {
    const CfpServiceOptions *options;
    GPtrArray *captures; /* oldest first */
    GPtrArray *buckets;
    guint64 made;          /* ids given so far */
    gint64 last_sample_us; /* monotonic; 0: none yet */
} CfpServiceState;

/** `options` must outlive the state. */
CfpServiceState *cfp_service_state_new(const CfpServiceOptions *options);
void cfp_service_state_free(CfpServiceState *self);

/** The service's clock, with its skew, in microseconds since 1970. */
gint64 cfp_service_state_now(const CfpServiceState *self);

/** Adds a capture for a valid request. The capture is the state's. */
CfpServiceCapture *cfp_service_state_add_capture(CfpServiceState *self, JsonObject *request);
CfpServiceCapture *cfp_service_state_find_capture(CfpServiceState *self, const char *id);

CfpServiceBucket *cfp_service_state_add_bucket(CfpServiceState *self, const char *destination);

/** The newest bucket with the same destination, its keys left aside. */
CfpServiceBucket *cfp_service_state_find_bucket(CfpServiceState *self, const char *destination);
gboolean cfp_service_state_remove_bucket(CfpServiceState *self, const char *id);

/** "pending", "running", …: as the capture stands now. */
const char *cfp_service_state_status(CfpServiceState *self, CfpServiceCapture *capture);
gboolean cfp_service_state_is_done(const CfpServiceCapture *capture);

/** The packets of the capture, counted at the first call by generating them. */
gint64 cfp_service_state_count(CfpServiceState *self, CfpServiceCapture *capture);

/** The file of the capture, freshly generated, or --file. NULL with an error of reading it. */
GBytes *cfp_service_state_make_file(CfpServiceState *self, CfpServiceCapture *capture,
                                    GError **error);

/** The objects of the API. `status_text`, if not NULL, replaces the status. */
JsonNode *cfp_service_state_show_capture(CfpServiceState *self, CfpServiceCapture *capture,
                                         const char *status_text);
JsonNode *cfp_service_state_show_bucket(CfpServiceState *self, const CfpServiceBucket *bucket);

/** A copy of a destination_conf without its keys. */
char *cfp_service_state_hide_keys(const char *destination);

#endif
