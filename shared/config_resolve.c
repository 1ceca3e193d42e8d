/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries → struct session. */
#include <stdio.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/config_entry.h"
#include "shared/config_value.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"
#include "shared/skill_source.h"

#define field(type, session, key) ((type *)(void *)((char *)(session) + (key)->field))

/* What is being merged. Every function returns 0, or -1 when out of memory. */
struct merge {
    const struct config *config;
    struct session *session;
    bool *counts;              /* as of config_counts(), or NULL */
    enum config_source source; /* of the entries that are being stored */
    bool taken;                /* the one at hand has a say */
    size_t args_before;        /* arguments of the agent that earlier sources gave */
    enum network_mode mode_before, projects_mode;
};

/* What earlier entries said of a key counts no more. */
static void discount(struct merge *m, const struct config_entry *said)
{
    for (size_t i = 0; m->counts && i < m->config->count; i++) {
        const struct config_entry *entry = &m->config->entries[i];
        if (strcmp(entry->key, said->key) == 0 && strcmp(entry->section, said->section) == 0 &&
            strcmp(entry->name ? entry->name : "", said->name ? said->name : "") == 0)
            m->counts[i] = false;
    }
}

static int store_text(char **text, const char *word)
{
    char *copy = strdup(word);
    if (!copy)
        return -1;
    free(*text);
    *text = copy;
    return 0;
}

static enum network_mode stricter(enum network_mode a, enum network_mode b)
{
    return a > b ? a : b;
}

/* Of several projects the strictest decides. It may tighten what the user said, not loosen it:
 * but for `open`, which nothing but the user's consent lets through to here. */
static void store_mode(struct merge *m, enum network_mode said)
{
    enum network_mode mode = said;
    if (m->source == CONFIG_PROJECT) {
        m->projects_mode = stricter(m->projects_mode, mode);
        mode = m->projects_mode;
        if (mode != NETWORK_OPEN)
            mode = stricter(m->mode_before, mode);
    }
    m->session->network.mode = mode;
    m->taken = mode == said;
}

/* Likewise for a limit, where 0 is none. */
static bool is_taken(struct merge *m, uint64_t old, uint64_t limit)
{
    m->taken = m->source != CONFIG_PROJECT || (limit != 0 && (old == 0 || limit < old));
    return m->taken;
}

static bool is_same_port(const struct port *a, const struct port *b)
{
    return a->host == b->host && a->container == b->container && a->protocol == b->protocol &&
           strcmp(a->host_ip, b->host_ip) == 0;
}

static int store_port(struct session *session, const char *word)
{
    struct port port;
    const size_t count = session->run.port_count;
    (void)parse_port(word, &port);
    for (size_t i = 0; i < count; i++)
        if (is_same_port(&session->run.ports[i], &port))
            return 0;
    struct port *ports = reallocarray(session->run.ports, count + 1, sizeof *ports);
    if (!ports)
        return -1;
    ports[count] = port;
    session->run.ports = ports;
    session->run.port_count = count + 1;
    return 0;
}

static int store_mount(struct session *session, const struct strings *words)
{
    const char *why;
    const size_t count = session->box.mount_count;
    struct mount *mounts = reallocarray(session->box.mounts, count + 1, sizeof *mounts);
    if (!mounts)
        return -1;
    session->box.mounts = mounts;
    if (config_mount_parse(words, &mounts[count], &why) < 0)
        return -1;
    session->box.mount_count = count + 1;
    return 0;
}

static void discount_args(struct merge *m)
{
    for (size_t i = 0; m->counts && i < m->config->count; i++) {
        const struct config_entry *entry = &m->config->entries[i];
        if (entry->source < m->source && strcmp(entry->section, "agent") == 0 &&
            strcmp(entry->key, "args") == 0)
            m->counts[i] = false;
    }
}

/* Arguments are for the agent that they were written beside: another agent, named by a later
 * source, does not get them. */
static int store_agent(struct merge *m, const char *word)
{
    struct strings *args = &m->session->agent.args;
    const size_t others = m->args_before;
    if (others > 0 && strcmp(m->session->agent.name, word) != 0) {
        for (size_t i = 0; i < others; i++)
            free(args->items[i]);
        args->count -= others;
        memmove(args->items, args->items + others, (args->count + 1) * sizeof *args->items);
        m->args_before = 0;
        discount_args(m);
    }
    return store_text(&m->session->agent.name, word);
}

/* The word was checked when its line was read. */
static int store_word(struct merge *m, const struct config_key *key, const char *word)
{
    struct session *session = m->session;
    uint64_t number = 0;
    uint32_t small = 0;
    enum network_mode mode;
    switch (key->kind) {
    case KIND_FLAG:
        return parse_bool(word, field(bool, session, key));
    case KIND_MODE:
        if (network_mode_parse(word, &mode) == 0)
            store_mode(m, mode);
        return 0;
    case KIND_MEMORY:
        (void)parse_size(word, &number);
        if (is_taken(m, session->run.memory, number))
            session->run.memory = number;
        return 0;
    case KIND_CPUS:
        (void)parse_cpus(word, &small); /* leaves 0 for "0" */
        if (is_taken(m, session->run.cpus, small))
            session->run.cpus = small;
        return 0;
    case KIND_DURATION:
        (void)parse_duration(word, &number);
        *field(uint32_t, session, key) = (uint32_t)number;
        return 0;
    case KIND_PIDS:
        (void)parse_number(word, 0, UINT32_MAX, &number);
        if (is_taken(m, session->run.pids ? session->run.pids : SESSION_PIDS_DEFAULT, number))
            session->run.pids = (uint32_t)number;
        return 0;
    case KIND_RATE:
        (void)parse_number(word, 0, UINT32_MAX, &number);
        if (is_taken(m, *field(uint32_t, session, key), number))
            *field(uint32_t, session, key) = (uint32_t)number;
        return 0;
    case KIND_AGENT:
        return store_agent(m, word);
    default:
        return key->flags & KEY_MANY ? strings_add(field(struct strings, session, key), word)
                                     : store_text(field(char *, session, key), word);
    }
}

/* Of one name the last counts. Folders are put in by whoever knows where they are. */
static int store_skill(struct session *session, const struct config_key *key,
                       const struct config_entry *entry)
{
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    struct strings *list = field(struct strings, session, key);
    const char *why;
    cleanup_free char *text = NULL;
    if (config_value_words(key, entry->value, &words, &why) < 0 || words.count != 1)
        return -1;
    size_t length = strlen(entry->key), kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool same =
            strncmp(list->items[i], entry->key, length) == 0 && list->items[i][length] == '=';
        if (same)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    if (skill_source_is_local(words.items[0]))
        return 0;
    if (asprintf(&text, "%s=%s", entry->key, words.items[0]) < 0) {
        text = NULL;
        return -1;
    }
    return strings_add(list, text);
}

static int store_entry(struct merge *m, const struct config_entry *entry)
{
    const struct config_key *key = config_find_key(entry->section, entry->key);
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    const char *why;
    if (key->kind == KIND_PACKAGE)
        return strings_add(&m->session->packages, entry->key);
    if (key->kind == KIND_SKILL)
        return store_skill(m->session, key, entry);
    if (config_value_words(key, entry->value, &words, &why) < 0)
        return -1;
    if (key->kind == KIND_MOUNT)
        return store_mount(m->session, &words);
    int result = 0;
    for (size_t i = 0; result == 0 && i < words.count; i++) {
        if (key->kind == KIND_PORT)
            result = store_port(m->session, words.items[i]);
        else if (key->field != NOWHERE)
            result = store_word(m, key, words.items[i]);
    }
    return result;
}

static int merge_entry(struct merge *m, size_t i)
{
    const struct config_entry *entry = &m->config->entries[i];
    const struct config_key *key = config_find_key(entry->section, entry->key);
    m->taken = true;
    if (store_entry(m, entry) < 0)
        return -1;
    if (!m->counts)
        return 0;
    if (m->taken && !(key->flags & KEY_MANY))
        discount(m, entry);
    m->counts[i] = m->taken;
    return 0;
}

static int merge_all(struct merge *m)
{
    struct session *session = m->session;
    session->network.mode = NETWORK_ALLOWLIST;
    for (size_t i = 0; i < config_key_count; i++)
        if ((config_keys[i].flags & KEY_ON) && config_keys[i].field != NOWHERE)
            *field(bool, session, &config_keys[i]) = true;
    if (store_text(&session->agent.name, "claude") < 0)
        return -1;
    for (int source = CONFIG_MACHINE; source <= CONFIG_RESOLVED; source++) {
        m->source = (enum config_source)source;
        m->args_before = session->agent.args.count;
        m->mode_before = session->network.mode;
        for (size_t i = 0; i < m->config->count; i++)
            if (m->config->entries[i].source == m->source && merge_entry(m, i) < 0)
                return -1;
    }
    return 0;
}

int config_merge(const struct config *config, struct session *session)
{
    struct merge m = {.config = config, .session = session, .projects_mode = NETWORK_OPEN};
    return merge_all(&m);
}

int config_counts(const struct config *config, bool *counts)
{
    cleanup_session struct session session = {.run.pids = 0};
    struct merge m = {
        .config = config, .session = &session, .counts = counts, .projects_mode = NETWORK_OPEN};
    for (size_t i = 0; i < config->count; i++)
        counts[i] = false;
    return merge_all(&m);
}

static bool is_unbuilt(const struct config_entry *entry)
{
    const struct config_key *key = config_find_key(entry->section, entry->key);
    return (key->flags & KEY_UNBUILT) && !config_value_is_flag(key, entry->value, false);
}

/* Once a section where all of it is to come, else each line. */
static void report_unbuilt(struct config *report, const struct config *config)
{
    const struct config_entry *last = NULL;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (!is_unbuilt(entry))
            continue;
        const char *file = entry->source == CONFIG_COMMAND ? NULL : entry->file;
        bool whole = config_section_is_unbuilt(entry->section);
        if (whole && last && last->file == entry->file &&
            strcmp(last->section, entry->section) == 0)
            continue;
        last = entry;
        if (whole)
            config_problem(report, file, entry->line, "[%s%s%s] is not built yet",
                           entry->section, entry->name ? "." : "",
                           entry->name ? entry->name : "");
        else
            config_problem(report, file, entry->line, "'%s' in [%s] is not built yet",
                           entry->key, entry->section);
    }
}

/* As many whole messages as fit, and how many more there are. */
static void add_problems(struct error *err, const struct config *config, size_t *shown)
{
    enum { ROOM = ERROR_TEXT_MAX - 40 }; /* for "and N more problems" */
    size_t used = strlen(err->text);
    const char *line = config->problems && config->problems->data ? config->problems->data : "";
    for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
        size_t length = (size_t)(end - line);
        if (used + 1 + length > ROOM)
            return;
        used += (size_t)snprintf(err->text + used, sizeof err->text - used, "%s%.*s",
                                 used ? "\n" : "", (int)length, line);
        ++*shown;
    }
}

static int check_session(const struct session *session, struct error *err)
{
    if (session->network.host && session->network.mode != NETWORK_OPEN)
        return error_usage(err,
                           "the host's own network works with the mode open alone, not %s; "
                           "nothing here may touch the host's firewall",
                           network_mode_name(session->network.mode));
    for (size_t i = 1; i < session->box.mount_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(session->box.mounts[i].destination,
                       session->box.mounts[k].destination) == 0)
                return error_set(err, "two mounts at %s",
                                 quoted(session->box.mounts[i].destination));
    return 0;
}

int config_resolve(const struct config *config, struct session *session, struct error *err)
{
    cleanup_config struct config unbuilt = CONFIG_INIT;
    report_unbuilt(&unbuilt, config);
    const size_t count = config->problem_count + unbuilt.problem_count;
    if (count > 0) {
        size_t shown = 0;
        bool usage = config->usage_problem_count == count;
        *err = (struct error){.status = usage ? EXIT_USAGE : EXIT_CLAUDEX};
        add_problems(err, config, &shown);
        add_problems(err, &unbuilt, &shown);
        if (shown < count) {
            size_t used = strlen(err->text);
            (void)snprintf(err->text + used, sizeof err->text - used, "%sand %zu more problems",
                           used ? "\n" : "", count - shown);
        }
        return -1;
    }
    if (config_merge(config, session) < 0)
        return error_set(err, "out of memory while merging the configuration");
    return check_session(session, err);
}
