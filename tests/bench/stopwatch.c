/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopwatch RUNS COMMAND… [--- COMMAND…]…
 *
 * Runs the commands in turn, RUNS rounds after one that does not count, and prints for each a
 * line of the wall times in microseconds, sorted. In turn, so that whatever else the machine
 * does meets all of them alike. Their output is thrown away; one that fails ends it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, FAILED = 125 };

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double time_one(char **command)
{
    double before = microseconds();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execvp(command[0], command);
        dprintf(STDERR_FILENO, "stopwatch: %s: %s\n", command[0], strerror(errno));
        _exit(FAILED);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        dprintf(STDERR_FILENO, "stopwatch: %s ended with wait status %d\n", command[0], status);
        exit(FAILED);
    }
    return microseconds() - before;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Cuts argv at each "---"; returns how many commands there are, 0 if one is empty. */
static size_t split(char **argv, char ***commands)
{
    size_t count = 0;
    for (char **from = argv;; argv++) {
        bool last = !*argv;
        if (!last && strcmp(*argv, "---") != 0)
            continue;
        *argv = NULL;
        if (argv == from || count == COMMANDS_MAX)
            return 0;
        commands[count++] = from;
        if (last)
            return count;
        from = argv + 1;
    }
}

int main(int argc, char **argv)
{
    char **commands[COMMANDS_MAX];
    char *end = NULL;
    unsigned long runs = argc > 2 ? strtoul(argv[1], &end, 10) : 0;
    size_t count = runs > 0 && *end == '\0' ? split(argv + 2, commands) : 0;
    double *times = count > 0 ? calloc(count * runs, sizeof *times) : NULL;
    if (!times) {
        dprintf(STDERR_FILENO, "usage: stopwatch RUNS COMMAND… [--- COMMAND…]…\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++)
        time_one(commands[i]);
    for (size_t run = 0; run < runs; run++)
        for (size_t i = 0; i < count; i++)
            times[i * runs + run] = time_one(commands[i]);
    for (size_t i = 0; i < count; i++) {
        qsort(times + i * runs, runs, sizeof *times, by_value);
        for (size_t run = 0; run < runs; run++)
            printf("%.1f%c", times[i * runs + run], run + 1 < runs ? ' ' : '\n');
    }
    free(times);
    return 0;
}
