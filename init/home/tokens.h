/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agents' logins: put into the home at the start, watched, and kept for other boxes and
 * other days when an agent has refreshed them. What other boxes keep meanwhile comes into this
 * home.
 *
 * PID 1 compares bytes and copies them; what an agent wrote is looked at by login_check, and
 * whether others get it is login_judge's. Of two boxes that refresh at once the newer login
 * stays. A login that an agent removed is still kept
 * for the others: only `claudex-init --tokens forget` forgets it, and then in every box.
 */
#ifndef CLAUDEX_INIT_HOME_TOKENS_H
#define CLAUDEX_INIT_HOME_TOKENS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "init/home/owner.h"
#include "init/home/token_store.h"
#include "init/loop.h"
#include "shared/error.h"
#include "shared/session.h"

/* One place's login as it was seen last, by its SHA-256. */
struct token_side {
    bool there;
    uint8_t digest[32];
};

/* What became of one agent's login since it was seen last. */
enum token_step {
    TOKEN_NOTHING,
    TOKEN_TAKE,   /* another box kept a newer one: into this home */
    TOKEN_REMOVE, /* it was forgotten: out of this home */
    TOKEN_CHECK,  /* the agent wrote one: look at it, then keep it */
    TOKEN_LOST,   /* the agent removed it */
};
struct token {
    struct token_side home, kept; /* as seen last */
};
/* Pure. `home` and `kept` are as they are now. */
enum token_step token_decide(const struct token *seen, const struct token_side *home,
                             const struct token_side *kept);

struct tokens {
    int store;
    const char *box;          /* its name, borrowed */
    bool asked[LOGIN_AGENTS]; /* the session is a login that the user asked for */
    struct agent agent;
    uid_t worker; /* who looks at what the agent wrote */
    struct token seen[LOGIN_AGENTS];
    bool dirty[LOGIN_AGENTS];
    time_t taken[LOGIN_AGENTS]; /* when another box's came into this home, CLOCK_MONOTONIC */
    bool wrote[LOGIN_AGENTS];   /* what is shared came from this box, as far as it knows */
    time_t held[LOGIN_AGENTS];  /* when one was held and told, the same clock */
    char details[LOGIN_AGENTS][LOGIN_DETAILS_MAX]; /* of what was kept at the start, or "" */

    struct loop *loop;
    int events, timer; /* inotify, timerfd; -1 */
    int watch_home, watch_store, watch[LOGIN_AGENTS];
    bool watching;               /* for what comes, */
    bool was_held[LOGIN_AGENTS]; /* and what there was when that was put off */
    bool settling;               /* the session is over */
    bool naming;                 /* that look is for the account's name alone */
    bool put_off;                /* the last look could not begin, which was told */
    int answer;                  /* of the login_check that runs, -1: none */
    enum login_agent checking;
    struct buf bytes; /* what it looks at */
};

/* Before the home is laid out: opens what is kept, and says what the user should know of it. A
 * warning where it cannot be opened: the agents then ask for a login. `command` is the
 * session's, `box` its name, which stays borrowed, `shift` worker_uid_shift()'s. */
void tokens_open(struct tokens *tokens, const char *box, char *const *command,
                 const struct agent *agent, uid_t shift);
/* After it: puts the logins in their places. */
void tokens_put(struct tokens *tokens);
/* What somebody can do whose agent, the session's `command`, has no login and no key: a line.
 */
void tokens_tell(const struct tokens *tokens, char *const *command,
                 const struct strings *environment);
/* From its first seconds on, by the loop; of a shorter session tokens_settle() sees it all. */
void tokens_watch(struct tokens *tokens, struct loop *loop);
/* At the end of the session: what was written last, too. Waits for two seconds at most. */
void tokens_settle(struct tokens *tokens);

/* True if a login of the agent was kept at the start. */
bool tokens_has(const struct tokens *tokens, enum login_agent agent);

/* --- for init/home/token_watch.c and token_keep.c alone
 * -----------------------------------------------------
 */

/* One look at both places, and one step. It may leave a login_check running (tokens->answer),
 * for tokens_finish_check() once that is readable. */
void tokens_consider(struct tokens *tokens, enum login_agent agent);
void tokens_finish_check(struct tokens *tokens);

struct token_side tokens_side_of(const struct buf *bytes);
bool tokens_same(const struct token_side *a, const struct token_side *b);
struct token_side tokens_look_kept(const struct tokens *tokens, enum login_agent agent,
                                   struct token_kept *kept);
/* Puts what is kept into the home. */
void tokens_take(struct tokens *tokens, enum login_agent agent, const struct token_kept *kept,
                 const struct token_side *now);
/* CLOCK_MONOTONIC. */
time_t tokens_now(void);
/* The look at tokens->bytes was good: shares or holds them. -1: not now. */
int tokens_keep(struct tokens *tokens, enum login_agent agent, const struct login *login);
/* The same bytes are shared, and this box wrote them: whose they are may have been named only
 * now. */
void tokens_name(struct tokens *tokens, enum login_agent agent, const struct login *login);
/* Says that one is held, if one is; of others, what other boxes wrote, once a minute. */
enum token_tell { TOKEN_TELL, TOKEN_TELL_OTHERS };
void tokens_tell_held(struct tokens *tokens, enum login_agent agent, enum token_tell why);
/* Once, which box wrote what is shared, where nothing but the time spoke for it. */
void tokens_tell_written(const struct tokens *tokens, enum login_agent agent,
                         const struct login *login);
/* For `status`: BOX_LOGINS as it has to be now. */
void tokens_show(const struct tokens *tokens);

/* Opens the home as the agent, -1 if it cannot be; all is done as the agent until the second.
 */
int tokens_enter_home(const struct tokens *tokens);
void tokens_leave_home(void);

#endif
