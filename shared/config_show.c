/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as it is in effect, line by line, with who says so. */
#include <stdio.h>
#include <string.h>

#include "shared/config_entry.h"
#include "shared/config_schema.h"

#define field(type, session, key)                                                              \
    ((const type *)(const void *)((const char *)(session) + (key)->field))

struct showing {
    const struct config *config;
    const bool *counts;
    config_each *each;
    void *data;
};

/* What a key has that nobody spoke of; false where there is nothing to say. */
static bool default_text(const struct session *session, const struct config_key *key,
                         char *text, size_t size)
{
    const char *word;
    if (key->kind == KIND_GROUP) {
        (void)snprintf(text, size, "%s", SESSION_GROUPS_DEFAULT);
        return true;
    }
    if (key->field == NOWHERE || (key->flags & (KEY_MANY | KEY_PRIVATE | KEY_UNBUILT)))
        return false;
    switch (key->kind) {
    case KIND_FLAG:
        word = *field(bool, session, key) ? "yes" : "no";
        break;
    case KIND_MODE:
        word = network_mode_name(session->network.mode);
        break;
    case KIND_PIDS:
        (void)snprintf(text, size, "%d", SESSION_PIDS_DEFAULT);
        return true;
    case KIND_DURATION:
        (void)snprintf(text, size, "%us", *field(uint32_t, session, key));
        return *field(uint32_t, session, key) > 0;
    case KIND_RATE:
        (void)snprintf(text, size, "%u", *field(uint32_t, session, key));
        return true;
    case KIND_MEMORY:
    case KIND_CPUS:
        word = "0";
        break;
    default:
        word = key->kind >= KIND_PACKAGE ? *field(char *, session, key) : NULL;
        break;
    }
    if (word)
        (void)snprintf(text, size, "%s", word);
    return word != NULL;
}

static int show_entry(const struct showing *s, const struct config_key *key,
                      const struct config_entry *entry)
{
    cleanup_free char *hidden = NULL;
    struct config_setting setting = {.section = entry->section,
                                     .name = entry->name,
                                     .key = entry->key,
                                     .value = entry->value,
                                     .entry = entry};
    const char *value = entry->value + (entry->value[0] == '"');
    const char *equals = key->kind == KIND_ENV ? strchr(value, '=') : NULL;
    if (equals && asprintf(&hidden, "%.*s=***", (int)(equals - value), value) < 0) {
        hidden = NULL;
        return -1;
    }
    if (hidden)
        setting.value = hidden;
    return s->each(&setting, s->data);
}

/* The entries that speak of the key, in the order in which they were merged. */
static int show_key(const struct showing *s, const struct config_key *key, bool *said)
{
    *said = false;
    for (int source = CONFIG_MACHINE; source <= CONFIG_RESOLVED; source++) {
        for (size_t i = 0; i < s->config->count; i++) {
            const struct config_entry *entry = &s->config->entries[i];
            if (!s->counts[i] || entry->source != (enum config_source)source ||
                config_find_key(entry->section, entry->key) != key)
                continue;
            *said = true;
            int stop = show_entry(s, key, entry);
            if (stop)
                return stop;
        }
    }
    return 0;
}

int config_show(const struct config *config, const struct session *session, config_each *each,
                void *data)
{
    cleanup_free bool *counts = calloc(config->count + 1, sizeof *counts);
    if (!counts || config_counts(config, counts) < 0)
        return -1;
    const struct showing s = {config, counts, each, data};
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        char text[512];
        bool said;
        int stop = show_key(&s, key, &said);
        if (!stop && !said && default_text(session, key, text, sizeof text)) {
            const struct config_setting setting = {
                .section = key->section, .key = key->name, .value = text};
            stop = each(&setting, data);
        }
        if (stop)
            return stop;
    }
    return 0;
}
