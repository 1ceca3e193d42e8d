/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/config/edit.h"
#include "plugin/config/project_view.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { NEW_FILE_MODE = 0644 };

struct edit {
    const char *shown, *key, *pattern;
    struct buf text, edited;
    int line; /* of the new one */
};

/* 1 if there is nothing to do, 0 with edit->edited. */
static int make(struct edit *edit, enum config_source source, struct error *err)
{
    cleanup_config struct config config = CONFIG_INIT;
    const char *text = edit->text.data ? edit->text.data : "";
    if (config_parse(&config, text, edit->text.length, edit->shown, source) < 0)
        return error_set(err, "%s has to be put right first:\n%s", quoted(edit->shown),
                         config.problems && config.problems->data ? config.problems->data
                                                                  : "it has problems");
    const struct config_entry *there = config_edit_find(&config, edit->key, edit->pattern);
    if (there) {
        info("%s:%d has it already: %s = %s", quoted(edit->shown), there->line, edit->key,
             quoted(there->value));
        return 1;
    }
    const struct config_entry *denied = config_edit_find(&config, "deny", edit->pattern);
    if (strcmp(edit->key, "allow") == 0 && denied)
        return error_set(err,
                         "%s:%d denies it (deny = %s), and a deny is final; take that line "
                         "out first",
                         quoted(edit->shown), denied->line, quoted(denied->value));
    if (config_edit_insert(&config, text, edit->text.length, "network", edit->key,
                           edit->pattern, &edit->edited, &edit->line) < 0)
        return error_errno(err, "cannot add to %s", quoted(edit->shown));
    return 0;
}

static void tell(const struct edit *edit)
{
    info("%s:%d: %s = %s", quoted(edit->shown), edit->line, edit->key, edit->pattern);
}

/* --- the user's --------------------------------------------------------------------------- */

/* The mode and the owner of what was there. */
static int replace(const char *path, const struct buf *text, struct error *err)
{
    struct stat st;
    cleanup_free char *for_folder = strdup(path);
    cleanup_free char *for_name = strdup(path);
    if (!for_folder || !for_name)
        return error_set(err, "out of memory");
    const bool there = stat(path, &st) == 0;
    const char *folder = dirname(for_folder), *name = basename(for_name);
    if (!there && make_folders(folder, 0700) < 0)
        return error_errno(err, "cannot make the folder %s", quoted(folder));
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || write_file_atomic(dir, name, text->data, text->length,
                                     there ? st.st_mode & 07777 : NEW_FILE_MODE) < 0)
        return error_errno(err, "cannot write %s", quoted(path));
    if (there && st.st_uid != geteuid() &&
        fchownat(dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return error_errno(err, "cannot give %s back to its owner", quoted(path));
    return 0;
}

static int save_user(struct edit *edit, struct error *err)
{
    cleanup_free char *path = config_user_path(err);
    if (!path)
        return -1;
    cleanup_free char *real = realpath(path, NULL);
    edit->shown = path;
    if (!real && errno != ENOENT)
        return error_errno(err, "%s", quoted(path));
    if (real && read_regular_file(AT_FDCWD, real, &edit->text) < 0)
        return error_errno(err, "%s", quoted(path));
    int made = make(edit, CONFIG_USER, err);
    if (made == 0 && replace(real ? real : path, &edit->edited, err) == 0)
        tell(edit);
    else if (made == 0)
        return -1;
    return made < 0 ? -1 : 0;
}

/* --- the project's ------------------------------------------------------------------------ */

static int view_project(const char *folder, struct project_view *view, struct error *err)
{
    char *operands[] = {(char *)folder, NULL};
    const struct arguments arguments = {.operands = operands, .operand_count = 1};
    return project_view_open(view, &arguments, err);
}

/* Nothing that nobody has looked at yet may be agreed to along with the new line. */
static int check_agreed(const struct project_view *view, struct error *err)
{
    cleanup_approval struct approval before = {.folder = NULL};
    const struct trust_request *request = &view->requests[0];
    if (request->lines.count == 0)
        return 0;
    int found = trust_find(request->folder, &before, err);
    if (found < 0 || (found > 0 && trust_covers(&before, request)))
        return found < 0 ? -1 : 0;
    return error_set(err,
                     "%s asks for what you have not agreed to yet; look at that first: docker "
                     "claudex trust %s",
                     quoted(request->file), quoted(request->folder));
}

/* From where the texts differ on, so that a reader sees the one or the other but for a moment.
 */
static int write_in_place(int fd, const struct edit *edit, struct error *err)
{
    size_t same = 0;
    while (same < edit->text.length && same < edit->edited.length &&
           edit->text.data[same] == edit->edited.data[same])
        same++;
    if (lseek(fd, (off_t)same, SEEK_SET) < 0 ||
        write_all(fd, edit->edited.data + same, edit->edited.length - same) < 0 ||
        ftruncate(fd, (off_t)edit->edited.length) < 0 || fsync(fd) < 0)
        return error_errno(err, "cannot write %s", quoted(edit->shown));
    return 0;
}

static int write_project(const struct folder *folder, const struct project_file *file,
                         const struct edit *edit, struct error *err)
{
    struct stat st;
    const bool there = file->name != NULL;
    const char *name = there ? file->name : ".claudex";
    const int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    cleanup_fd int fd =
        openat(folder->fd, name, there ? flags : flags | O_CREAT | O_EXCL, NEW_FILE_MODE);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot write %s", quoted(edit->shown));
    if (there && (st.st_dev != file->device || st.st_ino != file->inode))
        return error_set(err, "%s was replaced meanwhile; nothing was written",
                         quoted(edit->shown));
    if (!there && folder->owner != geteuid() && fchown(fd, folder->owner, (gid_t)-1) < 0)
        return error_errno(err, "cannot give %s to its owner", quoted(edit->shown));
    return write_in_place(fd, edit, err);
}

/* Of the file as it is now. */
static int agree(const char *folder, struct error *err)
{
    cleanup_project_view struct project_view view = {.requests = NULL};
    if (view_project(folder, &view, err) < 0)
        return -1;
    return view.requests[0].lines.count ? trust_remember(&view.requests[0], err) : 0;
}

static int save_project(struct edit *edit, const char *folder, struct error *err)
{
    cleanup_project_view struct project_view view = {.requests = NULL};
    if (view_project(folder, &view, err) < 0 || check_agreed(&view, err) < 0)
        return -1;
    const struct folder *project = &view.projects.items[0];
    const struct project_file *file = &view.files.items[0];
    edit->shown = file->shown ? file->shown : ".claudex";
    if (file->name && read_regular_file(project->fd, file->name, &edit->text) < 0)
        return error_errno(err, "%s", quoted(edit->shown));
    int made = make(edit, CONFIG_PROJECT, err);
    if (made != 0)
        return made < 0 ? -1 : 0;
    if (write_project(project, file, edit, err) < 0 || agree(folder, err) < 0)
        return -1;
    tell(edit);
    return 0;
}

int config_edit_save(enum config_place place, const char *project, const char *key,
                     const char *pattern, struct error *err)
{
    struct edit edit = {.key = key,
                        .pattern = pattern,
                        .text = BUF_INIT(CONFIG_FILE_MAX),
                        .edited = BUF_INIT(CONFIG_FILE_MAX)};
    int failed =
        place == PLACE_USER ? save_user(&edit, err) : save_project(&edit, project, err);
    buf_free(&edit.text);
    buf_free(&edit.edited);
    return failed;
}
