/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/archive/archive.h"
#include "plugin/image/image.h"
#include "plugin/oneshot.h"
#include "plugin/spawn.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { OUTPUT_MAX = 64 << 10 };

/* --- the container ----------------------------------------------------------------------- */

/* Its root owns all that it touches, so it has no capability. */
static json_t *spec(const char *volume, const char *const *words)
{
    json_t *command = json_pack("[s]", "--tokens");
    for (; command && *words; words++)
        if (json_array_append_new(command, json_string(*words)) < 0) {
            json_decref(command);
            return NULL;
        }
    json_t *mount = json_pack("{s:s, s:s, s:s, s:{s:b, s:{s:s}}}", "Type", "volume", "Source",
                              volume, "Target", BOX_TOKENS_DIR, "VolumeOptions", "NoCopy", 1,
                              "Labels", LABEL_KIND, "tokens");
    return json_pack("{s:s, s:s, s:[s], s:o, s:{s:s, s:[s], s:[s], s:[o], s:b}}", "Image",
                     image_default_tag, "User", "0:0", "Entrypoint", BOX_INIT, "Cmd", command,
                     "HostConfig", "NetworkMode", "none", "CapDrop", "ALL", "SecurityOpt",
                     "no-new-privileges", "Mounts", mount, "Init", 0);
}

static int need_image(struct engine *engine, struct error *err)
{
    const struct image_build build = {.tag = NULL};
    int there = image_exists(engine, image_default_tag, err);
    if (there != 0)
        return there < 0 ? -1 : 0;
    info("there is no image yet; building it first");
    return image_build(engine, &build, NULL, err);
}

static int run(struct engine *engine, const char *volume, const char *const *words,
               struct archive_writer *files, struct buf *out, struct error *err)
{
    cleanup_buf struct buf log = BUF_INIT(OUTPUT_MAX);
    json_t *what = need_image(engine, err) < 0 ? NULL : spec(volume, words);
    if (!what)
        return *err->text ? -1 : error_set(err, "out of memory");
    int status = oneshot_run_with(engine, what, files, out, &log, err);
    json_decref(what);
    if (status <= 0)
        return status;
    const char *said = log.data ? log.data : "it says nothing";
    if (strncmp(said, "claudex: ", 9) == 0)
        said += 9;
    return error_set(err, "%.*s", (int)strcspn(said, "\n"), said);
}

json_t *tokens_list(struct engine *engine, const char *volume, struct error *err)
{
    cleanup_buf struct buf out = BUF_INIT(OUTPUT_MAX);
    const char *const words[] = {"list", NULL};
    if (run(engine, volume, words, NULL, &out, err) < 0)
        return NULL;
    json_t *list = json_loadb(out.data ? out.data : "", out.length, 0, NULL);
    if (json_is_object(list))
        return list;
    json_decref(list);
    error_set(err, "the list of kept logins makes no sense; is the image of this version? "
                   "docker claudex build");
    return NULL;
}

int tokens_change(struct engine *engine, const char *volume, const char *word,
                  enum login_agent agent, const char *id, struct error *err)
{
    cleanup_buf struct buf out = BUF_INIT(OUTPUT_MAX);
    const char *const words[] = {word, login_places[agent].agent, id, NULL};
    if (run(engine, volume, words, NULL, &out, err) < 0)
        return -1;
    return out.length > 0;
}

int tokens_forget(struct engine *engine, const char *volume, enum login_agent agent,
                  struct error *err)
{
    return tokens_change(engine, volume, "forget", agent, NULL, err);
}

int tokens_keep(struct engine *engine, const char *volume, enum login_agent agent,
                const struct tokens_found *found, struct error *err)
{
    cleanup_buf struct buf out = BUF_INIT(OUTPUT_MAX);
    cleanup_with(archive_writer_free) struct archive_writer *files = archive_writer_new(err);
    if (!files ||
        archive_add_bytes(files, &(BOX_TOKENS_NEW)[1], 0600, 0, 0, found->bytes, found->length,
                          err) < 0 ||
        (found->state && archive_add_bytes(files, &(BOX_TOKENS_NEW_STATE)[1], 0600, 0, 0,
                                           found->state, found->state_length, err) < 0) ||
        archive_finish(files, err) < 0)
        return -1;
    const char *const words[] = {"keep", login_places[agent].agent, NULL};
    return run(engine, volume, words, files, &out, err);
}

/* --- the host's own login ---------------------------------------------------------------- */

void tokens_found_free(struct tokens_found *found)
{
    if (found->bytes)
        explicit_bzero(found->bytes, found->length);
    free(found->bytes);
    free(found->state);
    *found = (struct tokens_found){0};
}

/* What an unlocked keychain says to its user; nothing where there is none, or where it says no.
 */
static int ask_keychain(struct buf *bytes)
{
    static const char *const command[] = {"/usr/bin/security",
                                          "find-generic-password",
                                          "-s",
                                          "Claude Code-credentials",
                                          "-w",
                                          NULL};
    int ends[2], status = 0;
    posix_spawn_file_actions_t actions;
    pid_t pid;
    if (access(command[0], X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    cleanup_fd int answer = ends[0];
    cleanup_fd int theirs = ends[1];
    if (posix_spawn_file_actions_init(&actions) != 0)
        return 0;
    int failed =
        posix_spawn_file_actions_adddup2(&actions, theirs, STDOUT_FILENO) ||
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) ||
        spawn_program(command[0], command, &actions, false, &pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return 0;
    close(take_fd(&theirs));
    failed = read_all(answer, bytes);
    close(take_fd(&answer)); /* whoever says more than that does not wait for a reader */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return !failed && status == 0 && bytes->length > 0;
}

/* One of the user's, and of nobody else's: somebody else's file in this place is a trap. */
static int read_own(const char *home, const char *relative, struct buf *bytes,
                    struct error *err)
{
    struct stat st;
    cleanup_free char *path = NULL;
    if (asprintf(&path, "%s/%s", home, relative) < 0) {
        path = NULL;
        return error_set(err, "out of memory");
    }
    if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (read_regular_file(AT_FDCWD, path, bytes) < 0) {
        if (errno == ELOOP)
            return error_set(err, "%s is a symbolic link; give the file itself", quoted(path));
        if (errno == E2BIG)
            return error_set(err, "%s is larger than %zu bytes", quoted(path), bytes->max);
        return error_errno(err, "cannot read %s", quoted(path));
    }
    if (lstat(path, &st) < 0 || (st.st_uid != geteuid() && geteuid() != 0))
        return error_set(err, "%s belongs to somebody else", quoted(path));
    return 1;
}

int tokens_find(enum login_agent agent, const char *home, struct tokens_found *found,
                struct error *err)
{
    struct login login;
    char relative[64];
    const struct login_place *place = &login_places[agent];
    cleanup_buf struct buf bytes = BUF_INIT(LOGIN_FILE_MAX);
    cleanup_buf struct buf state = BUF_INIT(LOGIN_STATE_MAX);
    (void)snprintf(relative, sizeof relative, "%s/%s", place->folder, place->file);
    int there = read_own(home, relative, &bytes, err);
    if (there == 0 && agent == LOGIN_CLAUDE)
        there = ask_keychain(&bytes);
    if (there <= 0)
        return there;
    if (login_parse(agent, bytes.data ? bytes.data : "", bytes.length, &login, err) < 0)
        return error_prefix(err, "%s/%s", quoted(home), relative);
    struct error ignored = ERROR_INIT;
    if (place->state && read_own(home, place->state, &state, &ignored) > 0) {
        found->state_length = state.length;
        found->state = buf_take(&state);
    }
    found->length = bytes.length;
    found->bytes = buf_take(&bytes);
    return found->bytes ? 1 : error_set(err, "out of memory");
}
