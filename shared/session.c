/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/session.h"

#include <stdlib.h>
#include <string.h>

#include "shared/names.h"
#include "shared/parse.h"

enum { STRINGS_FIRST = 8 };

static const char *const mode_names[] = {
    [NETWORK_OPEN] = "open",         [NETWORK_ALLOWLIST] = "allowlist", [NETWORK_API] = "api",
    [NETWORK_LOCKDOWN] = "lockdown", [NETWORK_SEALED] = "sealed",
};

const char *network_mode_name(enum network_mode mode)
{
    return mode_names[mode];
}

int network_mode_parse(const char *word, enum network_mode *mode)
{
    for (size_t i = 0; i < array_length(mode_names); i++) {
        if (strcmp(word, mode_names[i]) == 0) {
            *mode = (enum network_mode)i;
            return 0;
        }
    }
    return -1;
}

int strings_add(struct strings *list, const char *text)
{
    /* The room is implied: a power of two that holds the items and the NULL. */
    size_t used = list->count + 1;
    if (list->count == 0 || (used >= STRINGS_FIRST && (used & (used - 1)) == 0)) {
        size_t room = list->count == 0 ? STRINGS_FIRST : 2 * used;
        char **items = realloc(list->items, room * sizeof *items);
        if (!items)
            return -1;
        list->items = items;
    }
    char *copy = strdup(text);
    if (copy)
        list->items[list->count++] = copy;
    list->items[list->count] = NULL;
    return copy ? 0 : -1;
}

char *strings_join(const struct strings *list, const char *between)
{
    size_t size = 1;
    for (size_t i = 0; i < list->count; i++)
        size += strlen(list->items[i]) + strlen(between);
    char *joined = malloc(size), *end = joined;
    for (size_t i = 0; joined && i < list->count; i++)
        end = stpcpy(i ? stpcpy(end, between) : end, list->items[i]);
    if (joined)
        *end = '\0';
    return joined;
}

void strings_free(struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

void session_free(struct session *session)
{
    struct strings *lists[] = {
        &session->packages,         &session->agent.args,   &session->run.includes,
        &session->run.instructions, &session->run.env,      &session->network.groups,
        &session->network.allow,    &session->network.deny, &session->network.api,
        &session->home.files,       &session->skills.local, &session->skills.remote,
        &session->ssh.keys,
    };
    for (size_t i = 0; i < array_length(lists); i++)
        strings_free(lists[i]);
    for (size_t i = 0; i < session->box.mount_count; i++) {
        free(session->box.mounts[i].source);
        free(session->box.mounts[i].destination);
        free(session->box.mounts[i].project);
    }
    void *owned[] = {
        session->agent.name,    session->run.ports,     session->run.runtime,
        session->run.image,     session->box.name,      session->box.workdir,
        session->box.version,   session->box.mounts,    session->box.ssh,
        session->tokens.volume, session->skills.volume,
    };
    for (size_t i = 0; i < array_length(owned); i++)
        free(owned[i]);
    *session = (struct session){0};
}

bool session_allows_host(const struct session *session)
{
    const struct strings *allow = &session->network.allow;
    struct host_pattern pattern;
    for (size_t i = 0; i < allow->count; i++)
        if (parse_host_pattern(allow->items[i], &pattern, NULL) == 0 &&
            pattern.kind == HOST_EXACT && strcmp(pattern.name, HOST_OF_BOX) == 0)
            return true;
    return false;
}
