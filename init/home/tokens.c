/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/home/login_check.h"
#include "init/home/place.h"
#include "init/privs.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    SETTLE_MS = 2000,
    SETTLE_TRIES = 50,
    FILE_MODE = 0600,
    PATH_SIZE = 64,
};

/* --- deciding ---------------------------------------------------------------------------- */

bool tokens_same(const struct token_side *a, const struct token_side *b)
{
    return a->there == b->there &&
           (!a->there || memcmp(a->digest, b->digest, sizeof a->digest) == 0);
}

enum token_step token_decide(const struct token *seen, const struct token_side *home,
                             const struct token_side *kept)
{
    const bool home_changed = !tokens_same(&seen->home, home),
               kept_changed = !tokens_same(&seen->kept, kept);
    if (tokens_same(home, kept))
        return TOKEN_NOTHING;
    if (home_changed && home->there)
        return TOKEN_CHECK;
    if (kept_changed)
        return kept->there ? TOKEN_TAKE : home->there ? TOKEN_REMOVE : TOKEN_NOTHING;
    return home_changed ? TOKEN_LOST : TOKEN_NOTHING;
}

/* --- both places ------------------------------------------------------------------------- */

struct token_side tokens_side_of(const struct buf *bytes)
{
    struct token_side side = {.there = true};
    SHA2_CTX hash;
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)bytes->data, bytes->length);
    SHA256Final(side.digest, &hash);
    return side;
}

static void path_of(enum login_agent agent, char path[PATH_SIZE])
{
    const struct login_place *place = &login_places[agent];
    (void)snprintf(path, PATH_SIZE, "%s/%s", place->folder, place->file);
}

/* Opens the home as the agent; what follows is done as the agent, until tokens_leave_home(). */
int tokens_enter_home(const struct tokens *tokens)
{
    struct error err = ERROR_INIT;
    if (privs_files_as(tokens->agent.uid, tokens->agent.gid, &err) < 0) {
        warn("%s", err.text);
        return -1;
    }
    return open(AGENT_HOME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void tokens_leave_home(void)
{
    struct error err = ERROR_INIT;
    int why = errno;
    if (privs_files_as(0, 0, &err) < 0)
        warn("%s", err.text);
    errno = why;
}

/* 0, or -1 with errno. */
static int read_home(const struct tokens *tokens, const char *path, struct buf *bytes)
{
    cleanup_fd int home = tokens_enter_home(tokens);
    int failed = home < 0 ? -1 : place_read(home, path, bytes);
    tokens_leave_home();
    return failed;
}

static int write_home(const struct tokens *tokens, enum login_agent agent,
                      const struct buf *bytes)
{
    char path[PATH_SIZE];
    path_of(agent, path);
    cleanup_fd int home = tokens_enter_home(tokens);
    int failed = home < 0 ? -1 : place_file(home, path, bytes->data, bytes->length, FILE_MODE);
    tokens_leave_home();
    return failed;
}

static int remove_home(const struct tokens *tokens, enum login_agent agent)
{
    const struct login_place *place = &login_places[agent];
    cleanup_fd int home = tokens_enter_home(tokens);
    cleanup_fd int folder = home < 0 ? -1 : place_folder(home, place->folder, 0);
    int failed = folder < 0 ? -1 : unlinkat(folder, place->file, 0);
    tokens_leave_home();
    return failed;
}

/* What lies in the home. What is there and cannot be a login counts as there, with a digest
 * that no login has, so that it is told once. */
static struct token_side look_home(const struct tokens *tokens, enum login_agent agent,
                                   struct buf *bytes)
{
    char path[PATH_SIZE];
    path_of(agent, path);
    errno = 0;
    if (read_home(tokens, path, bytes) == 0 && bytes->length > 0)
        return tokens_side_of(bytes);
    buf_clear(bytes);
    return (struct token_side){.there = errno == ELOOP || errno == EINVAL || errno == E2BIG};
}

struct token_side tokens_look_kept(const struct tokens *tokens, enum login_agent agent,
                                   struct token_kept *kept)
{
    struct error err = ERROR_INIT;
    int found = token_store_read(tokens->store, agent, kept, &err);
    if (found < 0)
        warn("%s", err.text);
    return found > 0 ? tokens_side_of(&kept->bytes) : (struct token_side){0};
}

/* --- one step ---------------------------------------------------------------------------- */

void tokens_take(struct tokens *tokens, enum login_agent agent, const struct token_kept *kept,
                 const struct token_side *now)
{
    if (write_home(tokens, agent, &kept->bytes) < 0) {
        warn("cannot put the login of %s into the agent's home: %s", login_places[agent].title,
             strerror(errno));
        return;
    }
    tokens->seen[agent] = (struct token){*now, *now};
}

time_t tokens_now(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static int start_check(struct tokens *tokens, enum login_agent agent, bool naming)
{
    struct error err = ERROR_INIT;
    pid_t pid;
    const char *state = login_places[agent].state;
    cleanup_buf struct buf about = BUF_INIT(LOGIN_STATE_MAX);
    if (state && read_home(tokens, state, &about) < 0)
        buf_clear(&about);
    int answer = login_check_start(tokens->worker, agent, &tokens->bytes, &about, &pid, &err);
    if (answer < 0) {
        /* It is tried again and again: once is enough. */
        if (!tokens->put_off)
            warn("%s; what the agent wrote as login of %s is looked at later", err.text,
                 login_places[agent].title);
        tokens->put_off = true;
        return -1;
    }
    tokens->put_off = false;
    tokens->answer = answer;
    tokens->checking = agent;
    tokens->naming = naming;
    return 0;
}

static void refuse(enum login_agent agent, const char *why)
{
    warn("what the agent wrote as login of %s is none, and is not kept: %s",
         login_places[agent].title, why);
}

void tokens_consider(struct tokens *tokens, enum login_agent agent)
{
    struct token *seen = &tokens->seen[agent];
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    buf_clear(&tokens->bytes);
    const struct token_side home = look_home(tokens, agent, &tokens->bytes);
    const struct token_side stored = tokens_look_kept(tokens, agent, &kept);
    switch (token_decide(seen, &home, &stored)) {
    case TOKEN_NOTHING:
        *seen = (struct token){home, stored};
        /* Once is enough: agents write what they remember all the time. */
        if (tokens->settling && tokens->wrote[agent] && login_places[agent].state &&
            home.there && stored.there) {
            tokens->wrote[agent] = false;
            (void)start_check(tokens, agent, true);
        }
        return;
    case TOKEN_TAKE:
        tokens->taken[agent] = tokens_now();
        tokens_take(tokens, agent, &kept, &stored);
        return;
    case TOKEN_REMOVE:
        if (remove_home(tokens, agent) == 0 || errno == ENOENT)
            *seen = (struct token){0};
        return;
    case TOKEN_LOST:
        *seen = (struct token){home, stored};
        info("the login of %s was removed in this box and is still kept; to forget it "
             "everywhere: docker claudex logout %s",
             login_places[agent].title, login_places[agent].agent);
        return;
    case TOKEN_CHECK:
        break;
    }
    /* Where nothing can look at it now, it stays news for the next look. */
    if (tokens->bytes.length > 0 && start_check(tokens, agent, false) < 0) {
        tokens->dirty[agent] = true;
        return;
    }
    seen->home = home;
    if (tokens->bytes.length == 0)
        refuse(agent, "it is no plain file of at most 64 KiB");
}

void tokens_finish_check(struct tokens *tokens)
{
    struct login_verdict verdict;
    const enum login_agent agent = tokens->checking;
    login_check_read(tokens->answer, &verdict);
    close(take_fd(&tokens->answer));
    if (!verdict.valid)
        refuse(agent, verdict.why);
    else if (tokens->naming)
        tokens_name(tokens, agent, &verdict.login);
    else if (tokens_keep(tokens, agent, &verdict.login) < 0) {
        tokens->seen[agent].home = (struct token_side){0}; /* as new, at the next look */
        tokens->dirty[agent] = true;
    }
    if (tokens->bytes.data)
        explicit_bzero(tokens->bytes.data, tokens->bytes.length);
    buf_clear(&tokens->bytes);
}

/* --- start and end ----------------------------------------------------------------------- */

/* As `docker claudex login` has it run, on an empty folder. */
static bool is_login(char *const *command, enum login_agent agent)
{
    if (!command[0] || strcmp(command[0], login_places[agent].agent) != 0 || !command[1])
        return false;
    return strcmp(command[1], "login") == 0 ||
           (strcmp(command[1], "auth") == 0 && command[2] && strcmp(command[2], "login") == 0);
}

void tokens_open(struct tokens *tokens, const char *box, char *const *command,
                 const struct agent *agent, uid_t shift)
{
    struct error err = ERROR_INIT;
    *tokens = (struct tokens){.box = box,
                              .agent = *agent,
                              .worker = UID_HOME_WORKER + shift,
                              .events = -1,
                              .timer = -1,
                              .answer = -1,
                              .watch = {-1, -1},
                              .bytes = BUF_INIT(LOGIN_FILE_MAX)};
    tokens->store = token_store_open(&err);
    if (tokens->store < 0)
        warn("%s; the agents' logins are not kept", err.text);
    for (int i = 0; i < LOGIN_AGENTS && tokens->store >= 0; i++) {
        cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
        tokens->seen[i].kept = tokens_look_kept(tokens, (enum login_agent)i, &kept);
        tokens->asked[i] = is_login(command, (enum login_agent)i);
        if (!tokens->seen[i].kept.there)
            continue;
        (void)memcpy(tokens->details[i], kept.login.details, LOGIN_DETAILS_MAX);
        tokens_tell_written(tokens, (enum login_agent)i, &kept.login);
    }
    for (int i = 0; i < LOGIN_AGENTS && tokens->store >= 0; i++)
        tokens_tell_held(tokens, (enum login_agent)i, TOKEN_TELL);
    tokens_show(tokens);
}

bool tokens_has(const struct tokens *tokens, enum login_agent agent)
{
    return tokens->seen[agent].kept.there;
}

void tokens_put(struct tokens *tokens)
{
    for (int i = 0; i < LOGIN_AGENTS && tokens->store >= 0; i++) {
        cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
        const struct token_side now = tokens_look_kept(tokens, (enum login_agent)i, &kept);
        if (now.there)
            tokens_take(tokens, (enum login_agent)i, &kept, &now);
        else
            tokens->seen[i].home = look_home(tokens, (enum login_agent)i, &tokens->bytes);
    }
}

/* Variables by which an agent does without a login. */
static const char *const keys[LOGIN_AGENTS][4] = {
    [LOGIN_CLAUDE] = {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN",
                      "ANTHROPIC_BASE_URL"},
    [LOGIN_CODEX] = {"OPENAI_API_KEY", "CODEX_API_KEY"},
};

static bool has_key(const struct strings *environment, enum login_agent agent)
{
    for (size_t i = 0; i < environment->count; i++)
        for (size_t k = 0; k < array_length(keys[agent]) && keys[agent][k]; k++) {
            size_t length = strlen(keys[agent][k]);
            if (strncmp(environment->items[i], keys[agent][k], length) == 0 &&
                environment->items[i][length] == '=')
                return true;
        }
    return false;
}

void tokens_tell(const struct tokens *tokens, char *const *command,
                 const struct strings *environment)
{
    /* `claude auth login` knows. */
    if (!command[0] || (command[1] && command[1][0] != '-'))
        return;
    for (int i = 0; i < LOGIN_AGENTS; i++)
        if (strcmp(*command, login_places[i].agent) == 0 &&
            !tokens_has(tokens, (enum login_agent)i) &&
            !has_key(environment, (enum login_agent)i))
            info(
                "%s has no login yet. Log in here and it is kept for all boxes, or beforehand: "
                "docker claudex login %s, which with --import takes this machine's; an API key "
                "comes with -e %s",
                login_places[i].title, login_places[i].agent, keys[i][0]);
}

static void settle_step(struct tokens *tokens, enum login_agent agent)
{
    struct pollfd answer = {.events = POLLIN};
    tokens->dirty[agent] = false;
    if (tokens->answer < 0)
        tokens_consider(tokens, agent);
    answer.fd = tokens->answer;
    if (answer.fd < 0)
        return;
    if (poll(&answer, 1, SETTLE_MS) > 0)
        tokens_finish_check(tokens);
    else
        close(take_fd(&tokens->answer));
}

/* Again where another box is writing: its lock goes in a moment, and with no event. */
static void settle_one(struct tokens *tokens, enum login_agent agent)
{
    settle_step(tokens, agent);
    for (int i = 0; i < SETTLE_TRIES && tokens->dirty[agent]; i++) {
        (void)poll(NULL, 0, SETTLE_MS / SETTLE_TRIES);
        settle_step(tokens, agent);
    }
}

void tokens_settle(struct tokens *tokens)
{
    if (tokens->store < 0)
        return;
    if (tokens->answer >= 0)
        settle_one(tokens, tokens->checking);
    for (int i = 0; i < LOGIN_AGENTS; i++)
        settle_one(tokens, (enum login_agent)i);
    tokens->settling = true;
    for (int i = 0; i < LOGIN_AGENTS; i++)
        if (tokens->wrote[i])
            settle_one(tokens, (enum login_agent)i);
}
