/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/lazy.h"

#include <dlfcn.h>
#include <string.h>

int lazy_load(const char *const *names, const char *package, const struct lazy_symbol *symbols,
              size_t count, void *functions, struct error *err)
{
    void *library = NULL;
    for (size_t i = 0; names[i] && !library; i++)
        library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        return error_set(err, "cannot load %s: %s\ninstall it: apt-get install %s", names[0],
                         dlerror(), package);
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol)
            return error_set(err, "%s lacks %s: %s is too old", names[0], symbols[i].name,
                             package);
        /* dlsym(3): a function's address comes as a void *, which C cannot cast. */
        memcpy((char *)functions + symbols[i].offset, &symbol, sizeof symbol);
    }
    return 0;
}
