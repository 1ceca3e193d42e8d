/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/pager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

static pid_t pager; /* one at a time */

static void child(const char *command, int input) __attribute__((noreturn));
static void child(const char *command, int input)
{
    /* As git: what fits on one screen is just printed; colours stay colours. */
    if (dup2(input, STDIN_FILENO) < 0 || setenv("LESS", "FRX", 0) < 0)
        _exit(127);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

FILE *pager_open(void)
{
    const char *command = getenv("PAGER");
    int ends[2];
    if (!isatty(STDOUT_FILENO) || (command && (!*command || strcmp(command, "cat") == 0)) ||
        pipe(ends) < 0)
        return stdout;
    (void)fflush(stdout);
    pager = fork();
    if (pager == 0)
        child(command ? command : "command -v less >/dev/null && exec less; exec cat", ends[0]);
    close(ends[0]);
    FILE *out = pager > 0 ? fdopen(ends[1], "w") : NULL;
    if (!out) {
        close(ends[1]);
        return stdout;
    }
    /* Who leaves the pager early wants no more, and no word about it; ^C is the pager's. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    return out;
}

void pager_close(FILE *out)
{
    if (out == stdout) {
        (void)fflush(stdout);
        return;
    }
    (void)fclose(out);
    while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
        ;
}

bool pager_colours(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

/* term_quote() leaves no tab and doubles backslashes, which in code would be wrong. */
static void put_line(FILE *out, const char *line, size_t length)
{
    cleanup_free char *quoted_text = malloc(4 * length + 8);
    while (length > 0 && quoted_text) {
        size_t plain = 0;
        while (plain < length && line[plain] != '\t' && line[plain] != '\\')
            plain++;
        (void)fputs(term_quote(quoted_text, 4 * length + 8, line, plain), out);
        if (plain < length)
            (void)fputc(line[plain++], out);
        line += plain;
        length -= plain;
    }
}

static const char *colour_of(const char *line, size_t length)
{
    static const struct {
        const char *start, *colour;
    } colours[] = {{"diff --git ", "\033[1m"}, {"index ", "\033[1m"}, {"--- ", "\033[1m"},
                   {"+++ ", "\033[1m"},        {"@@", "\033[36m"},    {"+", "\033[32m"},
                   {"-", "\033[31m"}};
    for (size_t i = 0; i < array_length(colours); i++)
        if (length >= strlen(colours[i].start) &&
            memcmp(line, colours[i].start, strlen(colours[i].start)) == 0)
            return colours[i].colour;
    return NULL;
}

void pager_text(FILE *out, const char *text, size_t length, bool patch)
{
    const bool colours = patch && pager_colours();
    for (const char *end = text + length; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text);
        const char *colour = colours ? colour_of(text, line) : NULL;
        if (colour)
            (void)fputs(colour, out);
        put_line(out, text, line);
        if (colour)
            (void)fputs("\033[m", out);
        if (newline)
            (void)fputc('\n', out);
        text += line + (newline != NULL);
    }
}
