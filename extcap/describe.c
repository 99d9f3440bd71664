/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "describe.h"

#include <string.h>

#include "app/settings.h"
#include "control.h"
#include "sentence.h"

#define HELP_URL "https://developers.cloudflare.com/cloudflare-network-firewall/packet-captures/"

static void
append_take(GString *text, CfpSentence *sentence)
{
    g_autofree char *line = cfp_sentence_end(sentence);

    g_string_append(text, line);
}

/* Declaring a control is what makes Wireshark open the control pipes; its status bar shows the
 * messages also while the toolbar is hidden. */
static void
append_status_control(GString *text)
{
    CfpSentence *control = cfp_sentence_new("control");

    cfp_sentence_add_uint(control, "number", CFP_CONTROL_STATUS);
    cfp_sentence_add(control, "type", "string");
    cfp_sentence_add(control, "display", "Status");
    cfp_sentence_add(control, "tooltip", "What the capture is doing");
    append_take(text, control);
}

char *
cfp_describe_interfaces(void)
{
    GString *text = g_string_new(NULL);
    CfpSentence *extcap = cfp_sentence_new("extcap");
    CfpSentence *interface = cfp_sentence_new("interface");

    cfp_sentence_add(extcap, "version", CFP_VERSION);
    cfp_sentence_add(extcap, "help", HELP_URL);
    cfp_sentence_add(extcap, "display", "Cloudflare PCAP");
    append_take(text, extcap);
    cfp_sentence_add(interface, "value", CFP_EXTCAP_INTERFACE);
    cfp_sentence_add(interface, "display", "Cloudflare Magic Transit");
    append_take(text, interface);
    append_status_control(text);
    return g_string_free(text, FALSE);
}

char *
cfp_describe_dlts(void)
{
    /* What the service sends is not documented, and Wireshark takes whatever the stream says: raw
     * IP is the likeliest (docs/service.md). */
    static const struct {
        guint number;
        const char *name, *display;
    } dlts[] = {
        {101, "RAW", "Raw IP"},
        {1, "EN10MB", "Ethernet"},
    };
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(dlts); i++) {
        CfpSentence *dlt = cfp_sentence_new("dlt");

        cfp_sentence_add_uint(dlt, "number", dlts[i].number);
        cfp_sentence_add(dlt, "name", dlts[i].name);
        cfp_sentence_add(dlt, "display", dlts[i].display);
        append_take(text, dlt);
    }
    return g_string_free(text, FALSE);
}

static const char *
type_of(CfpFieldKind kind)
{
    switch (kind) {
    case CFP_FIELD_STRING:
        return "string";
    case CFP_FIELD_PASSWORD:
        return "password";
    case CFP_FIELD_INTEGER:
        return "unsigned";
    case CFP_FIELD_SELECTOR:
        return "selector";
    case CFP_FIELD_FILE:
        return "fileselect";
    }
    return "string";
}

/* An empty password field looks as if something were missing: say that the secret is known. */
static char *
placeholder_of(const CfpConfig *config, CfpOptionId id)
{
    const CfpOption *option = cfp_option(id);
    const char *place =
        option->kind == CFP_FIELD_PASSWORD ? cfp_settings_secret_place(config, id) : NULL;

    return place ? g_strdup_printf("known from the %s", place) : g_strdup(option->placeholder);
}

static void
append_arg(GString *text, const CfpConfig *config, CfpOptionId id, const char *fallback)
{
    const CfpOption *option = cfp_option(id);
    g_autofree char *call = g_strconcat("--", option->name, NULL);
    g_autofree char *placeholder = placeholder_of(config, id);
    CfpSentence *arg = cfp_sentence_new("arg");

    cfp_sentence_add_uint(arg, "number", (guint)id);
    cfp_sentence_add(arg, "call", call);
    cfp_sentence_add(arg, "display", option->label);
    cfp_sentence_add(arg, "type", type_of(option->kind));
    if (option->kind == CFP_FIELD_INTEGER) {
        g_autofree char *range = g_strdup_printf("%u,%u", option->min, option->max);

        cfp_sentence_add(arg, "range", range);
    }
    if (option->kind != CFP_FIELD_SELECTOR)
        cfp_sentence_add(arg, "default", fallback);
    cfp_sentence_add(arg, "tooltip", option->tooltip);
    cfp_sentence_add(arg, "placeholder", placeholder);
    cfp_sentence_add(arg, "validation", option->validation);
    if (option->kind == CFP_FIELD_FILE)
        cfp_sentence_add(arg, "mustexist", option->must_exist ? "true" : "false");
    cfp_sentence_add(arg, "group", option->group);
    append_take(text, arg);
}

static void
append_values(GString *text, CfpOptionId id, const char *fallback)
{
    const CfpOption *option = cfp_option(id);

    for (const CfpChoice *choice = option->choices; choice && choice->value; choice++) {
        CfpSentence *value = cfp_sentence_new("value");

        cfp_sentence_add_uint(value, "arg", (guint)id);
        cfp_sentence_add(value, "value", choice->value);
        cfp_sentence_add(value, "display", choice->display);
        cfp_sentence_add_true(value, "default", g_strcmp0(choice->value, fallback) == 0);
        append_take(text, value);
    }
}

char *
cfp_describe_config(const CfpConfig *config)
{
    GString *text = g_string_new(NULL);

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autofree char *fallback = cfp_settings_declared_default(config, id);

        append_arg(text, config, id, fallback);
        append_values(text, id, fallback);
    }
    return g_string_free(text, FALSE);
}

char *
cfp_describe_reload(const char *option)
{
    GString *text = g_string_new(NULL);
    CfpOptionId id;

    if (cfp_option_find(option, &id) && cfp_option(id)->kind == CFP_FIELD_SELECTOR)
        append_values(text, id, cfp_option(id)->fallback);
    return g_string_free(text, FALSE);
}

static void
append_option_help(GString *text, const CfpOption *option)
{
    g_autofree char *flag = g_strdup_printf("--%s", option->name);

    g_string_append_printf(text, "  %-24s %s", flag, option->label);
    if (option->kind == CFP_FIELD_SELECTOR) {
        g_string_append(text, " [");
        for (const CfpChoice *c = option->choices; c->value; c++)
            g_string_append_printf(text, "%s%s", c == option->choices ? "" : "|", c->value);
        g_string_append_c(text, ']');
    }
    if (option->fallback)
        g_string_append_printf(text, " (default: %s)", option->fallback);
    if (option->environment)
        g_string_append_printf(text, " (environment: %s)", option->environment);
    g_string_append_c(text, '\n');
}

char *
cfp_describe_help(void)
{
    GString *text = g_string_new(
        "cloudflare-pcap " CFP_VERSION " - packet captures on Cloudflare's edge, in Wireshark\n"
        "\n"
        "Wireshark and tshark run this program for the interface \"" CFP_EXTCAP_INTERFACE "\":\n"
        "  tshark -i " CFP_EXTCAP_INTERFACE " -o extcap.cloudflare_pcap.accountid:ID\n"
        "It can also be run by hand, into a file or a pipe:\n"
        "  cloudflare-pcap --capture --extcap-interface " CFP_EXTCAP_INTERFACE
        " --fifo out.pcapng --account-id ID\n"
        "  cloudflare-pcap --capture --extcap-interface " CFP_EXTCAP_INTERFACE
        " --fifo - --account-id ID | tshark -r -\n"
        "\n"
        "What Wireshark calls:\n"
        "  --extcap-interfaces      List the interfaces\n"
        "  --extcap-interface NAME  The interface meant by the calls below\n"
        "  --extcap-dlts            List its link types\n"
        "  --extcap-config          Describe its dialog\n"
        "  --extcap-reload-option N With --extcap-config: the values of one selector\n"
        "  --extcap-capture-filter F  A capture filter; alone: check it\n"
        "  --capture --fifo FILE    Run a capture and write it to FILE\n"
        "  --extcap-version V       Wireshark's version\n"
        "  --extcap-cleanup-postkill  Clean up after a capture that was killed\n"
        "  --help, --version\n");
    const char *group = NULL;

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);

        if (g_strcmp0(group, option->group) != 0)
            g_string_append_printf(text, "\n%s:\n", option->group);
        group = option->group;
        append_option_help(text, option);
    }
    g_string_append(text, "\nEvery option can have its default in the config file; see the manual "
                          "page cloudflare-pcap(1).\n");
    return g_string_free(text, FALSE);
}
