/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/skill_fetch.h"

#include <errno.h>
#include <git2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "init/git/skill_write.h"
#include "init/git/store.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { PATH_SIZE = 256, REFSPEC_SIZE = 2 * SKILL_SOURCE_MAX };

#define FETCHED "refs/claudex/skill"

struct state {
    const struct skill_fetch *fetch;
    git_repository *repository;
    git_remote *remote;
    char refspec[REFSPEC_SIZE];
    const char *too_much; /* why we ended it ourselves */
    time_t until;
};

static time_t seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static int on_progress(const git_indexer_progress *stats, void *context)
{
    struct state *state = context;
    if (stats->received_bytes > SKILL_FETCH_BYTES_MAX)
        state->too_much = "its repository is larger than 200 MB";
    else if (seconds() > state->until)
        state->too_much = "it takes longer than two minutes";
    unsigned percent =
        stats->total_objects ? 100 * stats->received_objects / stats->total_objects : 0;
    state->fetch->progress(state->fetch->context, percent, stats->received_bytes);
    return state->too_much ? GIT_EUSER : 0;
}

/* What the server calls the reference: a branch, a tag, or for "" its HEAD. NULL with *err. */
static const git_remote_head *choose(git_remote *remote, const struct skill_source *source,
                                     struct error *err)
{
    static const char *const kinds[] = {"refs/heads/", "refs/tags/"};
    const git_remote_head **heads = NULL;
    size_t count = 0;
    const char *ref = source->ref;
    if (git_remote_ls(&heads, &count, remote) < 0) {
        (void)store_error(err, "cannot list its references");
        return NULL;
    }
    for (size_t kind = 0; kind < array_length(kinds); kind++)
        for (size_t i = 0; i < count; i++) {
            char name[REFSPEC_SIZE];
            (void)snprintf(name, sizeof name, "%s%s", kinds[kind], ref);
            if (strcmp(heads[i]->name, *ref ? name : "HEAD") == 0)
                return heads[i];
        }
    (void)error_set(err, *ref ? "it has no branch and no tag '%s'" : "its repository is empty",
                    quoted(ref));
    return NULL;
}

static int why_not(struct state *state, const char *what, struct error *err)
{
    if (state->too_much)
        return error_set(err, "%s", state->too_much);
    return store_error(err, "%s", what);
}

static int get(struct state *state, struct error *err)
{
    const struct skill_source *source = state->fetch->source;
    git_fetch_options options;
    char *specs[] = {state->refspec};
    const git_strarray wanted = {specs, 1};
    if (git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION) < 0)
        return store_error(err, "libgit2 is of another version");
    options.callbacks.transfer_progress = on_progress;
    options.callbacks.payload = state;
    options.depth = 1;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    const char *url = state->fetch->stream ? SKILL_STREAM_URL : source->url;
    if (git_remote_create_anonymous(&state->remote, state->repository, url) < 0)
        return store_error(err, "cannot ask for %s", source->url);
    if (source->is_commit) {
        (void)snprintf(state->refspec, sizeof state->refspec, "+%s:" FETCHED, source->ref);
    } else {
        if (git_remote_connect(state->remote, GIT_DIRECTION_FETCH, &options.callbacks, NULL,
                               NULL) < 0)
            return why_not(state, "cannot reach it", err);
        /* The fetch goes on with this connection. */
        const git_remote_head *head = choose(state->remote, source, err);
        if (!head)
            return -1;
        (void)snprintf(state->refspec, sizeof state->refspec, "+%s:" FETCHED, head->name);
    }
    if (git_remote_fetch(state->remote, &wanted, &options, NULL) < 0)
        return why_not(state, "cannot fetch it", err);
    return 0;
}

/* The tree of the skill in the commit that came. */
static int find_tree(struct state *state, git_tree **tree, char commit[SKILL_COMMIT_SIZE],
                     struct error *err)
{
    const struct skill_source *source = state->fetch->source;
    git_object *peeled = NULL;
    git_reference *reference = NULL;
    git_tree_entry *entry = NULL;
    int failed = git_reference_lookup(&reference, state->repository, FETCHED) < 0 ||
                 git_reference_peel(&peeled, reference, GIT_OBJECT_COMMIT) < 0 ||
                 git_commit_tree(tree, (git_commit *)peeled) < 0;
    if (failed)
        failed = store_error(err, "what came is no commit");
    else
        (void)git_oid_tostr(commit, SKILL_COMMIT_SIZE, git_object_id(peeled));
    if (!failed && source->is_commit && strcmp(commit, source->ref) != 0)
        failed = error_set(err, "the server sent commit %s instead", commit);
    if (!failed && *source->path) {
        git_tree *root = *tree;
        *tree = NULL;
        if (git_tree_entry_bypath(&entry, root, source->path) < 0 ||
            git_tree_entry_type(entry) != GIT_OBJECT_TREE ||
            git_tree_lookup(tree, state->repository, git_tree_entry_id(entry)) < 0)
            failed = error_set(err, "it has no folder %s", quoted(source->path));
        git_tree_entry_free(entry);
        git_tree_free(root);
    }
    git_reference_free(reference);
    git_object_free(peeled);
    return failed ? -1 : 0;
}

static int set_up_library(const char *authorities, struct error *err)
{
    if (store_library(err) < 0)
        return -1;
    if (git_libgit2_opts(GIT_OPT_SET_SERVER_CONNECT_TIMEOUT, SKILL_FETCH_STALL_MS) < 0 ||
        git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, SKILL_FETCH_STALL_MS) < 0 ||
        git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, authorities, NULL) < 0)
        return store_error(err, "cannot use the certificates in %s", authorities);
    return 0;
}

static int set_up(struct state *state, struct error *err)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/git", state->fetch->folder);
    if (set_up_library(state->fetch->authorities, err) < 0 ||
        (state->fetch->stream && skill_stream_use(state->fetch->stream, err) < 0))
        return -1;
    if (git_repository_init(&state->repository, path, 1) < 0)
        return store_error(err, "cannot make a repository for it");
    return 0;
}

int skill_fetch(const struct skill_fetch *fetch, char commit[SKILL_COMMIT_SIZE],
                struct error *err)
{
    struct state state = {.fetch = fetch, .until = seconds() + SKILL_FETCH_SECONDS};
    git_tree *tree = NULL;
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/tree", fetch->folder);
    int failed = set_up(&state, err) < 0 || get(&state, err) < 0 ||
                 find_tree(&state, &tree, commit, err) < 0;
    if (!failed)
        failed = mkdir(path, 0755) < 0 ? error_errno(err, "cannot make a folder for it")
                                       : skill_write(state.repository, tree, path, err);
    git_tree_free(tree);
    git_remote_free(state.remote);
    git_repository_free(state.repository);
    return failed ? -1 : 0;
}

/* A tag with a message of its own is an object; what it is of follows it under this name. */
static const git_oid *peeled(git_remote *remote, const git_remote_head *head)
{
    char name[REFSPEC_SIZE];
    const git_remote_head **heads = NULL;
    size_t count = 0;
    (void)snprintf(name, sizeof name, "%s^{}", head->name);
    if (git_remote_ls(&heads, &count, remote) == 0)
        for (size_t i = 0; i < count; i++)
            if (strcmp(heads[i]->name, name) == 0)
                return &heads[i]->oid;
    return &head->oid;
}

int skill_look(const struct skill_source *source, const char *authorities,
               char commit[SKILL_COMMIT_SIZE], struct error *err)
{
    git_remote *remote = NULL;
    const git_remote_head *head = NULL;
    if (set_up_library(authorities, err) < 0)
        return -1;
    if (git_remote_create_detached(&remote, source->url) < 0 ||
        git_remote_connect(remote, GIT_DIRECTION_FETCH, NULL, NULL, NULL) < 0)
        (void)store_error(err, "cannot reach it");
    else
        head = choose(remote, source, err);
    if (head)
        (void)git_oid_tostr(commit, SKILL_COMMIT_SIZE, peeled(remote, head));
    git_remote_free(remote);
    return head ? 0 : -1;
}
