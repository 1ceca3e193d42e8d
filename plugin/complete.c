/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/complete.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/options.h"
#include "shared/log.h"
#include "shared/names.h"

/* cobra's ShellCompDirective. */
enum directive {
    DIRECTIVE_FILES = 0,    /* whatever the shell does by itself */
    DIRECTIVE_NO_SPACE = 2, /* may be added to another */
    DIRECTIVE_NO_FILES = 4,
    DIRECTIVE_FOLDERS = 16,
};

struct completion {
    struct invocation *invocation;
    const char *prefix; /* of what is typed */
    const char *before; /* what stands in front of the candidate in the same word: "--name=" */
    bool describe;
    enum directive directive;
};

static void offer(const struct completion *completion, const char *lead, const char *word,
                  const char *help)
{
    char whole[256], shown[512];
    (void)snprintf(whole, sizeof whole, "%s%s", lead, word);
    if (strncmp(whole, completion->prefix, strlen(completion->prefix)) != 0)
        return;
    term_quote(shown, sizeof shown, whole, strlen(whole));
    printf("%s%s%s%s\n", completion->before, shown, completion->describe && help ? "\t" : "",
           completion->describe && help ? help : "");
}

static void offer_verbs(const struct completion *completion)
{
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            offer(completion, "", commands[i]->name, commands[i]->summary);
}

static void offer_options(const struct completion *completion, const struct option_spec *specs,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        offer(completion, "--", specs[i].name, specs[i].help);
}

static void offer_words(const struct completion *completion, const char *words)
{
    char word[64];
    for (const char *at = words; at && *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        (void)snprintf(word, sizeof word, "%.*s", (int)length, at);
        offer(completion, "", word, NULL);
        at += length;
    }
}

/* No engine, no boxes: nothing is said where a shell waits for candidates. */
static void offer_boxes(const struct completion *completion)
{
    static const char path[] =
        "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22" LABEL_BOX "%22%5D%7D";
    struct error ignored = ERROR_INIT;
    struct engine *engine = invocation_engine(completion->invocation, &ignored);
    json_t *boxes = NULL;
    if (!engine || engine_request(engine, "GET", path, NULL, &boxes, NULL, &ignored) < 0)
        return;
    size_t i;
    const json_t *box;
    json_array_foreach(boxes, i, box)
    {
        const json_t *labels = json_object_get(box, "Labels");
        const char *name = json_string_value(json_object_get(labels, LABEL_BOX));
        const char *state = json_string_value(json_object_get(box, "State"));
        if (name)
            offer(completion, "", name, state ? quoted(state) : NULL);
    }
    json_decref(boxes);
}

static void offer_values(struct completion *completion, enum completes completes,
                         const char *words)
{
    completion->directive = DIRECTIVE_NO_FILES;
    switch (completes) {
    case COMPLETES_NOTHING:
        break;
    case COMPLETES_FILE:
        completion->directive = DIRECTIVE_FILES;
        break;
    case COMPLETES_FOLDER:
        completion->directive = DIRECTIVE_FOLDERS;
        break;
    case COMPLETES_BOX:
        offer_boxes(completion);
        break;
    case COMPLETES_WORD:
        offer_words(completion, words);
        break;
    }
}

/* The option whose value `word` would be, if `previous` ends in an option that wants one. */
static const struct option_spec *wants_value(const struct command *command,
                                             const char *previous)
{
    const struct {
        const struct option_spec *specs;
        size_t count;
    } tables[] = {{command->options, command->option_count},
                  {common_options, common_option_count}};
    size_t length = strlen(previous);
    if (length < 2 || previous[0] != '-')
        return NULL;
    for (size_t t = 0; t < array_length(tables); t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct option_spec *spec = &tables[t].specs[i];
            bool named = previous[1] == '-' ? strcmp(previous + 2, spec->name) == 0
                                            : previous[length - 1] == spec->letter;
            if (named)
                return spec->argument ? spec : NULL;
        }
    return NULL;
}

static void complete_verb(struct completion *completion, const struct command *command,
                          int count, char **words)
{
    char *word = words[count - 1], *equals = strchr(word, '=');
    for (int i = 0; i < count - 1; i++)
        if (strcmp(words[i], "--") == 0) {
            completion->directive = DIRECTIVE_FILES; /* a command of the box: unknown here */
            return;
        }
    const struct option_spec *spec = count > 1 ? wants_value(command, words[count - 2]) : NULL;
    if (!spec && word[0] == '-' && equals) {
        static char before[128];
        (void)snprintf(before, sizeof before, "%.*s", (int)(equals - word) + 1, word);
        *equals = '\0';
        spec = wants_value(command, word);
        completion->before = before;
        completion->prefix = equals + 1;
    }
    if (spec) {
        offer_values(completion, spec->completes, spec->words);
    } else if (word[0] == '-') {
        offer_options(completion, command->options, command->option_count);
        offer_options(completion, common_options, common_option_count);
    } else {
        if (count == 1)
            offer_words(completion, command->words);
        offer_values(completion, command->completes, NULL);
    }
}

void complete_words(struct invocation *invocation, int count, char **words, bool describe)
{
    struct completion completion = {.invocation = invocation,
                                    .prefix = count > 0 ? words[count - 1] : "",
                                    .before = "",
                                    .describe = describe,
                                    .directive = DIRECTIVE_NO_FILES};
    const struct command *command = NULL;
    for (size_t i = 0; count > 1 && i < command_count; i++)
        if (strcmp(commands[i]->name, words[0]) == 0)
            command = commands[i];
    if (command)
        complete_verb(&completion, command, count - 1, words + 1);
    else if (count <= 1)
        offer_verbs(&completion);
    printf(":%d\n", (int)completion.directive);
}
