/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit trail's code without a box around it.
 *
 *     trail make FOLDER COUNT       files of 0.2 to 20 KB of words, 100 a folder
 *     trail touch FOLDER ROUND      ten of them get a line more
 *     trail take FOLDER AUDIT KIND  a snapshot; prints its microseconds. KIND "start" gathers
 *                                   .gitignore files; others are as while a session runs
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/git/snapshot.h"
#include "init/git/store.h"
#include "shared/io.h"
#include "shared/log.h"

enum { A_FOLDER = 100, WORDS = 2000, TEXT = 1 << 20, TOUCHED = 10 };

static char text[TEXT];

static unsigned next_random(void)
{
    static uint64_t state = 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 16);
}

static void make_text(void)
{
    static char words[WORDS][12];
    for (size_t i = 0; i < WORDS; i++)
        for (size_t k = 0, length = 2 + next_random() % 8; k < length; k++)
            words[i][k] = (char)('a' + next_random() % 26);
    for (size_t used = 0; used + 16 < TEXT;)
        used += (size_t)snprintf(text + used, 16, "%s ", words[next_random() % WORDS]);
}

static void path_of(char path[512], const char *folder, long number)
{
    (void)snprintf(path, 512, "%s/d%ld/e%ld/f%ld", folder, number / A_FOLDER % 40,
                   number / A_FOLDER, number % A_FOLDER);
}

static int make(const char *folder, long count)
{
    make_text();
    for (long i = 0; i < count; i++) {
        char path[512], parent[512];
        path_of(path, folder, i);
        (void)snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
        if (i % A_FOLDER == 0 && make_folders(parent, 0755) < 0)
            return -1;
        cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        size_t length = 200 + next_random() % 20000;
        if (fd < 0 || write_all(fd, &i, sizeof i) < 0 ||
            write_all(fd, text + next_random() % (TEXT - 32768), length) < 0)
            return -1;
    }
    return 0;
}

static int touch(const char *folder, const char *line)
{
    for (long i = 0; i < TOUCHED; i++) {
        char path[512];
        path_of(path, folder, i * 7);
        cleanup_fd int fd = open(path, O_WRONLY | O_APPEND);
        if (fd < 0 || write_all(fd, line, strlen(line)) < 0)
            return -1;
    }
    return 0;
}

static int take(const char *folder, const char *audit_path, const char *kind)
{
    struct error err = ERROR_INIT;
    static struct actor actor; /* its thread outlives this function */
    struct snapshot_result result;
    struct timespec from, to;
    char objects[600];
    const bool start = strcmp(kind, "start") == 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    cleanup_audit struct audit audit = AUDIT_INIT;
    cleanup_fd int root = open(folder, O_RDONLY | O_DIRECTORY);
    (void)snprintf(objects, sizeof objects, "%s/objects", audit_path);
    const struct snapshot what = {.kind = kind,
                                  .session = {.id = "bench", .box = "bench"},
                                  .objects = objects,
                                  .root = root,
                                  .gather_ignore = start,
                                  .only_if_changed = !start,
                                  .write_back = !start};
    if ((mkdir(audit_path, 0711) < 0 && errno != EEXIST) || store_library(&err) < 0 ||
        actor_start(&actor, geteuid(), getegid(), &err) < 0 ||
        audit_open(&audit, audit_path, &err) < 0 ||
        snapshot_take(&audit, &actor, &what, &result, &err) < 0)
        die(1, "%s", err.text);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    (void)printf("%ld\n",
                 (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
    entries_free(&result.entries);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], atol(argv[3])) < 0;
    if (argc == 4 && strcmp(argv[1], "touch") == 0)
        return touch(argv[2], argv[3]) < 0;
    if (argc == 5 && strcmp(argv[1], "take") == 0)
        return take(argv[2], argv[3], argv[4]) < 0;
    return 2;
}
