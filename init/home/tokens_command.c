/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/tokens_command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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
    cleanup_fd int fd = openat(store, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        return error_errno(err, "cannot lock the kept logins");
    return take_fd(&fd);
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

/* Done to one; prints it where there was one. */
static int change(int store, const char *word, char **names, struct error *err)
{
    enum login_agent agent;
    cleanup_fd int held = lock(store, err);
    if (held < 0 || agent_of(names[0], &agent, err) < 0)
        return -1;
    int there =
        strcmp(word, "refuse") == 0
            ? token_store_refuse(store, agent, err)
            : token_store_promote(store, agent,
                                  strcmp(word, "accept") == 0 ? TOKEN_HELD : TOKEN_BEFORE, err);
    if (there > 0)
        puts(names[0]);
    return there < 0 ? -1 : 0;
}

static bool is_change(const char *word)
{
    static const char *const words[] = {"accept", "refuse", "previous"};
    for (size_t i = 0; i < array_length(words); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static int forget(int store, char **names, struct error *err)
{
    cleanup_fd int held = lock(store, err);
    if (held < 0)
        return -1;
    for (; *names; names++) {
        enum login_agent agent;
        if (agent_of(*names, &agent, err) < 0)
            return -1;
        int there = token_store_forget(store, agent, err);
        if (there < 0)
            return -1;
        if (there)
            puts(*names);
    }
    return 0;
}

static int keep(int store, char **names, struct error *err)
{
    enum login_agent agent;
    struct login login;
    cleanup_buf struct buf bytes = BUF_INIT(LOGIN_FILE_MAX);
    cleanup_buf struct buf state = BUF_INIT(LOGIN_STATE_MAX);
    cleanup_fd int held = lock(store, err);
    if (held < 0 || !names[0] || agent_of(names[0], &agent, err) < 0)
        return -1;
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
    puts(login.account);
    return 0;
}

int tokens_command(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    cleanup_fd int store = token_store_open(&err);
    int failed = -1;
    if (store < 0)
        die_error(&err);
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        failed = list(store, &err);
    else if (argc > 2 && strcmp(argv[1], "forget") == 0)
        failed = forget(store, argv + 2, &err);
    else if (argc == 3 && strcmp(argv[1], "keep") == 0)
        failed = keep(store, argv + 2, &err);
    else if (argc == 3 && is_change(argv[1]))
        failed = change(store, argv[1], argv + 2, &err);
    else
        error_usage(&err, "usage: claudex-init --tokens list | forget AGENT... | keep AGENT | "
                          "accept AGENT | refuse AGENT | previous AGENT");
    if (failed)
        die_error(&err);
    return 0;
}
