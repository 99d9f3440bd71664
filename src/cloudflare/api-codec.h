/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_CLOUDFLARE_API_CODEC_H
#define CFP_CLOUDFLARE_API_CODEC_H

#include <glib.h>

#include "cloudflare/capture-request.h"

/* JSON of the PCAPs API, to and from structs: pure. Liberal in what is read: unknown members are
 * ignored, absent ones have a neutral value, numbers may be strings, because the schema requires
 * hardly anything and the documentation contradicts it in places (docs/service.md). */

/** The eight words of the schema, and what they mean to somebody who waits. */
typedef enum {
    CFP_STATUS_OTHER,      /* "unknown", a word nobody has documented, or none: keep waiting */
    CFP_STATUS_PENDING,    /* waits for its turn */
    CFP_STATUS_RUNNING,    /* packets are being collected */
    CFP_STATUS_CONVERTING, /* conversion_pending, conversion_running */
    CFP_STATUS_READY,      /* success, complete: can be downloaded */
    CFP_STATUS_FAILED,
} CfpCaptureStatus;

/** A capture as the service describes it. */
typedef struct {
    char *id;
    char *status_word; /* as sent, made fit to print */
    CfpCaptureStatus status;
    gint64 submitted_us; /* microseconds since 1970; 0 unknown */
    gint64 offset_time_us;
    gboolean has_type;
    CfpCaptureType type;
    guint time_limit; /* seconds; 0 unknown */
    CfpFilterV1 filter;
    char *error_message;     /* made fit to print; NULL */
    char *colo_name;         /* colo_name, or colo as older documentation calls it */
    gint64 packets_captured; /* -1 unknown */
} CfpCaptureInfo;

void cfp_capture_info_free(CfpCaptureInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpCaptureInfo, cfp_capture_info_free)

/** What the service says when it refuses: the first error of the envelope. The texts are as they
 * came, long and unclean: they must be made fit to show. */
typedef struct {
    gint64 code;   /* -1: none */
    char *message; /* every message and error_chain message; NULL */
    char *documentation_url;
    char *pointer; /* source.pointer: the field that is meant, "/filter_v1/source_address" */
} CfpServiceError;

void cfp_service_error_clear(CfpServiceError *self);

#define CFP_CODEC_ERROR (cfp_codec_error_quark())
GQuark cfp_codec_error_quark(void);

typedef enum {
    CFP_CODEC_ERROR_NOT_JSON, /* HTML, cut, or nothing */
    CFP_CODEC_ERROR_TOO_DEEP, /* nested beyond CFP_MAX_JSON_DEPTH */
    CFP_CODEC_ERROR_SHAPE,    /* JSON, but not an envelope with what is needed in it */
    CFP_CODEC_ERROR_REFUSED,  /* "success": false */
} CfpCodecError;

/** The body of a create request, with every field of its type that is set. Owned. */
char *cfp_codec_encode_create(const CfpCaptureRequest *request);

/** filter_v1 alone, as it is sent: for the log and the capture's comments. Owned. */
char *cfp_codec_encode_filter(const CfpFilterV1 *filter);

/** Reads {"result": capture}. Errors: CFP_CODEC_ERROR_*; SHAPE when it has no id. */
gboolean cfp_codec_decode_capture(const char *body, gsize len, CfpCaptureInfo **ret_capture,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Reads {"result": [capture…] or null}. ret_captures: of CfpCaptureInfo *, owned; entries that
 * are no captures are left out. */
gboolean cfp_codec_decode_captures(const char *body, gsize len, GPtrArray **ret_captures,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Reads the errors of an envelope. Returns FALSE when the body is none; ret_error is cleared then.
 * It never fails otherwise: what is odd is left out.
 */
gboolean cfp_codec_decode_errors(const char *body, gsize len, CfpServiceError *ret_error);

#endif
