/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * docker-claudex: a plugin of the docker CLI (docker/cli, cli-plugins), and the same without it
 * under the name claudex.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/command.h"
#include "plugin/complete.h"
#include "plugin/help.h"
#include "plugin/options.h"
#include "plugin/signals.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

/* The words of the command line that are still to be read. */
struct words {
    int count;
    char **at;
};

static bool next_is(const struct words *words, const char *word)
{
    return words->count > 0 && strcmp(words->at[0], word) == 0;
}

static bool take(struct words *words, const char *word)
{
    if (!next_is(words, word))
        return false;
    words->count--;
    words->at++;
    return true;
}

/* The docker CLI runs its plugins as …/docker-NAME. */
static bool is_plugin_name(const char *path)
{
    static const char prefix[] = "docker-";
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, prefix, strlen(prefix)) == 0;
}

/* The docker CLI runs this for each plugin it finds, whatever the user typed. */
static int print_metadata(void)
{
    printf("{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"claudex\",\"Version\":\"%s\","
           "\"ShortDescription\":\"%s\",\"URL\":\"https://github.com/claudex/claudex\"}\n",
           CLAUDEX_VERSION, help_summary);
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Words that `claudex` has only inside a box (init/inside/command.h). */
static const char *const inside_words[] = {"why", "ask"};

static int unknown_command(const char *name, struct error *err)
{
    const char *names[32];
    size_t count = 0;
    for (size_t i = 0; i < command_count && count < array_length(names); i++)
        if (!commands[i]->hidden)
            names[count++] = commands[i]->name;
    const char *near = nearest_word(name, names, count);
    for (size_t i = 0; i < array_length(inside_words); i++)
        if (strcmp(name, inside_words[i]) == 0)
            return error_usage(err,
                               "'%s' is a command inside a box: docker claudex exec -- claudex "
                               "%s HOST",
                               name, name);
    if (near)
        return error_usage(err, "unknown command '%s'; did you mean '%s'?", quoted(name), near);
    return error_usage(err, "unknown command '%s'", quoted(name));
}

/* `claudex DIR…` is `claudex run DIR…`, but a mistyped verb shall not start an agent. */
static bool is_folder_or_option(const char *word)
{
    struct stat st;
    return word[0] == '-' || strchr(word, '/') || strcmp(word, ".") == 0 ||
           strcmp(word, "..") == 0 || (stat(word, &st) == 0 && S_ISDIR(st.st_mode));
}

static int run_command(struct invocation *invocation, const struct command *command,
                       const struct words *words, struct error *err)
{
    struct arguments *arguments = &invocation->arguments;
    if (options_parse(arguments, command, words->count, words->at, err) < 0)
        return -1;
    if (argument_flag(arguments, "help")) {
        help_command(stdout, invocation->program, command);
        return 0;
    }
    bool bare = !command->operands || *command->operands == '\0';
    if (bare && (arguments->operand_count > 0 || arguments->rest))
        return error_usage(err, "%s takes options only; what is '%s'?", command->name,
                           arguments->operand_count > 0 ? quoted(arguments->operands[0])
                                                        : "--");
    const char *format = argument_value(arguments, "format");
    if (format && strcmp(format, "json") != 0 && strcmp(format, "table") != 0)
        return error_usage(err, "--format %s: expected table or json", quoted(format));
    invocation->format = format && *format == 'j' ? OUTPUT_JSON : OUTPUT_TABLE;
    invocation->quiet = argument_flag(arguments, "quiet");
    log_quiet(invocation->quiet);
    return command->run(invocation, err);
}

/* Which verb is meant, and that one's --help where help was asked for. Sets *command for the
 * hint at an error. */
static int dispatch(struct invocation *invocation, struct words *words, bool standalone,
                    const struct command **command, struct error *err)
{
    int globals = globals_parse(&invocation->global, words->count, words->at, standalone, err);
    if (globals < 0)
        return -1;
    words->count -= globals;
    words->at += globals;
    bool describe = next_is(words, "__complete");
    bool complete = take(words, "__complete") || take(words, "__completeNoDesc");
    bool help = invocation->global.help;
    help |= !complete && take(words, "help");
    if (!standalone && take(words, "claudex") && !complete) {
        int more = globals_parse(&invocation->global, words->count, words->at, false, err);
        if (more < 0)
            return -1;
        words->count -= more;
        words->at += more;
        help |= invocation->global.help | take(words, "help");
    }
    if (complete) {
        complete_words(invocation, words->count, words->at, describe);
        return 0;
    }

    *command = words->count > 0 ? find_command(words->at[0]) : NULL;
    if (*command)
        (void)take(words, (*command)->name);
    else if (invocation->global.version)
        *command = &cmd_version;
    else if (words->count > 0 && !(standalone && is_folder_or_option(words->at[0])))
        return unknown_command(words->at[0], err);
    else if (standalone && !help)
        *command = &cmd_run;
    if (help && *command)
        help_command(stdout, invocation->program, *command);
    else if (!*command)
        help_print(stdout, invocation->program, standalone);
    else
        return run_command(invocation, *command, words, err);
    return 0;
}

/* The one place where a failure becomes words. */
static void fail(const struct error *err, const char *program, const struct command *command)
    __attribute__((noreturn));
static void fail(const struct error *err, const char *program, const struct command *command)
{
    if (err->status == EXIT_USAGE)
        die(err->status, "%s\nsee: %s%s%s --help", err->text, program, command ? " " : "",
            command ? command->name : "");
    die_error(err);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "docker-cli-plugin-metadata") == 0)
        return print_metadata();
    signals_install();

    bool standalone = argc < 1 || !is_plugin_name(argv[0]);
    struct invocation invocation = {.program = standalone ? "claudex" : "docker claudex"};
    struct words words = {.count = argc > 0 ? argc - 1 : 0, .at = argv + 1};
    const struct command *command = NULL;
    struct error err = ERROR_INIT;
    int status = dispatch(&invocation, &words, standalone, &command, &err);
    engine_close(&invocation.engine);
    endpoint_free(&invocation.endpoint);
    options_free(&invocation.arguments);
    if (status < 0)
        fail(&err, invocation.program, command);
    /* A result that did not arrive is none. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0)
        status = EXIT_CLAUDEX;
    return status;
}
