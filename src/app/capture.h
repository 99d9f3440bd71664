/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_CAPTURE_H
#define CFP_APP_CAPTURE_H

#include "app/fifo.h"
#include "app/settings.h"
#include "cloudflare/job.h"

#define CFP_CAPTURE_ERROR (cfp_capture_error_quark())
GQuark cfp_capture_error_quark(void);

typedef enum {
    CFP_CAPTURE_ERROR_NO_PACKETS, /* all went well, and nothing matched */
    CFP_CAPTURE_ERROR_STARVED,    /* the packet limit was used up by packets that don't pass here */
    CFP_CAPTURE_ERROR_INCOMPLETE, /* packets were delivered, but not all */
    CFP_CAPTURE_ERROR_UNFILTERED, /* all packets were delivered, also those the filter is against */
} CfpCaptureError;

/** Told what a person must know although the capture goes well. */
typedef void (*CfpWarn)(const GError *warning, void *warn_data);

/** Everything a capture needs; all borrowed. */
typedef struct {
    const CfpSettings *settings;
    const char *capture_filter; /* pcap-filter expression; NULL or "" for none */
    CfpPump *pump;
    CfpFifo *fifo;
    CfpProgress progress; /* may be NULL */
    void *progress_data;
    CfpWarn warn; /* may be NULL */
    void *warn_data;
} CfpCapturePlan;

/**
 * Runs a capture from its request to its last packet: filter and settings are checked, the capture
 * is created and waited for, its file is streamed through the filter into the FIFO. Once the
 * service has accepted the capture the file's header is written, so that the reader sees it begin.
 * A stop (signal, FIFO closed, parent gone) ends it well: what has arrived is delivered while
 * somebody reads.
 *
 * Returns TRUE also when it was stopped. On FALSE everything that was received has been delivered.
 * Errors: all of the modules below, CFP_CAPTURE_ERROR_*.
 */
gboolean cfp_capture_run(const CfpCapturePlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
