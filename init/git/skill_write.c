/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/skill_write.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/git/store.h"
#include "init/home/skill_text.h"
#include "init/home/skill_tree.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

struct writing {
    git_repository *repository;
    struct skill_count count;
    bool described; /* SKILL.md was there, and fine */
    struct error *err;
};

/* Attributes that would have git run a program on the files. */
static bool asks_for_filter(const char *text, size_t length)
{
    return memmem(text, length, "filter=", 7) || memmem(text, length, "filter ", 7);
}

static int check_content(struct writing *w, const char *name, size_t depth, const char *bytes,
                         size_t length)
{
    if (strcmp(name, ".gitattributes") == 0 && asks_for_filter(bytes, length))
        return error_set(w->err, "its .gitattributes asks for a filter");
    if (depth > 0 || strcmp(name, "SKILL.md") != 0)
        return 0;
    w->described = true;
    return skill_text_check(bytes, length, w->err);
}

static int write_blob(struct writing *w, const git_tree_entry *entry, int folder, size_t depth)
{
    const char *name = git_tree_entry_name(entry);
    const git_filemode_t mode = git_tree_entry_filemode_raw(entry);
    git_odb *odb = NULL;
    git_blob *blob = NULL;
    size_t size = 0;
    git_object_t type;
    int failed = git_repository_odb(&odb, w->repository) < 0 ||
                 git_odb_read_header(&size, &type, odb, git_tree_entry_id(entry)) < 0;
    git_odb_free(odb);
    if (failed)
        return store_error(w->err, "its file %s cannot be read", quoted(name));
    w->count.bytes += size;
    if (w->count.bytes > SKILL_BYTES_MAX)
        return error_set(w->err, "it is larger than %d MB", SKILL_BYTES_MAX >> 20);
    if (git_blob_lookup(&blob, w->repository, git_tree_entry_id(entry)) < 0)
        return store_error(w->err, "its file %s cannot be read", quoted(name));
    const char *bytes = git_blob_rawcontent(blob);
    if (mode == GIT_FILEMODE_LINK) {
        char target[PATH_MAX] = "";
        if (size < sizeof target)
            memcpy(target, bytes, size);
        if (strlen(target) != size || !skill_link_stays(target, depth))
            failed = error_set(w->err, "its link %s leads out of it", quoted(name));
        else if (symlinkat(target, folder, name) < 0)
            failed = error_errno(w->err, "cannot write its link %s", quoted(name));
    } else if (check_content(w, name, depth, bytes, size) < 0) {
        failed = -1;
    } else {
        cleanup_fd int fd =
            openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644);
        if (fd < 0 || write_all(fd, bytes, size) < 0)
            failed = error_errno(w->err, "cannot write its file %s", quoted(name));
    }
    git_blob_free(blob);
    return failed;
}

static int write_tree(struct writing *w, const git_tree *tree, int folder, size_t depth);

static int write_folder(struct writing *w, const git_tree_entry *entry, int parent,
                        size_t depth)
{
    const char *name = git_tree_entry_name(entry);
    git_tree *tree = NULL;
    if (depth >= SKILL_DEPTH_MAX)
        return error_set(w->err, "its folders are deeper than %d", SKILL_DEPTH_MAX);
    if (mkdirat(parent, name, 0755) < 0)
        return error_errno(w->err, "cannot make its folder %s", quoted(name));
    cleanup_fd int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return error_errno(w->err, "cannot open its folder %s", quoted(name));
    if (git_tree_lookup(&tree, w->repository, git_tree_entry_id(entry)) < 0)
        return store_error(w->err, "its folder %s cannot be read", quoted(name));
    int failed = write_tree(w, tree, folder, depth + 1);
    git_tree_free(tree);
    return failed;
}

static int write_entry(struct writing *w, const git_tree_entry *entry, int folder, size_t depth)
{
    const char *name = git_tree_entry_name(entry);
    if (strcmp(name, ".gitmodules") == 0)
        return error_set(w->err, "it has submodules (.gitmodules)");
    if (!skill_name_is_fine(name))
        return error_set(w->err, "it has a file called %s", quoted(name));
    if (++w->count.files > SKILL_FILES_MAX)
        return error_set(w->err, "it has more than %d files", SKILL_FILES_MAX);
    switch (git_tree_entry_filemode_raw(entry)) {
    case GIT_FILEMODE_TREE:
        return write_folder(w, entry, folder, depth);
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
    case GIT_FILEMODE_LINK:
        return write_blob(w, entry, folder, depth);
    case GIT_FILEMODE_COMMIT:
        return error_set(w->err, "its folder %s is a submodule", quoted(name));
    default:
        return error_set(w->err, "its file %s has the mode %o", quoted(name),
                         (unsigned)git_tree_entry_filemode_raw(entry));
    }
}

static int write_tree(struct writing *w, const git_tree *tree, int folder, size_t depth)
{
    for (size_t i = 0; i < git_tree_entrycount(tree); i++)
        if (write_entry(w, git_tree_entry_byindex(tree, i), folder, depth) < 0)
            return -1;
    return 0;
}

int skill_write(git_repository *repository, git_tree *tree, const char *path, struct error *err)
{
    struct writing w = {.repository = repository, .err = err};
    cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return error_errno(err, "cannot open the folder for it");
    if (write_tree(&w, tree, folder, 0) < 0)
        return -1;
    return w.described ? 0 : error_set(err, "it has no SKILL.md");
}
