/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_SECRET_H
#define CFP_BASE_SECRET_H

#include <glib.h>

/** A string that must not be printed: a type of its own, so that it can't be by accident. The
 * memory is wiped when it is freed. */
typedef struct CfpSecret CfpSecret;

/** text: copied; the caller wipes its own. */
CfpSecret *cfp_secret_new(const char *text);

/** A secret made of a prefix and another secret: "Authorization: Bearer " and a token. */
CfpSecret *cfp_secret_new_prefixed(const char *prefix, const CfpSecret *secret);

CfpSecret *cfp_secret_copy(const CfpSecret *self);

void cfp_secret_free(CfpSecret *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpSecret, cfp_secret_free)

/** The text itself. Borrowed; only for the call that sends it. */
const char *cfp_secret_reveal(const CfpSecret *self);

/** Returns `text` (owned) with every occurrence of the secret replaced by "***". */
char *cfp_secret_redact(const CfpSecret *self, const char *text);

/** Overwrites a string with 'X' up to its NUL: for argv, where `ps` would show it. */
void cfp_secret_scrub(char *text);

#endif
