/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <string.h>

struct CfpSecret {
    char *text;
};

CfpSecret *
cfp_secret_new(const char *text)
{
    CfpSecret *self = g_new0(CfpSecret, 1);

    self->text = g_strdup(text);
    return self;
}

CfpSecret *
cfp_secret_new_prefixed(const char *prefix, const CfpSecret *secret)
{
    CfpSecret *self = g_new0(CfpSecret, 1);

    self->text = g_strconcat(prefix, secret->text, NULL);
    return self;
}

CfpSecret *
cfp_secret_copy(const CfpSecret *self)
{
    return self ? cfp_secret_new(self->text) : NULL;
}

void
cfp_secret_free(CfpSecret *self)
{
    if (!self)
        return;
    explicit_bzero(self->text, strlen(self->text));
    g_free(self->text);
    g_free(self);
}

const char *
cfp_secret_reveal(const CfpSecret *self)
{
    return self->text;
}

char *
cfp_secret_redact(const CfpSecret *self, const char *text)
{
    g_auto(GStrv) parts = NULL;

    if (!self || self->text[0] == '\0')
        return g_strdup(text);
    parts = g_strsplit(text, self->text, -1);
    return g_strjoinv("***", parts);
}

void
cfp_secret_scrub(char *text)
{
    memset(text, 'X', strlen(text));
}
