/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/landlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

/* Newer than some headers that this is built with. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif

/* struct landlock_ruleset_attr of ABI 6; an older kernel takes the longer one as long as what
 * it does not know is 0. */
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

#define FILE_READ  (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
/* What a rule on something that is no folder may hold (security/landlock/fs.c, ACCESS_FILE). */
#define ON_FILES (FILE_READ | FILE_WRITE | LANDLOCK_ACCESS_FS_IOCTL_DEV)
#define READ     (FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define DEVICES                                                                                \
    (READ | FILE_WRITE | LANDLOCK_ACCESS_FS_IOCTL_DEV) /* existing ones; none can be made */
#define WRITE                                                                                  \
    (READ | FILE_WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |      \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
/* Nobody in the box makes device nodes. */
#define HANDLED (WRITE | DEVICES | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/*
 * What the agent may do where, beyond reading and executing what is not private. Rights add up
 * along a path and nothing takes them away again, which is why nothing here may lie above
 * BOX_PRIVATE: reading is granted to every neighbour of that path instead (grant_around).
 */
static const struct {
    const char *path;
    uint64_t access;
    const char *reason;
} writable[] = {
    {BOX_WORKSPACE, WRITE, "the projects; what is read-only is mounted so"},
    {AGENT_HOME, WRITE, "settings, caches, tokens"},
    {"/tmp", WRITE, "temporary files"},
    {"/var/tmp", WRITE, "temporary files"},
    {"/dev", DEVICES, "null, random, terminals"},
    {"/dev/shm", WRITE, "POSIX shared memory"},
    {"/dev/mqueue", WRITE, "POSIX message queues"},
    {"/proc", READ | FILE_WRITE, "its own entries: comm, oom_score_adj"},
};

/* What each version of Landlock brought (landlock(7), "VERSIONS"); index = version. */
static const struct {
    uint64_t access, scoped;
} since[] = {
    [1] = {HANDLED & ~(LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE |
                       LANDLOCK_ACCESS_FS_IOCTL_DEV),
           0},
    [2] = {LANDLOCK_ACCESS_FS_REFER, 0},
    [3] = {LANDLOCK_ACCESS_FS_TRUNCATE, 0},
    [5] = {LANDLOCK_ACCESS_FS_IOCTL_DEV, 0},
    [6] = {0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL},
};

int landlock_version(void)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    /* ENOSYS: not built in; EOPNOTSUPP: not enabled; EPERM: an engine's profile from before
     * Landlock. All the same to us. */
    return version < 0 ? 0 : (int)version;
}

struct rules {
    int fd;
    uint64_t handled; /* what this kernel knows; other bits in a rule are EINVAL */
};

/* Allows `access` below dirfd/name. What is not there needs no rule, and a symlink none of its
 * own: its target has one. */
static int grant(const struct rules *rules, int dirfd, const char *name, uint64_t access,
                 struct error *err)
{
    cleanup_fd int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot open %s for Landlock", quoted(name));
    if (S_ISLNK(st.st_mode))
        return 0;
    access &= rules->handled & (S_ISDIR(st.st_mode) ? ~(uint64_t)0 : (uint64_t)ON_FILES);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return error_errno(err, "cannot add a Landlock rule for %s", quoted(name));
    return 0;
}

/* Reading for everything in the folder but `excluded`. */
static int grant_siblings(const struct rules *rules, const char *folder, const char *excluded,
                          struct error *err)
{
    cleanup_dir DIR *dir = opendir(folder);
    if (!dir)
        return error_errno(err, "cannot list %s for Landlock", folder);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry)
            return errno == 0 ? 0 : error_errno(err, "cannot list %s for Landlock", folder);
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, excluded) == 0)
            continue;
        if (grant(rules, dirfd(dir), name, READ, err) < 0)
            return -1;
    }
}

/* Walks down to BOX_PRIVATE and grants reading to all that lies beside the way. */
static int grant_around(const struct rules *rules, struct error *err)
{
    char way[] = BOX_PRIVATE;
    for (char *slash = way, *next; slash; slash = next) {
        next = strchr(slash + 1, '/');
        if (next)
            *next = '\0';
        *slash = '\0';
        int failed = grant_siblings(rules, slash == way ? "/" : way, slash + 1, err);
        *slash = '/';
        if (next)
            *next = '/';
        if (failed)
            return -1;
    }
    return 0;
}

/* An empty ruleset that handles all this kernel can. */
static int make(bool signals_others, struct rules *rules, struct error *err)
{
    int version = landlock_version();
    if (version == 0)
        return -1;
    struct ruleset attr = {0};
    for (int v = 1; v <= version && v < (int)array_length(since); v++) {
        attr.handled_access_fs |= since[v].access;
        attr.scoped |= since[v].scoped;
    }
    if (signals_others)
        attr.scoped &= ~LANDLOCK_SCOPE_SIGNAL;
    rules->handled = attr.handled_access_fs;
    rules->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    return rules->fd < 0 ? error_errno(err, "cannot make a Landlock ruleset") : 0;
}

int landlock_nothing(struct error *err)
{
    struct rules rules;
    return make(false, &rules, err) < 0 ? -1 : rules.fd;
}

int landlock_fetcher(const char *const *readable, size_t count, const char *writable_folder,
                     struct error *err)
{
    struct rules rules;
    if (make(false, &rules, err) < 0)
        return -1;
    cleanup_fd int fd = rules.fd;
    for (size_t i = 0; i < count; i++)
        if (grant(&rules, AT_FDCWD, readable[i], READ, err) < 0)
            return -1;
    if (writable_folder && grant(&rules, AT_FDCWD, writable_folder, WRITE, err) < 0)
        return -1;
    return take_fd(&fd);
}

int landlock_prepare(bool signals_others, struct error *err)
{
    struct rules rules;
    if (make(signals_others, &rules, err) < 0)
        return -1;
    cleanup_fd int fd = rules.fd;

    /* Names only: without this `ls /` fails. It gives the names in BOX_PRIVATE to whoever may
     * enter there; that this is nobody but root is the folder's mode, not Landlock. */
    if (grant(&rules, AT_FDCWD, "/", LANDLOCK_ACCESS_FS_READ_DIR, err) < 0 ||
        grant_around(&rules, err) < 0)
        return -1;
    for (size_t i = 0; i < array_length(writable); i++)
        if (grant(&rules, AT_FDCWD, writable[i].path, writable[i].access, err) < 0)
            return -1;
    return take_fd(&fd);
}

int landlock_enforce(int rules, struct error *err)
{
    if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
        return error_errno(err, "cannot enforce Landlock");
    return 0;
}
