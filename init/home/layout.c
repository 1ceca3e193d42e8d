/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/home/place.h"
#include "init/home/settings.h"
#include "init/home/toml.h"
#include "init/privs.h"
#include "init/replace.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    SETTINGS_MAX = 1 << 20, /* bytes of a file */
    PRIVATE_MODE = 0600,
    PUBLIC_MODE = 0644,
    OPEN_FOLDERS = 16,
};

/* The agents' own, as they make them. */
static const char *const remembered[] = {".claude", ".claude.json", ".codex", ".agents"};

/* There once the home was laid out: before, what is in it is the image's. */
#define MARK BOX_PRIVATE "/home-was-laid-out"

static int clear(int home, struct error *err)
{
    for (size_t i = 0; i < array_length(remembered); i++)
        if (place_remove(home, remembered[i]) < 0)
            return error_errno(err,
                               "cannot remove " AGENT_HOME
                               "/%s, which an earlier session left; remove the box "
                               "(docker claudex rm) and start it anew",
                               remembered[i]);
    return 0;
}

/* --- the user's own files ----------------------------------------------------------------- */

/* nftw(3) has no argument to hand on. */
static struct {
    int home;
    const struct agent *agent;
} copying;

static void cannot_write(const char *path)
{
    warn("cannot write %s%s: %s", *path == '/' ? "" : AGENT_HOME "/", quoted(path),
         strerror(errno));
}

static int copy(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    struct error err = ERROR_INIT;
    cleanup_buf struct buf bytes = BUF_INIT(SETTINGS_MAX);
    const char *relative = path + strlen(BOX_HOME_FILES);
    (void)at;
    if (kind != FTW_F || !S_ISREG(st->st_mode) || *relative != '/')
        return 0;
    if (read_regular_file(AT_FDCWD, path, &bytes) < 0) {
        cannot_write(relative + 1);
        return 0;
    }
    mode_t mode = (st->st_mode & S_IXUSR) ? 0700 : PRIVATE_MODE;
    if (privs_files_as(copying.agent->uid, copying.agent->gid, &err) == 0 &&
        place_file(copying.home, relative + 1, bytes.data ? bytes.data : "", bytes.length,
                   mode) < 0)
        cannot_write(relative + 1);
    return privs_files_as(0, 0, &err) < 0 ? -1 : 0;
}

static void copy_files(int home, const struct agent *agent)
{
    copying.home = home;
    copying.agent = agent;
    if (nftw(BOX_HOME_FILES, copy, OPEN_FOLDERS, FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT)
        warn("cannot lay out your own files in the agent's home: %s", strerror(errno));
}

/* What the plugin has checked. NULL where there is none. */
static json_t *users_own(const char *path)
{
    cleanup_buf struct buf text = BUF_INIT(SETTINGS_MAX);
    json_error_t why;
    if (read_regular_file(AT_FDCWD, path, &text) < 0 || !text.data)
        return NULL;
    json_t *own = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, &why);
    if (json_is_object(own))
        return own;
    warn("%s is no JSON object and was left out", quoted(path));
    json_decref(own);
    return NULL;
}

/* --- ours -------------------------------------------------------------------------------- */

static int print(const struct settings_file *file, const struct settings_input *input,
                 struct buf *text)
{
    json_t *settings = file->make(input);
    int failed = -1;
    if (json_is_null(settings)) {
        failed = 0;
    } else if (!settings) {
        errno = ENOMEM;
    } else if (file->format == SETTINGS_TOML) {
        failed = toml_print(settings, text);
    } else {
        cleanup_free char *json = json_dumps(settings, JSON_INDENT(2));
        failed = json ? buf_puts(text, json) : -1;
    }
    json_decref(settings);
    return failed;
}

/* Once as root for what lies outside the home, once as the agent. */
static void write_settings(int home, bool public, const struct settings_input *input)
{
    for (size_t i = 0; i < settings_file_count; i++) {
        const struct settings_file *file = &settings_files[i];
        cleanup_buf struct buf text = BUF_INIT(2 * SETTINGS_MAX);
        if ((file->path[0] == '/') != public)
            continue;
        int failed = print(file, input, &text);
        if (!failed && !text.data)
            continue;
        if (!failed && public)
            failed = replace_file(file->path, text.data, text.length, PUBLIC_MODE);
        else if (!failed)
            failed = place_file(home, file->path, text.data, text.length, PRIVATE_MODE);
        if (failed)
            cannot_write(file->path);
    }
}

/* Of root's folders; an image may have them already. */
static void make_public_folders(void)
{
    if (make_folders("/etc/codex", 0755) < 0)
        warn("cannot make /etc/codex: %s", strerror(errno));
}

static int write_mark(void)
{
    cleanup_fd int fd = open(MARK, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, PRIVATE_MODE);
    return fd < 0 ? -1 : 0;
}

static int lay_out(int home, const struct settings_input *input, const struct agent *agent,
                   struct error *err)
{
    struct error back = ERROR_INIT;
    bool again = access(MARK, F_OK) == 0;
    int failed =
        again && privs_files_as(agent->uid, agent->gid, err) == 0 ? clear(home, err) : 0;
    if (again && privs_files_as(0, 0, &back) < 0) {
        *err = back;
        return -1;
    }
    if (failed)
        return -1;
    if (!again && write_mark() < 0)
        return error_errno(err, "cannot write " MARK);
    copy_files(home, agent);
    make_public_folders();
    write_settings(home, true, input);
    if (privs_files_as(agent->uid, agent->gid, err) < 0)
        return -1;
    write_settings(home, false, input);
    return privs_files_as(0, 0, err);
}

int home_lay_out(const struct session *session, const struct strings *environment,
                 const struct tokens *tokens, struct error *err)
{
    const struct agent *agent = &tokens->agent;
    if (privs_files_as(agent->uid, agent->gid, err) < 0)
        return -1;
    cleanup_fd int home = open(AGENT_HOME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    if (privs_files_as(0, 0, err) < 0)
        return -1;
    errno = why;
    if (home < 0)
        return error_errno(err, "cannot open " AGENT_HOME);
    json_t *settings = users_own(BOX_HOME_FILES "/.claude/settings.json");
    json_t *state = users_own(BOX_HOME_FILES "/.claude.json");
    const struct settings_input input = {
        .session = session,
        .environment = environment,
        .claude_settings = settings,
        .claude_state = state,
        .claude_account = tokens->details[LOGIN_CLAUDE],
        .codex_login = tokens_has(tokens, LOGIN_CODEX),
        .turn_end = session->git.track ? BOX_INIT " snapshot --quiet" : NULL};
    int failed = lay_out(home, &input, agent, err);
    json_decref(settings);
    json_decref(state);
    return failed;
}
