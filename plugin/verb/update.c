/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/image/arguments.h"
#include "plugin/image/follow.h"
#include "plugin/image/image.h"
#include "plugin/oneshot.h"
#include "plugin/terminal/output.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { OUTPUT_MAX = 4 << 20, AGENTS = 2 };

/* What update moves. */
static const struct {
    const char *name, *label, *package;
} agents_updated[AGENTS] = {{"claude", LABEL_CLAUDE, "@anthropic-ai/claude-code"},
                            {"codex", LABEL_CODEX, "@openai/codex"}};

/* Which version of each: a text of the command line's or the registry's; NULL: as it is. */
struct wish {
    bool newest[AGENTS];
    const char *version[AGENTS];
};

/* --- what is wanted ------------------------------------------------------------------- */

/* "claude", "claude@2.1.0". */
static int add_wish(struct wish *wish, const char *word, struct error *err)
{
    const size_t length = strcspn(word, "@");
    for (size_t i = 0; i < AGENTS; i++) {
        if (strlen(agents_updated[i].name) != length ||
            strncmp(agents_updated[i].name, word, length) != 0)
            continue;
        const char *version = word[length] == '@' ? word + length + 1 : "latest";
        wish->newest[i] = strcmp(version, "latest") == 0;
        wish->version[i] = wish->newest[i] ? NULL : version;
        if (!wish->newest[i] && !is_version(version))
            return error_usage(err, "update %s: expected a version, as %s@2.1.0", quoted(word),
                               agents_updated[i].name);
        return 0;
    }
    return error_usage(err, "update %s: expected claude or codex, or claude@VERSION",
                       quoted(word));
}

static int read_wish(const struct arguments *arguments, struct wish *wish, struct error *err)
{
    *wish = (struct wish){.newest = {false}};
    if (arguments->rest_count > 0)
        return error_usage(err, "update takes agents, and no command");
    for (size_t i = 0; i < AGENTS; i++)
        wish->newest[i] = arguments->operand_count == 0;
    for (size_t i = 0; i < arguments->operand_count; i++)
        if (add_wish(wish, arguments->operands[i], err) < 0)
            return -1;
    return 0;
}

/* --- asking ---------------------------------------------------------------------------- */

/* First what the image trusts beside Debian's authorities, then a line for each version: npm
 * knows the registry's settings, its proxy and its authorities, those of the image. */
static int write_script(const struct wish *wish, struct buf *script)
{
    int failed =
        buf_puts(script, "cat /usr/local/share/ca-certificates/claudex-*.crt 2>&- ; :");
    for (size_t i = 0; i < AGENTS; i++)
        if (wish->newest[i])
            failed |= buf_printf(script, " && npm view --no-update-notifier %s@latest version",
                                 agents_updated[i].package);
    return failed;
}

static json_t *npm_spec(const char *script)
{
    json_t *environment = json_array(), *proxies = json_object(), *value;
    const char *name;
    add_proxies(proxies, lookup_environment);
    json_object_foreach(proxies, name, value)
    {
        json_array_append_new(environment,
                              json_sprintf("%s=%s", name, json_string_value(value)));
    }
    json_decref(proxies);
    return json_pack("{s:s, s:s, s:[s], s:[s, s], s:o, s:{s:[s], s:[s], s:b}}", "Image",
                     image_default_tag, "User", AGENT_USER, "Entrypoint", "/bin/sh", "Cmd",
                     "-c", script, "Env", environment, "HostConfig", "CapDrop", "ALL",
                     "SecurityOpt", "no-new-privileges", "Init", 1);
}

/* The versions are the last lines; what comes before are certificates. Cuts `out` there. */
static int take_versions(struct buf *out, struct wish *wish, struct error *err)
{
    for (size_t i = AGENTS; i-- > 0;) {
        if (!wish->newest[i])
            continue;
        while (out->length > 0 && strchr("\r\n", out->data[out->length - 1]))
            out->data[--out->length] = '\0';
        char *line = out->length > 0 ? strrchr(out->data, '\n') : NULL;
        line = line ? line + 1 : out->data;
        if (!line || !is_version(line))
            return error_set(err, "npm's answer is no version: %s",
                             line ? quoted(line) : "there is none");
        wish->version[i] = line;
        out->length = (size_t)(line - out->data);
        if (out->length > 0)
            out->data[--out->length] = '\0';
    }
    return 0;
}

static int ask_image(struct engine *engine, struct wish *wish, struct buf *out,
                     struct error *err)
{
    cleanup_buf struct buf log = BUF_INIT(OUTPUT_MAX);
    cleanup_buf struct buf script = BUF_INIT(1024);
    json_t *spec = write_script(wish, &script) < 0 ? NULL : npm_spec(script.data);
    if (!spec || buf_puts(out, "") < 0) {
        json_decref(spec);
        return error_set(err, "out of memory");
    }
    int status = oneshot_run(engine, spec, out, &log, err);
    json_decref(spec);
    if (status < 0)
        return -1;
    if (status > 0)
        return error_set(err,
                         "npm cannot tell the newest versions (exit status %d): %s\nthe image "
                         "stays as it is; a version can be named: docker claudex update "
                         "claude@VERSION",
                         status, log.data ? quoted(log.data) : "it says nothing");
    return take_versions(out, wish, err);
}

/* --- the result ------------------------------------------------------------------------ */

static const char *label_of(const json_t *labels, size_t agent)
{
    const char *text = json_string_value(json_object_get(labels, agents_updated[agent].label));
    return text ? text : "none";
}

static int print_changes(const struct invocation *invocation, const json_t *before,
                         const json_t *after, json_t *followed)
{
    json_t *out = json_object();
    for (size_t i = 0; i < AGENTS; i++) {
        const char *old = label_of(before, i), *new = label_of(after, i);
        json_object_set_new(out, agents_updated[i].name,
                            json_pack("{s:s, s:s}", "from", old, "to", new));
        if (invocation->format == OUTPUT_JSON || invocation->quiet)
            continue;
        if (strcmp(old, new) == 0)
            printf("%-7s %s stays\n", agents_updated[i].name, quoted(old));
        else
            printf("%-7s %s → %s\n", agents_updated[i].name, quoted(old), quoted(new));
    }
    json_object_set(out, "images", followed);
    if (invocation->format == OUTPUT_JSON && !invocation->quiet)
        return output_json(out, stdout);
    json_decref(out);
    return 0;
}

/* 0 when the labels name these versions already, 1 when they do not. */
static int differs(const json_t *labels, const struct wish *wish)
{
    for (size_t i = 0; i < AGENTS; i++)
        if (wish->version[i] && strcmp(label_of(labels, i), wish->version[i]) != 0)
            return 1;
    return 0;
}

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const json_t *labels_of(const json_t *image)
{
    return json_object_get(json_object_get(image, "Config"), "Labels");
}

/* Makes the layer of the agents anew, everything else being as it was, and custom images. */
static int make_anew(struct invocation *invocation, const json_t *before,
                     const struct wish *wish, const char *authorities, json_t *followed,
                     struct error *err)
{
    const json_t *labels = labels_of(before);
    const struct image_build wanted = {
        .base = text_at(labels, LABEL_BASE),
        .claude_version = wish->version[0] ? wish->version[0] : text_at(labels, LABEL_CLAUDE),
        .codex_version = wish->version[1] ? wish->version[1] : text_at(labels, LABEL_CODEX),
        .authorities = authorities,
        .quiet = invocation->quiet,
    };
    struct engine *engine = invocation->engine;
    if (image_build(engine, &wanted, NULL, err) < 0)
        return -1;
    return customs_follow(engine, text_at(before, "Id"), invocation->quiet, followed, err);
}

static int update(struct invocation *invocation, struct error *err)
{
    struct wish wish;
    if (read_wish(&invocation->arguments, &wish, err) < 0)
        return -1;
    struct engine *engine = invocation_engine(invocation, err);
    json_t *before = NULL, *after = NULL, *followed = json_array();
    int there = engine ? image_inspect(engine, image_default_tag, &before, err) : -1;
    if (there == 0) {
        const struct image_build wanted = {.quiet = invocation->quiet};
        info("there is no image yet; building it first");
        if (image_build(engine, &wanted, NULL, err) == 0)
            there = image_inspect(engine, image_default_tag, &before, err);
    }
    cleanup_buf struct buf answer = BUF_INIT(OUTPUT_MAX);
    int failed = there != 1 || ask_image(engine, &wish, &answer, err) < 0;
    if (!failed && differs(labels_of(before), &wish))
        failed = make_anew(invocation, before, &wish, answer.data, followed, err) < 0;
    if (!failed && image_inspect(engine, image_default_tag, &after, err) < 0)
        failed = -1;
    if (!failed)
        failed = print_changes(invocation, labels_of(before), labels_of(after), followed);
    json_decref(followed);
    json_decref(before);
    json_decref(after);
    return failed ? -1 : 0;
}

const struct command cmd_update = {
    .name = "update",
    .operands = "[AGENT[@VERSION]…]",
    .summary = "Put the newest Claude Code and Codex into the image",
    .details =
        "AGENT is claude or codex, both without any. Asks npm for the newest version where none\n"
        "is named, and makes only the image's layer of the agents anew; images with packages\n"
        "follow. Boxes that run keep what they have. A later build keeps what is newer than\n"
        "what it would take itself.",
    .words = "claude codex",
    .run = update,
};
