/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_QUIET_H
#define CFP_TESTS_SUPPORT_QUIET_H

/** From now on warnings of the code under test aren't printed; criticals end the test as before.
 * Once in a process. */
void cfp_quiet_log(void);

#endif
