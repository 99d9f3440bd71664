/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_CLOUDFLARE_CAPTURE_REQUEST_H
#define CFP_CLOUDFLARE_CAPTURE_REQUEST_H

#include <glib.h>
#include <stdbool.h>

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

/** filter_v1: a packet passes when all members that are set hold. */
typedef struct {
    char *source_address;      /* NULL: any */
    char *destination_address; /* NULL: any */
    guint source_port;         /* 1 to 65535, 0: any */
    guint destination_port;
    int protocol; /* IANA number 0 to 255, -1: any */
} CfpFilterV1;

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

void cfp_filter_v1_clear(CfpFilterV1 *self);

void cfp_filter_v1_copy(CfpFilterV1 *to, const CfpFilterV1 *from);

bool cfp_filter_v1_is_empty(const CfpFilterV1 *self);

bool cfp_filter_v1_equal(const CfpFilterV1 *a, const CfpFilterV1 *b);

/** The filter in pcap-filter(7) words, "src host 192.0.2.1 and dst port 53"; "" when empty.
 * Owned. */
char *cfp_filter_v1_to_expression(const CfpFilterV1 *self);

#endif
