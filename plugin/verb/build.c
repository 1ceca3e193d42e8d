/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/image/custom.h"
#include "plugin/image/image.h"
#include "plugin/image/wanted.h"
#include "shared/buf.h"
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
    {0, "print", NULL, "print the Dockerfile of a project's own image, build nothing",
     COMPLETES_NOTHING, NULL},
};

static int print_result(const struct invocation *invocation, const char *tag, const char *id)
{
    if (invocation->format != OUTPUT_JSON) {
        puts(tag);
        return 0;
    }
    json_t *out = json_pack("{s:s, s:s}", "image", tag, "id", id);
    json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(out);
    return 0;
}

/* claudex's own image. */
static int build_base(struct invocation *invocation, struct error *err)
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
    return failed ? -1 : print_result(invocation, image_default_tag, id);
}

static int print_dockerfile(const struct strings *packages, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(256 * 1024);
    if (recipe_dockerfile(packages, image_default_tag, &text) < 0)
        return error_set(err, "the list of packages is too long");
    (void)fputs(text.data, stdout);
    return 0;
}

/* A project's: on claudex's own as that is. */
static int build_custom(struct invocation *invocation, const struct strings *packages,
                        struct error *err)
{
    cleanup_custom struct custom custom = {0};
    const struct custom_build how = {
        .no_cache = argument_flag(&invocation->arguments, "no-cache"),
        .quiet = invocation->quiet,
    };
    json_t *image = NULL;
    struct engine *engine = invocation_engine(invocation, err);
    if (!engine || custom_find(engine, packages, true, &custom, err) < 0 ||
        custom_build(engine, &custom, &how, NULL, err) < 0 ||
        image_inspect(engine, custom.tag, &image, err) < 0)
        return -1;
    int result =
        print_result(invocation, custom.tag, json_string_value(json_object_get(image, "Id")));
    json_decref(image);
    return result;
}

static int build(struct invocation *invocation, struct error *err)
{
    static const char *const of_base[] = {"base", "bootstrap", "ca-certificate"};
    const struct arguments *arguments = &invocation->arguments;
    const bool print = argument_flag(arguments, "print");
    if (arguments->rest_count > 0)
        return error_usage(err, "build takes folders, and no command");
    if (!print && arguments->operand_count == 0)
        return build_base(invocation, err);
    for (size_t i = 0; i < array_length(of_base); i++)
        if (argument_flag(arguments, of_base[i]))
            return error_usage(err,
                               "--%s is for claudex's own image, on which a project's is "
                               "built: docker claudex build --%s …",
                               of_base[i], of_base[i]);
    cleanup_with(strings_free) struct strings packages = {0};
    if (packages_wanted(arguments, &packages, err) < 0)
        return -1;
    return print ? print_dockerfile(&packages, err) : build_custom(invocation, &packages, err);
}

const struct command cmd_build = {
    .name = "build",
    .operands = "[DIR…]",
    .summary = "Build the image that boxes are made from",
    .details =
        "Debian with the usual tools, Claude Code and Codex, and claudex-init compiled from the\n"
        "sources that came with this plugin. The certificate authorities that this machine\n"
        "trusts beside Debian's come along, and so do HTTP_PROXY and its kin. Where the base\n"
        "image cannot be pulled and mmdebstrap is here, it is made.\n"
        "\n"
        "With DIR, the image with the packages that [packages] of the folder's .claudex lists,\n"
        "which run builds by itself where it is not here yet.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FOLDER,
    .run = build,
};
