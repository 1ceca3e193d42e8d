/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/inside/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/ask_snapshot.h"
#include "init/inside/talk.h"
#include "init/inside/view.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static int status(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json)
        return EXIT_USAGE;
    return view_status(json);
}

/* The words as one line to a service, whose answer is ours. */
static int ask(const char *service, int argc, char **argv)
{
    struct error err = ERROR_INIT;
    static struct inside_answer answer;
    cleanup_buf struct buf line = BUF_INIT(INSIDE_REQUEST_MAX + 1);
    int failed = 0;
    for (int i = 0; i < argc; i++)
        failed |= buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
    if (failed) {
        info("that is too long; at most %d letters", INSIDE_REQUEST_MAX);
        return EXIT_USAGE;
    }
    if (inside_call(service, line.data, &answer, &err) < 0) {
        info("%s", err.text);
        return err.status;
    }
    if (answer.status <= 1) /* 1: no, and why */
        puts(answer.text);
    else
        info("%s", answer.text);
    return answer.status;
}

static int ask_gate(int argc, char **argv)
{
    return argc < 2 || (argc > 2 && strcmp(argv[0], "why") == 0) ? EXIT_USAGE
                                                                 : ask(INSIDE_GATE, argc, argv);
}

/* One line each; `run` returns EXIT_USAGE without a word for the usage. */
static const struct {
    const char *name, *arguments, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"status", "[--json]", "what this box may do, and what it was refused", status},
    {"why", "HOST[:PORT]", "may this host be reached, and which rule says so", ask_gate},
    {"snapshot", "[--quiet]", "record the projects as they are now", ask_snapshot},
    {"ask", "HOST[:PORT] [REASON]", "ask the person outside to allow a host", ask_gate},
};

static void usage(FILE *to)
{
    (void)fputs("usage:\n", to);
    for (size_t i = 0; i < array_length(commands); i++)
        (void)fprintf(to, "  claudex %-8s %-20s  %s\n", commands[i].name, commands[i].arguments,
                      commands[i].summary);
    (void)fputs("\nThe network is closed but for the hosts that the person outside allows.\n",
                to);
}

int inside_command(int argc, char **argv)
{
    log_name("claudex");
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        puts("claudex " CLAUDEX_VERSION ", inside a box");
        return 0;
    }
    for (size_t i = 0; i < array_length(commands); i++) {
        if (strcmp(word, commands[i].name) != 0)
            continue;
        int result = commands[i].run(argc - 1, argv + 1);
        if (result == EXIT_USAGE)
            info("usage: claudex %s %s", word, commands[i].arguments);
        return result;
    }
    if (*word)
        info("no command '%s' inside a box", quoted(word));
    usage(stderr);
    return EXIT_USAGE;
}

bool inside_is_command(const char *argv0)
{
    const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
    return argv0 && strcmp(slash ? slash + 1 : argv0, "claudex") == 0;
}

void inside_make_command(void)
{
    /* There already, a root file system that is read-only, no such folder: nothing depends on
     * it. */
    if (symlink(&BOX_INIT[sizeof "/usr/local/bin"], BOX_COMMAND) < 0)
        return;
}
