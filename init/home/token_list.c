/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/token_list.h"

#include <string.h>
#include <time.h>

#include "init/home/token_store.h"
#include "shared/cleanup.h"
#include "shared/log.h"

void token_time(int64_t when, char text[TOKEN_TIME_SIZE])
{
    struct tm utc;
    const time_t seconds = (time_t)when;
    text[0] = '\0';
    if (when > 0 && gmtime_r(&seconds, &utc))
        (void)strftime(text, TOKEN_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static json_t *one(int store, enum login_agent agent, enum token_which which, const char *own)
{
    struct error err = ERROR_INIT;
    char when[TOKEN_TIME_SIZE], id[TOKEN_ID_SIZE];
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    int found = token_store_look(store, agent, which, &kept, &err);
    if (found < 0)
        warn("%s", err.text);
    if (found <= 0)
        return NULL;
    token_time(kept.login.when, when);
    const char *box = kept.login.box;
    if (own && *box && strcmp(box, own) != 0)
        box = "another box";
    token_store_id(&kept, id);
    return json_pack("{s:s, s:I, s:s, s:s, s:s*}", "account", kept.login.account, "fresh",
                     (json_int_t)kept.login.fresh, "box", box, "when", when, "id",
                     which == TOKEN_HELD ? id : NULL);
}

json_t *token_list(int store, const char *own)
{
    json_t *all = json_object();
    for (int i = 0; i < LOGIN_AGENTS && store >= 0; i++) {
        json_t *kept = one(store, (enum login_agent)i, TOKEN_KEPT, own),
               *held = one(store, (enum login_agent)i, TOKEN_HELD, own);
        if (held && !kept)
            kept = json_object();
        if (held)
            (void)json_object_set_new(kept, "held", held);
        if (kept)
            (void)json_object_set_new(all, login_places[i].agent, kept);
    }
    return all;
}
