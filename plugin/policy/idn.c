/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/idn.h"

#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/lazy.h"
#include "shared/cleanup.h"
#include "shared/log.h"

#define IDN_FUNCTIONS(X)                                                                       \
    X(lookup_u8)                                                                               \
    X(free)                                                                                    \
    X(strerror)

struct idn_functions {
#define X(function) __typeof__(idn2_##function) *function;
    IDN_FUNCTIONS(X)
#undef X
};

static struct idn_functions idn;

static int load(struct error *err)
{
    static const struct lazy_symbol symbols[] = {
#define X(function) {"idn2_" #function, offsetof(struct idn_functions, function)},
        IDN_FUNCTIONS(X)
#undef X
    };
    static const char *const libraries[] = {"libidn2.so.0", "libidn2.0.dylib", NULL};
    static bool loaded;
    if (!loaded &&
        lazy_load(libraries, "libidn2-0", symbols, array_length(symbols), &idn, err) < 0)
        return -1;
    loaded = true;
    return 0;
}

bool idn_is_needed(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return true;
    return false;
}

int idn_convert(const char *text, char *out, size_t size, struct error *err)
{
    const char *star = strncmp(text, "*.", 2) == 0 ? "*." : "";
    const char *name = text + strlen(star), *port = name + strcspn(name, ":");
    cleanup_free char *alone = strndup(name, (size_t)(port - name));
    uint8_t *ascii = NULL;
    if (!alone)
        return error_errno(err, "%s", quoted(text));
    if (load(err) < 0)
        return -1;
    const int failed =
        idn.lookup_u8((const uint8_t *)alone, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (failed != IDN2_OK)
        return error_set(err, "%s", idn.strerror(failed));
    const int length = snprintf(out, size, "%s%s%s", star, (const char *)ascii, port);
    idn.free(ascii);
    return length > 0 && (size_t)length < size ? 0 : error_set(err, "too long");
}
