/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image_versions.h"

#include <ctype.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"

enum { VERSION_MAX = 64 };

json_t *versions_parse(const char *text, struct error *err)
{
    cleanup_free char *copy = strdup(text);
    json_t *versions = json_object();
    char *state = NULL;
    for (char *line = copy ? strtok_r(copy, "\n", &state) : NULL; line;
         line = strtok_r(NULL, "\n", &state)) {
        line += strspn(line, " \t\r");
        if (*line == '#' || *line == '\0')
            continue;
        char *equals = strchr(line, '=');
        if (equals)
            *equals = '\0';
        if (!equals || !is_env_name(line) ||
            json_object_set_new(versions, line, json_string(equals + 1)) < 0) {
            error_set(err, "image/versions: expected NAME=value, found %s", quoted(line));
            json_decref(versions);
            return NULL;
        }
    }
    return versions;
}

bool version_is_newer(const char *a, const char *b)
{
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0");
            b += strspn(b, "0");
            size_t left = strspn(a, "0123456789"), right = strspn(b, "0123456789");
            int order = left != right ? (left < right ? -1 : 1) : strncmp(a, b, left);
            if (order != 0)
                return order > 0;
            a += left;
            b += right;
        } else if (*a != *b) {
            return *b == '-' || (*a != '-' && *a > *b);
        } else {
            a++;
            b++;
        }
    }
    return *a ? *a != '-' : *b == '-';
}

bool is_version(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789.+-";
    size_t length = strlen(text);
    return length > 0 && length <= VERSION_MAX && isdigit((unsigned char)text[0]) &&
           strspn(text, allowed) == length;
}
