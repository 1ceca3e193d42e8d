/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/config_schema.h"

#include <stdio.h>
#include <string.h>

#include "shared/parse.h"

#define FIELD(member) offsetof(struct session, member)

const struct config_section config_sections[] = {
    {"packages", false, false, "Debian packages of this project's image, one a line"},
    {"agent", false, false, "what runs in the box"},
    {"run", false, false, "what the box gets from the host"},
    {"home", false, false, "files of your own in the agent's home"},
    {"network", false, false, "what the box may reach"},
    {"ssh", false, false, "the host's ssh agent, filtered"},
    {"git", false, false, "the agent's commits, and the audit trail"},
    {"tokens", false, false, "the agents' logins"},
    {"skills", false, false, "NAME = github:OWNER/REPOSITORY@TAG or a folder"},
    {"mcp", true, false, "an MCP server, rendered for every agent"},
    {"provider", true, false, "an AI gateway instead of the vendors' endpoints"},
    {"box", false, true, "written by claudex: the box itself"},
};
const size_t config_section_count = array_length(config_sections);

/* clang-format off */
const struct config_key config_keys[] = {
    {"packages", NULL, KIND_PACKAGE, KEY_MANY, TRUST_ALWAYS, FIELD(packages),
     "build-essential", "from Debian's archive only"},

    {"agent", "name", KIND_AGENT, 0, TRUST_NEVER, FIELD(agent.name),
     "claude", "claude, codex, shell or any command in the image"},
    {"agent", "args", KIND_ARGUMENT, KEY_MANY | KEY_LIST, TRUST_NEVER, FIELD(agent.args),
     "--model opus", "appended to the agent's command line"},
    {"agent", "yolo", KIND_FLAG, 0, TRUST_NO, FIELD(agent.yolo),
     "no", "yes: the agent's own permission prompts are off"},

    {"run", "port", KIND_PORT, KEY_MANY, TRUST_LOOPBACK, NOWHERE,
     "3000", "[HOST-IP:][HOST:]CONTAINER[/udp], on 127.0.0.1 unless said"},
    {"run", "include", KIND_PATH, KEY_MANY, TRUST_NEVER, FIELD(run.includes),
     "../docs", "read-only at /context/<name>"},
    {"run", "instructions", KIND_PATH, KEY_MANY, TRUST_NEVER, FIELD(run.instructions),
     "AGENTS.md", "copied to /workspace/instructions/"},
    {"run", "env", KIND_ENV, KEY_MANY, TRUST_NEVER, FIELD(run.env),
     "OPENROUTER_API_KEY", "forwarded from the host if set there; NAME=value sets"},
    {"run", "memory", KIND_MEMORY, 0, TRUST_LOWER, FIELD(run.memory),
     "4g", "most memory of the box; 0: no limit"},
    {"run", "cpus", KIND_CPUS, 0, TRUST_LOWER, FIELD(run.cpus),
     "1.5", "most CPUs of the box; 0: no limit"},
    {"run", "pids", KIND_PIDS, 0, TRUST_LOWER, FIELD(run.pids),
     "1000", "most processes of the box"},
    {"run", "runtime", KIND_RUNTIME, 0, TRUST_NEVER, FIELD(run.runtime),
     "runsc", "any runtime that the engine knows"},
    {"run", "image", KIND_IMAGE, 0, TRUST_NEVER, FIELD(run.image),
     "ghcr.io/acme/dev:1", "an image of your own, claudex-init injected"},
    {"run", "x11", KIND_FLAG, 0, TRUST_NO, FIELD(run.x11),
     "no", "the host's X11 display; what draws there reads and types everywhere"},

    {"home", "file", KIND_PATH, KEY_MANY, TRUST_NEVER, FIELD(home.files),
     "~/.claude/settings.json", "a file or folder; one of your home keeps its place in it"},

    {"network", "mode", KIND_MODE, 0, TRUST_MODE, FIELD(network.mode),
     "allowlist", "open, allowlist, api or lockdown"},
    {"network", "host", KIND_FLAG, KEY_PRIVATE, TRUST_NEVER, FIELD(network.host),
     "no", "the host's own network"},
    {"network", "groups", KIND_GROUP, KEY_MANY | KEY_LIST, TRUST_NEVER, FIELD(network.groups),
     SESSION_GROUPS_DEFAULT, "named lists of hosts"},
    {"network", "allow", KIND_HOST, KEY_MANY, TRUST_NEVER, FIELD(network.allow),
     "api.example.com", "443 and 80 unless :PORT is given; *.name: any depth below"},
    {"network", "deny", KIND_HOST, KEY_MANY, TRUST_ALWAYS, FIELD(network.deny),
     "gist.github.com", "deny wins"},
    {"network", "private", KIND_FLAG, 0, TRUST_NO, FIELD(network.private_names),
     "no", "names may resolve to private addresses"},
    {"network", "api", KIND_HOST, KEY_MANY | KEY_PRIVATE, TRUST_NEVER, FIELD(network.api),
     "api.example.com", "what the mode api allows"},

    {"ssh", "agent", KIND_FLAG, 0, TRUST_NO, FIELD(ssh.agent),
     "yes", "forward the host's agent"},
    {"ssh", "key", KIND_SSH_KEY, KEY_MANY, TRUST_NEVER, FIELD(ssh.keys),
     "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDfMlYZCLYQxEyRYQg",
     "only these keys are visible: fingerprints, or patterns of comments such as *@work"},
    {"ssh", "log", KIND_FLAG, KEY_ON, TRUST_YES, FIELD(ssh.log),
     "yes", "log every signature"},
    {"ssh", "confirm", KIND_FLAG, 0, TRUST_YES, FIELD(ssh.confirm),
     "yes", "ask at the session's terminal before each signature"},
    {"ssh", "limit", KIND_RATE, 0, TRUST_LOWER, FIELD(ssh.limit),
     "10", "most signatures a minute; 0: no limit"},

    {"git", "isolate", KIND_FLAG, KEY_UNBUILT, TRUST_YES, NOWHERE,
     "yes", "the agent commits into a git directory of the box"},
    {"git", "track", KIND_FLAG, KEY_ON, TRUST_YES, FIELD(git.track),
     "yes", "initial commit and audit trail"},
    {"git", "ignored", KIND_FLAG, 0, TRUST_NEVER, FIELD(git.ignored),
     "no", "also what .gitignore hides"},
    {"git", "interval", KIND_DURATION, 0, TRUST_NEVER, FIELD(git.interval),
     "5m", "time between snapshots"},

    {"tokens", "shared", KIND_FLAG, KEY_ON, TRUST_NO, FIELD(tokens.shared),
     "yes", "one login for all projects; no: one for this project"},

    {"skills", NULL, KIND_SKILL, 0, TRUST_NEVER, FIELD(skills.remote),
     "./skills/review", "installed at the start"},

    {"mcp", "command", KIND_TEXT, KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "codex mcp-server", "runs in the box"},
    {"mcp", "image", KIND_IMAGE, KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "mcp/fetch", "runs as a second, equally confined box beside this one"},
    {"mcp", "env", KIND_ENV_NAME, KEY_MANY | KEY_LIST | KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "OPENROUTER_API_KEY GEMINI_API_KEY", "what it may see of the environment"},

    {"provider", "base_url", KIND_URL, KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "https://ai.example.org/v1", "its endpoint"},
    {"provider", "env_key", KIND_ENV_NAME, KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "AI_API_KEY", "the variable that holds its key"},
    {"provider", "model", KIND_TEXT, KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "claude-sonnet", "the model to ask for"},
    {"provider", "agents", KIND_AGENT_WORD, KEY_MANY | KEY_LIST | KEY_UNBUILT, TRUST_NEVER, NOWHERE,
     "claude codex", "who uses it"},

    {"box", "name", KIND_BOX_NAME, KEY_PRIVATE, TRUST_NEVER, FIELD(box.name),
     "claudex-app-0a1b2c3d", "the container's name"},
    {"box", "workdir", KIND_WORKDIR, KEY_PRIVATE, TRUST_NEVER, FIELD(box.workdir),
     "/workspace/app", "where the session starts"},
    {"box", "version", KIND_VERSION, KEY_PRIVATE, TRUST_NEVER, FIELD(box.version),
     "0.1.0", "of the claudex that wrote this"},
    {"box", "ssh", KIND_FILE_NAME, KEY_PRIVATE, TRUST_NEVER, FIELD(box.ssh),
     "agent.1234", "the socket of the host's ssh agent"},
    {"box", "mount", KIND_MOUNT, KEY_PRIVATE | KEY_MANY | KEY_LIST, TRUST_NEVER, NOWHERE,
     "rw 2049:131 /workspace/app", "rw or ro[,idmapped], DEVICE:INODE or -, destination"},
};
/* clang-format on */
const size_t config_key_count = array_length(config_keys);

const struct config_section *config_find_section(const char *name)
{
    for (size_t i = 0; i < config_section_count; i++)
        if (strcmp(config_sections[i].name, name) == 0)
            return &config_sections[i];
    return NULL;
}

const struct config_key *config_find_key(const char *section, const char *key)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *found = &config_keys[i];
        if (strcmp(found->section, section) == 0 &&
            (!found->name || strcmp(found->name, key) == 0))
            return found;
    }
    return NULL;
}

const char *config_section_split(const char *title, char *word, size_t size)
{
    size_t length = strcspn(title, ".");
    (void)snprintf(word, size, "%.*s", (int)length, title);
    return title[length] == '.' ? title + length + 1 : NULL;
}

bool config_section_is_unbuilt(const char *section)
{
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].section, section) == 0 &&
            !(config_keys[i].flags & KEY_UNBUILT))
            return false;
    return true;
}

/* Words of keys that a file may hold: those of one section, or of all if it is NULL. */
static size_t collect_keys(const char *section, const char **words)
{
    size_t count = 0;
    for (size_t i = 0; i < config_key_count; i++)
        if (config_keys[i].name && !(config_keys[i].flags & KEY_PRIVATE) &&
            (!section || strcmp(config_keys[i].section, section) == 0))
            words[count++] = config_keys[i].name;
    return count;
}

static const char *nearest_section(const char *name)
{
    const char *words[array_length(config_sections)];
    size_t count = 0;
    for (size_t i = 0; i < config_section_count; i++)
        if (!config_sections[i].private)
            words[count++] = config_sections[i].name;
    return nearest_word(name, words, count);
}

void config_section_hint(const char *section, char *out, size_t size)
{
    const char *near = nearest_section(section);
    *out = '\0';
    if (near)
        (void)snprintf(out, size, "; did you mean [%s%s]?", near,
                       config_find_section(near)->named ? ".NAME" : "");
}

void config_key_hint(const char *section, const char *key, char *out, size_t size)
{
    const char *words[array_length(config_keys)];
    const char *near = nearest_word(key, words, collect_keys(section, words));
    *out = '\0';
    if (near) {
        (void)snprintf(out, size, "; did you mean '%s'?", near);
        return;
    }
    near = nearest_section(key);
    if (near) {
        (void)snprintf(out, size, "; did you mean the section [%s]?", near);
        return;
    }
    near = nearest_word(key, words, collect_keys(NULL, words));
    for (size_t i = 0; near && i < config_key_count; i++) {
        if (config_keys[i].name && strcmp(config_keys[i].name, near) == 0) {
            (void)snprintf(out, size, "; did you mean '%s' of [%s]?", near,
                           config_keys[i].section);
            return;
        }
    }
}
