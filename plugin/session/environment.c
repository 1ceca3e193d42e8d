/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/environment.h"

#include <stdio.h>
#include <string.h>

#include "shared/log.h"
#include "shared/parse.h"

/* Where NAME=… is in the list; list->count if it is not. */
static size_t find(const struct strings *list, const char *name, size_t length)
{
    size_t i = 0;
    while (i < list->count &&
           !(strncmp(list->items[i], name, length) == 0 && list->items[i][length] == '='))
        i++;
    return i;
}

/* Takes `text` over. */
static int set(struct strings *list, char *text)
{
    size_t at = find(list, text, strcspn(text, "="));
    if (at < list->count) {
        free(list->items[at]);
        list->items[at] = text;
        return 0;
    }
    int failed = strings_add(list, text);
    free(text);
    return failed;
}

int environment_add(struct strings *list, const char *text, environment_lookup *lookup,
                    struct error *err)
{
    const char *equals = strchr(text, '=');
    cleanup_free char *name = strndup(text, equals ? (size_t)(equals - text) : strlen(text));
    char *entry = NULL;
    if (!name)
        return error_set(err, "out of memory");
    if (!is_env_name(name))
        return error_set(err,
                         "'%s' is no name for an environment variable; expected "
                         "NAME=value or NAME, of letters, digits and _",
                         quoted(name));
    if (equals) {
        entry = strdup(text);
    } else {
        const char *value = lookup(name);
        if (!value)
            return 0;
        if (asprintf(&entry, "%s=%s", name, value) < 0)
            entry = NULL;
    }
    if (!entry || set(list, entry) < 0)
        return error_set(err, "out of memory");
    return 0;
}

int environment_add_file(struct strings *list, const char *bytes, size_t length,
                         const char *file, environment_lookup *lookup, struct error *err)
{
    static const char bom[] = "\xef\xbb\xbf";
    const char *end = bytes + length;
    if (length >= 3 && memcmp(bytes, bom, 3) == 0)
        bytes += 3;
    if (memchr(bytes, '\0', (size_t)(end - bytes)))
        return error_set(err, "%s: a NUL byte in it; expected lines of NAME=value",
                         quoted(file));
    for (int line = 1; bytes < end; line++) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *next = stop ? stop + 1 : end;
        size_t size = (size_t)((stop ? stop : end) - bytes);
        if (size > 0 && bytes[size - 1] == '\r')
            size--;
        while (size > 0 && (*bytes == ' ' || *bytes == '\t')) {
            bytes++;
            size--;
        }
        cleanup_free char *text = strndup(bytes, size);
        if (!text)
            return error_set(err, "out of memory");
        if (*text && *text != '#' && environment_add(list, text, lookup, err) < 0)
            return error_prefix(err, "%s:%d", quoted(file), line);
        bytes = next;
    }
    return 0;
}

int environment_add_proxies(struct strings *list, environment_lookup *lookup, struct error *err)
{
    /* As `docker build` and `docker run` pass on from docker's own configuration. */
    static const char *const names[] = {"HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
                                        "https_proxy", "NO_PROXY",   "no_proxy",
                                        "ALL_PROXY",   "all_proxy"};
    for (size_t i = 0; i < array_length(names); i++)
        if (find(list, names[i], strlen(names[i])) == list->count &&
            environment_add(list, names[i], lookup, err) < 0)
            return -1;
    return 0;
}
