/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volume with the agents' logins, from outside: only a container can look into it, so each
 * request starts one of a moment, without network (init/home/tokens_command.h).
 */
#ifndef CLAUDEX_PLUGIN_TOKENS_H
#define CLAUDEX_PLUGIN_TOKENS_H

#include <jansson.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"
#include "shared/login.h"

/* As init/home/token_list.h: a new reference, or NULL. */
json_t *tokens_list(struct engine *engine, const char *volume, struct error *err);

/* Forgets the agent's; 1: there was one, 0, -1. */
int tokens_forget(struct engine *engine, const char *volume, enum login_agent agent,
                  struct error *err);

/* "accept", "refuse" or "previous" (init/home/tokens_command.h), the first with the ID of what
 * is accepted, else NULL; 1: there was one, 0, -1. */
int tokens_change(struct engine *engine, const char *volume, const char *word,
                  enum login_agent agent, const char *id, struct error *err);

/* A login of the host's, as found by tokens_find(). */
struct tokens_found {
    char *bytes, *state; /* owned; state may be NULL */
    size_t length, state_length;
};
void tokens_found_free(struct tokens_found *found);

/* Looks in the home folder, and for Claude Code on a Mac in the keychain. 1: found and of the
 * right shape, 0: there is none, -1. */
int tokens_find(enum login_agent agent, const char *home, struct tokens_found *found,
                struct error *err);

/* Keeps it, the one there as the one before; boxes that run get it. */
int tokens_keep(struct engine *engine, const char *volume, enum login_agent agent,
                const struct tokens_found *found, struct error *err);

#endif
