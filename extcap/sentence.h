/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_EXTCAP_SENTENCE_H
#define CFP_EXTCAP_SENTENCE_H

#include <glib.h>

/** One line of the extcap protocol (Wireshark Developer's Guide, "Extcap"; extcap(4)):
 * `arg {number=0}{call=--type}…`. The parser on the other side knows no escapes, so what can't be
 * said is left out rather than said wrong. */
typedef struct CfpSentence CfpSentence;

/** keyword: "extcap", "interface", "dlt", "arg", "value" or "control". */
CfpSentence *cfp_sentence_new(const char *keyword);

/** Adds {name=value}. NULL adds nothing. A value with a line break, or with a '}' that would end
 * it early, adds nothing either. */
void cfp_sentence_add(CfpSentence *self, const char *name, const char *value);

void cfp_sentence_add_uint(CfpSentence *self, const char *name, guint value);

/** Adds {name=true}; FALSE adds nothing: it is every attribute's default. */
void cfp_sentence_add_true(CfpSentence *self, const char *name, gboolean value);

/** The line with its line feed. Frees `self`. Owned. */
char *cfp_sentence_end(CfpSentence *self);

#endif
