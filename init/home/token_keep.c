/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "init/home/login_judge.h"
#include "init/home/token_list.h"
#include "init/home/tokens.h"
#include "init/replace.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    RACE_SECONDS = 30, /* an agent may be at refreshing what another box has refreshed */
    TELL_SECONDS = 60,
};

/* --- what is told ------------------------------------------------------------------------ */

static const char *whose(const struct login *login)
{
    return *login->account ? login->account : "an account that it does not name";
}

static const char *which_box(const struct login *login)
{
    return *login->box ? quoted(login->box) : "you";
}

void tokens_tell_written(const struct tokens *tokens, enum login_agent agent,
                         const struct login *login)
{
    char when[TOKEN_TIME_SIZE];
    const struct login_place *place = &login_places[agent];
    if (!*login->box || *login->identity || token_store_told(tokens->store, agent, login->when))
        return;
    token_time(login->when, when);
    info("the login of %s (%s) was written by the box %s at %s, and every box uses it. If that "
         "should not be: docker claudex login %s, or --previous for the one before",
         place->title, whose(login), which_box(login), when, place->agent);
}

static bool is_time_to_tell(struct tokens *tokens, enum login_agent agent)
{
    if (tokens->held[agent] && tokens_now() - tokens->held[agent] < TELL_SECONDS)
        return false;
    tokens->held[agent] = tokens_now();
    return true;
}

void tokens_tell_held(struct tokens *tokens, enum login_agent agent, enum token_tell why)
{
    struct error err = ERROR_INIT;
    char id[TOKEN_ID_SIZE];
    const struct login_place *place = &login_places[agent];
    cleanup_kept struct token_kept held = TOKEN_KEPT_INIT;
    int there = token_store_look(tokens->store, agent, TOKEN_HELD, &held, &err);
    if (there < 0)
        warn("%s", err.text);
    if (there <= 0 || (why == TOKEN_TELL_OTHERS && (strcmp(held.login.box, tokens->box) == 0 ||
                                                    !is_time_to_tell(tokens, agent))))
        return;
    token_store_id(&held, id);
    warn("the box %s has another login of %s, of %s, which no other box gets. Share it: docker "
         "claudex login %s --accept %s; forget it: docker claudex login %s --refuse",
         which_box(&held.login), place->title, whose(&held.login), place->agent, id,
         place->agent);
}

void tokens_show(const struct tokens *tokens)
{
    json_t *list = token_list(tokens->store, tokens->box);
    cleanup_free char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (!text || replace_file(BOX_LOGINS, text, strlen(text), 0644) < 0)
        warn("cannot write " BOX_LOGINS ": %s", strerror(errno));
}

/* --- deciding ---------------------------------------------------------------------------- */

/* What a box claims of an account is no news where the login has said it. */
static struct login as_kept(const struct tokens *tokens, enum login_agent agent,
                            const struct login *written, const struct login *before)
{
    struct login login = *written;
    login.when = (int64_t)time(NULL);
    (void)snprintf(login.box, sizeof login.box, "%s",
                   tokens->asked[agent] || !tokens->box ? "" : tokens->box);
    if (before && *before->account && !tokens->asked[agent]) {
        (void)memcpy(login.account, before->account, sizeof login.account);
        (void)memcpy(login.details, before->details, sizeof login.details);
    }
    return login;
}

/* Shared by none, and used by the box that wrote it. */
static void hold(struct tokens *tokens, enum login_agent agent, const struct login *written,
                 const char *why)
{
    struct error err = ERROR_INIT;
    const struct login login = as_kept(tokens, agent, written, NULL);
    if (token_store_hold(tokens->store, agent, &login, &tokens->bytes, &err) < 0)
        warn("%s", err.text);
    if (!is_time_to_tell(tokens, agent))
        return;
    warn("what the agent wrote as login of %s is not shared with other boxes: %s",
         login_places[agent].title, why);
    tokens_tell_held(tokens, agent, TOKEN_TELL);
}

/* Not what says the same in other words, nor what the same box wrote before: that would push
 * out the login which it replaced. */
static bool is_kept_as_before(const struct login *login, const struct login *before)
{
    return !before || (strcmp(before->digest, login->digest) != 0 &&
                       (!*login->box || strcmp(before->box, login->box) != 0));
}

static int share(struct tokens *tokens, enum login_agent agent, const struct login *written,
                 const struct login *before)
{
    struct error err = ERROR_INIT;
    const struct login login = as_kept(tokens, agent, written, before);
    const struct token_kept whole = {.login = login, .bytes = tokens->bytes}; /* borrowed */
    const int failed =
        is_kept_as_before(&login, before)
            ? token_store_write(tokens->store, agent, &login, &tokens->bytes, &err)
            : token_store_relabel(tokens->store, agent, &whole, &err);
    if (failed) {
        warn("%s; this box has it, the next will not", err.text);
        return -1;
    }
    if (tokens->asked[agent] && token_store_refuse(tokens->store, agent, &err) < 0)
        warn("%s", err.text);
    if (!before && !tokens->asked[agent])
        info("the login of %s, of %s, is kept for every box now; docker claudex logout %s "
             "forgets it",
             login_places[agent].title, whose(&login), login_places[agent].agent);
    return 0;
}

void tokens_name(struct tokens *tokens, enum login_agent agent, const struct login *login)
{
    struct error err = ERROR_INIT;
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    cleanup_fd int lock = token_store_lock(tokens->store, TOKEN_NO_WAIT);
    const struct token_side now = tokens_look_kept(tokens, agent, &kept),
                            mine = tokens_side_of(&tokens->bytes);
    if (lock < 0 || !*login->details || !tokens_same(&now, &mine) ||
        strcmp(kept.login.account, login->account) == 0)
        return;
    if (*kept.login.account && !tokens->asked[agent])
        warn("the login of %s is another account's now: %s (it was %s)",
             login_places[agent].title, login->account, kept.login.account);
    (void)memcpy(kept.login.account, login->account, sizeof login->account);
    (void)memcpy(kept.login.details, login->details, sizeof login->details);
    if (token_store_relabel(tokens->store, agent, &kept, &err) < 0)
        warn("%s", err.text);
}

/* Another box has refreshed it just now: the user's own word is no race. */
static bool was_refreshed(const struct login *kept, int64_t now)
{
    return *kept->box && now >= kept->when && now - kept->when < RACE_SECONDS;
}

int tokens_keep(struct tokens *tokens, enum login_agent agent, const struct login *login)
{
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    cleanup_fd int lock = token_store_lock(tokens->store, TOKEN_NO_WAIT);
    if (lock < 0)
        return errno == EWOULDBLOCK ? -1 : 0;
    const struct token_side now = tokens_look_kept(tokens, agent, &kept),
                            mine = tokens_side_of(&tokens->bytes);
    const bool race =
        !tokens_same(&now, &tokens->seen[agent].kept) ||
        (tokens->taken[agent] && tokens_now() - tokens->taken[agent] < RACE_SECONDS);
    const int64_t seconds = (int64_t)time(NULL);
    if (tokens_same(&now, &mine)) {
        tokens->seen[agent] = (struct token){mine, mine};
        return 0;
    }
    /* Otherwise whoever wrote last meant it: tokens of other kinds live longer or shorter. */
    if (now.there && race && kept.login.fresh > login->fresh) {
        tokens_take(tokens, agent, &kept, &now);
        return 0;
    }
    const struct login *before = now.there ? &kept.login : NULL;
    const struct login_case what = {.agent = agent,
                                    .kept = before,
                                    .written = login,
                                    .now = seconds,
                                    .race = race && was_refreshed(&kept.login, seconds),
                                    .asked = tokens->asked[agent]};
    const char *why_not = login_judge(&what);
    tokens->seen[agent].home = mine;
    if (why_not)
        hold(tokens, agent, login, why_not);
    else if (share(tokens, agent, login, before) == 0)
        tokens->seen[agent].kept = mine;
    tokens->wrote[agent] = tokens_same(&tokens->seen[agent].kept, &mine) &&
                           (!before || strcmp(before->digest, login->digest) != 0);
    tokens_show(tokens);
    return 0;
}
