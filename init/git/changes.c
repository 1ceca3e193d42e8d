/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/changes.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "init/git/path.h"
#include "init/git/store.h"
#include "shared/log.h"

static bool is_in(git_tree *tree, const char *path)
{
    git_tree_entry *entry = NULL;
    bool there = git_tree_entry_bypath(&entry, tree, path) == 0;
    git_tree_entry_free(entry);
    return there;
}

static int check_known(git_tree *from, git_tree *to, char *const *paths, char *const *encoded,
                       size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!is_in(from, encoded[i]) && !is_in(to, encoded[i]))
            return error_set(err, "%s is in neither of the two snapshots", quoted(paths[i]));
    return 0;
}

int changes_find(const struct history *history, git_tree *from, git_tree *to,
                 char *const *paths, size_t count, git_diff **diff, struct error *err)
{
    git_diff_options options = {0};
    char **encoded = calloc(count + 1, sizeof *encoded);
    int failed = encoded ? git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION) : -1;
    for (size_t i = 0; i < count && !failed; i++) {
        encoded[i] = malloc(PATH_DECODED_MAX);
        failed = encoded[i] ? 0 : -1;
        if (encoded[i])
            (void)path_encode(paths[i], encoded[i], PATH_DECODED_MAX);
    }
    /* A file where a folder was is the folder's files gone and a new file, not a change of one
     * thing into another: each is removed or brought back by itself. */
    options.flags |= GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_INCLUDE_TYPECHANGE;
    options.pathspec = (git_strarray){.strings = encoded, .count = count};
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
    bool unknown = !failed && check_known(from, to, paths, encoded, count, err) < 0;
    if (!failed && !unknown)
        failed = git_diff_tree_to_tree(diff, history->repository, from, to, &options);
    for (size_t i = 0; encoded && i < count; i++)
        free(encoded[i]);
    free(encoded);
    if (unknown)
        return -1;
    return failed ? store_error(err, "cannot compare snapshots of %s", history->name) : 0;
}

static int print_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
                      const git_diff_line *line, void *out)
{
    (void)delta, (void)hunk;
    if (line->origin == GIT_DIFF_LINE_CONTEXT || line->origin == GIT_DIFF_LINE_ADDITION ||
        line->origin == GIT_DIFF_LINE_DELETION)
        (void)fputc(line->origin, out);
    return fwrite(line->content, 1, line->content_len, out) == line->content_len ? 0 : -1;
}

int changes_print(git_diff *diff, FILE *out, struct error *err)
{
    return git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, print_line, out) < 0
               ? store_error(err, "cannot print the difference")
               : 0;
}

static const char *status_word(git_delta_t status)
{
    switch (status) {
    case GIT_DELTA_ADDED:
        return "added";
    case GIT_DELTA_DELETED:
        return "deleted";
    case GIT_DELTA_TYPECHANGE:
        return "type";
    default:
        return "modified";
    }
}

static void count_lines(git_diff *diff, size_t i, json_t *one)
{
    git_patch *patch = NULL;
    size_t added = 0, removed = 0;
    if (git_patch_from_diff(&patch, diff, i) < 0 || !patch)
        return;
    (void)git_patch_line_stats(NULL, &added, &removed, patch);
    const bool binary = git_patch_get_delta(patch)->flags & GIT_DIFF_FLAG_BINARY;
    (void)json_object_set_new(one, "insertions", json_integer((json_int_t)added));
    (void)json_object_set_new(one, "deletions", json_integer((json_int_t)removed));
    (void)json_object_set_new(one, "binary", json_boolean(binary));
    git_patch_free(patch);
}

int changes_list(const struct history *history, git_diff *diff, bool lines, json_t *list,
                 struct error *err)
{
    for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        const char *path = delta->new_file.path ? delta->new_file.path : delta->old_file.path;
        json_t *one =
            json_pack("{s:s, s:o, s:s, s:i, s:i}", "project", history->name, "path",
                      history_path(path), "status", status_word(delta->status), "old_mode",
                      (int)delta->old_file.mode, "new_mode", (int)delta->new_file.mode);
        if (!one)
            return error_set(err, "out of memory");
        if (lines)
            count_lines(diff, i, one);
        (void)json_array_append_new(list, one);
    }
    return 0;
}
