/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files in which Claude Code and Codex keep their logins: where they lie, and what one has
 * to look like to be kept. Pure; an agent may have written the bytes.
 *
 * Claude Code 2.1, ~/.claude/.credentials.json:
 *     {"claudeAiOauth": {"accessToken": "…", "refreshToken": "…", "expiresAt": MILLISECONDS,
 * …}} and who that is in ~/.claude.json: {"oauthAccount": {"emailAddress": "…", …}, …} Codex
 * 0.169, ~/.codex/auth.json: {"OPENAI_API_KEY": null or "…", "tokens": {"access_token": "…",
 * "refresh_token": "…", "account_id": "…", …}, "last_refresh": "2025-01-31T12:00:00.123Z", …}
 */
#ifndef CLAUDEX_SHARED_LOGIN_H
#define CLAUDEX_SHARED_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

enum login_agent { LOGIN_CLAUDE, LOGIN_CODEX };
enum {
    LOGIN_AGENTS = LOGIN_CODEX + 1,
    LOGIN_FILE_MAX = 64 << 10, /* bytes of a login */
    LOGIN_STATE_MAX = 1 << 20, /* bytes of ~/.claude.json */
    LOGIN_ACCOUNT_MAX = 128,   /* bytes of an account's name, with NUL */
    LOGIN_IDENTITY_MAX = 256,  /* bytes of what tokens themselves say, with NUL */
    LOGIN_DIGEST_SIZE = 65,    /* SHA-256 in hex, with NUL */
    LOGIN_BOX_MAX = 128,       /* bytes of a box's name, with NUL */
    LOGIN_DETAILS_MAX = 2048,  /* bytes of what an agent remembers of it, with NUL */
};

struct login_place {
    const char *agent;  /* as in the configuration: "claude" */
    const char *title;  /* for people: "Claude Code" */
    const char *folder; /* of a home: ".claude" */
    const char *file;   /* in that: ".credentials.json" */
    const char *state;  /* where in the home it says whose it is, or NULL */
    const char *kept;   /* its name in BOX_TOKENS_DIR: "claude.json" */
};
extern const struct login_place login_places[LOGIN_AGENTS];

struct login {
    int64_t fresh; /* milliseconds: of two logins of one account the larger is the newer */
    char account[LOGIN_ACCOUNT_MAX]; /* printable; "" where the file does not say */
    /* Whose the tokens are by their own word, printable: Codex's are JWTs (shared/jwt.h) that
     * name account and user. "" where they do not, as Claude Code's. No signature is looked
     * at. */
    char identity[LOGIN_IDENTITY_MAX];
    char digest[LOGIN_DIGEST_SIZE];  /* of the secrets alone: the same login in other words */
    char details[LOGIN_DETAILS_MAX]; /* a JSON object for `state`, or "" */
    char box[LOGIN_BOX_MAX]; /* which wrote it; "": the user, on the host or by `login` */
    int64_t when;            /* it was kept, in seconds since 1970 */
};

/* What the bytes hold, or -1 with what is wrong with them, which shows none of them. `box` and
 * `when` are left empty. */
int login_parse(enum login_agent agent, const char *bytes, size_t length, struct login *login,
                struct error *err);

/* The account as `state` has it, over what the login itself says; anything but that shape
 * changes nothing. */
void login_parse_state(const char *bytes, size_t length, struct login *login);

#endif
