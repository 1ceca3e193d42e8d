/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/workspace.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sha1dc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "init/git/name.h"
#include "init/git/pack.h"
#include "init/git/tree.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { SMALL = 64 * 1024, NAME_BITS = 0xfff, PADDING = 8 };

static const char config_text[] = "[core]\n"
                                  "\trepositoryformatversion = 0\n"
                                  "\tfilemode = true\n"
                                  "\tbare = false\n"
                                  "\tlogallrefupdates = true\n"
                                  "[user]\n"
                                  "\tname = claudex\n"
                                  "\temail = claudex@localhost\n"
                                  "[advice]\n"
                                  "\taddEmbeddedRepo = false\n";

int workspace_prepare(uid_t uid, gid_t gid, struct error *err)
{
    struct stat st;
    if (lstat(WORKSPACE_GIT, &st) == 0)
        return 1;
    if (errno != ENOENT || mkdir(WORKSPACE_GIT, 0755) < 0 ||
        chown(WORKSPACE_GIT, uid, gid) < 0 || chown(BOX_WORKSPACE, uid, gid) < 0)
        return error_errno(err, "cannot make " WORKSPACE_GIT);
    return 0;
}

/* --- the index --------------------------------------------------------------------------- */

/* What the format has of a file; all big-endian. */
struct indexed {
    uint32_t changed, changed_ns, modified, modified_ns, device, inode, mode, uid, gid, size;
    uint8_t oid[OID_SIZE];
    uint16_t flags;
} __attribute__((packed));

/* Also a folder on the way may have a name that git's index does not take. */
static bool is_odd(const char *path)
{
    for (const char *name = path; *name;) {
        size_t length = strcspn(name, "/");
        if (length > 0 && name_is_odd(name, length))
            return true;
        name += length + (name[length] == '/');
    }
    return false;
}

static bool is_indexed(const struct entry *entry)
{
    return !entry_is_folder(entry) && !(entry->flags & ENTRY_GONE) && !is_odd(entry->path);
}

static int add_entry(struct buf *out, const char *project, const struct entry *entry, uid_t uid,
                     gid_t gid)
{
    static const char zeros[PADDING];
    const uint64_t second = 1000000000;
    const size_t length = strlen(project) + 1 + strlen(entry->path);
    struct indexed fixed = {
        .changed = htobe32((uint32_t)((uint64_t)entry->changed / second)),
        .changed_ns = htobe32((uint32_t)((uint64_t)entry->changed % second)),
        .modified = htobe32((uint32_t)((uint64_t)entry->modified / second)),
        .modified_ns = htobe32((uint32_t)((uint64_t)entry->modified % second)),
        .device = htobe32((uint32_t)entry->device),
        .inode = htobe32((uint32_t)entry->inode),
        .mode = htobe32(entry->mode),
        .uid = htobe32(uid),
        .gid = htobe32(gid),
        .size = htobe32((uint32_t)entry->size),
        .flags = htobe16((uint16_t)(length < NAME_BITS ? length : NAME_BITS)),
    };
    /* The content is another than the file's: git shall look for itself. */
    if (entry->flags & (ENTRY_HASH_ONLY | ENTRY_RACY))
        fixed.size = fixed.modified = fixed.changed = 0;
    memcpy(fixed.oid, entry->oid, OID_SIZE);
    size_t pad = PADDING - (sizeof fixed + length) % PADDING;
    return buf_append(out, &fixed, sizeof fixed) | buf_append(out, project, strlen(project)) |
           buf_append(out, "/", 1) | buf_append(out, entry->path, strlen(entry->path)) |
           buf_append(out, zeros, pad);
}

int workspace_index(const struct workspace_project *projects, size_t count, uid_t uid,
                    gid_t gid, struct buf *out)
{
    uint32_t head[] = {htobe32(0x44495243), htobe32(2), 0};
    uint32_t files = 0;
    uint8_t sum[OID_SIZE];
    SHA1_CTX context;
    int failed = buf_append(out, head, sizeof head);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < projects[i].entries->count && !failed; k++)
            if (is_indexed(&projects[i].entries->items[k])) {
                failed =
                    add_entry(out, projects[i].name, &projects[i].entries->items[k], uid, gid);
                files++;
            }
    if (failed)
        return -1;
    files = htobe32(files);
    memcpy(out->data + 2 * sizeof files, &files, sizeof files);
    SHA1DCInit(&context);
    SHA1DCSetUseDetectColl(&context, 0); /* against accidents */
    SHA1DCUpdate(&context, out->data, out->length);
    (void)SHA1DCFinal(sum, &context);
    return buf_append(out, sum, sizeof sum);
}

/* --- two objects ------------------------------------------------------------------------- */

static int write_new(int folder, const char *path, const void *bytes, size_t length,
                     mode_t mode, struct error *err)
{
    cleanup_fd int fd =
        openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 || write_all(fd, bytes, length) < 0)
        return error_errno(err, "cannot write " WORKSPACE_GIT "/%s", path);
    return 0;
}

/* A loose one: zlib's stream of "type length\0bytes". */
static int write_object(int folder, const char *type, const struct buf *bytes, char hex[41],
                        struct error *err)
{
    uint8_t oid[OID_SIZE];
    char path[80];
    cleanup_buf struct buf whole = BUF_INIT(2 * SMALL), packed = BUF_INIT(4 * SMALL);
    enum object_type kind = strcmp(type, "tree") == 0 ? OBJECT_TREE : OBJECT_COMMIT;
    const char *data = bytes->data ? bytes->data : "";
    uLongf size = compressBound((uLong)bytes->length + 64);
    if (object_hash(kind, data, bytes->length, oid) < 0 ||
        buf_printf(&whole, "%s %zu", type, bytes->length) < 0 ||
        buf_append(&whole, "", 1) < 0 || buf_append(&whole, data, bytes->length) < 0 ||
        !buf_reserve(&packed, size) ||
        compress2((Bytef *)packed.data, &size, (const Bytef *)whole.data, (uLong)whole.length,
                  Z_BEST_SPEED) != Z_OK)
        return error_set(err, "out of memory for " WORKSPACE_GIT);
    oid_print(oid, hex);
    (void)snprintf(path, sizeof path, "objects/%.2s", hex);
    if (mkdirat(folder, path, 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make " WORKSPACE_GIT "/%s", path);
    (void)snprintf(path, sizeof path, "objects/%.2s/%s", hex, hex + 2);
    return write_new(folder, path, packed.data, size, 0444, err);
}

static int write_commit(int folder, const struct workspace_project *projects, size_t count,
                        char hex[41], struct error *err)
{
    cleanup_buf struct buf tree = BUF_INIT(SMALL), commit = BUF_INIT(SMALL);
    const long long now = (long long)time(NULL);
    char tree_hex[41];
    for (size_t i = 0; i < count; i++) {
        bool empty = true;
        for (size_t k = 0; k < projects[i].entries->count && empty; k++)
            empty = entry_is_folder(&projects[i].entries->items[k]) ||
                    (projects[i].entries->items[k].flags & ENTRY_GONE);
        if (!empty && tree_line(&tree, ENTRY_FOLDER, projects[i].name, strlen(projects[i].name),
                                projects[i].tree) < 0)
            return error_errno(err, "cannot make " WORKSPACE_GIT);
    }
    if (write_object(folder, "tree", &tree, tree_hex, err) < 0)
        return -1;
    if (buf_printf(&commit,
                   "tree %s\nauthor claudex <claudex@localhost> %lld +0000\n"
                   "committer claudex <claudex@localhost> %lld +0000\n\n"
                   "Before the session\n",
                   tree_hex, now, now) < 0)
        return error_errno(err, "cannot make " WORKSPACE_GIT);
    return write_object(folder, "commit", &commit, hex, err);
}

/* --- whole ------------------------------------------------------------------------------- */

/* In git's order of trees, which is that of the index too. */
static int by_name(const void *a, const void *b)
{
    const char *left = ((const struct workspace_project *)a)->name;
    const char *right = ((const struct workspace_project *)b)->name;
    size_t i = 0;
    while (left[i] && left[i] == right[i])
        i++;
    int l = left[i] ? (unsigned char)left[i] : '/',
        r = right[i] ? (unsigned char)right[i] : '/';
    return l - r;
}

static int write_refs(int folder, const char *hex, struct error *err)
{
    char line[64], log[256];
    int n = snprintf(line, sizeof line, "%s\n", hex);
    int m = snprintf(log, sizeof log,
                     "%040d %s claudex <claudex@localhost> %lld +0000\tcommit (initial): "
                     "Before the session\n",
                     0, hex, (long long)time(NULL));
    return write_new(folder, "refs/heads/main", line, (size_t)n, 0644, err) |
           write_new(folder, "logs/refs/heads/main", log, (size_t)m, 0644, err) |
           write_new(folder, "logs/HEAD", log, (size_t)m, 0644, err);
}

int workspace_make(struct workspace_project *projects, size_t count, uid_t uid, gid_t gid,
                   struct error *err)
{
    static const char *const folders[] = {
        "objects", "objects/info", "objects/pack",    "refs", "refs/heads", "refs/tags",
        "logs",    "logs/refs",    "logs/refs/heads", "info"};
    char hex[41];
    cleanup_buf struct buf alternates = BUF_INIT(SMALL), index = BUF_INIT(INDEX_MAX);
    cleanup_fd int folder =
        open(WORKSPACE_GIT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return error_errno(err, "cannot open " WORKSPACE_GIT);
    qsort(projects, count, sizeof *projects, by_name);
    for (size_t i = 0; i < array_length(folders); i++)
        if (mkdirat(folder, folders[i], 0755) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make " WORKSPACE_GIT "/%s", folders[i]);
    for (size_t i = 0; i < count; i++)
        if (buf_printf(&alternates, "%s/objects\n", projects[i].audit) < 0)
            return error_errno(err, "cannot make " WORKSPACE_GIT);
    if (workspace_index(projects, count, uid, gid, &index) < 0)
        return error_set(err, "out of memory for the index of " WORKSPACE_GIT);
    if (write_commit(folder, projects, count, hex, err) < 0 ||
        write_new(folder, "config", config_text, sizeof config_text - 1, 0644, err) < 0 ||
        write_new(folder, "objects/info/alternates", alternates.data, alternates.length, 0644,
                  err) < 0 ||
        write_new(folder, "index", index.data, index.length, 0644, err) < 0 ||
        write_refs(folder, hex, err) < 0)
        return -1;
    /* Last: without it nothing here is a repository. */
    return write_new(folder, "HEAD", "ref: refs/heads/main\n", 21, 0644, err);
}
