/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/looking.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/git/actor.h"
#include "init/git/changes.h"
#include "init/git/history.h"
#include "init/git/restore.h"
#include "init/git/snapshot.h"
#include "init/git/store.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

/* Starts the thread that is the agent to files. It lives as long as the process, so what it
 * reads must not lie on the stack. NULL with *err. */
static struct actor *begin(struct error *err)
{
    static struct actor actor;
    int failed = actor_start(&actor, geteuid(), getegid(), err) < 0 || store_library(err) < 0;
    return failed ? NULL : &actor;
}

static int print(json_t *json, struct error *err)
{
    int failed = !json || json_dumpf(json, stdout, JSON_INDENT(1)) < 0 || putchar('\n') < 0;
    json_decref(json);
    return failed ? error_set(err, "cannot write the answer") : 0;
}

int looking_log(struct looking *looking, struct error *err)
{
    json_t *all = json_array();
    int failed = begin(err) ? 0 : -1;
    for (size_t i = 0; i < looking->names->count && !failed; i++) {
        struct history history = HISTORY_INIT;
        json_t *list = NULL;
        failed = history_open(&history, looking->names->items[i], err);
        history_unlock(&history);
        if (!failed)
            list = history_list(&history, looking->count, err);
        failed = failed || !list || json_array_extend(all, list) < 0;
        json_decref(list);
        history_close(&history);
    }
    if (!failed)
        return print(all, err);
    json_decref(all);
    return -1;
}

/* --- two snapshots ----------------------------------------------------------------------- */

struct pair {
    struct history history;
    git_commit *commits[2];
    git_tree *trees[2];
    git_diff *diff;
};

static void pair_close(struct pair *pair)
{
    git_diff_free(pair->diff);
    for (size_t i = 0; i < 2; i++) {
        git_tree_free(pair->trees[i]);
        git_commit_free(pair->commits[i]);
    }
    history_close(&pair->history);
}

/* 1 where this project has no such snapshot. */
static int pair_find(struct pair *pair, const char *from, const char *to, struct error *err)
{
    const char *const words[] = {from, to};
    for (size_t i = 0; i < 2; i++) {
        int found = history_find(&pair->history, words[i], &pair->commits[i], err);
        if (found)
            return found;
        if (history_files(&pair->history, pair->commits[i], &pair->trees[i], err) < 0)
            return -1;
    }
    return 0;
}

/* Paths are the project's own; with several projects "NAME/path". NULL-ended, the caller's to
 * free but for the strings; *count 0 with `none` set where none is this project's. */
static char **paths_of(const struct looking *looking, const char *name, char **paths,
                       size_t path_count, size_t *count, bool *none)
{
    char **own = calloc(path_count + 1, sizeof *own);
    const size_t length = strlen(name);
    *count = 0;
    for (size_t i = 0; own && i < path_count; i++) {
        if (looking->names->count == 1)
            own[(*count)++] = paths[i];
        else if (strncmp(paths[i], name, length) == 0 && paths[i][length] == '/')
            own[(*count)++] = paths[i] + length + 1;
        else if (strcmp(paths[i], name) == 0) {
            *none = false;
            *count = 0;
            return own;
        }
    }
    *none = path_count > 0 && *count == 0;
    return own;
}

/* How many of the words in front are snapshots: 0, 1 or 2. */
static size_t count_snapshots(const struct looking *looking, struct error *err)
{
    size_t most = 0;
    if (looking->only_paths)
        return 0;
    for (size_t i = 0; i < looking->names->count; i++) {
        struct history history = HISTORY_INIT;
        size_t found = 0;
        if (history_open(&history, looking->names->items[i], err) == 0)
            while (found < 2 && found < looking->word_count) {
                git_commit *commit = NULL;
                int result = history_find(&history, looking->words[found], &commit, err);
                git_commit_free(commit);
                if (result)
                    break;
                found++;
            }
        history_close(&history);
        if (found > most)
            most = found;
    }
    return most;
}

static int diff_one(struct looking *looking, const char *name, size_t snapshots, json_t *list,
                    struct error *err)
{
    struct pair pair = {.history = HISTORY_INIT};
    const char *from = snapshots > 0 ? looking->words[0] : "start";
    const char *to = snapshots > 1 ? looking->words[1] : "last";
    bool none;
    size_t count;
    char **words = looking->words + snapshots;
    size_t word_count = looking->word_count - snapshots;
    if (word_count > 0 && !looking->only_paths) {
        if (strcmp(words[0], "--") != 0)
            return error_set(err, "no snapshot %s; `docker claudex log` lists them",
                             quoted(words[0]));
        words++;
        word_count--;
    }
    char **paths = paths_of(looking, name, words, word_count, &count, &none);
    int failed = paths ? 0 : error_set(err, "out of memory");
    if (!failed && !none) {
        failed = history_open(&pair.history, name, err);
        history_unlock(&pair.history); /* who reads the answer may be slow */
        if (!failed)
            failed = pair_find(&pair, from, to, err);
        if (failed > 0 && looking->names->count == 1)
            failed = error_set(err, "no such snapshot; `docker claudex log` lists them");
        else if (failed == 0) {
            failed = changes_find(&pair.history, pair.trees[0], pair.trees[1], paths, count,
                                  &pair.diff, err);
            if (!failed)
                failed = list ? changes_list(&pair.history, pair.diff, looking->stat, list, err)
                              : changes_print(pair.diff, stdout, err);
        }
        pair_close(&pair);
    }
    free(paths);
    return failed < 0 ? -1 : 0;
}

int looking_diff(struct looking *looking, struct error *err)
{
    struct error ignored = ERROR_INIT;
    if (!begin(err))
        return -1;
    const size_t snapshots = count_snapshots(looking, &ignored);
    json_t *list = looking->list || looking->stat ? json_array() : NULL;
    for (size_t i = 0; i < looking->names->count; i++)
        if (diff_one(looking, looking->names->items[i], snapshots, list, err) < 0) {
            json_decref(list);
            return -1;
        }
    return list ? print(list, err) : 0;
}

/* --- back
 * ------------------------------------------------------------------------------------- */

struct root {
    char path[600];
    int fd;
};

static int open_root(void *context, struct error *err)
{
    struct root *root = context;
    root->fd = open(root->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return root->fd < 0 ? error_errno(err, "cannot open %s", quoted(root->path)) : 0;
}

/* Where there is no PID 1 to take it. The trail is open already. */
static int take(const struct looking *looking, const struct history *history,
                struct actor *actor, int root, const char *kind, const char *more,
                struct error *err)
{
    char objects[600], project[600];
    struct snapshot_result result;
    (void)snprintf(objects, sizeof objects, "%s/objects", history->path);
    (void)snprintf(project, sizeof project, BOX_WORKSPACE "/%s", history->name);
    const struct snapshot what = {
        .kind = kind,
        .session = {.id = "", .box = looking->box ? looking->box : "", .project = project},
        .objects = objects,
        .root = root,
        .gather_ignore = !looking->box, /* else those of its start */
        .only_if_changed = true,
        .more_lines = more};
    int failed = snapshot_take(&history->audit, actor, &what, &result, err);
    entries_free(&result.entries);
    return failed;
}

static int restore_one(struct looking *looking, struct actor *actor, const char *name,
                       json_t *answer, struct error *err)
{
    struct pair pair = {.history = HISTORY_INIT};
    struct root root = {.fd = -1};
    bool none = false;
    size_t count = 0;
    const char *to = looking->to ? looking->to : "start";
    char hex[GIT_OID_SHA1_HEXSIZE + 1], more[80];
    char **paths = paths_of(looking, name, looking->words, looking->word_count, &count, &none);
    int failed = paths ? 0 : error_set(err, "out of memory");
    (void)snprintf(root.path, sizeof root.path, BOX_WORKSPACE "/%s", name);
    if (!failed && none)
        goto out;
    if (!failed)
        failed = actor_run(actor, open_root, &root, err);
    if (!failed)
        failed = history_open(&pair.history, name, err);
    if (!failed && !looking->asked)
        failed = take(looking, &pair.history, actor, root.fd, "before-restore", NULL, err);
    /* The snapshot of this moment is in a pack that came after the store was opened. */
    if (!failed && git_odb_refresh(pair.history.odb) < 0)
        failed = store_error(err, "cannot open the audit repository");
    if (!failed)
        failed = pair_find(&pair, "last", to, err);
    if (failed > 0)
        failed =
            looking->names->count == 1
                ? error_set(err, "no snapshot %s; `docker claudex log` lists them", quoted(to))
                : 1;
    if (failed)
        goto out;
    failed = changes_find(&pair.history, pair.trees[0], pair.trees[1], paths, count, &pair.diff,
                          err);
    if (!failed)
        failed = changes_list(&pair.history, pair.diff, false,
                              json_object_get(answer, "changes"), err);
    git_oid_tostr(hex, sizeof hex, git_commit_id(pair.commits[0]));
    (void)json_object_set_new(answer, "from", json_string(hex));
    git_oid_tostr(hex, sizeof hex, git_commit_id(pair.commits[1]));
    (void)json_object_set_new(answer, "to", json_string(hex));
    if (!failed && looking->apply && git_diff_num_deltas(pair.diff) > 0) {
        json_t *record = history_record(&pair.history, pair.commits[1]);
        failed = restore_apply(&pair.history, actor, pair.diff, root.fd, record,
                               json_object_get(answer, "failures"), err);
        json_decref(record);
        struct error unrecorded = ERROR_INIT;
        (void)snprintf(more, sizeof more, "Restored: %s\n", hex);
        if (take(looking, &pair.history, actor, root.fd, "restored", more, &unrecorded) < 0)
            warn("%s", unrecorded.text);
    }
out:
    free(paths);
    if (root.fd >= 0)
        close(root.fd);
    pair_close(&pair);
    return failed < 0 ? -1 : 0;
}

int looking_restore(struct looking *looking, struct error *err)
{
    json_t *answer = json_pack("{s:[], s:[]}", "changes", "failures");
    struct actor *actor = begin(err);
    int failed = actor ? 0 : -1;
    for (size_t i = 0; i < looking->names->count && !failed; i++)
        failed = restore_one(looking, actor, looking->names->items[i], answer, err);
    if (!failed)
        return print(answer, err);
    json_decref(answer);
    return -1;
}
