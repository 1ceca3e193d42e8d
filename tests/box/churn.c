/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * churn: changes files of the current folder while they are read, until it is killed. Each file
 * is of one letter at any moment, `rewritten` of two, one after the other; `replaced` is one of
 * 5000.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LETTERS = 26, REPLACED = 5000, PART = 100000, GROWN_MAX = 120 * PART, FOLDERS = 40 };

static char bytes[PART];

static void put(const char *path, int flags, char letter, size_t length)
{
    memset(bytes, letter, sizeof bytes);
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | flags, 0644);
    if (fd < 0)
        return;
    if (write(fd, bytes, length) < 0)
        (void)unlink(path);
    (void)close(fd);
}

static void grow(void)
{
    struct stat st;
    const int full = stat("grown", &st) == 0 && st.st_size >= GROWN_MAX;
    put("grown", full ? O_TRUNC : O_APPEND, 'g', sizeof bytes);
}

/* In one step, a file and a symlink to what is not the project's. */
static void swap_file(void)
{
    put("new", O_TRUNC, 'i', 100);
    (void)rename("new", "swap");
    if (symlink("/outside/secret", "new") == 0)
        (void)rename("new", "swap");
}

/* As many as to be somewhere between being listed and being read. */
static void swap_folders(void)
{
    const struct timespec moment = {.tv_nsec = 1500000};
    char path[64], away[64];
    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(path, sizeof path, "dir%d", i);
        (void)mkdir(path, 0755);
        (void)snprintf(path, sizeof path, "dir%d/secret", i);
        put(path, O_TRUNC, 'i', 100);
    }
    (void)nanosleep(&moment, NULL);
    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(path, sizeof path, "dir%d", i);
        (void)snprintf(away, sizeof away, "away%d", i);
        if (rename(path, away) < 0 || symlink("/outside", path) < 0)
            continue;
    }
    (void)nanosleep(&moment, NULL);
    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(path, sizeof path, "dir%d", i);
        (void)snprintf(away, sizeof away, "away%d", i);
        if (unlink(path) == 0)
            (void)rename(away, path);
    }
}

static void move_folders(unsigned round)
{
    char from[32], to[32], file[64];
    (void)mkdir("m", 0755);
    (void)snprintf(from, sizeof from, "m/%u", round % 7);
    (void)snprintf(to, sizeof to, "m/%u", (round + 3) % 7);
    (void)snprintf(file, sizeof file, "%s/f", from);
    (void)mkdir(from, 0755);
    put(file, O_TRUNC, 'm', 10);
    (void)rename(from, to);
    if (link("replaced", "linked") == 0)
        (void)unlink("linked");
}

static void change(unsigned round)
{
    put("truncated", O_TRUNC, 'x', round * 977 % sizeof bytes);
    put("fresh", O_TRUNC, (char)('a' + round % LETTERS), REPLACED);
    (void)rename("fresh", "replaced");
    grow();
    swap_file();
    move_folders(round);
}

static void rewrite(unsigned round)
{
    put("rewritten", 0, (char)('a' + round % LETTERS), sizeof bytes);
}

static void swap(unsigned round)
{
    (void)round;
    swap_folders();
}

int main(void)
{
    static void (*const parts[])(unsigned round) = {rewrite, swap, change};
    size_t part = 0;
    while (part + 1 < sizeof parts / sizeof *parts && fork() > 0)
        part++;
    for (unsigned round = 0;; round++)
        parts[part](round);
}
