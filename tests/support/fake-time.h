/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_FAKE_TIME_H
#define CFP_TESTS_SUPPORT_FAKE_TIME_H

#include <glib.h>

/*
 * Time that passes without waiting. A test linked with this (cfp_use_fake_time() in
 * tests/unit/CMakeLists.txt) sees GLib's clocks and libcurl's poll through it: while no transfer is
 * under way nothing but time can end a wait, so the clocks are set on and the wait is over.
 */

/** Real time again; what was skipped is forgotten. */
void cfp_fake_time_reset(void);

/** From now on waits that only time can end take none. */
void cfp_fake_time_skip_waits(void);

/** Also while a transfer is under way, once `count_silences` has grown since it began: nothing more
 * will come on it. */
void cfp_fake_time_skip_when(guint (*count_silences)(void *data), void *data);

/** Sets the clocks on. */
void cfp_fake_time_advance_ms(gint64 ms);

/** Each look at the monotonic clock sets the clocks on by this much: for code that waits in
 * poll(2).
 */
void cfp_fake_time_tick_ms(gint64 ms);

/** From now on libcurl comes back from its work only when all transfers are over: what happens to a
 * process that has to wait for the processor. */
void cfp_fake_time_oversleep(void);

/** How much was skipped, ticked and set on. */
gint64 cfp_fake_time_skipped_ms(void);

#endif
