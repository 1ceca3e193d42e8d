/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/options.c */
/* A command line: words with NULs between, up to 32 of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct option_spec specs[] = {
    {'a', "agent", "NAME", "", COMPLETES_NOTHING, NULL},
    {'d', "detach", NULL, "", COMPLETES_NOTHING, NULL},
    {'q', "queue", NULL, "", COMPLETES_NOTHING, NULL},
};

static void must(bool promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { WORDS = 32 };
    char *words[WORDS + 1] = {NULL}, *text = malloc(size + 1);
    int count = 0;
    must(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at < size && count < WORDS; at += strlen(text + at) + 1)
        words[count++] = text + at;
    for (int stops = 0; stops < 2; stops++) {
        const struct command command = {.name = "fuzz",
                                        .options = specs,
                                        .option_count = array_length(specs),
                                        .stops_at_operand = stops};
        struct arguments arguments;
        struct error err = ERROR_INIT;
        if (options_parse(&arguments, &command, count, words, &err) == 0) {
            must(arguments.operand_count + arguments.rest_count <= (size_t)count);
            (void)argument_value(&arguments, "agent");
            (void)argument_flag(&arguments, "help");
            options_free(&arguments);
        } else {
            must(err.status != 0);
        }
        struct global_options global = {0};
        int taken = globals_parse(&global, count, words, stops, &err);
        must(taken >= -1 && taken <= count);
        must(!stops || taken >= 0 || err.status != 0);
    }
    free(text);
    return 0;
}
