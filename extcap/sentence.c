/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sentence.h"

#include <string.h>

struct CfpSentence {
    GString *line;
};

CfpSentence *
cfp_sentence_new(const char *keyword)
{
    CfpSentence *self = g_new0(CfpSentence, 1);

    self->line = g_string_new(keyword);
    g_string_append_c(self->line, ' ');
    return self;
}

/* Wireshark ends a value at the first '}' that is followed by '{', a blank or the end. */
static gboolean
can_be_said(const char *value)
{
    if (!g_utf8_validate(value, -1, NULL))
        return FALSE;
    for (const char *p = value; *p; p++) {
        if (g_ascii_iscntrl(*p))
            return FALSE;
        if (*p == '}' && (p[1] == '{' || p[1] == '\0' || g_ascii_isspace(p[1])))
            return FALSE;
    }
    return TRUE;
}

void
cfp_sentence_add(CfpSentence *self, const char *name, const char *value)
{
    if (value && can_be_said(value))
        g_string_append_printf(self->line, "{%s=%s}", name, value);
}

void
cfp_sentence_add_uint(CfpSentence *self, const char *name, guint value)
{
    g_string_append_printf(self->line, "{%s=%u}", name, value);
}

void
cfp_sentence_add_true(CfpSentence *self, const char *name, gboolean value)
{
    if (value)
        g_string_append_printf(self->line, "{%s=true}", name);
}

char *
cfp_sentence_end(CfpSentence *self)
{
    char *line;

    g_string_append_c(self->line, '\n');
    line = g_string_free(self->line, FALSE);
    g_free(self);
    return line;
}
