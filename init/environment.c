/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "init/confine.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

int environment_parse(const char *bytes, size_t length, struct strings *out, struct error *err)
{
    size_t number = 1;
    for (size_t at = 0; at < length; number++) {
        const char *entry = bytes + at, *end = memchr(entry, '\0', length - at);
        if (!end)
            return error_set(err, BOX_ENV ": entry %zu is cut off", number);
        const char *equals = strchr(entry, '=');
        if (!equals)
            return error_set(err, BOX_ENV ": entry %zu has no '='", number);
        cleanup_free char *name = strndup(entry, (size_t)(equals - entry));
        if (!name)
            return error_errno(err, "cannot read " BOX_ENV);
        if (!is_env_name(name))
            return error_set(err, BOX_ENV ": entry %zu: '%s' is no name of a variable", number,
                             quoted(name));
        if (strings_add(out, entry) < 0)
            return error_errno(err, "cannot read " BOX_ENV);
        at += (size_t)(end - entry) + 1;
    }
    return 0;
}

int environment_apply(const struct strings *set, struct error *err)
{
    const struct {
        const char *name, *value;
        bool overwrite; /* what the container says is root's, or the image's choice */
    } own[] = {
        {"HOME", AGENT_HOME, true},
        {"USER", AGENT_USER, true},
        {"LOGNAME", AGENT_USER, true},
        {"SHELL", confined_shell(), true},
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", false},
    };
    for (size_t i = 0; i < array_length(own); i++)
        if (setenv(own[i].name, own[i].value, own[i].overwrite) < 0)
            return error_errno(err, "cannot set %s", own[i].name);
    for (size_t i = 0; i < set->count; i++) {
        const char *equals = strchr(set->items[i], '=');
        cleanup_free char *name = strndup(set->items[i], (size_t)(equals - set->items[i]));
        if (!name || setenv(name, equals + 1, true) < 0)
            return error_errno(err, "cannot set the session's environment");
    }
    return 0;
}

void environment_forget(struct strings *set)
{
    for (size_t i = 0; i < set->count; i++)
        explicit_bzero(set->items[i], strlen(set->items[i]));
    strings_free(set);
}
