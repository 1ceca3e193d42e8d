/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/arguments.h"

#include <ctype.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
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

/* --- the arguments -------------------------------------------------------------------- */

/* What an update moves. */
static const struct {
    const char *argument, *label;
} agent_versions[] = {{"CLAUDE_CODE_VERSION", LABEL_CLAUDE}, {"CODEX_VERSION", LABEL_CODEX}};

char *dockerfile_base(const char *text)
{
    static const char argument[] = "\nARG BASE=";
    const char *at = strstr(text, argument);
    return at ? strndup(at + strlen(argument), strcspn(at + strlen(argument), " \t\r\n"))
              : NULL;
}

void add_proxies(json_t *arguments, const char *(*lookup)(const char *name))
{
    /* Some programs look for one spelling only: APT and curl for http_proxy. */
    static const char *const names[][2] = {{"HTTP_PROXY", "http_proxy"},
                                           {"HTTPS_PROXY", "https_proxy"},
                                           {"FTP_PROXY", "ftp_proxy"},
                                           {"ALL_PROXY", "all_proxy"},
                                           {"NO_PROXY", "no_proxy"}};
    for (size_t i = 0; i < array_length(names); i++) {
        for (size_t k = 0; k < array_length(names[i]); k++) {
            const char *value = lookup(names[i][k]);
            if (!value || !*value)
                value = lookup(names[i][!k]);
            if (value && *value)
                json_object_set_new(arguments, names[i][k], json_string(value));
        }
    }
}

json_t *build_arguments(json_t *versions, const struct image_build *build, const json_t *labels,
                        const char *base, const char *(*lookup)(const char *name))
{
    const char *const chosen[array_length(agent_versions)] = {build->claude_version,
                                                              build->codex_version};
    json_t *arguments = json_copy(versions);
    if (!arguments)
        return NULL;
    for (size_t i = 0; i < array_length(agent_versions); i++) {
        const char *name = agent_versions[i].argument;
        const char *pinned = json_string_value(json_object_get(versions, name));
        const char *there = json_string_value(json_object_get(labels, agent_versions[i].label));
        if (chosen[i])
            json_object_set_new(arguments, name, json_string(chosen[i]));
        else if (there && is_version(there) && (!pinned || version_is_newer(there, pinned)))
            json_object_set_new(arguments, name, json_string(there));
    }
    json_object_set_new(arguments, "BASE", json_string(base));
    json_object_set_new(arguments, "CLAUDEX_VERSION", json_string(CLAUDEX_VERSION));
    if (build->refresh_agents)
        json_object_set_new(arguments, "AGENTS_KEY", json_string(build->refresh_agents));
    add_proxies(arguments, lookup);
    return arguments;
}

int image_reference(const char *reference, char **name, char **tag)
{
    const char *digest = strchr(reference, '@'), *slash = strrchr(reference, '/');
    const char *colon = digest ? NULL : strchr(slash ? slash : reference, ':');
    size_t length = colon ? (size_t)(colon - reference) : strlen(reference);
    *name = strndup(reference, length);
    *tag = strdup(colon ? colon + 1 : digest ? "" : "latest");
    if (*name && *tag)
        return 0;
    free(*name);
    free(*tag);
    *name = *tag = NULL;
    return -1;
}
