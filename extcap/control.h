/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_EXTCAP_CONTROL_H
#define CFP_EXTCAP_CONTROL_H

#include <glib.h>

/* Wireshark's control pipes ("Interface toolbars", Wireshark Developer's Guide): how a person sees
 * what happens while no packet is there yet. tshark has none. */

/** Number of the toolbar's text field in the `control` sentence. */
#define CFP_CONTROL_STATUS 0u

typedef enum {
    CFP_CONTROL_SET = 1,        /* the control's value */
    CFP_CONTROL_STATUS_BAR = 6, /* a message in the status bar, shown for some seconds */
} CfpControlCommand;

/**
 * One message: 'T', 3 bytes of length (big endian; of all that follows), control number, command,
 * payload. The payload is cut to 4,000 bytes at a character, so that one write() is never split.
 * Pure. Owned.
 */
GBytes *cfp_control_encode(guint8 control, CfpControlCommand command, const char *payload);

typedef struct CfpControl CfpControl;

/**
 * Opens the pipes that Wireshark named; either may be NULL. Must come before everything that can
 * wait: Wireshark's window is frozen until its end of `in` is opened. Never fails: without pipes
 * nothing is shown.
 */
CfpControl *cfp_control_open(const char *in, const char *out);

/** Only at exit: Wireshark spins when a pipe is closed early. Accepts NULL. */
void cfp_control_free(CfpControl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpControl, cfp_control_free)

/** Shows a line in the status bar and in the toolbar. Never waits: what Wireshark has no room for
 * is dropped. */
void cfp_control_show(CfpControl *self, const char *text);

#endif
