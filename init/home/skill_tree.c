/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/skill_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

bool skill_name_is_fine(const char *name)
{
    /* As file systems of other systems take them (git's own list: .git, git~1, with trailing
     * dots and blanks; and what HFS+ leaves out of a name). */
    size_t length = strlen(name);
    if (length == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    while (length > 0 && (name[length - 1] == '.' || name[length - 1] == ' '))
        length--;
    if ((length == 4 && strncasecmp(name, ".git", 4) == 0) ||
        (length == 5 && strncasecmp(name, "git~1", 5) == 0))
        return false;
    char plain[8];
    size_t used = 0;
    for (const unsigned char *c = (const unsigned char *)name; *c && used < sizeof plain - 1;
         c++)
        if (*c < 0x80)
            plain[used++] = (char)*c;
    plain[used] = '\0';
    return used == strlen(name) || strcasecmp(plain, ".git") != 0;
}

bool skill_link_stays(const char *target, size_t depth)
{
    if (*target == '/' || *target == '\0')
        return false;
    long level = (long)depth;
    while (*target) {
        size_t length = strcspn(target, "/");
        if (length == 2 && memcmp(target, "..", 2) == 0)
            level--;
        else if (length > 0 && !(length == 1 && *target == '.'))
            level++;
        if (level < 0)
            return false;
        target += length;
        target += strspn(target, "/");
    }
    return true;
}

struct walk {
    uid_t owner;
    struct skill_count *count;
    struct error *err;
};

static int settle_folder(struct walk *walk, int folder, size_t depth);

static int settle_link(struct walk *walk, int parent, const char *name, size_t depth)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(parent, name, target, sizeof target - 1);
    if (length < 0)
        return error_errno(walk->err, "cannot read its link %s", quoted(name));
    target[length] = '\0';
    if (!skill_link_stays(target, depth))
        return error_set(walk->err, "its link %s leads out of it", quoted(name));
    return fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW) == 0
               ? 0
               : error_errno(walk->err, "cannot make its link %s root's", quoted(name));
}

static int settle_one(struct walk *walk, int parent, const char *name, size_t depth)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_errno(walk->err, "cannot look at its file %s", quoted(name));
    if (!skill_name_is_fine(name))
        return error_set(walk->err, "it has a file called %s", quoted(name));
    if (st.st_uid != 0 && st.st_uid != walk->owner)
        return error_set(walk->err, "its file %s is somebody else's", quoted(name));
    if (++walk->count->files > SKILL_FILES_MAX)
        return error_set(walk->err, "it has more than %d files", SKILL_FILES_MAX);
    if (S_ISLNK(st.st_mode))
        return settle_link(walk, parent, name, depth);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return error_set(walk->err, "its file %s is no file, folder or link", quoted(name));
    if (S_ISREG(st.st_mode) && st.st_nlink != 1)
        return error_set(walk->err, "its file %s has a second name", quoted(name));
    cleanup_fd int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fchown(fd, 0, 0) < 0)
        return error_errno(walk->err, "cannot make its file %s root's", quoted(name));
    if (S_ISDIR(st.st_mode))
        return settle_folder(walk, fd, depth + 1);
    walk->count->bytes += (uint64_t)st.st_size;
    if (walk->count->bytes > SKILL_BYTES_MAX)
        return error_set(walk->err, "it is larger than %d MB", SKILL_BYTES_MAX >> 20);
    return fchmod(fd, st.st_mode & 0111 ? 0755 : 0644) == 0
               ? 0
               : error_errno(walk->err, "cannot change the mode of %s", quoted(name));
}

static int settle_folder(struct walk *walk, int folder, size_t depth)
{
    if (depth > SKILL_DEPTH_MAX)
        return error_set(walk->err, "its folders are deeper than %d", SKILL_DEPTH_MAX);
    if (fchmod(folder, 0755) < 0)
        return error_errno(walk->err, "cannot change the mode of a folder of it");
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return error_errno(walk->err, "cannot list a folder of it");
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno ? error_errno(walk->err, "cannot list a folder of it") : 0;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            settle_one(walk, folder, entry->d_name, depth) < 0)
            return -1;
    }
}

int skill_tree_settle(int folder, uid_t owner, struct skill_count *count, struct error *err)
{
    struct walk walk = {.owner = owner, .count = count, .err = err};
    *count = (struct skill_count){0};
    if (fchown(folder, 0, 0) < 0)
        return error_errno(err, "cannot make its folder root's");
    return settle_folder(&walk, folder, 0);
}
