/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/options.h"

#include <string.h>

#include "service/fault.h"

/* The options that are turned into something else, as they come from the command line: most are one
 * of some words. */
typedef struct {
    char *format;
    char *gzip;
    char *create_status;
    char *turn;
    char *refuse;
    char *ratelimit;
    char *empty;
    char *traffic;
    char *reading;
} Words;

static void
clear_words(Words *words)
{
    g_free(words->format);
    g_free(words->gzip);
    g_free(words->create_status);
    g_free(words->turn);
    g_free(words->refuse);
    g_free(words->ratelimit);
    g_free(words->empty);
    g_free(words->traffic);
    g_free(words->reading);
}

/* NULL is the first word, the default. */
static gboolean
find_word(const char *option, const char *value, const char *const *choices, int *index,
          GError **error)
{
    *index = 0;
    if (!value)
        return TRUE;
    g_autoptr(GString) all = g_string_new(NULL);
    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], value) == 0) {
            *index = i;
            return TRUE;
        }
        g_string_append_printf(all, "%s%s", i ? "|" : "", choices[i]);
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s: \"%s\" is not one of %s",
                option, value, all->str);
    return FALSE;
}

static gboolean
read_words(CfpServiceOptions *options, const Words *words, GError **error)
{
    static const char *const formats[] = {"pcap",       "pcap-ns", "pcap-be",
                                          "pcap-ns-be", "pcapng",  NULL};
    static const char *const gzips[] = {"off", "body", "encoding", NULL};
    static const char *const creations[] = {"pending", "success", NULL};
    static const char *const turns[] = {"off", "429", "400", NULL};
    static const char *const refusals[] = {"none", "cidr", "ipv6", "both", NULL};
    static const char *const switches[] = {"on", "off", NULL};
    static const char *const empties[] = {"header", "bytes", "404", "failed", "none", NULL};
    static const char *const readings[] = {"liberal", "narrow", NULL};
    int format, gzip, created, turn, refused, limited, empty, reading;

    if (!find_word("format", words->format, formats, &format, error) ||
        !find_word("gzip", words->gzip, gzips, &gzip, error) ||
        !find_word("create-status", words->create_status, creations, &created, error) ||
        !find_word("one-per-minute", words->turn, turns, &turn, error) ||
        !find_word("refuse-address", words->refuse, refusals, &refused, error) ||
        !find_word("ratelimit-headers", words->ratelimit, switches, &limited, error) ||
        !find_word("empty", words->empty, empties, &empty, error) ||
        !find_word("filter-reading", words->reading, readings, &reading, error))
        return FALSE;
    options->format = (CfpServiceFormat)format;
    options->gzip = (CfpServiceGzip)gzip;
    options->is_created_done = created == 1;
    options->turn = (CfpServiceTurn)turn;
    options->refuses_cidr = refused == 1 || refused == 3;
    options->refuses_ipv6 = refused == 2 || refused == 3;
    options->has_ratelimit_headers = limited == 0;
    options->reading = (CfpServiceReading)reading;
    options->empty = empty == 4 ? CFP_SERVICE_EMPTY_HEADER : (CfpServiceEmpty)empty;
    return TRUE;
}

/* The link type is the file's. */
static gboolean
read_traffic(CfpServiceOptions *options, const char *path, GError **error)
{
    if (!path)
        return TRUE;
    options->traffic = cfp_service_traffic_file_read(path, error);
    if (!options->traffic)
        return FALSE;
    options->linktype = cfp_service_traffic_file_linktype(options->traffic);
    return TRUE;
}

static gboolean
is_account_id(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static gboolean
check_values(const CfpServiceOptions *o, GError **error)
{
    const char *problem = NULL;

    if (o->port < 0 || o->port > 65535)
        problem = "--port: not a port number";
    else if (!o->tls_cert != !o->tls_key)
        problem = "--tls-cert and --tls-key belong together";
    else if (!o->email != !o->key)
        problem = "--email and --key belong together";
    else if (!is_account_id(o->account))
        problem = "--account: not 32 hexadecimal digits in lower case";
    else if (o->packets < 0 || o->packets > 100000000)
        problem = "--packets: not in 0-100000000";
    else if (o->snaplen < 0 || o->snaplen > 262144)
        problem = "--snaplen: not in 0-262144";
    else if (o->polls < 0 || o->turn_seconds < 0 || o->list_max < 0)
        problem = "--polls, --turn-seconds, --list-max: negative";
    else if (o->one_full != 0 && (o->one_full < 400 || o->one_full > 599))
        problem = "--one-full: not an error status";
    else if (strcmp(o->final_status, "success") != 0 && strcmp(o->final_status, "complete") != 0 &&
             strcmp(o->final_status, "failed") != 0)
        problem = "--final-status: not one of success|complete|failed";
    else if (!cfp_service_file_knows_linktype(o->linktype))
        problem = "--linktype: not one of 1, 101, 228, 229, 239";
    if (problem)
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
    return problem == NULL;
}

static gboolean
check_faults(const CfpServiceOptions *options, GError **error)
{
    for (char **text = options->faults; text && *text; text++) {
        CfpServiceFault *fault = cfp_service_fault_parse(*text, error);
        if (!fault)
            return FALSE;
        cfp_service_fault_free(fault);
    }
    return TRUE;
}

static gboolean
run_parser(CfpServiceOptions *o, Words *w, const char *const *argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"port", 0, 0, G_OPTION_ARG_INT, &o->port, "Listen on this port (0: any)", "N"},
        {"port-file", 0, 0, G_OPTION_ARG_FILENAME, &o->port_file, "Write the port here", "FILE"},
        {"tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &o->tls_cert, "HTTPS: certificate", "FILE"},
        {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &o->tls_key, "HTTPS: private key", "FILE"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &o->token, "The right bearer token", "T"},
        {"email", 0, 0, G_OPTION_ARG_STRING, &o->email, "The right X-Auth-Email", "E"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &o->key, "The right X-Auth-Key", "K"},
        {"read-only-token", 0, 0, G_OPTION_ARG_STRING, &o->read_only_token,
         "A token without the write permission", "T"},
        {"expired-token", 0, 0, G_OPTION_ARG_STRING, &o->expired_token,
         "A token that is not valid any more", "T"},
        {"account", 0, 0, G_OPTION_ARG_STRING, &o->account, "The account's id", "ID"},
        {"log-file", 0, 0, G_OPTION_ARG_FILENAME, &o->log_file, "One JSON line a request", "FILE"},
        {"file", 0, 0, G_OPTION_ARG_FILENAME, &o->file, "Every download is this file", "FILE"},
        {"traffic", 0, 0, G_OPTION_ARG_FILENAME, &w->traffic,
         "Packets of this pcap file, in place of generated ones", "FILE"},
        {"packets", 0, 0, G_OPTION_ARG_INT64, &o->packets, "Packets on the wire", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "Of the generated traffic and ids", "N"},
        {"snaplen", 0, 0, G_OPTION_ARG_INT, &o->snaplen, "Bytes of a packet (0: all)", "N"},
        {"linktype", 0, 0, G_OPTION_ARG_INT, &o->linktype, "1, 101, 228, 229 or 239", "N"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &w->format, "pcap|pcap-ns|pcap-be|pcap-ns-be|pcapng",
         "F"},
        {"gzip", 0, 0, G_OPTION_ARG_STRING, &w->gzip, "off|body|encoding", "WHERE"},
        {"chunked", 0, 0, G_OPTION_ARG_NONE, &o->is_chunked, "Downloads without length", NULL},
        {"no-range", 0, 0, G_OPTION_ARG_NONE, &o->ignores_range, "Ignore Range", NULL},
        {"create-status", 0, 0, G_OPTION_ARG_STRING, &w->create_status, "pending|success", "S"},
        {"polls", 0, 0, G_OPTION_ARG_INT, &o->polls, "GETs before the final status", "N"},
        {"final-status", 0, 0, G_OPTION_ARG_STRING, &o->final_status, "success|complete|failed",
         "S"},
        {"error-message", 0, 0, G_OPTION_ARG_STRING, &o->error_message, "Of a failed capture",
         "TEXT"},
        {"one-per-minute", 0, 0, G_OPTION_ARG_STRING, &w->turn, "off|429|400", "STATUS"},
        {"turn-seconds", 0, 0, G_OPTION_ARG_INT, &o->turn_seconds, "The minute's length", "S"},
        {"one-full", 0, 0, G_OPTION_ARG_INT, &o->one_full,
         "Refuse a second unfinished full capture with this status (0: allow)", "STATUS"},
        {"refuse-address", 0, 0, G_OPTION_ARG_STRING, &w->refuse, "none|cidr|ipv6|both", "KIND"},
        {"refuse-port-without-protocol", 0, 0, G_OPTION_ARG_NONE, &o->refuses_port_alone,
         "Of a filter_v1: answer 400", NULL},
        {"filter-reading", 0, 0, G_OPTION_ARG_STRING, &w->reading, "liberal|narrow", "HOW"},
        {"list-max", 0, 0, G_OPTION_ARG_INT, &o->list_max, "Captures a list shows", "N"},
        {"ratelimit-headers", 0, 0, G_OPTION_ARG_STRING, &w->ratelimit, "on|off", "SWITCH"},
        {"empty", 0, 0, G_OPTION_ARG_STRING, &w->empty, "none|header|bytes|404|failed", "HOW"},
        {"clock-skew", 0, 0, G_OPTION_ARG_INT64, &o->clock_skew, "Seconds ahead", "S"},
        {"parent-pid", 0, 0, G_OPTION_ARG_INT, &o->parent_pid, "End with this process", "PID"},
        {"exit-with-stdin", 0, 0, G_OPTION_ARG_NONE, &o->exits_with_stdin,
         "End when standard input closes", NULL},
        {"challenge", 0, 0, G_OPTION_ARG_STRING, &o->challenge, "Content of challenges", "TEXT"},
        {"challenge-dir", 0, 0, G_OPTION_ARG_FILENAME, &o->challenge_dir,
         "Write challenge files here", "DIR"},
        {"echo-secrets", 0, 0, G_OPTION_ARG_NONE, &o->echoes_secrets,
         "Answer destination_conf with its keys", NULL},
        {"fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->faults, "See README.md", "SCRIPT"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- the PCAPs API for tests");
    /* The parser takes words out of the array. */
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (; *argv; argv++)
        g_strv_builder_add(builder, *argv);
    g_auto(GStrv) copy = g_strv_builder_end(builder);

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, &copy, error))
        return FALSE;
    if (g_strv_length(copy) > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "\"%s\" is not an option",
                    copy[1]);
        return FALSE;
    }
    return TRUE;
}

static void
set_default(char **value, const char *text)
{
    if (!*value)
        *value = g_strdup(text);
}

CfpServiceOptions *
cfp_service_options_parse(const char *const *argv, GError **error)
{
    g_autoptr(CfpServiceOptions) options = g_new0(CfpServiceOptions, 1);
    Words words = {0};

    options->packets = 2000;
    options->seed = 1;
    options->snaplen = 160;
    options->linktype = 101;
    options->polls = 1;
    options->turn_seconds = 60;
    options->list_max = 50;
    gboolean is_read = run_parser(options, &words, argv, error);
    set_default(&options->token, "test-token");
    set_default(&options->account, "0123456789abcdef0123456789abcdef");
    set_default(&options->final_status, "success");
    set_default(&options->challenge, "test-challenge");
    is_read = is_read && read_words(options, &words, error) && check_values(options, error) &&
              check_faults(options, error) && read_traffic(options, words.traffic, error);
    clear_words(&words);
    return is_read ? g_steal_pointer(&options) : NULL;
}

void
cfp_service_options_free(CfpServiceOptions *options)
{
    if (!options)
        return;
    char *const strings[] = {
        options->port_file,     options->tls_cert,
        options->tls_key,       options->token,
        options->email,         options->key,
        options->expired_token, options->read_only_token,
        options->account,       options->log_file,
        options->file,          options->final_status,
        options->error_message, options->challenge,
        options->challenge_dir,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    cfp_service_traffic_file_free(options->traffic);
    g_strfreev(options->faults);
    g_free(options);
}
