/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/archive/lib.h"

#include <stdbool.h>
#include <stddef.h>

#include "plugin/lazy.h"
#include "shared/cleanup.h"

struct archive_functions lib;

static const struct lazy_symbol symbols[] = {
#define X(function) {"archive_" #function, offsetof(struct archive_functions, function)},
    ARCHIVE_FUNCTIONS(X)
#undef X
};

int archive_lib_load(struct error *err)
{
    static const char *const names[] = {"libarchive.so.13", "libarchive.13.dylib", NULL};
    static bool loaded;
    if (!loaded &&
        lazy_load(names, "libarchive13", symbols, array_length(symbols), &lib, err) < 0)
        return -1;
    loaded = true;
    return 0;
}
