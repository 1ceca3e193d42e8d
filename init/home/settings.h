/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agents find in their settings when they start: which files there are and what is in
 * them. Pure: init/home/layout writes them.
 *
 * Claude Code (2.1): ~/.claude.json, what it remembers of its user, and
 * ~/.claude/settings.json. Codex (0.169) reads layers, later wins: /etc/codex/config.toml,
 * ~/.codex/config.toml, a project's, its command line, /etc/codex/managed_config.toml. What we
 * prefer is the first of them, what has to be so is the last, and ~/.codex/config.toml is the
 * user's own.
 */
#ifndef CLAUDEX_INIT_HOME_SETTINGS_H
#define CLAUDEX_INIT_HOME_SETTINGS_H

#include <jansson.h>

#include "shared/session.h"

struct settings_input { /* borrowed */
    const struct session *session;
    const struct strings *environment; /* NAME=value: what the session gets */
    const json_t *claude_settings;     /* the user's own ~/.claude/settings.json, or NULL */
    const json_t *claude_state;        /* the user's own ~/.claude.json, or NULL */
    const char *claude_account; /* whose login it is, a JSON object; NULL or "": unknown */
    bool codex_login;           /* there is one of Codex already */
    /* What the agents run at the end of each of their turns; NULL: nothing. */
    const char *turn_end;
};

enum settings_format { SETTINGS_JSON, SETTINGS_TOML };

struct settings_file {
    const char *path; /* relative to AGENT_HOME; absolute: root's, readable for all */
    enum settings_format format;
    /* A new reference; null where there is nothing to write, NULL when out of memory. */
    json_t *(*make)(const struct settings_input *input);
};
extern const struct settings_file settings_files[];
extern const size_t settings_file_count;

#endif
