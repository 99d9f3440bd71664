/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "extcap"

#include "action.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/advice.h"
#include "app/capture-filter.h"
#include "app/capture.h"
#include "base/log.h"
#include "control.h"
#include "describe.h"

static int
print_take(char *text)
{
    g_autofree char *owned = text;
    gboolean ok = fputs(owned, stdout) >= 0 && fflush(stdout) == 0;

    return ok ? 0 : 1;
}

static int
fail(const GError *error)
{
    g_autofree char *line = cfp_advice_line(error);

    g_warning("%s", line);
    fprintf(stderr, "%s\n", line);
    return cfp_advice_exit_status(error);
}

/* The dialog's defaults come from the config file when it can be read; what is wrong with it is
 * said when a capture starts, since here nobody would see it. */
static CfpConfig *
load_config_silently(void)
{
    g_autofree char *path = cfp_config_path();

    return cfp_config_load(path, NULL);
}

static int
run_config(void)
{
    g_autoptr(CfpConfig) config = load_config_silently();

    return print_take(cfp_describe_config(config));
}

/* Wireshark shows what is printed here beside the filter field, and takes an exit status for a
 * failure of the check itself. */
static int
run_check_filter(const CfpExtcapRequest *request)
{
    g_autoptr(CfpConfig) config = load_config_silently();
    g_autofree char *names = cfp_settings_declared_default(config, CFP_OPTION_RESOLVE_NAMES);
    g_autoptr(GError) error = NULL;

    if (cfp_capture_filter_check(request->capture_filter, g_strcmp0(names, "yes") == 0, &error))
        return 0;
    return print_take(g_strconcat(error->message, "\n", NULL));
}

/* ---- capture --------------------------------------------------------------------------------- */

/* Where a person sees what happens: Wireshark's status bar and, by hand, the terminal. Under
 * tshark stderr is a pipe, and every byte on it is an error: only the log has it. */
typedef struct {
    CfpControl *control;
    gboolean is_terminal;
} Display;

static void
show_progress(const char *text, void *data)
{
    const Display *display = data;

    g_debug("%s", text);
    cfp_control_show(display->control, text);
    if (display->is_terminal)
        fprintf(stderr, "\r\033[K%s", text);
}

static void
end_progress(const Display *display)
{
    if (display->is_terminal)
        fputs("\r\033[K", stderr);
}

/* Wireshark shows stderr in a message box, tshark as a line. */
static void
show_warning(const GError *warning, void *data)
{
    const Display *display = data;
    g_autofree char *line = cfp_advice_line(warning);

    end_progress(display);
    fprintf(stderr, "warning: %s\n", line);
}

static gboolean
open_log(const CfpSettings *settings, GError **error)
{
    return cfp_log_open(cfp_settings_get(settings, CFP_OPTION_LOG_FILE),
                        cfp_settings_get(settings, CFP_OPTION_LOG_LEVEL), error);
}

static gboolean
capture_into(CfpPump *pump, CfpFifo *fifo, Display *display, const CfpExtcapRequest *request,
             GError **error)
{
    g_autofree char *path = cfp_config_path();
    g_autoptr(CfpConfig) config = cfp_config_load(path, error);
    g_autoptr(CfpSettings) settings = NULL;
    CfpArguments arguments = {{0}};
    gboolean ok;

    if (!config)
        return FALSE;
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++)
        arguments.values[id] = request->values[id];
    settings = cfp_settings_new(&arguments, config, error);
    if (!settings || !open_log(settings, error))
        return FALSE;
    g_message("cloudflare-pcap " CFP_VERSION " begins");
    ok = cfp_capture_run(
        &(CfpCapturePlan){
            .settings = settings,
            .capture_filter = request->capture_filter,
            .pump = pump,
            .fifo = fifo,
            .progress = show_progress,
            .progress_data = display,
            .warn = show_warning,
            .warn_data = display,
        },
        error);
    end_progress(display);
    return ok;
}

/* Wireshark 4.0 waits for ever for a FIFO that is never opened: it is, before anything can fail. */
static int
run_capture(const CfpExtcapRequest *request, const GError *mistake)
{
    g_autoptr(CfpControl) control = cfp_control_open(request->control_in, request->control_out);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpFifo) fifo = NULL;
    Display display = {.control = control, .is_terminal = isatty(STDERR_FILENO) != 0};
    g_autoptr(GError) error = NULL;
    gboolean ok;

    if (!cfp_pump_catch_signals(pump, &error))
        return fail(error);
    fifo = request->fifo ? cfp_fifo_open(pump, request->fifo, &error) : NULL;
    if (!fifo && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return 0;
    if (mistake || !fifo)
        return fail(mistake ? mistake : error);
    ok = capture_into(pump, fifo, &display, request, &error);
    g_clear_pointer(&fifo, cfp_fifo_free);
    return ok ? 0 : fail(error);
}

int
cfp_extcap_action_run(const CfpExtcapRequest *request, const GError *mistake)
{
    if (request->action == CFP_ACTION_CAPTURE)
        return run_capture(request, mistake);
    if (mistake)
        return fail(mistake);
    switch (request->action) {
    case CFP_ACTION_HELP:
        return print_take(cfp_describe_help());
    case CFP_ACTION_VERSION:
        return print_take(g_strdup("cloudflare-pcap " CFP_VERSION "\n"));
    case CFP_ACTION_INTERFACES:
        return print_take(cfp_describe_interfaces());
    case CFP_ACTION_DLTS:
        return print_take(cfp_describe_dlts());
    case CFP_ACTION_CONFIG:
        return run_config();
    case CFP_ACTION_RELOAD:
        return print_take(cfp_describe_reload(request->reload_option));
    case CFP_ACTION_CHECK_FILTER:
        return run_check_filter(request);
    case CFP_ACTION_CLEANUP:
        /* A sample capture leaves nothing running at Cloudflare. */
        return 0;
    case CFP_ACTION_CAPTURE:
    case CFP_ACTION_NONE:
        break;
    }
    return 2;
}
