/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_CLOUDFLARE_CAPTURE_REQUEST_H
#define CFP_CLOUDFLARE_CAPTURE_REQUEST_H

#include <glib.h>

#include "filter/filter-v1.h"

/* Ranges of the official schema (PCAPs API, "Create PCAP request"). */
#define CFP_MAX_SAMPLE_TIME_LIMIT 300u  /* seconds */
#define CFP_MAX_FULL_TIME_LIMIT 86400u  /* seconds */
#define CFP_MAX_PACKET_LIMIT 10000u     /* packets */
#define CFP_MAX_BYTE_LIMIT 1000000000u  /* bytes */
#define CFP_MAX_LOOK_BACK_S (24 * 3600) /* seconds */

typedef enum {
    CFP_CAPTURE_SAMPLE, /* "simple": sampled packets of the past, from all data centres */
    CFP_CAPTURE_FULL,   /* "full": every packet from now on, in one data centre */
} CfpCaptureType;

/** The body of "Create PCAP request", for both types. */
typedef struct {
    CfpCaptureType type;
    guint time_limit;      /* seconds */
    guint packet_limit;    /* 0: not sent (full only; a sample needs one) */
    guint byte_limit;      /* bytes; 0: not sent; full only */
    gint64 offset_time_us; /* microseconds since 1970, sample only: look back from here; 0: now */
    CfpFilterV1 filter;
    char *colo_name;        /* full only: ord02 or ORD */
    char *destination_conf; /* full only: s3://…, r2://…, gs://…; may hold a secret */
} CfpCaptureRequest;

CfpCaptureRequest *cfp_capture_request_new(void);

CfpCaptureRequest *cfp_capture_request_copy(const CfpCaptureRequest *self);

void cfp_capture_request_free(CfpCaptureRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpCaptureRequest, cfp_capture_request_free)

#endif
