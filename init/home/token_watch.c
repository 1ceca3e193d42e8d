/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "init/home/tokens.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    PAUSE_MS = 200,    /* between two looks, however much an agent writes */
    START_SECONDS = 2, /* of a session, before its first look */
    PATH_SIZE = 64,
};

static void pause_looking(struct tokens *tokens)
{
    const struct itimerspec moment = {.it_value.tv_nsec = PAUSE_MS * 1000000L};
    (void)timerfd_settime(tokens->timer, 0, &moment, NULL);
}

static bool is_pausing(const struct tokens *tokens)
{
    struct itimerspec left;
    return timerfd_gettime(tokens->timer, &left) == 0 &&
           (left.it_value.tv_sec || left.it_value.tv_nsec);
}

static void answer_ready(void *context, int fd, uint32_t events);

/* One look at a time, and a pause after each. */
static void work(struct tokens *tokens)
{
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        if (!tokens->dirty[i] || tokens->answer >= 0 || is_pausing(tokens))
            continue;
        tokens->dirty[i] = false;
        tokens_consider(tokens, (enum login_agent)i);
        pause_looking(tokens);
        if (tokens->answer >= 0 &&
            loop_add(tokens->loop, tokens->answer, answer_ready, tokens) < 0) {
            warn("cannot wait for a worker: %s", strerror(errno));
            close(take_fd(&tokens->answer));
        }
    }
}

static void answer_ready(void *context, int fd, uint32_t events)
{
    struct tokens *tokens = context;
    (void)events;
    loop_remove(tokens->loop, fd);
    tokens_finish_check(tokens);
    pause_looking(tokens);
}

/* Folders of the home, which an agent may remove and make again, are watched as the agent. */
static void watch_folder(struct tokens *tokens, enum login_agent agent)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, AGENT_HOME "/%s", login_places[agent].folder);
    cleanup_fd int home = tokens_enter_home(tokens);
    tokens->watch[agent] = -1;
    if (home >= 0)
        tokens->watch[agent] = inotify_add_watch(tokens->events, path,
                                                 IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                                     IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW);
    tokens_leave_home();
    tokens->dirty[agent] = true;
}

static void note(struct tokens *tokens, const struct inotify_event *event)
{
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        const struct login_place *place = &login_places[i];
        const char *name = event->len ? event->name : "";
        const bool own = event->wd == tokens->watch[i] && strcmp(name, place->file) == 0;
        const bool kept = event->wd == tokens->watch_store && strcmp(name, place->kept) == 0;
        char held[TOKEN_NAME_SIZE];
        token_store_name((enum login_agent)i, TOKEN_HELD, held);
        const bool other = event->wd == tokens->watch_store && strcmp(name, held) == 0;
        if (event->wd == tokens->watch_home && strcmp(name, place->folder) == 0)
            watch_folder(tokens, (enum login_agent)i);
        if (own || kept || (event->mask & IN_Q_OVERFLOW))
            tokens->dirty[i] = true;
        if (other)
            tokens_tell_held(tokens, (enum login_agent)i, TOKEN_TELL_OTHERS);
        if (other || kept)
            tokens_show(tokens);
    }
}

static void events_ready(void *context, int fd, uint32_t mask)
{
    struct tokens *tokens = context;
    char bytes[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    (void)mask;
    ssize_t length = read(fd, bytes, sizeof bytes);
    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(bytes + at);
        note(tokens, event);
        at += (ssize_t)sizeof *event + event->len;
    }
    work(tokens);
}

static bool is_held(const struct tokens *tokens, enum login_agent agent)
{
    char held[TOKEN_NAME_SIZE];
    token_store_name(agent, TOKEN_HELD, held);
    return faccessat(tokens->store, held, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void begin(struct tokens *tokens)
{
    tokens->watching = true;
    tokens->watch_store =
        inotify_add_watch(tokens->events, BOX_TOKENS_DIR, IN_MOVED_TO | IN_DELETE);
    cleanup_fd int home = tokens_enter_home(tokens);
    tokens->watch_home = -1;
    if (home >= 0)
        tokens->watch_home =
            inotify_add_watch(tokens->events, AGENT_HOME, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    tokens_leave_home();
    /* What happened until now is found by looking. */
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        watch_folder(tokens, (enum login_agent)i);
        if (!tokens->was_held[i] && is_held(tokens, (enum login_agent)i))
            tokens_tell_held(tokens, (enum login_agent)i, TOKEN_TELL_OTHERS);
    }
    tokens_show(tokens);
}

static void timer_ready(void *context, int fd, uint32_t events)
{
    struct tokens *tokens = context;
    uint64_t times;
    (void)events;
    if (read(fd, &times, sizeof times) != sizeof times)
        return;
    if (!tokens->watching)
        begin(tokens);
    work(tokens);
}

/* The kernel takes 10 ms to let go of an inotify descriptor with watches, and PID 1 cannot end
 * before: a session that is over at once shall not wait for that. */
void tokens_watch(struct tokens *tokens, struct loop *loop)
{
    const struct itimerspec start = {.it_value.tv_sec = START_SECONDS};
    if (tokens->store < 0)
        return;
    tokens->loop = loop;
    for (int i = 0; i < LOGIN_AGENTS; i++)
        tokens->was_held[i] = is_held(tokens, (enum login_agent)i);
    tokens->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    tokens->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (tokens->events < 0 || tokens->timer < 0 ||
        loop_add(loop, tokens->events, events_ready, tokens) < 0 ||
        loop_add(loop, tokens->timer, timer_ready, tokens) < 0 ||
        timerfd_settime(tokens->timer, 0, &start, NULL) < 0)
        warn("cannot watch the agents' logins: %s; a refreshed one is kept at the end",
             strerror(errno));
}
