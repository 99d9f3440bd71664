/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/settings.h"

#include <gio/gio.h>
#include <string.h>

#include "app/protocols.h"
#include "app/start-time.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

/* From the strongest to the weakest. */
typedef enum { PLACE_ARGUMENT, PLACE_ENVIRONMENT, PLACE_PROFILE, PLACE_DEFAULT, N_PLACES } Place;

typedef struct {
    char *text;   /* NULL: not set here */
    char *origin; /* for messages */
} Value;

struct CfpSettings {
    Value values[CFP_N_OPTIONS][N_PLACES];
};

static gboolean
is_secret(CfpOptionId id)
{
    return cfp_option(id)->kind == CFP_FIELD_PASSWORD;
}

static void
set_value(CfpSettings *self, CfpOptionId id, Place place, const char *text, const char *origin)
{
    Value *value = &self->values[id][place];

    if (!text || text[0] == '\0')
        return;
    value->text = g_strdup(text);
    value->origin = g_strdup(origin);
}

static void
take_config_value(CfpSettings *self, const CfpConfig *config, const char *profile, CfpOptionId id,
                  Place place)
{
    g_autofree char *origin = NULL;
    g_autofree char *text = cfp_config_get(config, profile, id, &origin);

    if (text)
        set_value(self, id, place, text, origin);
    if (text && is_secret(id))
        explicit_bzero(text, strlen(text));
}

static const char *
environment_value(CfpOptionId id)
{
    const char *name = cfp_option(id)->environment;
    const char *text = name ? g_getenv(name) : NULL;

    return text && text[0] != '\0' ? text : NULL;
}

char *
cfp_settings_declared_default(const CfpConfig *config, CfpOptionId id)
{
    const char *environment = environment_value(id);
    g_autofree char *origin = NULL;
    char *text = NULL;

    if (is_secret(id))
        return NULL;
    if (environment && cfp_option_check(id, environment, "", NULL))
        return g_strdup(environment);
    text = config ? cfp_config_get(config, NULL, id, &origin) : NULL;
    /* What is declared comes back in argv, for everybody to see. */
    if (text && !cfp_option_is_secret(id, text) && cfp_option_check(id, text, "", NULL))
        return text;
    g_free(text);
    return g_strdup(cfp_option(id)->fallback);
}

const char *
cfp_settings_secret_place(const CfpConfig *config, CfpOptionId id)
{
    g_autofree char *origin = NULL;
    char *text;

    if (environment_value(id))
        return "environment";
    text = config ? cfp_config_get(config, NULL, id, &origin) : NULL;
    if (!text)
        return NULL;
    explicit_bzero(text, strlen(text));
    g_free(text);
    return "config file";
}

static gboolean
is_declared_default(const CfpConfig *config, CfpOptionId id, const char *text)
{
    g_autofree char *declared = cfp_settings_declared_default(config, id);

    return g_strcmp0(declared, text) == 0;
}

static void
collect(CfpSettings *self, CfpOptionId id, const CfpArguments *arguments, const CfpConfig *config)
{
    const CfpOption *option = cfp_option(id);
    g_autofree char *flag = g_strconcat("--", option->name, NULL);
    const char *profile = arguments->values[CFP_OPTION_PROFILE];
    const char *argument = arguments->values[id];

    if (profile && profile[0] == '\0')
        profile = NULL;
    if (argument &&
        (!profile || id == CFP_OPTION_PROFILE || !is_declared_default(config, id, argument)))
        set_value(self, id, PLACE_ARGUMENT, argument, flag);
    if (environment_value(id))
        set_value(self, id, PLACE_ENVIRONMENT, environment_value(id), option->environment);
    if (config && profile)
        take_config_value(self, config, profile, id, PLACE_PROFILE);
    if (config)
        take_config_value(self, config, NULL, id, PLACE_DEFAULT);
    if (!self->values[id][PLACE_DEFAULT].text)
        set_value(self, id, PLACE_DEFAULT, option->fallback, "built-in default");
}

static const Value *
strongest(const CfpSettings *self, CfpOptionId id)
{
    for (int place = 0; place < N_PLACES; place++)
        if (self->values[id][place].text)
            return &self->values[id][place];
    return NULL;
}

/* Only the values that count are checked: a mistake in another profile harms nobody. */
static gboolean
check_all(const CfpSettings *self, GError **error)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const Value *value = strongest(self, id);

        if (value && !cfp_option_check(id, value->text, value->origin, error))
            return FALSE;
    }
    return TRUE;
}

CfpSettings *
cfp_settings_new(const CfpArguments *arguments, const CfpConfig *config, GError **error)
{
    g_autoptr(CfpSettings) self = g_new0(CfpSettings, 1);
    const char *profile = arguments->values[CFP_OPTION_PROFILE];

    if (profile && profile[0] != '\0' && config && !cfp_config_has_profile(config, profile, error))
        return NULL;
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++)
        collect(self, id, arguments, config);
    if (!check_all(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
cfp_settings_free(CfpSettings *self)
{
    if (!self)
        return;
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        for (int place = 0; place < N_PLACES; place++) {
            Value *value = &self->values[id][place];

            if (value->text && is_secret(id))
                explicit_bzero(value->text, strlen(value->text));
            g_free(value->text);
            g_free(value->origin);
        }
    }
    g_free(self);
}

const char *
cfp_settings_get(const CfpSettings *self, CfpOptionId id)
{
    const Value *value = strongest(self, id);

    return value && !is_secret(id) ? value->text : NULL;
}

CfpTurn
cfp_settings_turn(const CfpSettings *self)
{
    return g_strcmp0(cfp_settings_get(self, CFP_OPTION_TURN), "fail") == 0 ? CFP_TURN_FAIL
                                                                           : CFP_TURN_WAIT;
}

/* ---- credentials ------------------------------------------------------------------------- */

static gboolean
read_token_file(const Value *file, CfpSecret **ret_token, GError **error)
{
    g_autofree char *text = NULL;
    gboolean ok;

    if (!cfp_config_read_private(file->text, CFP_MAX_CREDENTIAL_FILE, &text, error))
        return cfp_prefix(error, "%s", file->origin);
    if (text[0] == '\0')
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "%s: the token file %s is empty", file->origin, file->text);
    ok = cfp_option_check(CFP_OPTION_API_TOKEN, text, file->text, error);
    if (ok)
        *ret_token = cfp_secret_new(text);
    explicit_bzero(text, strlen(text));
    return ok;
}

static gboolean
credential_at(const CfpSettings *self, Place place, CfpCredential *credential, GError **error)
{
    const Value *token = &self->values[CFP_OPTION_API_TOKEN][place];
    const Value *file = &self->values[CFP_OPTION_API_TOKEN_FILE][place];
    const Value *key = &self->values[CFP_OPTION_API_KEY][place];
    const Value *email = strongest(self, CFP_OPTION_EMAIL);

    if (token->text) {
        credential->token = cfp_secret_new(token->text);
        return TRUE;
    }
    if (file->text)
        return read_token_file(file, &credential->token, error);
    if (!key->text)
        return TRUE;
    if (!email)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
                         "%s needs the e-mail address that belongs to the API key (--email)",
                         key->origin);
    credential->email = g_strdup(email->text);
    credential->key = cfp_secret_new(key->text);
    return TRUE;
}

gboolean
cfp_settings_credential(const CfpSettings *self, CfpCredential *ret_credential, GError **error)
{
    CfpCredential credential = {0};

    for (int place = 0; place < N_PLACES && !credential.token && !credential.key; place++)
        if (!credential_at(self, (Place)place, &credential, error))
            return FALSE;
    if (!credential.token && !credential.key)
        return cfp_throw(
            error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
            "no API token is known: set \"API token\" in the dialog, --api-token-file, "
            "CLOUDFLARE_API_TOKEN or api-token in the config file");
    *ret_credential = credential;
    return TRUE;
}

/* ---- the request ------------------------------------------------------------------------- */

static guint
get_uint(const CfpSettings *self, CfpOptionId id)
{
    const char *text = cfp_settings_get(self, id);

    return text ? (guint)g_ascii_strtoull(text, NULL, 10) : 0;
}

/* ADDRESS or ADDRESS/LENGTH, as the canonical text; NULL when it is neither. */
static char *
normalise_address(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(parts[0]);
    g_autoptr(GInetAddressMask) mask = NULL;
    guint64 length;

    if (!address || !parts[1])
        return address ? g_inet_address_to_string(address) : NULL;
    if (!cfp_text_to_uint(parts[1], 0, g_inet_address_get_native_size(address) * 8, &length))
        return NULL;
    mask = g_inet_address_mask_new(address, (guint)length, NULL);
    return mask ? g_inet_address_mask_to_string(mask) : NULL;
}

static gboolean
take_address(const CfpSettings *self, CfpOptionId id, char **ret_address, GError **error)
{
    const Value *value = strongest(self, id);

    if (!value)
        return TRUE;
    *ret_address = normalise_address(value->text);
    if (*ret_address)
        return TRUE;
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                     "%s: \"%s\" is no IP address or network such as 192.0.2.1, 2001:db8::1 or "
                     "192.0.2.0/24 (a network has no host bits)",
                     value->origin, value->text);
}

static gboolean
check_families(const CfpFilterV1 *filter, GError **error)
{
    if (!filter->source_address || !filter->destination_address ||
        !strchr(filter->source_address, ':') == !strchr(filter->destination_address, ':'))
        return TRUE;
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_CONFLICT,
                     "the addresses %s and %s exclude each other: no packet has an IPv4 and an "
                     "IPv6 address",
                     filter->source_address, filter->destination_address);
}

static gboolean
take_protocol(const CfpSettings *self, int *ret_protocol, GError **error)
{
    const Value *value = strongest(self, CFP_OPTION_PROTOCOL);

    *ret_protocol = -1;
    if (!value || cfp_protocol_parse(value->text, ret_protocol))
        return TRUE;
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                     "%s: \"%s\" is no protocol: use a name such as tcp, udp, icmp, gre or esp, or "
                     "a number from 0 to 255",
                     value->origin, value->text);
}

/* Only these two have ports: with another protocol no packet could pass. */
static gboolean
check_ports(const CfpFilterV1 *filter, GError **error)
{
    static const int with_ports[] = {-1, 6, 17, 33, 132, 136};

    if (filter->source_port == 0 && filter->destination_port == 0)
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(with_ports); i++)
        if (filter->protocol == with_ports[i])
            return TRUE;
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_CONFLICT,
                     "a port and the protocol %d exclude each other: only TCP and UDP have ports",
                     filter->protocol);
}

static gboolean
take_filter(const CfpSettings *self, CfpFilterV1 *filter, GError **error)
{
    filter->source_port = get_uint(self, CFP_OPTION_SOURCE_PORT);
    filter->destination_port = get_uint(self, CFP_OPTION_DESTINATION_PORT);
    return take_address(self, CFP_OPTION_SOURCE_ADDRESS, &filter->source_address, error) &&
           take_address(self, CFP_OPTION_DESTINATION_ADDRESS, &filter->destination_address,
                        error) &&
           take_protocol(self, &filter->protocol, error) && check_families(filter, error) &&
           check_ports(filter, error);
}

static gboolean
take_sample(const CfpSettings *self, CfpCaptureRequest *request, gint64 now_us, GError **error)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();

    if (request->time_limit > CFP_MAX_SAMPLE_TIME_LIMIT)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID,
                         "--time-limit: a sample capture spans at most %u s, not %u",
                         CFP_MAX_SAMPLE_TIME_LIMIT, request->time_limit);
    return cfp_start_time_parse(cfp_settings_get(self, CFP_OPTION_START), now_us, zone,
                                &request->offset_time_us, error);
}

static gboolean
take_full(const CfpSettings *self, CfpCaptureRequest *request, GError **error)
{
    const char *start = cfp_settings_get(self, CFP_OPTION_START);

    if (g_strcmp0(start, "now") != 0)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_CONFLICT,
                         "--start: a full capture begins now, it can't look back");
    request->colo_name = g_strdup(cfp_settings_get(self, CFP_OPTION_COLO));
    request->destination_conf = g_strdup(cfp_settings_get(self, CFP_OPTION_DESTINATION));
    request->byte_limit = get_uint(self, CFP_OPTION_BYTE_LIMIT);
    if (!request->colo_name || !request->destination_conf)
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING,
                         "a full capture needs a data centre (--colo) and a destination bucket "
                         "(--destination)");
    return TRUE;
}

CfpCaptureRequest *
cfp_settings_request(const CfpSettings *self, gint64 now_us, GError **error)
{
    g_autoptr(CfpCaptureRequest) request = cfp_capture_request_new();
    gboolean ok;

    request->type = g_strcmp0(cfp_settings_get(self, CFP_OPTION_TYPE), "full") == 0
                        ? CFP_CAPTURE_FULL
                        : CFP_CAPTURE_SAMPLE;
    request->time_limit = get_uint(self, CFP_OPTION_TIME_LIMIT);
    request->packet_limit = get_uint(self, CFP_OPTION_PACKET_LIMIT);
    ok = take_filter(self, &request->filter, error);
    ok = ok && (request->type == CFP_CAPTURE_FULL ? take_full(self, request, error)
                                                  : take_sample(self, request, now_us, error));
    return ok ? g_steal_pointer(&request) : NULL;
}
