/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_FIFO_H
#define CFP_APP_FIFO_H

#include <glib.h>
#include <stdint.h>

#include "net/pump.h"

#define CFP_FIFO_ERROR (cfp_fifo_error_quark())
GQuark cfp_fifo_error_quark(void);

typedef enum {
    CFP_FIFO_ERROR_OPEN,
    CFP_FIFO_ERROR_CLOSED, /* the reader has gone: an ending, not a failure */
    CFP_FIFO_ERROR_WRITE,  /* a full disk, for one */
} CfpFifoError;

/** Where the packets go: Wireshark's FIFO, a file, or standard output ("-"). */
typedef struct CfpFifo CfpFifo;

/**
 * Opens it. For a FIFO waits until it has a reader, at most CFP_FIFO_OPEN_TIMEOUT_S; from then on
 * the pump watches the reader. pump: borrowed, must outlive it.
 * Errors: CFP_FIFO_ERROR_OPEN, G_IO_ERROR_CANCELLED.
 */
CfpFifo *cfp_fifo_open(CfpPump *pump, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Closes it. Accepts NULL. */
void cfp_fifo_free(CfpFifo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpFifo, cfp_fifo_free)

/**
 * Writes all of `data`, waiting for the reader as long as it takes. ret_written: bytes that went
 * out, also on failure, when they are fewer.
 * Errors: CFP_FIFO_ERROR_CLOSED, _WRITE, G_IO_ERROR_CANCELLED.
 */
gboolean cfp_fifo_write(CfpFifo *self, const uint8_t *data, size_t len, size_t *ret_written,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
