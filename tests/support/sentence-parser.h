/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_SENTENCE_PARSER_H
#define CFP_TESTS_SUPPORT_SENTENCE_PARSER_H

#include <glib.h>

/** One line of the extcap protocol as Wireshark understands it: no escapes, an attribute ends at
 * the first '}' before '{', a blank or the end, the last of two attributes of one name counts. */
typedef struct {
    char *keyword;          /* in lower case */
    GHashTable *attributes; /* name in lower case -> value */
    guint n_written;        /* attributes in the line, also those that another replaced */
} CfpParsedSentence;

/**
 * The sentences of a text; lines that Wireshark ignores are left out. Elements: CfpParsedSentence.
 * ret_ignored: how many lines were left out, but for empty ones; may be NULL. Owned.
 */
GPtrArray *cfp_parse_sentences(const char *text, guint *ret_ignored);

/** NULL when it isn't there. Borrowed. */
const char *cfp_parsed_get(const CfpParsedSentence *self, const char *name);

#endif
