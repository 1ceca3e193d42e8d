/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/image.h"
#include "plugin/image/arguments.h"
#include "plugin/oneshot.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { OUTPUT_MAX = 64 * 1024, AGENTS = 2 };

/* What update moves; in the order of the packages in the script below. */
static const struct {
    const char *name, *label;
} agents_updated[AGENTS] = {{"claude", LABEL_CLAUDE}, {"codex", LABEL_CODEX}};

/* npm knows the registry's settings, its proxy and its authorities: those of the image. */
static const char script[] =
    "npm view --no-update-notifier @anthropic-ai/claude-code@latest "
    "version && npm view --no-update-notifier @openai/codex@latest version";

static json_t *npm_spec(void)
{
    static const char *const proxies[] = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
                                          "http_proxy", "https_proxy", "no_proxy"};
    json_t *environment = json_array();
    for (size_t i = 0; i < array_length(proxies); i++) {
        const char *value = getenv(proxies[i]);
        if (value && *value)
            json_array_append_new(environment, json_sprintf("%s=%s", proxies[i], value));
    }
    return json_pack("{s:s, s:s, s:[s], s:[s, s], s:o, s:{s:[s], s:[s], s:b}}", "Image",
                     image_default_tag, "User", AGENT_USER, "Entrypoint", "/bin/sh", "Cmd",
                     "-c", script, "Env", environment, "HostConfig", "CapDrop", "ALL",
                     "SecurityOpt", "no-new-privileges", "Init", 1);
}

/* The newest versions, one line each in `out`, as the registry has them. */
static int ask_npm(struct engine *engine, struct buf *out, char *versions[AGENTS],
                   struct error *err)
{
    cleanup_buf struct buf log = BUF_INIT(OUTPUT_MAX);
    json_t *spec = npm_spec();
    if (!spec)
        return error_set(err, "out of memory");
    int status = oneshot_run(engine, spec, out, &log, err);
    json_decref(spec);
    if (status < 0)
        return -1;
    if (status > 0)
        return error_set(err, "npm cannot tell the newest versions (exit status %d): %s",
                         status, log.data ? quoted(log.data) : "it says nothing");
    char *state = NULL;
    for (size_t i = 0; i < AGENTS; i++) {
        versions[i] = strtok_r(i == 0 ? out->data : NULL, "\r\n", &state);
        if (!versions[i] || !is_version(versions[i]))
            return error_set(err, "npm's answer is no version: %s",
                             versions[i] ? quoted(versions[i]) : "there is none");
    }
    return 0;
}

static const char *label_of(const json_t *labels, size_t agent)
{
    const char *text = json_string_value(json_object_get(labels, agents_updated[agent].label));
    return text ? text : "none";
}

static void print_changes(const struct invocation *invocation, const json_t *before,
                          const json_t *after)
{
    json_t *out = json_object();
    for (size_t i = 0; i < AGENTS; i++) {
        const char *old = label_of(before, i), *new = label_of(after, i);
        json_object_set_new(out, agents_updated[i].name,
                            json_pack("{s:s, s:s}", "from", old, "to", new));
        if (invocation->format == OUTPUT_JSON)
            continue;
        if (strcmp(old, new) == 0)
            printf("%-7s %s is the newest\n", agents_updated[i].name, quoted(new));
        else
            printf("%-7s %s → %s\n", agents_updated[i].name, quoted(old), quoted(new));
    }
    if (invocation->format == OUTPUT_JSON) {
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    }
    json_decref(out);
}

/* 0 when the labels name these versions already, 1 when they do not. */
static int differs(const json_t *labels, char *const versions[AGENTS])
{
    for (size_t i = 0; i < AGENTS; i++)
        if (versions[i] && strcmp(label_of(labels, i), versions[i]) != 0)
            return 1;
    return 0;
}

static int update(struct invocation *invocation, struct error *err)
{
    struct engine *engine = invocation_engine(invocation, err);
    json_t *before = NULL, *after = NULL;
    int there = engine ? image_labels(engine, image_default_tag, &before, err) : -1;
    struct image_build wanted = {.quiet = invocation->quiet};
    if (there == 0) {
        info("there is no image yet; building it first");
        if (image_build(engine, &wanted, NULL, err) == 0)
            there = image_labels(engine, image_default_tag, &before, err);
    }
    cleanup_buf struct buf answer = BUF_INIT(OUTPUT_MAX);
    char *versions[AGENTS] = {NULL};
    int failed = there != 1 || ask_npm(engine, &answer, versions, err) < 0;
    if (!failed && differs(before, versions)) {
        wanted.claude_version = versions[0];
        wanted.codex_version = versions[1];
        failed = image_build(engine, &wanted, NULL, err) < 0;
    }
    if (!failed && image_labels(engine, image_default_tag, &after, err) < 0)
        failed = -1;
    if (!failed && !invocation->quiet)
        print_changes(invocation, before, after);
    json_decref(before);
    json_decref(after);
    return failed ? -1 : 0;
}

const struct command cmd_update = {
    .name = "update",
    .summary = "Put the newest Claude Code and Codex into the image",
    .details =
        "Asks npm for the newest versions and makes only the image's layer of the agents\n"
        "anew. Boxes that run keep what they have. A later build keeps the newer versions.",
    .run = update,
};
