/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/sentence-parser.h"

#include <string.h>

static void
free_sentence(void *data)
{
    CfpParsedSentence *self = data;

    g_free(self->keyword);
    g_hash_table_unref(self->attributes);
    g_free(self);
}

static gboolean
is_known(const char *keyword)
{
    static const char *const keywords[] = {"arg", "value",   "interface", "extcap",
                                           "dlt", "control", NULL};

    return g_strv_contains(keywords, keyword);
}

static gboolean
is_name_char(char c)
{
    return g_ascii_isalpha(c) || c == '_' || c == '-';
}

/* Behind the end of the value, or NULL when it has none. */
static const char *
end_of_value(const char *value)
{
    for (const char *p = value; *p; p++)
        if (*p == '}' && (p[1] == '{' || p[1] == '\0' || g_ascii_isspace(p[1])))
            return p;
    return NULL;
}

/* Finds "{name=value}" from `at` on and returns what is behind it; NULL when there is none. */
static const char *
take_attribute(CfpParsedSentence *self, const char *at)
{
    for (const char *open = strchr(at, '{'); open; open = strchr(open + 1, '{')) {
        const char *equals = open + 1;
        const char *end;

        while (is_name_char(*equals))
            equals++;
        if (equals == open + 1 || *equals != '=')
            continue;
        end = end_of_value(equals + 1);
        if (!end)
            return NULL;
        g_hash_table_replace(self->attributes,
                             g_ascii_strdown(open + 1, (gssize)(equals - open - 1)),
                             g_strndup(equals + 1, (gsize)(end - equals - 1)));
        self->n_written++;
        return end + 1;
    }
    return NULL;
}

static CfpParsedSentence *
parse_line(const char *line)
{
    CfpParsedSentence *self;
    size_t len = strcspn(line, " \t");
    g_autofree char *keyword = g_ascii_strdown(line, (gssize)len);
    size_t blanks = strspn(line + len, " \t");

    if (!g_utf8_validate(line, -1, NULL) || !is_known(keyword) || blanks == 0 ||
        line[len + blanks] != '{')
        return NULL;
    self = g_new0(CfpParsedSentence, 1);
    self->keyword = g_steal_pointer(&keyword);
    self->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (const char *at = line + len; at;)
        at = take_attribute(self, at);
    return self;
}

GPtrArray *
cfp_parse_sentences(const char *text, guint *ret_ignored)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *sentences = g_ptr_array_new_with_free_func(free_sentence);
    guint ignored = 0;

    for (size_t i = 0; lines[i]; i++) {
        size_t len = strlen(lines[i]);
        CfpParsedSentence *sentence;

        if (len > 0 && lines[i][len - 1] == '\r')
            lines[i][len - 1] = '\0';
        sentence = parse_line(lines[i]);
        if (sentence)
            g_ptr_array_add(sentences, sentence);
        else if (lines[i][0] != '\0')
            ignored++;
    }
    if (ret_ignored)
        *ret_ignored = ignored;
    return sentences;
}

const char *
cfp_parsed_get(const CfpParsedSentence *self, const char *name)
{
    return g_hash_table_lookup(self->attributes, name);
}
