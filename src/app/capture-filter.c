/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "filter"

#include "app/capture-filter.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "filter/host-names.h"
#include "filter/packet-space.h"
#include "net/host-lookup.h"
#include "net/worker.h"

/* An expression in a message or a comment. */
#define MAX_SHOWN 300u

struct CfpCaptureFilter {
    char *expression; /* with addresses in the place of names; NULL: none */
    CfpFilterV1 fields;
    char *fields_expression; /* NULL: none */
    CfpPushdown pushdown;
    GPtrArray *lookups; /* texts, ended by NULL */
};

/* ---- what takes long ----------------------------------------------------------------------- */

/* What the thread works on. */
typedef struct {
    char *expression;
    CfpFilterV1 fields;
    CfpPushdownMode mode;
    gboolean ok;
    CfpPushdown pushdown;
    GError *error;
} Computation;

static void
clear_computation(void *computation)
{
    Computation *self = computation;

    g_free(self->expression);
    cfp_filter_v1_clear(&self->fields);
    cfp_pushdown_clear(&self->pushdown);
    g_clear_error(&self->error);
}

static void
release_computation(Computation *self)
{
    g_atomic_rc_box_release_full(self, clear_computation);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Computation, release_computation)

static void
run_computation(void *box)
{
    Computation *self = box;

    self->ok = cfp_pushdown_compute(self->expression, &self->fields, self->mode, &self->pushdown,
                                    &self->error);
}

static gboolean
take_result(Computation *self, CfpPushdown *ret_pushdown, GError **error)
{
    if (!self->ok) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    *ret_pushdown = self->pushdown;
    self->pushdown = (CfpPushdown){.filter = {.protocol = -1}};
    return TRUE;
}

/* cfp_pushdown_compute() with a deadline. libpcap can't be interrupted: a long expression has a
 * thread of its own. */
static gboolean
compute(CfpPump *pump, guint timeout_ms, const char *expression, const CfpFilterV1 *fields,
        CfpPushdownMode mode, CfpPushdown *ret_pushdown, GError **error)
{
    g_autoptr(Computation) self = NULL;

    if (!expression || strlen(expression) <= CFP_SHORT_CAPTURE_FILTER)
        return cfp_pushdown_compute(expression, fields, mode, ret_pushdown, error);
    self = g_atomic_rc_box_new0(Computation);
    self->expression = g_strdup(expression);
    self->mode = mode;
    cfp_filter_v1_copy(&self->fields, fields);
    switch (cfp_worker_run(pump, run_computation, self, clear_computation, timeout_ms, error)) {
    case CFP_WORK_DONE:
        return take_result(self, ret_pushdown, error);
    case CFP_WORK_LATE:
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_TOO_COMPLEX,
                         "libpcap has not compiled it after %u s", timeout_ms / 1000);
    case CFP_WORK_FAILED:
        break;
    }
    return FALSE;
}

/* ---- host names ------------------------------------------------------------------------------ */

static gboolean
look_up(CfpCaptureFilter *self, CfpPump *pump, const char *name, GHashTable *addresses,
        GError **error)
{
    char **found = NULL;
    g_autofree char *joined = NULL;

    if (!cfp_host_lookup(pump, name, CFP_LOOKUP_TIMEOUT_MS, &found, error))
        return FALSE;
    joined = g_strjoinv(", ", found);
    g_message("%s = %s", name, joined);
    g_ptr_array_add(self->lookups, g_strdup_printf("%s = %s", name, joined));
    g_hash_table_insert(addresses, g_strdup(name), found);
    return TRUE;
}

/* Whether the expression is one when its names are: all of them are given the same addresses, so
 * that packets that can pass may seem not to. */
static gboolean
check_with_names(CfpPump *pump, guint timeout_ms, const char *expression, GError **error)
{
    static const CfpFilterV1 any = {.protocol = -1};
    g_auto(CfpPushdown) pushdown = {.filter = {.protocol = -1}};
    g_autofree char *trial = cfp_filter_replace_host_names(expression, NULL, error);
    g_autoptr(GError) failure = NULL;

    if (!trial)
        return FALSE;
    if (compute(pump, timeout_ms, trial, &any, CFP_PUSHDOWN_OFF, &pushdown, &failure) ||
        g_error_matches(failure, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
check_now(CfpPump *pump, const char *expression, gboolean allows_names, GError **error)
{
    static const CfpFilterV1 any = {.protocol = -1};
    g_auto(CfpPushdown) pushdown = {.filter = {.protocol = -1}};
    g_autofree char *name = cfp_filter_find_host_name(expression);

    if (allows_names && name)
        return check_with_names(pump, CFP_FILTER_CHECK_TIMEOUT_MS, expression, error);
    return compute(pump, CFP_FILTER_CHECK_TIMEOUT_MS, expression, &any, CFP_PUSHDOWN_OFF, &pushdown,
                   error);
}

gboolean
cfp_capture_filter_check(const char *expression, gboolean allows_names, GError **error)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) failure = NULL;

    if (check_now(pump, expression, allows_names, &failure) ||
        g_error_matches(failure, CFP_FILTER_ERROR, CFP_FILTER_ERROR_TOO_COMPLEX))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* The expression without names. What is wrong with it otherwise is said before anything is looked
 * up. Owned. */
static char *
resolve_names(CfpCaptureFilter *self, const char *expression, CfpPump *pump, GError **error)
{
    g_autoptr(GHashTable) addresses =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    g_auto(GStrv) names = cfp_filter_list_host_names(expression, error);

    if (!names)
        return NULL;
    if (!names[0])
        return g_strdup(expression);
    if (!check_with_names(pump, CFP_FILTER_TIMEOUT_MS, expression, error))
        return NULL;
    for (char **name = names; *name; name++)
        if (!look_up(self, pump, *name, addresses, error))
            return NULL;
    return cfp_filter_replace_host_names(expression, addresses, error);
}

/* ---- construction ---------------------------------------------------------------------------- */

static gboolean
prepare(CfpCaptureFilter *self, const CfpCaptureFilterOptions *options, GError **error)
{
    if (options->expression && options->expression[0] != '\0') {
        self->expression = options->resolves_names
                               ? resolve_names(self, options->expression, options->pump, error)
                               : g_strdup(options->expression);
        if (!self->expression)
            return FALSE;
    }
    return compute(options->pump, CFP_FILTER_TIMEOUT_MS, self->expression, &self->fields,
                   options->mode, &self->pushdown, error);
}

CfpCaptureFilter *
cfp_capture_filter_new(const CfpCaptureFilterOptions *options, GError **error)
{
    g_autoptr(CfpCaptureFilter) self = g_new0(CfpCaptureFilter, 1);
    g_autofree char *shown = NULL;

    self->lookups = g_ptr_array_new_with_free_func(g_free);
    self->pushdown.filter.protocol = -1;
    cfp_filter_v1_copy(&self->fields, options->fields);
    if (!cfp_filter_v1_is_empty(&self->fields))
        self->fields_expression = cfp_filter_v1_to_expression(&self->fields);
    if (prepare(self, options, error)) {
        g_ptr_array_add(self->lookups, NULL);
        return g_steal_pointer(&self);
    }
    shown = cfp_text_one_line(options->expression, MAX_SHOWN);
    (void)cfp_prefix(error, "the capture filter \"%s\" can't be used", shown);
    return NULL;
}

void
cfp_capture_filter_free(CfpCaptureFilter *self)
{
    if (!self)
        return;
    g_free(self->expression);
    g_free(self->fields_expression);
    cfp_filter_v1_clear(&self->fields);
    cfp_pushdown_clear(&self->pushdown);
    g_ptr_array_unref(self->lookups);
    g_free(self);
}

const char *const *
cfp_capture_filter_lookups(const CfpCaptureFilter *self)
{
    return (const char *const *)self->lookups->pdata;
}

/* ---- at Cloudflare and here ---------------------------------------------------------------- */

static void
add_choice(CfpFilterV1 *choices, size_t *n, const CfpFilterV1 *filter, gboolean drops_addresses,
           gboolean drops_ports)
{
    CfpFilterV1 choice;

    cfp_filter_v1_copy(&choice, filter);
    if (drops_addresses)
        (void)cfp_filter_v1_drop_doubtful(&choice);
    if (drops_ports)
        (void)cfp_filter_v1_drop_bare_ports(&choice);
    for (size_t i = 0; i < *n; i++) {
        if (cfp_filter_v1_equal(&choices[i], &choice)) {
            cfp_filter_v1_clear(&choice);
            return;
        }
    }
    choices[(*n)++] = choice;
}

size_t
cfp_capture_filter_choices(const CfpCaptureFilter *self, CfpFilterV1 *choices)
{
    size_t n = 0;

    add_choice(choices, &n, &self->pushdown.filter, FALSE, FALSE);
    add_choice(choices, &n, &self->pushdown.filter, TRUE, FALSE);
    add_choice(choices, &n, &self->pushdown.filter, FALSE, TRUE);
    add_choice(choices, &n, &self->pushdown.filter, TRUE, TRUE);
    add_choice(choices, &n, &self->fields, FALSE, FALSE);
    add_choice(choices, &n, &self->fields, TRUE, TRUE);
    return n;
}

gboolean
cfp_capture_filter_is_first_choice(const CfpCaptureFilter *self, const CfpFilterV1 *accepted)
{
    return cfp_filter_v1_equal(accepted, &self->pushdown.filter);
}

/* Whether each field is in the filter: an address perhaps narrower, since filters are made from the
 * fields by narrowing and leaving out. */
static gboolean
has_all_fields(const CfpFilterV1 *filter, const CfpFilterV1 *fields)
{
    return (!fields->source_address || filter->source_address) &&
           (!fields->destination_address || filter->destination_address) &&
           (fields->source_port == 0 || filter->source_port == fields->source_port) &&
           (fields->destination_port == 0 ||
            filter->destination_port == fields->destination_port) &&
           (fields->protocol < 0 || filter->protocol == fields->protocol);
}

size_t
cfp_capture_filter_local(const CfpCaptureFilter *self, const CfpFilterV1 *accepted,
                         const char *ret_expressions[2])
{
    size_t n = 0;

    if (self->expression)
        ret_expressions[n++] = self->expression;
    if (self->fields_expression && !has_all_fields(accepted, &self->fields))
        ret_expressions[n++] = self->fields_expression;
    return n;
}

const CfpBpf *
cfp_capture_filter_program(const CfpCaptureFilter *self, uint32_t linktype)
{
    if (linktype == CFP_LINKTYPE_RAW)
        return self->pushdown.raw;
    return linktype == CFP_LINKTYPE_ETHERNET ? self->pushdown.ethernet : NULL;
}

char *
cfp_capture_filter_to_text(const CfpCaptureFilter *self)
{
    if (self->expression && self->fields_expression)
        return g_strdup_printf("(%s) and (%s)", self->expression, self->fields_expression);
    return g_strdup(self->expression ? self->expression : self->fields_expression);
}

/* The part of an explanation that says what it rests on. */
static const char *
assumption(const CfpCaptureFilter *self, const CfpFilterV1 *accepted)
{
    return self->pushdown.is_certain || !cfp_filter_v1_equal(accepted, &self->pushdown.filter)
               ? ""
               : ". This rests on how Cloudflare is assumed to read its filter; --pushdown strict "
                 "assumes less";
}

char *
cfp_capture_filter_explain(const CfpCaptureFilter *self, const CfpFilterV1 *accepted)
{
    g_autofree char *applied = cfp_filter_v1_to_text(accepted);

    if (!self->expression)
        return NULL;
    if (self->pushdown.is_exact && cfp_filter_v1_equal(accepted, &self->pushdown.filter))
        return g_strdup_printf("Cloudflare applies all of the capture filter; it is applied here "
                               "again%s",
                               assumption(self, accepted));
    if (cfp_filter_v1_is_empty(accepted))
        return g_strdup("Cloudflare applies nothing of the capture filter: its packet limit counts "
                        "before the filter");
    return g_strdup_printf("Cloudflare applies %s; its packet limit counts before the rest of the "
                           "filter%s",
                           applied, assumption(self, accepted));
}

gboolean
cfp_capture_filter_is_certain(const CfpCaptureFilter *self)
{
    return self->pushdown.is_certain;
}
