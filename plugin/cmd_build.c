/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/image.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {0, "no-cache", NULL, "make every step anew", COMPLETES_NOTHING, NULL},
    {0, "base", "IMAGE", "build on this Debian trixie or newer instead of debian:trixie-slim",
     COMPLETES_NOTHING, NULL},
    {0, "bootstrap", NULL, "make the base image out of Debian's packages, pull nothing",
     COMPLETES_NOTHING, NULL},
    {0, "ca-certificate", "FILE",
     "an authority to trust while building and in the box (PEM; may be repeated)",
     COMPLETES_FILE, NULL},
};

static int print_result(const struct invocation *invocation, const char *id)
{
    if (invocation->format != OUTPUT_JSON) {
        puts(image_default_tag);
        return 0;
    }
    json_t *out = json_pack("{s:s, s:s}", "image", image_default_tag, "id", id);
    json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(out);
    return 0;
}

static int build(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    struct image_build wanted = {.base = argument_value(arguments, "base"),
                                 .no_cache = argument_flag(arguments, "no-cache"),
                                 .bootstrap = argument_flag(arguments, "bootstrap"),
                                 .quiet = invocation->quiet};
    int failed = 0;
    for (size_t i = 0; i < arguments->given_count && !failed; i++)
        if (strcmp(arguments->given[i].spec->name, "ca-certificate") == 0)
            failed = strings_add(&wanted.certificates, arguments->given[i].value);
    cleanup_free char *id = NULL;
    struct engine *engine = NULL;
    if (failed)
        error_set(err, "out of memory");
    else if (!(engine = invocation_engine(invocation, err)) ||
             image_build(engine, &wanted, &id, err) < 0)
        failed = -1;
    strings_free(&wanted.certificates);
    return failed ? -1 : print_result(invocation, id);
}

const struct command cmd_build = {
    .name = "build",
    .summary = "Build the image that boxes are made from",
    .details =
        "Debian with the usual tools, Claude Code and Codex, and claudex-init compiled from the\n"
        "sources that came with this plugin. The certificate authorities that this machine\n"
        "trusts beside Debian's come along, and so do HTTP_PROXY and its kin. Where the base\n"
        "image cannot be pulled and mmdebstrap is here, it is made.",
    .options = options,
    .option_count = array_length(options),
    .run = build,
};
