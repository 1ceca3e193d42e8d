/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/state.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

#define NOTE "box.json"
enum { NOTE_MAX = 64 * 1024 };

char *state_control(const char *folder)
{
    char *path = NULL;
    return asprintf(&path, "%s/" STATE_CONTROL, folder) < 0 ? NULL : path;
}

static int open_folder(const char *folder)
{
    return open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int state_control_make(const char *folder, struct error *err)
{
    cleanup_fd int dir = open_folder(folder);
    if (dir < 0 || (mkdirat(dir, STATE_CONTROL, 0700) < 0 && errno != EEXIST))
        return error_errno(err, "cannot make the folder %s/" STATE_CONTROL, quoted(folder));
    return 0;
}

/* Not write_file_atomic(): what a power failure leaves says nothing about any box, and waiting
 * for the disk would keep the session waiting. */
int state_note_write(const char *folder, const char *engine, const char *id,
                     const char *folders_json, struct error *err)
{
    json_t *note =
        json_pack("{s:s, s:s, s:s}", "engine", engine, "id", id, "folders", folders_json);
    cleanup_free char *text = note ? json_dumps(note, JSON_COMPACT) : NULL;
    json_decref(note);
    cleanup_fd int dir = open_folder(folder);
    cleanup_fd int fd =
        dir < 0 ? -1
                : openat(dir, "." NOTE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                         0600);
    if (!text || fd < 0 || write_all(fd, text, strlen(text)) < 0 ||
        renameat(dir, "." NOTE, dir, NOTE) < 0)
        return error_errno(err, "cannot write %s/" NOTE, quoted(folder));
    return 0;
}

json_t *state_note_read(const char *folder)
{
    cleanup_buf struct buf text = BUF_INIT(NOTE_MAX);
    cleanup_fd int dir = open_folder(folder);
    if (dir < 0 || read_regular_file(dir, NOTE, &text) < 0)
        return NULL;
    return json_loadb(text.data ? text.data : "", text.length, 0, NULL);
}

bool state_is_alive(const char *folder)
{
    cleanup_free char *path = NULL;
    if (asprintf(&path, "%s/" STATE_CONTROL "/" CONTROL_FIFO, folder) < 0) {
        path = NULL;
        return false;
    }
    /* ENXIO where nobody reads, fifo(7). */
    cleanup_fd int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* All that is in the control folder is ours or PID 1's. */
static void clear_control(int dir)
{
    int control = openat(dir, STATE_CONTROL, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    cleanup_dir DIR *entries = control < 0 ? NULL : fdopendir(control);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(control, entry->d_name, 0);
    (void)unlinkat(dir, STATE_CONTROL, AT_REMOVEDIR);
}

void state_clear(const char *folder, const char *id)
{
    json_t *note = state_note_read(folder);
    const char *now = json_string_value(json_object_get(note, "id"));
    const bool others = id && now && strcmp(id, now) != 0;
    json_decref(note);
    cleanup_fd int dir = others ? -1 : open_folder(folder);
    if (dir < 0)
        return;
    clear_control(dir);
    (void)unlinkat(dir, NOTE, 0);
    (void)unlinkat(dir, "." NOTE, 0);
    if (rmdir(folder) < 0 && errno != ENOENT && errno != ENOTEMPTY)
        warn("cannot remove %s: %s", quoted(folder), strerror(errno));
}

void state_forget(const char *folder, const char *id)
{
    struct error ignored = ERROR_INIT;
    struct stat st;
    if (stat(folder, &st) < 0)
        return;
    cleanup_fd int lock = state_box_lock(folder, &ignored);
    if (lock >= 0)
        state_clear(folder, id);
}
