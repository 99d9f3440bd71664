/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "describe.h"

#include "app/settings.h"
#include "support/asserts.h"
#include "support/scratch.h"
#include "support/sentence-parser.h"

static GPtrArray *
parse_take(char *text)
{
    g_autofree char *owned = text;
    guint ignored;
    GPtrArray *sentences = cfp_parse_sentences(owned, &ignored);

    ASSERT_UINT(ignored, 0);
    ASSERT_TRUE(owned[0] == '\0' || g_str_has_suffix(owned, "\n"));
    for (guint i = 0; i < sentences->len; i++) {
        const CfpParsedSentence *sentence = g_ptr_array_index(sentences, i);

        ASSERT_UINT(sentence->n_written, g_hash_table_size(sentence->attributes));
    }
    return sentences;
}

static const CfpParsedSentence *
nth(const GPtrArray *sentences, guint i)
{
    return g_ptr_array_index(sentences, i);
}

static const CfpParsedSentence *
find(const GPtrArray *sentences, const char *keyword, const char *name, const char *value)
{
    for (guint i = 0; i < sentences->len; i++)
        if (strcmp(nth(sentences, i)->keyword, keyword) == 0 &&
            g_strcmp0(cfp_parsed_get(nth(sentences, i), name), value) == 0)
            return nth(sentences, i);
    return NULL;
}

static const CfpParsedSentence *
arg_of(const GPtrArray *sentences, CfpOptionId id)
{
    g_autofree char *call = g_strconcat("--", cfp_option(id)->name, NULL);
    const CfpParsedSentence *arg = find(sentences, "arg", "call", call);

    ASSERT_TRUE(arg != NULL);
    return arg;
}

static void
test_interfaces(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_interfaces());
    const CfpParsedSentence *extcap = nth(sentences, 0);
    const CfpParsedSentence *interface = find(sentences, "interface", "value", "cloudflare-pcap");

    ASSERT_STR(extcap->keyword, "extcap");
    ASSERT_STR(cfp_parsed_get(extcap, "version"), CFP_VERSION);
    ASSERT_TRUE(g_str_has_prefix(cfp_parsed_get(extcap, "help"), "https://"));
    ASSERT_TRUE(cfp_parsed_get(extcap, "display") != NULL);
    ASSERT_TRUE(interface != NULL);
    ASSERT_STR(cfp_parsed_get(interface, "display"), "Cloudflare Magic Transit");
}

static void
test_controls(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_interfaces());

    for (guint i = 0; i < sentences->len; i++) {
        if (strcmp(nth(sentences, i)->keyword, "control") != 0)
            continue;
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "number") != NULL);
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "display") != NULL);
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "type") != NULL);
    }
}

static void
test_dlts(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_dlts());

    ASSERT_TRUE(sentences->len >= 1);
    for (guint i = 0; i < sentences->len; i++) {
        ASSERT_STR(nth(sentences, i)->keyword, "dlt");
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "number") != NULL);
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "name") != NULL);
        ASSERT_TRUE(cfp_parsed_get(nth(sentences, i), "display") != NULL);
    }
}

/* ---- the dialog -------------------------------------------------------------------------------
 */

static void
test_every_option_has_a_field(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_config(NULL));
    guint args = 0;

    for (guint i = 0; i < sentences->len; i++)
        args += strcmp(nth(sentences, i)->keyword, "arg") == 0 ? 1 : 0;
    ASSERT_UINT(args, CFP_N_OPTIONS);
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);
        const CfpParsedSentence *arg = arg_of(sentences, id);

        ASSERT_STR(cfp_parsed_get(arg, "display"), option->label);
        ASSERT_STR(cfp_parsed_get(arg, "tooltip"), option->tooltip);
        ASSERT_STR(cfp_parsed_get(arg, "group"), option->group);
        ASSERT_STR(cfp_parsed_get(arg, "validation"), option->validation);
    }
}

/* Newer types and attributes break Wireshark 4.0, or the dialog's promise. */
static void
test_types(void)
{
    static const char *const known[] = {"string",   "password",   "unsigned",
                                        "selector", "fileselect", NULL};
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_config(NULL));

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpParsedSentence *arg = arg_of(sentences, id);
        const CfpOption *option = cfp_option(id);
        g_autofree char *range = g_strdup_printf("%u,%u", option->min, option->max);

        ASSERT_TRUE(g_strv_contains(known, cfp_parsed_get(arg, "type")));
        ASSERT_STR(cfp_parsed_get(arg, "range"), option->kind == CFP_FIELD_INTEGER ? range : NULL);
        ASSERT_TRUE((option->kind == CFP_FIELD_FILE) == (cfp_parsed_get(arg, "mustexist") != NULL));
        ASSERT_STR(cfp_parsed_get(arg, "save"), NULL);
        ASSERT_STR(cfp_parsed_get(arg, "required"), NULL);
    }
}

static void
test_numbers_are_unique(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_config(NULL));
    g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < sentences->len; i++) {
        const char *number = cfp_parsed_get(nth(sentences, i), "number");

        if (strcmp(nth(sentences, i)->keyword, "arg") == 0)
            ASSERT_TRUE(number && g_hash_table_add(numbers, g_strdup(number)));
    }
}

/* Wireshark makes a preference's name of the call: lower case, without dashes. */
static void
test_calls_are_unique(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autoptr(GString) name = g_string_new(cfp_option(id)->name);

        (void)g_string_replace(name, "-", "", 0);
        ASSERT_TRUE(g_hash_table_add(names, g_ascii_strdown(name->str, -1)));
    }
}

/* A value follows the arg it belongs to, and one of them is the default. */
static void
test_selectors(void)
{
    g_autoptr(GPtrArray) sentences = parse_take(cfp_describe_config(NULL));
    const CfpParsedSentence *arg = NULL;
    guint defaults = 1;

    for (guint i = 0; i <= sentences->len; i++) {
        const CfpParsedSentence *next = i < sentences->len ? nth(sentences, i) : NULL;

        if (!next || strcmp(next->keyword, "arg") == 0) {
            ASSERT_UINT(defaults, 1);
            arg = next;
            defaults = arg && strcmp(cfp_parsed_get(arg, "type"), "selector") == 0 ? 0 : 1;
            ASSERT_TRUE(!arg || defaults == 1 || !cfp_parsed_get(arg, "default"));
            continue;
        }
        ASSERT_STR(next->keyword, "value");
        ASSERT_STR(cfp_parsed_get(next, "arg"), cfp_parsed_get(arg, "number"));
        ASSERT_TRUE(cfp_parsed_get(next, "value") && cfp_parsed_get(next, "display"));
        defaults += cfp_parsed_get(next, "default") ? 1 : 0;
    }
}

static void
test_defaults_are_the_built_in_ones(void)
{
    g_autoptr(GPtrArray) sentences = NULL;
    g_autoptr(CfpSettings) settings = NULL;
    CfpArguments none = {{0}};

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++)
        if (cfp_option(id)->environment)
            g_unsetenv(cfp_option(id)->environment);
    sentences = parse_take(cfp_describe_config(NULL));
    settings = cfp_settings_new(&none, NULL, NULL);
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpParsedSentence *arg = arg_of(sentences, id);

        if (cfp_option(id)->kind == CFP_FIELD_SELECTOR) {
            g_autofree char *number = g_strdup(cfp_parsed_get(arg, "number"));

            for (guint i = 0; i < sentences->len; i++) {
                const CfpParsedSentence *value = nth(sentences, i);

                if (strcmp(value->keyword, "value") == 0 &&
                    g_strcmp0(cfp_parsed_get(value, "arg"), number) == 0 &&
                    cfp_parsed_get(value, "default"))
                    ASSERT_STR(cfp_parsed_get(value, "value"), cfp_settings_get(settings, id));
            }
            continue;
        }
        ASSERT_STR(cfp_parsed_get(arg, "default"), cfp_settings_get(settings, id));
    }
}

static void
test_config_file(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = cfp_scratch_write(
        &scratch, "config",
        "[default]\ntime-limit=30\nformat=pcap\napi-token=s3cret\nlog-file=/tmp/a}\n"
        "email=two@example.com\n",
        0600);
    g_autoptr(CfpConfig) config = cfp_config_load(path, NULL);
    g_autofree char *text = cfp_describe_config(config);
    g_autoptr(GPtrArray) sentences = parse_take(g_strdup(text));

    ASSERT_STR(cfp_parsed_get(arg_of(sentences, CFP_OPTION_TIME_LIMIT), "default"), "30");
    ASSERT_STR(cfp_parsed_get(arg_of(sentences, CFP_OPTION_EMAIL), "default"), "two@example.com");
    /* What can't be said is not said. */
    ASSERT_STR(cfp_parsed_get(arg_of(sentences, CFP_OPTION_LOG_FILE), "default"), NULL);
    ASSERT_TRUE(find(sentences, "value", "value", "pcap") != NULL);
    ASSERT_STR(cfp_parsed_get(find(sentences, "value", "value", "pcap"), "default"), "true");
    ASSERT_STR(cfp_parsed_get(find(sentences, "value", "value", "pcapng"), "default"), NULL);
    ASSERT_LACKS(text, "s3cret");
}

static void
test_reload(void)
{
    g_autoptr(GPtrArray) values = parse_take(cfp_describe_reload("format"));
    g_autoptr(GPtrArray) text = parse_take(cfp_describe_reload("start"));
    g_autoptr(GPtrArray) unknown = parse_take(cfp_describe_reload("nosuch"));
    g_autoptr(GPtrArray) dashes = parse_take(cfp_describe_reload("--format"));

    ASSERT_UINT(values->len, 2);
    ASSERT_STR(nth(values, 0)->keyword, "value");
    ASSERT_STR(cfp_parsed_get(nth(values, 0), "value"), "pcapng");
    ASSERT_UINT(text->len, 0);
    ASSERT_UINT(unknown->len, 0);
    ASSERT_UINT(dashes->len, 0);
}

static void
test_help(void)
{
    static const char *const protocol[] = {
        "--extcap-interfaces",
        "--extcap-interface ",
        "--extcap-dlts",
        "--extcap-config",
        "--capture",
        "--extcap-capture-filter",
        "--fifo",
        "--extcap-reload-option",
        "--extcap-version",
        "--extcap-cleanup-postkill",
        "--help",
        "--version",
    };
    g_autofree char *help = cfp_describe_help();

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autofree char *flag = g_strconcat("  --", cfp_option(id)->name, " ", NULL);

        ASSERT_CONTAINS(help, flag);
        ASSERT_CONTAINS(help, cfp_option(id)->label);
        if (cfp_option(id)->environment)
            ASSERT_CONTAINS(help, cfp_option(id)->environment);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(protocol); i++)
        ASSERT_CONTAINS(help, protocol[i]);
    ASSERT_TRUE(g_str_has_suffix(help, "\n"));
    ASSERT_TRUE(g_utf8_validate(help, -1, NULL));
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the plugin and its interface are told", test_interfaces},
        {"controls are whole", test_controls},
        {"link types are whole", test_dlts},
        {"every option has its field, as the table says", test_every_option_has_a_field},
        {"fields have types that every Wireshark knows", test_types},
        {"numbers are unique", test_numbers_are_unique},
        {"calls are unique without their dashes", test_calls_are_unique},
        {"values follow their selector, with one default", test_selectors},
        {"the dialog's defaults are the built-in ones", test_defaults_are_the_built_in_ones},
        {"the config file gives defaults, and never a secret", test_config_file},
        {"a selector can be reloaded, nothing else", test_reload},
        {"the help names every option", test_help},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "describe", cases);
}
