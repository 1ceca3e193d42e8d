/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "shared/log.h"
#include "shared/parse.h"

const struct option_spec common_options[] = {
    {0, "format", "FORMAT", "table for people, json for programs", COMPLETES_WORD,
     "table json"},
    {'q', "quiet", NULL, "print names only, no progress", COMPLETES_NOTHING, NULL},
    {'h', "help", NULL, "what this command does", COMPLETES_NOTHING, NULL},
};
const size_t common_option_count = array_length(common_options);

const struct option_spec global_specs[] = {
    {0, "config", "DIR", "the docker client's configuration", COMPLETES_FOLDER, NULL},
    {'c', "context", "NAME", "the context that says which engine", COMPLETES_NOTHING, NULL},
    {'D', "debug", NULL, "accepted for docker's sake", COMPLETES_NOTHING, NULL},
    {'H', "host", "URL", "the engine: unix://, tcp:// or ssh://", COMPLETES_NOTHING, NULL},
    {'l', "log-level", "LEVEL", "accepted for docker's sake", COMPLETES_NOTHING, NULL},
    {0, "tls", NULL, "use TLS, check nothing", COMPLETES_NOTHING, NULL},
    {0, "tlscacert", "FILE", "trust engines that this authority signed", COMPLETES_FILE, NULL},
    {0, "tlscert", "FILE", "our certificate", COMPLETES_FILE, NULL},
    {0, "tlskey", "FILE", "our certificate's key", COMPLETES_FILE, NULL},
    {0, "tlsverify", NULL, "use TLS and check the engine's certificate", COMPLETES_NOTHING,
     NULL},
    {'h', "help", NULL, "what there is", COMPLETES_NOTHING, NULL},
    {'v', "version", NULL, "print the version", COMPLETES_NOTHING, NULL},
};
const size_t global_spec_count = array_length(global_specs);

/* --- the parser: one option at a time ------------------------------------------------- */

struct cursor {
    char **argv;
    int count, at;       /* the word that is next */
    const char *cluster; /* further letters of a word like -ab; or NULL */
};

static const struct option_spec *by_letter(const struct option_spec *specs, size_t count,
                                           char letter)
{
    for (size_t i = 0; i < count; i++)
        if (specs[i].letter == letter)
            return &specs[i];
    return NULL;
}

static const struct option_spec *by_name(const struct option_spec *specs, size_t count,
                                         const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(specs[i].name, name, length) == 0 && specs[i].name[length] == '\0')
            return &specs[i];
    return NULL;
}

static int unknown_option(const struct option_spec *specs, size_t count, const char *name,
                          size_t length, struct error *err)
{
    char word[64];
    const char **names = calloc(count, sizeof *names);
    const char *near = NULL;
    if (names && length < sizeof word) {
        for (size_t i = 0; i < count; i++)
            names[i] = specs[i].name;
        memcpy(word, name, length);
        word[length] = '\0';
        near = nearest_word(word, names, count);
    }
    free(names);
    char shown[80];
    term_quote(shown, sizeof shown, name, length);
    if (near)
        return error_usage(err, "unknown option '--%s'; did you mean '--%s'?", shown, near);
    return error_usage(err, "unknown option '--%s'", shown);
}

/* "--name", "--name=value" at the cursor. */
static int long_option(struct cursor *cursor, const struct option_spec *specs, size_t count,
                       struct given *given, struct error *err)
{
    const char *name = cursor->argv[cursor->at] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option_spec *spec = by_name(specs, count, name, length);
    if (!spec)
        return unknown_option(specs, count, name, length, err);
    cursor->at++;
    bool ignored;
    if (!spec->argument && value && parse_bool(value, &ignored) < 0)
        return error_usage(err, "option '--%s' takes no value", spec->name);
    if (spec->argument && !value) {
        if (cursor->at >= cursor->count)
            return error_usage(err, "option '--%s' needs a value: %s", spec->name,
                               spec->argument);
        value = cursor->argv[cursor->at++];
    }
    *given = (struct given){.spec = spec, .value = value};
    return 0;
}

/* One letter of "-abVALUE" at the cursor. */
static int letter_option(struct cursor *cursor, const struct option_spec *specs, size_t count,
                         struct given *given, struct error *err)
{
    const char *letters = cursor->cluster ? cursor->cluster : cursor->argv[cursor->at] + 1;
    const struct option_spec *spec = by_letter(specs, count, letters[0]);
    if (!spec) {
        char shown[8];
        term_quote(shown, sizeof shown, letters, 1);
        return error_usage(err, "unknown option '-%s' in '%s'", shown,
                           quoted(cursor->argv[cursor->at]));
    }
    const char *rest = letters[1] ? letters + 1 : NULL, *value = NULL;
    if (!rest || spec->argument) {
        cursor->at++;
        cursor->cluster = NULL;
    } else {
        cursor->cluster = rest;
    }
    if (spec->argument) {
        if (rest)
            value = *rest == '=' ? rest + 1 : rest; /* -e=VALUE, as the docker CLI takes it */
        else if (cursor->at < cursor->count)
            value = cursor->argv[cursor->at++];
        else
            return error_usage(err, "option '-%c' needs a value: %s", spec->letter,
                               spec->argument);
    }
    *given = (struct given){.spec = spec, .value = value};
    return 0;
}

/* 1: *given is the next option; 0: the next word is none; -1: a usage error. */
static int next_option(struct cursor *cursor, const struct option_spec *specs, size_t count,
                       struct given *given, struct error *err)
{
    if (!cursor->cluster) {
        if (cursor->at >= cursor->count)
            return 0;
        const char *word = cursor->argv[cursor->at];
        if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
            return 0;
        if (word[1] == '-')
            return long_option(cursor, specs, count, given, err) < 0 ? -1 : 1;
    }
    return letter_option(cursor, specs, count, given, err) < 0 ? -1 : 1;
}

/* A flag may say --flag=no. */
static bool flag_is_on(const struct given *given)
{
    bool on = true;
    if (given->value)
        (void)parse_bool(given->value, &on); /* checked when it was parsed */
    return on;
}

/* --- a verb's arguments --------------------------------------------------------------- */

const char *argument_value(const struct arguments *arguments, const char *name)
{
    const struct option_spec *spec =
        by_name(arguments->specs, arguments->spec_count, name, strlen(name));
    assert(spec != NULL); /* a name that the verb's table does not have */
    for (size_t i = arguments->given_count; i-- > 0;) {
        const struct given *given = &arguments->given[i];
        if (given->spec != spec)
            continue;
        if (spec->argument)
            return given->value;
        return flag_is_on(given) ? "" : NULL;
    }
    return NULL;
}

bool argument_flag(const struct arguments *arguments, const char *name)
{
    return argument_value(arguments, name) != NULL;
}

/* The verb's own options first: where it uses a letter of the common ones, it means its own. */
static struct option_spec *join_specs(const struct command *command, size_t *count)
{
    struct option_spec *all = calloc(command->option_count + common_option_count, sizeof *all);
    if (!all)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < command->option_count; i++)
        all[n++] = command->options[i];
    for (size_t i = 0; i < common_option_count; i++) {
        const struct option_spec *common = &common_options[i];
        if (by_name(command->options, command->option_count, common->name,
                    strlen(common->name)))
            continue;
        all[n] = *common;
        if (common->letter &&
            by_letter(command->options, command->option_count, common->letter))
            all[n].letter = 0;
        n++;
    }
    *count = n;
    return all;
}

static int parse_words(struct arguments *arguments, struct cursor *cursor,
                       bool stops_at_operand, struct error *err)
{
    while (cursor->cluster || cursor->at < cursor->count) {
        struct given *given = &arguments->given[arguments->given_count];
        int found = next_option(cursor, arguments->specs, arguments->spec_count, given, err);
        if (found < 0)
            return -1;
        if (found > 0) {
            arguments->given_count++;
            continue;
        }
        char *word = cursor->argv[cursor->at++];
        if (strcmp(word, "--") == 0) {
            arguments->rest = cursor->argv + cursor->at;
            arguments->rest_count = (size_t)(cursor->count - cursor->at);
            return 0;
        }
        arguments->operands[arguments->operand_count++] = word;
        if (!stops_at_operand)
            continue;
        /* NAME -- COMMAND…: the "--" behind the first operand still is ours, a later one is
         * the command's. */
        if (cursor->at < cursor->count && strcmp(cursor->argv[cursor->at], "--") == 0)
            continue;
        while (cursor->at < cursor->count)
            arguments->operands[arguments->operand_count++] = cursor->argv[cursor->at++];
    }
    return 0;
}

int options_parse(struct arguments *arguments, const struct command *command, int count,
                  char **argv, struct error *err)
{
    *arguments = (struct arguments){0};
    size_t letters = 1;
    for (int i = 0; i < count; i++)
        letters += strlen(argv[i]); /* no word gives more options than it has letters */
    struct option_spec *specs = join_specs(command, &arguments->spec_count);
    arguments->specs = specs;
    arguments->given = calloc(letters, sizeof *arguments->given);
    arguments->operands = calloc((size_t)count + 1, sizeof *arguments->operands);
    struct cursor cursor = {.argv = argv, .count = count};
    if (!specs || !arguments->given || !arguments->operands) {
        options_free(arguments);
        return error_set(err, "out of memory");
    }
    if (parse_words(arguments, &cursor, command->stops_at_operand, err) == 0)
        return 0;
    options_free(arguments);
    return -1;
}

void options_free(struct arguments *arguments)
{
    free((void *)arguments->specs);
    free(arguments->given);
    free(arguments->operands);
    *arguments = (struct arguments){0};
}

/* --- docker's own options ------------------------------------------------------------- */

static void set_global(struct global_options *global, const struct given *given)
{
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } places[] = {
        {"config", &global->config, NULL},
        {"context", &global->context, NULL},
        {"debug", NULL, &global->debug},
        {"host", &global->host, NULL},
        {"tls", NULL, &global->tls},
        {"tlscacert", &global->tls_ca, NULL},
        {"tlscert", &global->tls_cert, NULL},
        {"tlskey", &global->tls_key, NULL},
        {"tlsverify", NULL, &global->tls_verify},
        {"help", NULL, &global->help},
        {"version", NULL, &global->version},
    };
    for (size_t i = 0; i < array_length(places); i++) {
        if (strcmp(places[i].name, given->spec->name) != 0)
            continue;
        if (places[i].text)
            *places[i].text = given->value;
        else if (places[i].flag)
            *places[i].flag = flag_is_on(given);
    }
    /* --tlsverify=false is TLS without the check, as the docker CLI has it. */
    if (strcmp(given->spec->name, "tlsverify") == 0) {
        global->tls = true;
        global->tls_verify_given = true;
    }
}

int globals_parse(struct global_options *global, int count, char **argv, bool lenient,
                  struct error *err)
{
    struct cursor cursor = {.argv = argv, .count = count};
    for (;;) {
        struct given given = {0};
        int before = cursor.at;
        bool inside = cursor.cluster != NULL;
        int found = next_option(&cursor, global_specs, global_spec_count, &given, err);
        if (found < 0 && lenient && !inside)
            return before;
        if (found < 0)
            return -1;
        if (found == 0 || !given.spec)
            return cursor.at;
        set_global(global, &given);
    }
}
