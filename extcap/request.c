/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "describe.h"

/* The protocol's own options; each sets one thing. */
enum {
    FLAG_CAPTURE,
    FLAG_INTERFACES,
    FLAG_DLTS,
    FLAG_CONFIG,
    FLAG_CLEANUP,
    FLAG_HELP,
    FLAG_VERSION,
    FLAG_EXTCAP_VERSION, /* alone it asks for ours */
    N_FLAGS
};

static const char *const flag_names[N_FLAGS] = {
    [FLAG_CAPTURE] = "capture",
    [FLAG_INTERFACES] = "extcap-interfaces",
    [FLAG_DLTS] = "extcap-dlts",
    [FLAG_CONFIG] = "extcap-config",
    [FLAG_CLEANUP] = "extcap-cleanup-postkill",
    [FLAG_HELP] = "help",
    [FLAG_VERSION] = "version",
    [FLAG_EXTCAP_VERSION] = "extcap-version",
};

typedef struct {
    int argc;
    char **argv;
    int next;
    gboolean flags[N_FLAGS];
    CfpExtcapRequest *request;
} Parser;

/* One token, "--name" or "--name=value". */
typedef struct {
    char *name;
    char *value; /* inside argv, behind '='; NULL when there is none */
} Token;

static char **
protocol_value(CfpExtcapRequest *request, const char *name)
{
    if (strcmp(name, "extcap-interface") == 0)
        return &request->interface;
    if (strcmp(name, "extcap-reload-option") == 0)
        return &request->reload_option;
    if (strcmp(name, "extcap-capture-filter") == 0)
        return &request->capture_filter;
    if (strcmp(name, "extcap-control-in") == 0)
        return &request->control_in;
    if (strcmp(name, "extcap-control-out") == 0)
        return &request->control_out;
    if (strcmp(name, "fifo") == 0)
        return &request->fifo;
    return NULL;
}

static gboolean
take_flag(Parser *self, const char *name)
{
    for (int i = 0; i < N_FLAGS; i++) {
        if (strcmp(name, flag_names[i]) == 0) {
            self->flags[i] = TRUE;
            return TRUE;
        }
    }
    return FALSE;
}

/* The value behind '=' or in the next token, which belongs to the option whatever it looks like. */
static char *
take_value(Parser *self, const Token *token, GError **error)
{
    if (token->value)
        return token->value;
    if (self->next < self->argc)
        return self->argv[self->next++];
    cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING, "--%s needs a value", token->name);
    return NULL;
}

static void
skip_extcap_value(Parser *self, const Token *token)
{
    if (!token->value && self->next < self->argc && self->argv[self->next][0] != '-')
        self->next++;
}

static gboolean
take_own_option(Parser *self, const Token *token, CfpOptionId id, GError **error)
{
    char *value = take_value(self, token, error);
    char **member = &self->request->values[id];

    if (!value)
        return FALSE;
    g_free(*member);
    *member = g_strdup(value);
    if (cfp_option_is_secret(id, value))
        cfp_secret_scrub(value);
    return TRUE;
}

static gboolean
take_option(Parser *self, const Token *token, GError **error)
{
    char **member = protocol_value(self->request, token->name);
    CfpOptionId id;

    if (take_flag(self, token->name)) {
        if (strcmp(token->name, flag_names[FLAG_EXTCAP_VERSION]) == 0)
            skip_extcap_value(self, token);
        return TRUE;
    }
    if (member) {
        char *value = take_value(self, token, error);

        g_free(*member);
        *member = g_strdup(value);
        return value != NULL;
    }
    if (cfp_option_find(token->name, &id))
        return take_own_option(self, token, id, error);
    if (g_str_has_prefix(token->name, "extcap-")) {
        skip_extcap_value(self, token);
        return TRUE;
    }
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_UNKNOWN, "unknown option --%s",
                     token->name);
}

static gboolean
take_token(Parser *self, GError **error)
{
    char *text = self->argv[self->next++];
    g_autofree char *name = NULL;
    Token token = {0};
    char *equals;

    if (strcmp(text, "-h") == 0) {
        self->flags[FLAG_HELP] = TRUE;
        return TRUE;
    }
    if (strcmp(text, "-v") == 0) {
        self->flags[FLAG_VERSION] = TRUE;
        return TRUE;
    }
    if (!g_str_has_prefix(text, "--") || text[2] == '\0')
        /* Not repeated: it may be a secret that got apart from its option. */
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_UNKNOWN,
                         "argument %d is no option: every option begins with --", self->next - 1);
    equals = strchr(text, '=');
    name = equals ? g_strndup(text + 2, (gsize)(equals - text) - 2) : g_strdup(text + 2);
    token.name = name;
    token.value = equals ? equals + 1 : NULL;
    return take_option(self, &token, error);
}

static CfpAction
choose_action(const Parser *self)
{
    if (self->flags[FLAG_HELP])
        return CFP_ACTION_HELP;
    if (self->flags[FLAG_VERSION])
        return CFP_ACTION_VERSION;
    if (self->flags[FLAG_CLEANUP])
        return CFP_ACTION_CLEANUP;
    if (self->flags[FLAG_CAPTURE])
        return CFP_ACTION_CAPTURE;
    if (self->flags[FLAG_INTERFACES])
        return CFP_ACTION_INTERFACES;
    if (self->flags[FLAG_DLTS])
        return CFP_ACTION_DLTS;
    if (self->flags[FLAG_CONFIG])
        return self->request->reload_option ? CFP_ACTION_RELOAD : CFP_ACTION_CONFIG;
    if (self->request->capture_filter)
        return CFP_ACTION_CHECK_FILTER;
    if (self->flags[FLAG_EXTCAP_VERSION])
        return CFP_ACTION_VERSION;
    return CFP_ACTION_NONE;
}

static gboolean
check_complete(const CfpExtcapRequest *request, GError **error)
{
    gboolean needs_interface =
        request->action == CFP_ACTION_CAPTURE || request->action == CFP_ACTION_DLTS ||
        request->action == CFP_ACTION_CONFIG || request->action == CFP_ACTION_RELOAD;

    if (request->action == CFP_ACTION_NONE)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_UNKNOWN,
                         "no action: say what to do, for example --extcap-interfaces or --capture");
    if (needs_interface && !request->interface)
        return cfp_throw(
            error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
            "--extcap-interface is missing: use --extcap-interface " CFP_EXTCAP_INTERFACE);
    if (needs_interface && strcmp(request->interface, CFP_EXTCAP_INTERFACE) != 0)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "there is no interface \"%s\": use " CFP_EXTCAP_INTERFACE,
                         request->interface);
    if (request->action == CFP_ACTION_CAPTURE && !request->fifo)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
                         "--fifo is missing: name a file, or - for standard output");
    return TRUE;
}

gboolean
cfp_extcap_request_parse(int argc, char **argv, CfpExtcapRequest **ret_request, GError **error)
{
    Parser parser = {.argc = argc, .argv = argv, .next = 1};
    GError *first = NULL;

    parser.request = g_new0(CfpExtcapRequest, 1);
    /* To the end also behind a mistake: secrets must be scrubbed and --fifo be known. */
    while (parser.next < argc)
        (void)take_token(&parser, first ? NULL : &first);
    parser.request->action = choose_action(&parser);
    *ret_request = parser.request;
    if (first) {
        g_propagate_error(error, first);
        return FALSE;
    }
    return check_complete(parser.request, error);
}

void
cfp_extcap_request_free(CfpExtcapRequest *self)
{
    if (!self)
        return;
    g_free(self->interface);
    g_free(self->reload_option);
    g_free(self->capture_filter);
    g_free(self->fifo);
    g_free(self->control_in);
    g_free(self->control_out);
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        if (self->values[id] && cfp_option_is_secret(id, self->values[id]))
            explicit_bzero(self->values[id], strlen(self->values[id]));
        g_free(self->values[id]);
    }
    g_free(self);
}
