/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May what an agent wrote take the place of the login that all boxes share? Pure.
 *
 * An agent refreshes its login by writing a file of its home, so a refresh has to be shared
 * without a question: the vendors' refresh tokens serve once, and the other boxes would be
 * logged out. But whatever runs in a box can write that file, also with the tokens of another
 * account, and would then read what the other boxes send. Nothing in the file proves where it
 * came from, and PID 1 decrypts no traffic and asks no vendor. So:
 *
 * Codex: its tokens are JWTs which name account and user, and those have to be the ones of the
 * login that the user made. They cannot be had for another account's tokens; a made-up access
 * token is refused by the vendor. What is left is a stranger's refresh token beside our own
 * access token: the first refresh by it names the stranger, and is held.
 *
 * Claude Code: its tokens name nobody, and who it is stands in ~/.claude.json, an agent's to
 * write. That another account is named there is believed; that the same is, is not. What an
 * agent cannot choose is when: a refresh is due when the shared login is about to end, by our
 * own record of its end: the same tokens with another end are held as well. Before that
 * nothing is taken. Then it cannot be told apart from a
 * refresh, by any means here: it is shared, the one before is kept, and the next start says
 * which box wrote it (docker claudex login --previous).
 *
 * What is not taken is held: the box that wrote it goes on with it, no other gets it until the
 * user says so on the host (docker claudex login --accept ID). The account's name on record
 * stays that of the login, whatever later files say.
 */
#ifndef CLAUDEX_INIT_HOME_LOGIN_JUDGE_H
#define CLAUDEX_INIT_HOME_LOGIN_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/login.h"

enum { LOGIN_DUE_SECONDS = 15 * 60 }; /* Claude Code refreshes five minutes before the end */

struct login_case {
    enum login_agent agent;
    const struct login *kept, *written; /* kept: NULL where there is none */
    int64_t now;                        /* seconds since 1970 */
    bool race;  /* another box refreshed a moment ago, and this one may have been at it, too */
    bool asked; /* the session is a login that the user asked for */
};

/* NULL: to be shared. Otherwise why it is held, a static text. */
const char *login_judge(const struct login_case *what);

#endif
