/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_CHILD_H
#define CFP_TESTS_SUPPORT_CHILD_H

#include <sys/types.h>

/** What runs in a process of its own; its result is the exit status. */
typedef int (*CfpChildMain)(void *data);

/**
 * Runs `run` in a forked process, for what a process can do only once or does not survive.
 * ret_output: what it wrote to stdout and stderr together, owned; may be NULL.
 * Returns the exit status, or 128 and the signal that ended it (SIGALRM after a minute).
 */
int cfp_child_run(CfpChildMain run, void *data, char **ret_output);

/** Starts it and returns at once. cfp_child_wait() must follow. */
pid_t cfp_child_start(CfpChildMain run, void *data);

int cfp_child_wait(pid_t child);

#endif
