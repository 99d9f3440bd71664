/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/capture-filter.h"

#include <gio/gio.h>
#include <signal.h>

#include "base/limits.h"
#include "net/host-lookup.h"
#include "support/asserts.h"
#include "support/child.h"
#include "support/fake-dns.h"
#include "support/quiet.h"

#define A "192.0.2.1"
#define NET "192.0.2.0/24"
#define B "203.0.113.7"
#define A6 "2001:db8::1"

static char a[] = A, b[] = B, net[] = NET, a6[] = A6;

static const CfpFilterV1 any = {.protocol = -1};

static const char *const one_address[] = {A, NULL};
static const char *const other_address[] = {B, NULL};
static const char *const two_addresses[] = {A, A6, NULL};

static const CfpFakeHost hosts[] = {
    {.name = "one.example", .addresses = one_address},
    {.name = "other.example", .addresses = other_address},
    {.name = "two.example", .addresses = two_addresses},
    {.name = NULL},
};

static CfpCaptureFilter *
new_filter(const char *expression, const CfpFilterV1 *fields, CfpPushdownMode mode)
{
    const CfpCaptureFilterOptions options = {
        .expression = expression, .fields = fields, .mode = mode};
    g_autoptr(GError) error = NULL;
    CfpCaptureFilter *filter = cfp_capture_filter_new(&options, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(filter != NULL);
    return filter;
}

/* What the service is asked for, in turn. */
typedef struct {
    CfpFilterV1 choices[CFP_MAX_FILTER_CHOICES];
    size_t n;
} Choices;

static void
clear_choices(Choices *self)
{
    for (size_t i = 0; i < self->n; i++)
        cfp_filter_v1_clear(&self->choices[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choices, clear_choices)

static Choices
choices_of(const CfpCaptureFilter *filter)
{
    Choices choices;

    choices.n = cfp_capture_filter_choices(filter, choices.choices);
    ASSERT_TRUE(choices.n >= 1 && choices.n <= CFP_MAX_FILTER_CHOICES);
    return choices;
}

/* "src host 192.0.2.1 | any". Owned. */
static char *
choices_text(const CfpCaptureFilter *filter)
{
    g_auto(Choices) choices = choices_of(filter);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < choices.n; i++) {
        g_autofree char *one = cfp_filter_v1_to_text(&choices.choices[i]);

        g_string_append_printf(text, "%s%s", i > 0 ? " | " : "", one[0] ? one : "any");
        ASSERT_TRUE(cfp_capture_filter_is_first_choice(filter, &choices.choices[i]) == (i == 0));
    }
    return g_string_free(text, FALSE);
}

/* What is applied here when the service takes `accepted`: "{udp} {src net 192.0.2.0/24}". Owned. */
static char *
local_text(const CfpCaptureFilter *filter, const CfpFilterV1 *accepted)
{
    const char *expressions[2];
    size_t n = cfp_capture_filter_local(filter, accepted, expressions);
    GString *text = g_string_new(NULL);

    ASSERT_TRUE(n <= 2);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%s{%s}", i > 0 ? " " : "", expressions[i]);
    return g_string_free(text, FALSE);
}

static CfpCaptureFilter *
fail(const char *expression, const CfpFilterV1 *fields, CfpPump *pump, GError **error)
{
    g_autoptr(CfpPump) own = cfp_pump_new();
    const CfpCaptureFilterOptions options = {.expression = expression,
                                             .fields = fields,
                                             .mode = CFP_PUSHDOWN_AUTO,
                                             .resolves_names = pump != NULL,
                                             .pump = pump ? pump : own};

    return cfp_capture_filter_new(&options, error);
}

/* ---- choices ---------------------------------------------------------------------------------
 */

typedef struct {
    const char *expression;
    CfpFilterV1 fields;
    CfpPushdownMode mode;
    const char *expected;
} ChoiceRow;

static const ChoiceRow choice_rows[] = {
    {NULL, {.protocol = -1}, CFP_PUSHDOWN_AUTO, "any"},
    {"", {.protocol = -1}, CFP_PUSHDOWN_AUTO, "any"},
    {"host " A, {.protocol = -1}, CFP_PUSHDOWN_AUTO, "any"},
    {"src host " A, {.protocol = -1}, CFP_PUSHDOWN_AUTO, "src host " A " | any"},
    {"src host " A, {.protocol = -1}, CFP_PUSHDOWN_OFF, "any"},
    {"src net " NET " and udp",
     {.protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src net " NET " and protocol 17 | protocol 17 | any"},
    {"src net " NET " and udp", {.protocol = -1}, CFP_PUSHDOWN_STRICT, "protocol 17 | any"},
    {"src host " A " and dst net 10",
     {.protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src host " A " and dst net 10.0.0.0/8 | src host " A " | any"},
    {"udp",
     {.source_address = net, .protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src net " NET " and protocol 17 | protocol 17 | src net " NET " | any"},
    {"udp", {.source_address = net, .protocol = -1}, CFP_PUSHDOWN_OFF, "src net " NET " | any"},
    {"not udp",
     {.source_address = net, .protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src net " NET " | any"},
    {"src host " A,
     {.source_address = net, .protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src host " A " | src net " NET " | any"},
    {NULL,
     {.source_address = a6, .protocol = 6},
     CFP_PUSHDOWN_AUTO,
     "src host " A6 " and protocol 6 | protocol 6"},
    {NULL,
     {.source_address = net, .destination_address = b, .protocol = -1},
     CFP_PUSHDOWN_STRICT,
     "src net " NET " and dst host " B " | dst host " B},
    {"udp dst port 53",
     {.source_address = a, .protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src host " A " and dst port 53 and protocol 17 | src host " A},
    {"src net " NET,
     {.source_address = net, .protocol = -1},
     CFP_PUSHDOWN_AUTO,
     "src net " NET " | any"},
    {"udp src port 53",
     {.source_port = 53, .protocol = 17},
     CFP_PUSHDOWN_AUTO,
     "src port 53 and protocol 17"},
};

static void
test_choices(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(choice_rows); i++) {
        const ChoiceRow *row = &choice_rows[i];
        g_autoptr(CfpCaptureFilter) filter = new_filter(row->expression, &row->fields, row->mode);
        g_autofree char *text = choices_text(filter);

        ASSERT_STR(text, row->expected);
    }
}

static gboolean
is_field_address(const char *choice, const char *field)
{
    /* In the table a field is narrowed to A only. */
    return !field || !choice || strcmp(choice, field) == 0 ||
           (strcmp(field, NET) == 0 && strcmp(choice, A) == 0);
}

/* What a person put into the dialog is asked for as it is, narrower, or not at all. */
static void
test_fields_stay(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(choice_rows); i++) {
        const CfpFilterV1 *fields = &choice_rows[i].fields;
        g_autoptr(CfpCaptureFilter) filter =
            new_filter(choice_rows[i].expression, fields, choice_rows[i].mode);
        g_auto(Choices) choices = choices_of(filter);

        for (size_t c = 0; c < choices.n; c++) {
            const CfpFilterV1 *choice = &choices.choices[c];

            ASSERT_TRUE(is_field_address(choice->source_address, fields->source_address));
            ASSERT_TRUE(is_field_address(choice->destination_address, fields->destination_address));
            ASSERT_TRUE(fields->source_port == 0 || choice->source_port == fields->source_port);
            ASSERT_TRUE(fields->destination_port == 0 ||
                        choice->destination_port == fields->destination_port);
            ASSERT_TRUE(fields->protocol < 0 || choice->protocol == fields->protocol);
        }
    }
}

static void
test_is_first_choice(void)
{
    const CfpFilterV1 fields = {.source_address = net, .protocol = -1};
    CfpFilterV1 other = {.source_address = a, .protocol = 17};
    g_autoptr(CfpCaptureFilter) filter = new_filter("udp", &fields, CFP_PUSHDOWN_AUTO);

    ASSERT_FALSE(cfp_capture_filter_is_first_choice(filter, &any));
    ASSERT_FALSE(cfp_capture_filter_is_first_choice(filter, &fields));
    ASSERT_FALSE(cfp_capture_filter_is_first_choice(filter, &other));
    other.source_address = net;
    ASSERT_TRUE(cfp_capture_filter_is_first_choice(filter, &other));
    other.destination_port = 1;
    ASSERT_FALSE(cfp_capture_filter_is_first_choice(filter, &other));
}

/* ---- here ------------------------------------------------------------------------------------
 */

static void
test_local(void)
{
    static const struct {
        const char *expression;
        CfpFilterV1 fields;
        const char *expected[CFP_MAX_FILTER_CHOICES]; /* for each choice */
    } rows[] = {
        {NULL, {.protocol = -1}, {""}},
        {"", {.source_address = a, .protocol = 17}, {""}},
        {"udp",
         {.source_address = net, .protocol = -1},
         {"{udp}", "{udp} {src net " NET "}", "{udp}", "{udp} {src net " NET "}"}},
        {"src host " A,
         {.source_address = net, .protocol = -1},
         {"{src host " A "}", "{src host " A "}", "{src host " A "} {src net " NET "}"}},
        {"src host " A, {.protocol = -1}, {"{src host " A "}", "{src host " A "}"}},
        {NULL,
         {.source_address = net, .protocol = 17},
         {"", "{src net " NET " and (ip proto 17 or ip6 proto 17)}"}},
        /* Ports and protocols that come from the capture filter are no fields. */
        {"udp src port 53 and dst port 54",
         {.source_address = a, .protocol = -1},
         {"{udp src port 53 and dst port 54}", "{udp src port 53 and dst port 54}"}},
        {NULL,
         {.destination_address = a6, .destination_port = 53, .protocol = -1},
         {"", "{dst host " A6 " and dst port 53}", "{dst host " A6 " and dst port 53}",
          "{dst host " A6 " and dst port 53}"}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpCaptureFilter) filter =
            new_filter(rows[i].expression, &rows[i].fields, CFP_PUSHDOWN_AUTO);
        g_auto(Choices) choices = choices_of(filter);

        for (size_t c = 0; c < CFP_MAX_FILTER_CHOICES; c++) {
            g_autofree char *text = c < choices.n ? local_text(filter, &choices.choices[c]) : NULL;

            ASSERT_STR(text, rows[i].expected[c]);
        }
    }
}

/* Whichever field the service did not take, and none when it took all. */
static void
test_each_field_is_applied_here(void)
{
    const CfpFilterV1 fields = {.source_address = net,
                                .destination_address = b,
                                .source_port = 1234,
                                .destination_port = 53,
                                .protocol = 17};
    CfpFilterV1 accepted[] = {fields, fields, fields, fields, fields, fields, fields};
    const CfpFilterV1 zero = {.protocol = 0};
    g_autoptr(CfpCaptureFilter) filter = new_filter(NULL, &fields, CFP_PUSHDOWN_AUTO);
    g_autoptr(CfpCaptureFilter) zero_filter = new_filter(NULL, &zero, CFP_PUSHDOWN_AUTO);
    const char *expressions[2];

    accepted[0].source_address = NULL;
    accepted[1].destination_address = NULL;
    accepted[2].source_port = 0;
    accepted[3].destination_port = 0;
    accepted[4].protocol = -1;
    accepted[6].source_address = a; /* narrower */
    ASSERT_UINT(cfp_capture_filter_local(zero_filter, &any, expressions), 1);
    ASSERT_STR(expressions[0], "(ip proto 0 or ip6 proto 0)");
    ASSERT_UINT(cfp_capture_filter_local(zero_filter, &zero, expressions), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(accepted); i++) {
        ASSERT_UINT(cfp_capture_filter_local(filter, &accepted[i], expressions), i < 5);
        if (i < 5)
            ASSERT_STR(expressions[0],
                       "src net " NET " and dst host " B " and src port 1234 and dst port 53 and "
                       "(ip proto 17 or ip6 proto 17)");
    }
}

/* ---- words -----------------------------------------------------------------------------------
 */

static void
test_to_text(void)
{
    static const struct {
        const char *expression;
        CfpFilterV1 fields;
        const char *expected;
    } rows[] = {
        {NULL, {.protocol = -1}, NULL},
        {"", {.protocol = -1}, NULL},
        {"tcp or udp", {.protocol = -1}, "tcp or udp"},
        {NULL, {.source_address = a, .protocol = -1}, "src host " A},
        {"tcp or udp",
         {.source_address = a, .source_port = 53, .protocol = -1},
         "(tcp or udp) and (src host " A " and src port 53)"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpCaptureFilter) filter =
            new_filter(rows[i].expression, &rows[i].fields, CFP_PUSHDOWN_AUTO);
        g_autofree char *text = cfp_capture_filter_to_text(filter);

        ASSERT_STR(text, rows[i].expected);
    }
}

#define ALL "Cloudflare applies all of the capture filter; it is applied here again"
#define NOTHING                                                                                    \
    "Cloudflare applies nothing of the capture filter: its packet limit counts before the filter"
#define PART(text)                                                                                 \
    "Cloudflare applies " text "; its packet limit counts before the rest of the filter"
#define ASSUMED                                                                                    \
    ". This rests on how Cloudflare is assumed to read its filter; --pushdown strict assumes less"

static void
test_explain(void)
{
    static const struct {
        const char *expression;
        CfpFilterV1 fields;
        const char *expected[CFP_MAX_FILTER_CHOICES]; /* for each choice */
    } rows[] = {
        {NULL, {.protocol = -1}, {NULL}},
        {"", {.source_address = a, .protocol = -1}, {NULL}},
        {"host " A, {.protocol = -1}, {NOTHING}},
        {"src host " A, {.protocol = -1}, {ALL, NOTHING}},
        {"udp port 53", {.protocol = -1}, {PART("protocol 17"), NOTHING}},
        {"src net " NET, {.protocol = -1}, {ALL ASSUMED, NOTHING}},
        {"src net " NET " and udp", {.protocol = -1}, {ALL ASSUMED, PART("protocol 17"), NOTHING}},
        {"udp", {.protocol = -1}, {PART("protocol 17") ASSUMED, NOTHING}},
        {"udp",
         {.source_address = net, .protocol = -1},
         {ALL, PART("protocol 17"), PART("src net " NET), NOTHING}},
        {"tcp port 80",
         {.source_address = a, .protocol = -1},
         {PART("src host " A " and protocol 6"), PART("src host " A)}},
        {"src net " NET, {.source_address = a, .protocol = -1}, {ALL}},
        {"not udp", {.source_address = net, .protocol = -1}, {PART("src net " NET), NOTHING}},
        {"port 53",
         {.source_address = net, .protocol = 17},
         {PART("src net " NET " and protocol 17"), PART("protocol 17")}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpCaptureFilter) filter =
            new_filter(rows[i].expression, &rows[i].fields, CFP_PUSHDOWN_AUTO);
        g_auto(Choices) choices = choices_of(filter);

        for (size_t c = 0; c < CFP_MAX_FILTER_CHOICES; c++) {
            g_autofree char *text =
                c < choices.n ? cfp_capture_filter_explain(filter, &choices.choices[c]) : NULL;

            ASSERT_STR(text, rows[i].expected[c]);
        }
    }
}

/* ---- names -----------------------------------------------------------------------------------
 */

static void
test_names(void)
{
    static const struct {
        const char *expression, *first_choice, *local, *lookups;
        unsigned n;
    } rows[] = {
        {"src host one.example", "src host " A, "{src host " A "}", "one.example = " A, 1},
        {"src host two.example", "any", "{src host (" A " or " A6 ")}", "two.example = " A ", " A6,
         1},
        {"ip src host two.example", "src host " A, "{ip src host " A "}",
         "two.example = " A ", " A6, 1},
        {"src one.example and dst other.example and not dst one.example",
         "src host " A " and dst host " B, "{src " A " and dst " B " and not dst " A "}",
         "one.example = " A "; other.example = " B, 2},
        /* With one address for all names no packet could pass these. */
        {"src host one.example and not src host other.example", "src host " A,
         "{src host " A " and not src host " B "}", "one.example = " A "; other.example = " B, 2},
        {"udp", "protocol 17", "{udp}", "", 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpPump) pump = cfp_pump_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(CfpCaptureFilter) filter = NULL;
        g_autofree char *choice = NULL;
        g_autofree char *local = NULL;
        g_autofree char *lookups = NULL;
        g_auto(Choices) choices = {.n = 0};

        cfp_fake_dns_set(hosts);
        filter = fail(rows[i].expression, &any, pump, &error);
        ASSERT_NO_ERROR(error);
        choices = choices_of(filter);
        choice = cfp_filter_v1_to_text(&choices.choices[0]);
        local = local_text(filter, &choices.choices[0]);
        lookups = g_strjoinv("; ", (char **)(gsize)cfp_capture_filter_lookups(filter));
        ASSERT_STR(choice[0] ? choice : "any", rows[i].first_choice);
        ASSERT_STR(local, rows[i].local);
        ASSERT_STR(lookups, rows[i].lookups);
        ASSERT_UINT(cfp_fake_dns_count(), rows[i].n);
    }
}

/* What is wrong with the rest of the expression is said before anything is looked up. */
static void
test_names_that_fail(void)
{
    const struct {
        const char *expression;
        GQuark domain;
        int code;
        unsigned lookups;
    } rows[] = {
        {"src host nosuch.example", CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_NOT_FOUND, 1},
        {"host one.example or host nosuch.example", CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_NOT_FOUND,
         2},
        {"host nosuch.example or host one.example", CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_NOT_FOUND,
         1},
        {"host one.example and port", CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, 0},
        {"host one.example and (udp", CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, 0},
        {"host one.example and net other.example", CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME, 0},
        {"one.example", CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME, 0},
        {"src host one.example and src host other.example", CFP_FILTER_ERROR,
         CFP_FILTER_ERROR_CONTRADICTION, 2},
        {"ip6 host one.example", CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME, 1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpPump) pump = cfp_pump_new();
        g_autoptr(GError) error = NULL;

        cfp_fake_dns_set(hosts);
        ASSERT_TRUE(fail(rows[i].expression, &any, pump, &error) == NULL);
        ASSERT_ERROR(error, rows[i].domain, rows[i].code);
        ASSERT_CONTAINS(error->message, rows[i].expression);
        ASSERT_UINT(cfp_fake_dns_count(), rows[i].lookups);
    }
}

static void
test_names_are_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpCaptureFilter) without = NULL;

    cfp_fake_dns_set(hosts);
    ASSERT_TRUE(fail("udp and host one.example", &any, NULL, &error) == NULL);
    ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME);
    ASSERT_CONTAINS(error->message, "\"udp and host one.example\" can't be used");
    ASSERT_CONTAINS(error->message, "\"one.example\"");
    ASSERT_UINT(cfp_fake_dns_count(), 0);
    without = new_filter("udp", &any, CFP_PUSHDOWN_AUTO);
    ASSERT_TRUE(cfp_capture_filter_lookups(without)[0] == NULL);
}

/* ---- errors ----------------------------------------------------------------------------------
 */

static void
test_errors(void)
{
    static const struct {
        const char *expression;
        CfpFilterV1 fields;
        CfpFilterError code;
        const char *part;
    } rows[] = {
        {"tcp port (", {.protocol = -1}, CFP_FILTER_ERROR_SYNTAX, "\"tcp port (\""},
        {"tcp and udp", {.protocol = -1}, CFP_FILTER_ERROR_CONTRADICTION, "\"tcp and udp\""},
        {"tcp and\nudp", {.protocol = -1}, CFP_FILTER_ERROR_CONTRADICTION, "\"tcp and"},
        {"udp", {.protocol = 6}, CFP_FILTER_ERROR_CONTRADICTION, "\"udp\""},
        {"udp", {.protocol = 6}, CFP_FILTER_ERROR_CONTRADICTION, "protocol 6"},
        {"src host " B,
         {.source_address = net, .protocol = -1},
         CFP_FILTER_ERROR_CONTRADICTION,
         "src net " NET},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_TRUE(fail(rows[i].expression, &rows[i].fields, NULL, &error) == NULL);
        ASSERT_ERROR(error, CFP_FILTER_ERROR, rows[i].code);
        ASSERT_CONTAINS(error->message, rows[i].part);
        ASSERT_CONTAINS(error->message, "can't be used: ");
        ASSERT_TRUE(strchr(error->message, '\n') == NULL);
    }
}

/* An expression of `len` bytes: udp, spaces, and the end. Owned. */
static char *
padded(gsize len, const char *end)
{
    GString *text = g_string_new("udp");

    while (text->len + strlen(end) < len)
        g_string_append_c(text, ' ');
    return g_string_free(g_string_append(text, end), FALSE);
}

static void
test_long_expressions_in_messages(void)
{
    g_autoptr(GString) text = g_string_new("udp");
    g_autoptr(GError) error = NULL;

    while (text->len < 5000)
        g_string_append(text, " or host 192.0.2.\303\244");
    ASSERT_TRUE(fail(text->str, &any, NULL, &error) == NULL);
    ASSERT_CONTAINS(error->message, "udp or host 192.0.2.");
    ASSERT_CONTAINS(error->message, "can't be used");
    ASSERT_TRUE(strlen(error->message) < 900);
    ASSERT_TRUE(g_utf8_validate(error->message, -1, NULL));
}

/* ---- checking --------------------------------------------------------------------------------
 */

static void
test_check(void)
{
    static const struct {
        const char *expression;
        int code; /* -1: valid */
        int code_with_names;
    } rows[] = {
        {"", -1, -1},
        {"udp", -1, -1},
        {"arp", -1, -1},
        {"ether host 00:11:22:33:44:55", -1, -1},
        {"vlan 5 and udp", -1, -1},
        {"tcp port (", CFP_FILTER_ERROR_SYNTAX, CFP_FILTER_ERROR_SYNTAX},
        {"tcp and udp", CFP_FILTER_ERROR_CONTRADICTION, CFP_FILTER_ERROR_CONTRADICTION},
        {"tcp prot 80", CFP_FILTER_ERROR_NAME, CFP_FILTER_ERROR_NAME},
        {"host one.example", CFP_FILTER_ERROR_NAME, -1},
        {"udp and src host one.example and dst host other.example", CFP_FILTER_ERROR_NAME, -1},
        /* With one address for all names no packet could pass these. */
        {"src host one.example and not src host other.example", CFP_FILTER_ERROR_NAME, -1},
        {"src host one.example and src host other.example", CFP_FILTER_ERROR_NAME, -1},
        {"host one.example and port", CFP_FILTER_ERROR_NAME, CFP_FILTER_ERROR_SYNTAX},
        {"net one.example", CFP_FILTER_ERROR_NAME, CFP_FILTER_ERROR_NAME},
    };

    cfp_fake_dns_set(hosts);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (int allows = 0; allows < 2; allows++) {
            g_autoptr(GError) error = NULL;
            gboolean ok = cfp_capture_filter_check(rows[i].expression, allows, &error);
            int expected = allows ? rows[i].code_with_names : rows[i].code;

            ASSERT_TRUE(ok == (error == NULL));
            if (expected < 0)
                ASSERT_NO_ERROR(error);
            else
                ASSERT_ERROR(error, CFP_FILTER_ERROR, expected);
        }
    }
    ASSERT_UINT(cfp_fake_dns_count(), 0);
}

static void
test_check_finds_contradictions(void)
{
    static const char *const expressions[] = {
        "tcp and udp",
        "src net 10.0.0.0/8 and src net 11.0.0.0/8",
        "src net 192.0.2.0/24 and src net 10.1.0.0/16",
        "tcp dst port 80 and not dst portrange 1-1024",
        "src host " A " and not src net " NET,
        "icmp[0] = 8 and icmp[0] = 0",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        g_autoptr(GError) failure = NULL;

        ASSERT_FALSE(cfp_capture_filter_check(expressions[i], i % 2, &failure));
        ASSERT_ERROR(failure, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION);
        ASSERT_CONTAINS(failure->message, "no packet can pass");
    }
}

static void
test_check_long(void)
{
    for (int allows = 0; allows < 2; allows++) {
        static const gsize lengths[] = {1024, CFP_MAX_CAPTURE_FILTER, CFP_MAX_CAPTURE_FILTER + 1};

        for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
            g_autofree char *good = padded(lengths[i], " or icmp");
            g_autofree char *bad = padded(lengths[i], " or port");
            g_autoptr(GError) error = NULL;
            g_autoptr(GError) failure = NULL;
            gboolean ok = cfp_capture_filter_check(good, allows, &error);

            ASSERT_UINT(strlen(good), lengths[i]);
            ASSERT_TRUE(ok == (lengths[i] <= CFP_MAX_CAPTURE_FILTER));
            if (!ok) {
                ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
                ASSERT_CONTAINS(error->message, "longer than");
            }
            ASSERT_FALSE(cfp_capture_filter_check(bad, allows, &failure));
            ASSERT_ERROR(failure, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
        }
    }
}

static void
test_check_long_names(void)
{
    g_autofree char *fits = padded(CFP_MAX_CAPTURE_FILTER - 100, " or host one.example");
    g_autofree char *too_long = padded(CFP_MAX_CAPTURE_FILTER + 1, " or host one.example");
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) failure = NULL;

    cfp_fake_dns_set(hosts);
    ASSERT_OK(cfp_capture_filter_check(fits, TRUE, &error), error);
    ASSERT_FALSE(cfp_capture_filter_check(too_long, TRUE, &failure));
    ASSERT_ERROR(failure, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
    ASSERT_CONTAINS(failure->message, "longer than");
    ASSERT_UINT(cfp_fake_dns_count(), 0);
}

/* ---- what takes libpcap minutes -------------------------------------------------------------- */

/* Owned. */
static char *
thousands_of_ports(void)
{
    GString *text = g_string_new("port 1");

    while (text->len + 6 < CFP_MAX_CAPTURE_FILTER)
        g_string_append(text, " or 7");
    return g_string_free(text, FALSE);
}

static int
child_check(void *data)
{
    g_autofree char *expression = thousands_of_ports();
    gint64 start = g_get_monotonic_time();

    (void)data;
    if (!cfp_capture_filter_check(expression, FALSE, NULL) ||
        !cfp_capture_filter_check(expression, TRUE, NULL))
        return 1;
    return g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC ? 0 : 2;
}

static int
child_stopped(void *data)
{
    g_autofree char *expression = thousands_of_ports();
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpCaptureFilter) filter = NULL;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!cfp_pump_catch_signals(pump, NULL) || raise(SIGTERM) != 0)
        return 1;
    filter = cfp_capture_filter_new(
        &(CfpCaptureFilterOptions){.expression = expression, .fields = &any, .pump = pump}, &error);
    return !filter && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? 0 : 2;
}

/* In processes of their own, whose ends end the threads that are left behind. */
static void
test_too_complex(void)
{
    ASSERT_INT(cfp_child_run(child_check, NULL, NULL), 0);
    ASSERT_INT(cfp_child_run(child_stopped, NULL, NULL), 0);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the service is asked for less and less, never for the same again", test_choices},
        {"the dialog's fields are asked for, narrowed or left out", test_fields_stay},
        {"the first choice is known again", test_is_first_choice},
        {"here is applied the filter, and the fields when one was left out", test_local},
        {"each field that the service lacks is applied here", test_each_field_is_applied_here},
        {"filter and fields are told together", test_to_text},
        {"a sentence tells how much Cloudflare applies", test_explain},
        {"names are looked up, each once", test_names},
        {"a name that can't be used is an error, if possible without DNS", test_names_that_fail},
        {"names are refused where they are not to be looked up", test_names_are_refused},
        {"an error tells the expression in one line", test_errors},
        {"a long expression is cut in an error", test_long_expressions_in_messages},
        {"the filter field is checked without DNS", test_check},
        {"the check finds what no packet can pass", test_check_finds_contradictions},
        {"the check takes expressions up to the limit", test_check_long},
        {"the check takes names up to the limit", test_check_long_names},
        {"what takes libpcap minutes neither blocks nor counts as wrong", test_too_complex},
        {NULL, NULL},
    };

    cfp_quiet_log();
    return cfp_test_main(argc, argv, "capture-filter", cases);
}
