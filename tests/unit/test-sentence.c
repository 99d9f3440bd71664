/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sentence.h"

#include "support/asserts.h"
#include "support/sentence-parser.h"

static void
test_line(void)
{
    CfpSentence *sentence = cfp_sentence_new("arg");
    g_autofree char *line = NULL;

    cfp_sentence_add_uint(sentence, "number", 7);
    cfp_sentence_add(sentence, "call", "--type");
    cfp_sentence_add_true(sentence, "required", FALSE);
    cfp_sentence_add_true(sentence, "default", TRUE);
    line = cfp_sentence_end(sentence);
    ASSERT_STR(line, "arg {number=7}{call=--type}{default=true}\n");
}

/* Adds one attribute between two others, and gives what Wireshark reads of it. */
static char *
said(const char *value)
{
    CfpSentence *sentence = cfp_sentence_new("value");
    g_autoptr(GPtrArray) parsed = NULL;
    g_autofree char *line = NULL;
    const CfpParsedSentence *read;
    guint ignored;

    cfp_sentence_add(sentence, "before", "1");
    cfp_sentence_add(sentence, "display", value);
    cfp_sentence_add(sentence, "behind", "2");
    line = cfp_sentence_end(sentence);
    parsed = cfp_parse_sentences(line, &ignored);
    ASSERT_UINT(ignored, 0);
    ASSERT_UINT(parsed->len, 1);
    read = g_ptr_array_index(parsed, 0);
    /* Its neighbours are as they were, whatever it holds. */
    ASSERT_STR(cfp_parsed_get(read, "before"), "1");
    ASSERT_STR(cfp_parsed_get(read, "behind"), "2");
    ASSERT_UINT(read->n_written, cfp_parsed_get(read, "display") ? 3 : 2);
    return g_strdup(cfp_parsed_get(read, "display"));
}

static void
test_round_trip(void)
{
    static const char *const values[] = {
        "",
        "plain",
        "two words",
        "^[0-9A-Fa-f]{32}$",
        "a{b}c",
        "{",
        "a=b",
        "}x",
        "}}x",
        "{x=y}z",
        "é€𝄞",
        "back\\nslash",
        "'\"",
        " lead",
        "trail ",
        "a}.{b",
        "[0-9]{1,3}|x",
        "1,65535",
        "#",
        "//",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *got = said(values[i]);

        ASSERT_STR(got, values[i]);
    }
}

static void
test_left_out(void)
{
    static const char *const values[] = {
        "two\nlines", "cr\r",         "tab\t",
        "bell\a",     "ends}",        "a} b",
        "a}{b=c}d",   "a}\tb",        "}",
        "}}",         "[0-9]{32}",    "x}{y",
        "\xff",       "cut \xe2\x82", "a}\nvalue {arg=0}{value=evil}{display=evil",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *got = said(values[i]);

        ASSERT_STR(got, NULL);
    }
    ASSERT_STR(said(NULL), NULL);
}

/* Any text at all: it is read as it was, or not at all. */
static void
test_any_text(void)
{
    static const char *const parts[] = {"{", "}", "=", " ", "a", "\n", "é", "{x=", "}{", "\t"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(4711);

    for (int i = 0; i < 20000; i++) {
        g_autoptr(GString) value = g_string_new(NULL);
        g_autofree char *got = NULL;

        for (int n = g_rand_int_range(rand, 0, 8); n > 0; n--)
            g_string_append(value, parts[g_rand_int_range(rand, 0, G_N_ELEMENTS(parts))]);
        got = said(value->str);
        if (got)
            ASSERT_STR(got, value->str);
    }
}

static void
test_numbers(void)
{
    CfpSentence *sentence = cfp_sentence_new("dlt");
    g_autofree char *line = NULL;

    cfp_sentence_add_uint(sentence, "number", 0);
    cfp_sentence_add_uint(sentence, "largest", G_MAXUINT);
    line = cfp_sentence_end(sentence);
    ASSERT_STR(line, "dlt {number=0}{largest=4294967295}\n");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a sentence is a keyword and its attributes", test_line},
        {"what can be said is read as it was", test_round_trip},
        {"what can't be said is left out", test_left_out},
        {"no text changes its neighbours", test_any_text},
        {"numbers are written whole", test_numbers},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "sentence", cases);
}
