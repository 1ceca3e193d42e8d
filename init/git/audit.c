/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/audit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "init/git/oid.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

static const struct {
    const char *path;
    mode_t mode;
} folders[] = {
    {"objects", 0755},    {"objects/pack", 0755}, {"objects/info", 0755}, {"refs", 0700},
    {"refs/heads", 0700}, {"claudex", 0700},      {"claudex/open", 0700},
};

static const struct {
    const char *name, *text;
} files[] = {
    {"config", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"},
    {"HEAD", "ref: refs/heads/main\n"},
};

#define TIP "main" /* in refs/heads */

/* --- opening ----------------------------------------------------------------------------- */

static int make_layout(int folder, struct error *err)
{
    for (size_t i = 0; i < array_length(folders); i++)
        if (mkdirat(folder, folders[i].path, folders[i].mode) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make %s in the audit repository", folders[i].path);
    for (size_t i = 0; i < array_length(files); i++)
        if (write_file_atomic(folder, files[i].name, files[i].text, strlen(files[i].text),
                              0600) < 0)
            return error_errno(err, "cannot write %s in the audit repository", files[i].name);
    return 0;
}

static int open_folder(int folder, const char *name)
{
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int audit_open(struct audit *audit, const char *path, struct error *err)
{
    audit->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (audit->folder < 0)
        return error_errno(err, "cannot open the audit repository %s", quoted(path));
    /* HEAD is made last. */
    if (faccessat(audit->folder, "HEAD", F_OK, 0) < 0 && make_layout(audit->folder, err) < 0)
        return -1;
    audit->private = open_folder(audit->folder, "claudex");
    audit->packs = open_folder(audit->folder, "objects/pack");
    if (audit->private < 0 || audit->packs < 0)
        return error_errno(err, "the audit repository %s is damaged", quoted(path));
    audit->lock =
        openat(audit->private, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (audit->lock < 0)
        return error_errno(err, "cannot lock the audit repository %s", quoted(path));
    while (flock(audit->lock, LOCK_EX) < 0)
        if (errno != EINTR)
            return error_errno(err, "cannot lock the audit repository %s", quoted(path));
    return 0;
}

void audit_close(struct audit *audit)
{
    int *const all[] = {&audit->folder, &audit->private, &audit->packs, &audit->lock};
    for (size_t i = 0; i < array_length(all); i++)
        if (*all[i] >= 0)
            close(take_fd(all[i]));
}

/* --- the last snapshot ------------------------------------------------------------------- */

int audit_tip(const struct audit *audit, uint8_t oid[OID_SIZE], struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(2 * OID_SIZE + 1);
    cleanup_fd int heads = open_folder(audit->folder, "refs/heads");
    if (heads < 0)
        return error_errno(err, "the audit repository has no refs");
    if (read_regular_file(heads, TIP, &text) < 0)
        return errno == ENOENT ? 0 : error_errno(err, "cannot read the last snapshot");
    if (text.length < 2 * OID_SIZE || oid_parse(text.data, oid) < 0)
        return error_set(err, "the audit repository's branch is damaged");
    return 1;
}

int audit_set_tip(const struct audit *audit, const uint8_t oid[OID_SIZE], struct error *err)
{
    char text[2 * OID_SIZE + 2];
    cleanup_fd int heads = open_folder(audit->folder, "refs/heads");
    oid_print(oid, text);
    text[2 * OID_SIZE] = '\n';
    /* Not fsync: that comes when nobody waits (audit_sync). */
    cleanup_fd int fd =
        heads < 0 ? -1
                  : openat(heads, TIP ".lock", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, text, sizeof text - 1) < 0 ||
        renameat(heads, TIP ".lock", heads, TIP) < 0)
        return error_errno(err, "cannot record the snapshot");
    return 0;
}

/* --- packs ------------------------------------------------------------------------------- */

int audit_pack_new(const struct audit *audit, char name[AUDIT_TEMPORARY_MAX], struct error *err)
{
    /* Under the lock there is one; what a killed worker left is in the way of nobody else. */
    (void)snprintf(name, AUDIT_TEMPORARY_MAX, "tmp_pack");
    int fd =
        openat(audit->packs, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (fd < 0 && errno == EACCES && unlinkat(audit->packs, name, 0) == 0)
        fd = openat(audit->packs, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    return fd < 0 ? error_errno(err, "cannot make a pack in the audit repository") : fd;
}

void audit_pack_drop(const struct audit *audit, const char *temporary)
{
    (void)unlinkat(audit->packs, temporary, 0);
}

/* The pack first: who sees an index looks for its pack. */
int audit_pack_place(const struct audit *audit, const char *temporary, struct pack *pack,
                     struct error *err)
{
    char hex[2 * OID_SIZE + 1], name[64], index_name[64];
    cleanup_buf struct buf index = BUF_INIT(INDEX_MAX);
    if (pack_finish(pack, &index, hex) < 0)
        return -1;
    (void)snprintf(name, sizeof name, "pack-%s.pack", hex);
    (void)snprintf(index_name, sizeof index_name, "pack-%s.idx", hex);
    (void)unlinkat(audit->packs, "tmp_idx", 0);
    cleanup_fd int fd =
        openat(audit->packs, "tmp_idx", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0 || write_all(fd, index.data, index.length) < 0 ||
        renameat(audit->packs, temporary, audit->packs, name) < 0 ||
        renameat(audit->packs, "tmp_idx", audit->packs, index_name) < 0) {
        int why = errno;
        (void)unlinkat(audit->packs, "tmp_idx", 0);
        errno = why;
        (void)error_errno(err, "cannot place a pack in the audit repository");
        errno = why;
        return -1;
    }
    return 0;
}

/* --- what the next snapshot wants to know ------------------------------------------------ */

static int save(const struct audit *audit, const char *name, const struct buf *bytes,
                struct error *err)
{
    char temporary[300];
    (void)snprintf(temporary, sizeof temporary, "%s.new", name);
    cleanup_fd int fd =
        openat(audit->private, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, bytes->data ? bytes->data : "", bytes->length) < 0 ||
        renameat(audit->private, temporary, audit->private, name) < 0) {
        int why = errno;
        (void)unlinkat(audit->private, temporary, 0);
        errno = why;
        (void)error_errno(err, "cannot write %s in the audit repository", name);
        errno = why;
        return -1;
    }
    return 0;
}

void audit_load_index(const struct audit *audit, struct entries *entries)
{
    cleanup_buf struct buf bytes = BUF_INIT(INDEX_MAX);
    if (read_regular_file(audit->private, "index", &bytes) < 0 ||
        index_parse(bytes.data, bytes.length, entries) == 0)
        return;
    entries_free(entries);
    warn("the audit trail's index is damaged; every file is read anew");
}

int audit_save_index(const struct audit *audit, const struct entries *entries,
                     struct error *err)
{
    cleanup_buf struct buf bytes = BUF_INIT(INDEX_MAX);
    if (index_print(entries, &bytes) < 0)
        return error_set(err, "out of memory for the audit trail's index");
    return save(audit, "index", &bytes, err);
}

static void ignore_name(const char *box, char name[280])
{
    (void)snprintf(name, 280, "ignore.%s", box);
}

void audit_load_ignore(const struct audit *audit, const char *box, struct ignore *ignore)
{
    char name[280];
    cleanup_buf struct buf bytes = BUF_INIT(IGNORE_ALL_MAX);
    ignore_name(box, name);
    if (read_regular_file(audit->private, name, &bytes) == 0 && bytes.length > 0 &&
        ignore_parse(bytes.data, bytes.length, ignore) < 0)
        ignore_free(ignore); /* then nothing is ignored */
}

int audit_save_ignore(const struct audit *audit, const char *box, const struct ignore *ignore,
                      struct error *err)
{
    char name[280];
    cleanup_buf struct buf bytes = BUF_INIT(IGNORE_ALL_MAX);
    ignore_name(box, name);
    if (ignore_print(ignore, &bytes) < 0)
        return error_set(err, "the project's .gitignore files are too large");
    return save(audit, name, &bytes, err);
}

/* --- space ------------------------------------------------------------------------------- */

enum { RESERVE = 16 * 1024 * 1024 };
#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

void audit_space(const struct audit *audit, struct audit_space *space)
{
    struct statvfs fs;
    *space = (struct audit_space){.left = UINT64_MAX};
    if (fstatvfs(audit->packs, &fs) == 0)
        space->left = (uint64_t)fs.f_bavail * fs.f_frsize;
    int fd = open_folder(audit->packs, ".");
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        if (fstatat(audit->packs, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            space->used += (uint64_t)st.st_size;
    }
}

uint64_t audit_kept_max(const struct audit_space *space)
{
    /* Each line: up to so much used, and with at least so much left, files up to this size. */
    static const struct {
        uint64_t used, left, kept;
    } steps[] = {
        {4 * GIB, 2 * GIB, 512 * MIB},
        {8 * GIB, 512 * MIB, 1 * MIB},
        {12 * GIB, 128 * MIB, 64 * 1024},
        {UINT64_MAX, 0, 4 * 1024},
    };
    size_t i = 0;
    while (i + 1 < array_length(steps) &&
           (space->used > steps[i].used || space->left < steps[i].left))
        i++;
    return steps[i].kept;
}

void audit_reserve(const struct audit *audit)
{
    cleanup_fd int fd =
        openat(audit->private, "reserve", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_blocks * 512 >= RESERVE)
        return;
    int why = posix_fallocate(fd, 0, RESERVE);
    if (why)
        warn("no space could be set aside for the audit trail: %s", strerror(why));
}

void audit_release(const struct audit *audit)
{
    (void)unlinkat(audit->private, "reserve", 0);
}

void audit_sync(const struct audit *audit)
{
    if (syncfs(audit->folder) < 0)
        warn("the audit trail may not be on the disk: %s", strerror(errno));
}
