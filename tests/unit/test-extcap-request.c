/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include "support/asserts.h"

/* A command line of our own, which may be written to. */
typedef struct {
    char **argv;
    int argc;
    CfpExtcapRequest *request;
    GError *error;
    gboolean ok;
} Line;

static void
clear_line(Line *self)
{
    g_strfreev(self->argv);
    cfp_extcap_request_free(self->request);
    g_clear_error(&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Line, clear_line)

static Line
parse(const char *const *arguments)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    Line self = {0};

    g_strv_builder_add(builder, "cloudflare-pcap");
    for (size_t i = 0; arguments[i]; i++)
        g_strv_builder_add(builder, arguments[i]);
    self.argv = g_strv_builder_end(builder);
    self.argc = (int)g_strv_length(self.argv);
    self.ok = cfp_extcap_request_parse(self.argc, self.argv, &self.request, &self.error);
    ASSERT_TRUE(self.request != NULL);
    ASSERT_TRUE(self.ok == (self.error == NULL));
    return self;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})
#define I "--extcap-interface", "cloudflare-pcap"

static void
check_action(Line line, CfpAction expected)
{
    g_auto(Line) owned = line;

    ASSERT_OK(owned.ok, owned.error);
    ASSERT_TRUE(owned.request->action == expected);
}

static void
check_mistake(Line line, CfpAction action, CfpOptionError code, const char *text)
{
    g_auto(Line) owned = line;

    ASSERT_FALSE(owned.ok);
    ASSERT_ERROR(owned.error, CFP_OPTION_ERROR, code);
    ASSERT_CONTAINS(owned.error->message, text);
    ASSERT_TRUE(owned.request->action == action);
}

static void
test_actions(void)
{
    check_action(PARSE("--help"), CFP_ACTION_HELP);
    check_action(PARSE("-h"), CFP_ACTION_HELP);
    check_action(PARSE("--version"), CFP_ACTION_VERSION);
    check_action(PARSE("-v"), CFP_ACTION_VERSION);
    check_action(PARSE("--extcap-interfaces"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-interfaces", "--extcap-version=4.0"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-version=4.6", "--extcap-interfaces"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-interfaces", "--extcap-version", "4.6"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-version=4.6"), CFP_ACTION_VERSION);
    check_action(PARSE("--extcap-dlts", I), CFP_ACTION_DLTS);
    check_action(PARSE("--extcap-config", I), CFP_ACTION_CONFIG);
    check_action(PARSE("--extcap-config", I, "--extcap-reload-option", "colo"), CFP_ACTION_RELOAD);
    check_action(PARSE("--extcap-capture-filter", "tcp", I), CFP_ACTION_CHECK_FILTER);
    check_action(PARSE("--extcap-capture-filter", ""), CFP_ACTION_CHECK_FILTER);
    check_action(PARSE("--extcap-cleanup-postkill"), CFP_ACTION_CLEANUP);
    check_action(PARSE("--capture", I, "--fifo", "/x"), CFP_ACTION_CAPTURE);
    check_action(PARSE("--capture", I, "--extcap-capture-filter", "tcp", "--fifo", "-"),
                 CFP_ACTION_CAPTURE);
}

/* Every order of the same words says the same. */
static void
test_orders(void)
{
    static const char *const words[5][2] = {
        {"--capture", NULL},    {"--extcap-interface", "cloudflare-pcap"},
        {"--fifo", "/a fifo"},  {"--extcap-capture-filter", "tcp port 80"},
        {"--time-limit", "30"},
    };

    for (guint order = 0; order < 120; order++) {
        size_t left[] = {0, 1, 2, 3, 4};
        const char *arguments[11];
        guint choice = order;
        size_t n = 0;
        g_auto(Line) line = {0};

        /* The order's number in the factorial system. */
        for (guint remaining = 5; remaining > 0; remaining--) {
            guint picked = choice % remaining;
            const char *const *word = words[left[picked]];

            choice /= remaining;
            left[picked] = left[remaining - 1];
            arguments[n++] = word[0];
            if (word[1])
                arguments[n++] = word[1];
        }
        arguments[n] = NULL;
        line = parse(arguments);
        ASSERT_OK(line.ok, line.error);
        ASSERT_TRUE(line.request->action == CFP_ACTION_CAPTURE);
        ASSERT_STR(line.request->interface, "cloudflare-pcap");
        ASSERT_STR(line.request->fifo, "/a fifo");
        ASSERT_STR(line.request->capture_filter, "tcp port 80");
        ASSERT_STR(line.request->values[CFP_OPTION_TIME_LIMIT], "30");
    }
}

static void
test_both_forms(void)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autofree char *flag = g_strconcat("--", cfp_option(id)->name, NULL);
        g_autofree char *joined = g_strconcat(flag, "=a=b", NULL);
        g_autofree char *empty = g_strconcat(flag, "=", NULL);
        g_auto(Line) two = PARSE("--help", flag, "a=b");
        g_auto(Line) one = PARSE("--help", joined);
        g_auto(Line) none = PARSE("--help", empty);

        ASSERT_OK(two.ok, two.error);
        ASSERT_OK(one.ok, one.error);
        ASSERT_OK(none.ok, none.error);
        ASSERT_STR(two.request->values[id], "a=b");
        ASSERT_STR(one.request->values[id], "a=b");
        ASSERT_STR(none.request->values[id], "");
    }
}

static void
test_protocol_values(void)
{
    g_auto(Line) line = PARSE("--capture", "--extcap-interface=cloudflare-pcap", "--fifo=/tmp/a=b",
                              "--extcap-control-in", "/tmp/in", "--extcap-control-out=/tmp/out",
                              "--extcap-capture-filter=tcp[0] = 1");

    ASSERT_OK(line.ok, line.error);
    ASSERT_STR(line.request->fifo, "/tmp/a=b");
    ASSERT_STR(line.request->control_in, "/tmp/in");
    ASSERT_STR(line.request->control_out, "/tmp/out");
    ASSERT_STR(line.request->capture_filter, "tcp[0] = 1");
}

/* Values as Wireshark passes them: whatever they look like. */
static void
test_odd_values(void)
{
    g_auto(Line) line = PARSE("--help", "--start", "--capture", "--email", "-v", "--fifo", "--",
                              "--log-file", "", "--colo", "b}{c d\nx\"'");

    ASSERT_OK(line.ok, line.error);
    ASSERT_STR(line.request->values[CFP_OPTION_START], "--capture");
    ASSERT_STR(line.request->values[CFP_OPTION_EMAIL], "-v");
    ASSERT_STR(line.request->fifo, "--");
    ASSERT_STR(line.request->values[CFP_OPTION_LOG_FILE], "");
    ASSERT_STR(line.request->values[CFP_OPTION_COLO], "b}{c d\nx\"'");
    ASSERT_TRUE(line.request->action == CFP_ACTION_HELP);
}

static void
test_last_one_counts(void)
{
    g_auto(Line) line =
        PARSE("--help", "--start", "1h", "--start=2h", "--fifo", "a", "--fifo", "b");

    ASSERT_STR(line.request->values[CFP_OPTION_START], "2h");
    ASSERT_STR(line.request->fifo, "b");
}

static void
test_unknown_extcap_options(void)
{
    check_action(PARSE("--extcap-interfaces", "--extcap-future"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-future", "--extcap-interfaces"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-future", "5", "--extcap-interfaces"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-future=--x", "--extcap-interfaces"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-interfaces", "--extcap-future", "a value"), CFP_ACTION_INTERFACES);
    check_action(PARSE("--extcap-config", I, "--extcap-config-option-name", "x",
                       "--extcap-config-option-value", "y"),
                 CFP_ACTION_CONFIG);
    {
        g_auto(Line) line = PARSE("--capture", "--extcap-future", I, "--fifo", "/x");

        ASSERT_OK(line.ok, line.error);
        ASSERT_STR(line.request->interface, "cloudflare-pcap");
    }
}

static void
test_mistakes(void)
{
    check_mistake(PARSE("--extcap-interfaces", "--nosuch"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "unknown option --nosuch");
    check_mistake(PARSE("--extcap-interfaces", "--nosuch=5"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "--nosuch");
    check_mistake(PARSE("--extcap-interfaces", "word"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "argument 2 is no option");
    check_mistake(PARSE("--extcap-interfaces", "--"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "argument 2 is no option");
    check_mistake(PARSE("--extcap-interfaces", "-x"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "argument 2 is no option");
    check_mistake(PARSE("--extcap-interfaces", ""), CFP_ACTION_INTERFACES, CFP_OPTION_ERROR_UNKNOWN,
                  "argument 2 is no option");
    check_mistake(PARSE("--extcap-interfaces", "--=x"), CFP_ACTION_INTERFACES,
                  CFP_OPTION_ERROR_UNKNOWN, "unknown option --");
    /* The first mistake is told. */
    check_mistake(PARSE("--one", "--two"), CFP_ACTION_NONE, CFP_OPTION_ERROR_UNKNOWN, "--one");
}

static void
test_missing_values(void)
{
    static const char *const names[] = {"--fifo", "--extcap-interface", "--extcap-capture-filter",
                                        "--extcap-reload-option", "--extcap-control-in"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        check_mistake(PARSE("--help", names[i]), CFP_ACTION_HELP, CFP_OPTION_ERROR_MISSING,
                      names[i]);
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autofree char *flag = g_strconcat("--", cfp_option(id)->name, NULL);

        check_mistake(PARSE("--help", flag), CFP_ACTION_HELP, CFP_OPTION_ERROR_MISSING, flag);
    }
}

static void
test_incomplete(void)
{
    static const char *const none[] = {NULL};

    check_mistake(parse(none), CFP_ACTION_NONE, CFP_OPTION_ERROR_UNKNOWN, "no action");
    check_mistake(PARSE(I), CFP_ACTION_NONE, CFP_OPTION_ERROR_UNKNOWN, "no action");
    check_mistake(PARSE("--capture", "--fifo", "x"), CFP_ACTION_CAPTURE, CFP_OPTION_ERROR_MISSING,
                  "--extcap-interface");
    check_mistake(PARSE("--capture", I), CFP_ACTION_CAPTURE, CFP_OPTION_ERROR_MISSING, "--fifo");
    check_mistake(PARSE("--extcap-dlts"), CFP_ACTION_DLTS, CFP_OPTION_ERROR_MISSING,
                  "--extcap-interface");
    check_mistake(PARSE("--extcap-config"), CFP_ACTION_CONFIG, CFP_OPTION_ERROR_MISSING,
                  "--extcap-interface");
    check_mistake(PARSE("--extcap-config", "--extcap-interface", "other"), CFP_ACTION_CONFIG,
                  CFP_OPTION_ERROR_INVALID, "\"other\"");
}

/* So that Wireshark's FIFO can be opened, and the error be told in the way the action needs. */
static void
test_read_behind_a_mistake(void)
{
    g_auto(Line) line = PARSE("--nosuch", "--capture", I, "--fifo", "/tmp/x", "--time-limit", "30");

    ASSERT_FALSE(line.ok);
    ASSERT_TRUE(line.request->action == CFP_ACTION_CAPTURE);
    ASSERT_STR(line.request->fifo, "/tmp/x");
    ASSERT_STR(line.request->values[CFP_OPTION_TIME_LIMIT], "30");
}

/* ---- secrets ------------------------------------------------------------------------------- */

static void
check_scrubbed(Line line, const char *token, const char *key)
{
    g_auto(Line) owned = line;

    for (int i = 0; i < owned.argc; i++)
        ASSERT_LACKS(owned.argv[i], "s3cret");
    ASSERT_STR(owned.request->values[CFP_OPTION_API_TOKEN], token);
    ASSERT_STR(owned.request->values[CFP_OPTION_API_KEY], key);
    if (owned.error)
        ASSERT_LACKS(owned.error->message, "s3cret");
}

static void
test_secrets(void)
{
    check_scrubbed(PARSE("--capture", I, "--fifo", "x", "--api-token", "s3cret"), "s3cret", NULL);
    check_scrubbed(PARSE("--capture", I, "--fifo", "x", "--api-token=s3cret"), "s3cret", NULL);
    check_scrubbed(
        PARSE("--capture", I, "--fifo", "x", "--api-key", "s3cret", "--api-token", "s3cret2"),
        "s3cret2", "s3cret");
    /* Both of two. */
    check_scrubbed(PARSE("--help", "--api-token", "s3cret1", "--api-token", "s3cret2"), "s3cret2",
                   NULL);
}

static void
test_secrets_with_mistakes(void)
{
    check_scrubbed(PARSE("--nosuch", "--api-token", "s3cret"), "s3cret", NULL);
    check_scrubbed(PARSE("word", "--api-token=s3cret", "--nosuch", "--api-key", "s3cret"), "s3cret",
                   "s3cret");
    check_scrubbed(PARSE("--api-token", "s3cret", "--fifo"), "s3cret", NULL);
    check_scrubbed(PARSE("--capture", "--api-token", "s3cret"), "s3cret", NULL);
}

static void
test_length_stays(void)
{
    g_auto(Line) line = PARSE("--help", "--api-token", "s3cret", "--api-key=k3y");

    ASSERT_STR(line.argv[3], "XXXXXX");
    ASSERT_STR(line.argv[4], "--api-key=XXX");
}

static void
test_free_nothing(void)
{
    cfp_extcap_request_free(NULL);
    CU_PASS("no crash");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"every call of Wireshark is understood", test_actions},
        {"arguments come in any order", test_orders},
        {"values stand behind a blank or an equals sign", test_both_forms},
        {"the protocol's own values are read", test_protocol_values},
        {"a value may look like an option", test_odd_values},
        {"of two values the last one counts", test_last_one_counts},
        {"what a newer Wireshark says is ignored", test_unknown_extcap_options},
        {"anything else that is unknown is a mistake", test_mistakes},
        {"a value that is missing is a mistake", test_missing_values},
        {"an action needs what belongs to it", test_incomplete},
        {"what stands behind a mistake is read", test_read_behind_a_mistake},
        {"secrets leave the command line", test_secrets},
        {"secrets leave the command line with mistakes in it", test_secrets_with_mistakes},
        {"a scrubbed secret keeps its length and its option", test_length_stays},
        {"freeing nothing is allowed", test_free_nothing},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "extcap-request", cases);
}
