/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/tokens_command.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/home/token_list.h"
#include "init/home/token_store.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

static int agent_of(const char *name, enum login_agent *agent, struct error *err)
{
    *agent = LOGIN_CLAUDE;
    for (int i = 0; i < LOGIN_AGENTS; i++)
        if (strcmp(login_places[i].agent, name) == 0) {
            *agent = (enum login_agent)i;
            return 0;
        }
    return error_usage(err, "--tokens: no agent '%s'", quoted(name));
}

/* There is no loop here to keep going: waits. */
static int lock(int store, struct error *err)
{
    int held = token_store_lock(store, TOKEN_WAIT);
    return held < 0 ? error_errno(err, "cannot lock the kept logins") : held;
}

static int list(int store, struct error *err)
{
    json_t *all = token_list(store, NULL);
    cleanup_free char *text = json_dumps(all, 0);
    json_decref(all);
    if (!text || puts(text) < 0)
        return error_errno(err, "cannot print the kept logins");
    return 0;
}

/* --- what is done to one: as token_store_promote(), with `id` where it was given --------- */

static int accept_held(int store, enum login_agent agent, const char *id, struct error *err)
{
    return token_store_promote(store, agent, TOKEN_HELD, id, err);
}

static int refuse(int store, enum login_agent agent, const char *id, struct error *err)
{
    (void)id;
    return token_store_refuse(store, agent, err);
}

static int previous(int store, enum login_agent agent, const char *id, struct error *err)
{
    return token_store_promote(store, agent, TOKEN_BEFORE, id, err);
}

static int forget(int store, enum login_agent agent, const char *id, struct error *err)
{
    (void)id;
    return token_store_forget(store, agent, err);
}

static int keep(int store, enum login_agent agent, const char *id, struct error *err)
{
    struct login login;
    cleanup_buf struct buf bytes = BUF_INIT(LOGIN_FILE_MAX);
    cleanup_buf struct buf state = BUF_INIT(LOGIN_STATE_MAX);
    (void)id;
    if (read_regular_file(AT_FDCWD, BOX_TOKENS_NEW, &bytes) < 0)
        return error_errno(err, "cannot read the new login");
    if (login_parse(agent, bytes.data ? bytes.data : "", bytes.length, &login, err) < 0)
        return error_prefix(err, "the login of %s", login_places[agent].title);
    if (read_regular_file(AT_FDCWD, BOX_TOKENS_NEW_STATE, &state) == 0)
        login_parse_state(state.data ? state.data : "", state.length, &login);
    login.when = (int64_t)time(NULL);
    if (token_store_write(store, agent, &login, &bytes, err) < 0 ||
        token_store_refuse(store, agent, err) < 0)
        return -1;
    return 1;
}

static const struct {
    const char *word;
    int (*act)(int store, enum login_agent agent, const char *id, struct error *err);
    bool wants_id;
} words[] = {
    {"accept", accept_held, true}, {"refuse", refuse, false}, {"previous", previous, false},
    {"forget", forget, false},     {"keep", keep, false},
};

/* Prints the agent's name where there was something to do. */
static int act(int store, int argc, char **argv, struct error *err)
{
    enum login_agent agent;
    for (size_t i = 0; i < array_length(words); i++) {
        if (argc != (words[i].wants_id ? 3 : 2) || strcmp(argv[0], words[i].word) != 0)
            continue;
        cleanup_fd int held = lock(store, err);
        if (held < 0 || agent_of(argv[1], &agent, err) < 0)
            return -1;
        int there = words[i].act(store, agent, argv[2], err);
        if (there > 0)
            puts(argv[1]);
        return there < 0 ? -1 : 0;
    }
    return error_usage(err, "usage: claudex-init --tokens list | forget AGENT | keep AGENT | "
                            "accept AGENT ID | refuse AGENT | previous AGENT");
}

int tokens_command(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    cleanup_fd int store = token_store_open(&err);
    if (store < 0)
        die_error(&err);
    const bool lists = argc == 2 && strcmp(argv[1], "list") == 0;
    if ((lists ? list(store, &err) : act(store, argc - 1, argv + 1, &err)) < 0)
        die_error(&err);
    return 0;
}
