/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/archive/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/archive/lib.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { MEMORY_MAX = 8 << 20, STEP = 64 * 1024 };

struct archive_writer {
    struct archive *tar;
    struct archive_entry *entry;
    struct buf memory; /* what is written, */
    int file;          /*   or -1; then all of it is in this unlinked file */
    off_t at;          /* how far archive_source() is */
    struct error failure;
};

/* --- where the bytes go --------------------------------------------------------------- */

static int unlinked_file(struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX];
    int n =
        snprintf(path, sizeof path, "%s/claudex-XXXXXX", folder && *folder ? folder : "/tmp");
    if (n < 0 || (size_t)n >= sizeof path)
        return error_set(err, "TMPDIR is too long");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot make a temporary file %s", quoted(path));
    (void)unlink(path);
    return fd;
}

static la_ssize_t on_write(struct archive *tar, void *data, const void *bytes, size_t length)
{
    struct archive_writer *writer = data;
    (void)tar;
    if (writer->file < 0 && buf_append(&writer->memory, bytes, length) == 0)
        return (la_ssize_t)length;
    if (writer->file < 0) {
        writer->file = unlinked_file(&writer->failure);
        if (writer->file < 0)
            return -1;
        if (write_all(writer->file, writer->memory.data, writer->memory.length) < 0) {
            error_errno(&writer->failure, "cannot write a temporary file");
            return -1;
        }
        buf_free(&writer->memory);
    }
    if (write_all(writer->file, bytes, length) == 0)
        return (la_ssize_t)length;
    error_errno(&writer->failure, "cannot write a temporary file");
    return -1;
}

static int broken(struct archive_writer *writer, struct error *err)
{
    if (writer->failure.status != 0) {
        *err = writer->failure;
        return -1;
    }
    const char *why = lib.error_string(writer->tar);
    return error_set(err, "cannot make the archive: %s", quoted(why ? why : "?"));
}

struct archive_writer *archive_writer_new(struct error *err)
{
    if (archive_lib_load(err) < 0)
        return NULL;
    struct archive_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        error_set(err, "out of memory");
        return NULL;
    }
    writer->memory.max = MEMORY_MAX;
    writer->file = -1;
    writer->tar = lib.write_new();
    writer->entry = lib.entry_new();
    /* GNU's tar holds names as the bytes they are; pax would want them to be UTF-8. */
    if (writer->tar && writer->entry &&
        lib.write_set_format_gnutar(writer->tar) == ARCHIVE_OK &&
        lib.write_set_bytes_in_last_block(writer->tar, 1) == ARCHIVE_OK &&
        lib.write_open(writer->tar, writer, NULL, on_write, NULL) == ARCHIVE_OK)
        return writer;
    broken(writer, err);
    archive_writer_free(&writer);
    return NULL;
}

void archive_writer_free(struct archive_writer **writer)
{
    struct archive_writer *old = take_ptr(*writer);
    if (!old)
        return;
    if (old->entry)
        lib.entry_free(old->entry);
    if (old->tar)
        lib.write_free(old->tar);
    buf_free(&old->memory);
    if (old->file >= 0)
        close(old->file);
    free(old);
}

/* --- entries -------------------------------------------------------------------------- */

static int add_header(struct archive_writer *writer, const char *path, const struct stat *st,
                      const char *link, struct error *err)
{
    struct archive_entry *entry = writer->entry;
    lib.entry_clear(entry);
    lib.entry_set_pathname(entry, path);
    lib.entry_set_filetype(entry, st->st_mode & S_IFMT);
    lib.entry_set_perm(entry, st->st_mode & 07777);
    lib.entry_set_uid(entry, st->st_uid);
    lib.entry_set_gid(entry, st->st_gid);
    lib.entry_set_size(entry, S_ISREG(st->st_mode) ? st->st_size : 0);
    lib.entry_set_mtime(entry, st->st_mtim.tv_sec, 0);
    if (link)
        lib.entry_set_symlink(entry, link);
    /* ARCHIVE_WARN would mean that something did not make it into the archive. */
    return lib.write_header(writer->tar, entry) == ARCHIVE_OK ? 0 : broken(writer, err);
}

int archive_add_bytes(struct archive_writer *writer, const char *path, mode_t mode, uid_t uid,
                      gid_t gid, const void *bytes, size_t length, struct error *err)
{
    struct stat st = {.st_mode = S_IFREG | (mode & 07777),
                      .st_uid = uid,
                      .st_gid = gid,
                      .st_size = (off_t)length};
    if (add_header(writer, path, &st, NULL, err) < 0)
        return -1;
    if (length > 0 && lib.write_data(writer->tar, bytes, length) != (la_ssize_t)length)
        return broken(writer, err);
    return 0;
}

int archive_add_folder(struct archive_writer *writer, const char *path, mode_t mode, uid_t uid,
                       gid_t gid, struct error *err)
{
    struct stat st = {.st_mode = S_IFDIR | (mode & 07777), .st_uid = uid, .st_gid = gid};
    return add_header(writer, path, &st, NULL, err);
}

/* --- trees ---------------------------------------------------------------------------- */

struct tree {
    struct archive_writer *writer;
    uid_t uid;
    gid_t gid;
    archive_skip *skip;
    void *data;
    size_t root; /* length of the path's part that is the tree's own name */
    struct error *err;
};

/* A file that changes meanwhile gets the size it had: cut, or filled up with zeros. */
static int add_content(struct tree *tree, int fd, const char *path, off_t size)
{
    char bytes[STEP];
    while (size > 0) {
        size_t step = size < STEP ? (size_t)size : STEP;
        ssize_t n = read(fd, bytes, step);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(tree->err, "cannot read %s", quoted(path));
        if (n == 0)
            return 0;
        if (lib.write_data(tree->writer->tar, bytes, (size_t)n) != n)
            return broken(tree->writer, tree->err);
        size -= n;
    }
    return 0;
}

static int add_at(struct tree *tree, int at, const char *name, int follow, struct buf *path);

static int add_children(struct tree *tree, int fd, struct buf *path)
{
    cleanup_dir DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return error_errno(tree->err, "cannot read the folder %s", quoted(path->data));
    }
    size_t length = path->length;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (buf_printf(path, "/%s", entry->d_name) < 0)
            return error_set(tree->err, "%s: a path in there is too long", quoted(path->data));
        const char *relative = path->data + tree->root + 1;
        int failed = 0;
        if (!tree->skip || !tree->skip(tree->data, relative))
            failed = add_at(tree, dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW, path);
        path->length = length;
        path->data[length] = '\0';
        if (failed)
            return -1;
    }
    return 0;
}

static int add_at(struct tree *tree, int at, const char *name, int follow, struct buf *path)
{
    struct stat st;
    if (fstatat(at, name, &st, follow) < 0)
        return error_errno(tree->err, "cannot read %s", quoted(path->data));
    if (tree->uid != (uid_t)-1)
        st.st_uid = tree->uid;
    if (tree->gid != (gid_t)-1)
        st.st_gid = tree->gid;
    if (S_ISLNK(st.st_mode)) {
        char link[PATH_MAX];
        ssize_t n = readlinkat(at, name, link, sizeof link - 1);
        if (n < 0)
            return error_errno(tree->err, "cannot read the link %s", quoted(path->data));
        link[n] = '\0';
        return add_header(tree->writer, path->data, &st, link, tree->err);
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        warn("%s is left out: it is no file, folder or link", quoted(path->data));
        return 0;
    }
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? O_NOFOLLOW : 0);
    cleanup_fd int fd = openat(at, name, flags | (S_ISDIR(st.st_mode) ? O_DIRECTORY : 0));
    if (fd < 0)
        return error_errno(tree->err, "cannot read %s", quoted(path->data));
    if (add_header(tree->writer, path->data, &st, NULL, tree->err) < 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return add_content(tree, fd, path->data, st.st_size);
    return add_children(tree, take_fd(&fd), path);
}

int archive_add_tree(struct archive_writer *writer, const char *source, const char *path,
                     uid_t uid, gid_t gid, archive_skip *skip, void *data, struct error *err)
{
    struct tree tree = {.writer = writer,
                        .uid = uid,
                        .gid = gid,
                        .skip = skip,
                        .data = data,
                        .root = strlen(path),
                        .err = err};
    cleanup_buf struct buf name = BUF_INIT(PATH_MAX * 4);
    if (buf_puts(&name, path) < 0)
        return error_set(err, "%s is too long", quoted(path));
    return add_at(&tree, AT_FDCWD, source, 0, &name);
}

/* --- the bytes ------------------------------------------------------------------------ */

int archive_finish(struct archive_writer *writer, struct error *err)
{
    if (lib.write_close(writer->tar) != ARCHIVE_OK)
        return broken(writer, err);
    if (writer->file >= 0 && lseek(writer->file, 0, SEEK_SET) < 0)
        return error_errno(err, "cannot read a temporary file");
    return 0;
}

long archive_source(void *data, char *bytes, size_t size, struct error *err)
{
    struct archive_writer *writer = data;
    if (writer->file < 0) {
        size_t left = writer->memory.length - (size_t)writer->at;
        size_t n = left < size ? left : size;
        if (n > 0)
            memcpy(bytes, writer->memory.data + writer->at, n);
        writer->at += (off_t)n;
        return (long)n;
    }
    for (;;) {
        ssize_t n = read(writer->file, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, "cannot read a temporary file");
        return (long)n;
    }
}
