/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config: what is in effect for a project, and who says so. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/config/project_view.h"
#include "plugin/terminal/output.h"
#include "shared/buf.h"
#include "shared/config.h"
#include "shared/log.h"

enum { SHOWN_MAX = 8 * CONFIG_LINE_MAX, ORIGIN_COLUMN = 40 };

static const struct option_spec options[] = {
    {0, "example", NULL, "print a file with every section and key, explained",
     COMPLETES_NOTHING, NULL},
};

/* What config_show()'s callbacks share. */
struct listing {
    const struct project_files *files;
    const bool *agreed; /* a project each */
    json_t *json;       /* a list, or NULL for people */
    char title[600];    /* of the section that was printed last */
};

/* What would count if the user agreed. */
static bool is_pending(const struct listing *l, const struct config_entry *entry)
{
    if (!entry || entry->source != CONFIG_PROJECT || config_entry_is_safe(entry))
        return false;
    for (size_t i = 0; i < l->files->count; i++)
        if (l->files->items[i].shown && strcmp(l->files->items[i].shown, entry->file) == 0)
            return !l->agreed[i];
    return true;
}

static int show_line(const struct config_setting *setting, void *data)
{
    struct listing *l = data;
    char title[600], line[SHOWN_MAX + 512], value[SHOWN_MAX + 1], origin[1100] = "default";
    const struct config_entry *entry = setting->entry;
    (void)snprintf(title, sizeof title, "[%s%s%s]", setting->section, setting->name ? "." : "",
                   setting->name ? setting->name : "");
    if (strcmp(title, l->title) != 0)
        printf("%s%s\n", *l->title ? "\n" : "", title);
    memcpy(l->title, title, sizeof title);
    term_quote(value, sizeof value, setting->value, strlen(setting->value));
    int width =
        snprintf(line, sizeof line, "%s%s%s", quoted(setting->key), *value ? " = " : "", value);
    if (entry)
        (void)snprintf(origin, sizeof origin, "%s:%d%s", quoted(entry->file), entry->line,
                       is_pending(l, entry) ? ", not agreed to: docker claudex trust" : "");
    printf("%s%*s ; %s\n", line, width < ORIGIN_COLUMN ? ORIGIN_COLUMN - width : 0, "", origin);
    return 0;
}

static json_t *origin_of(const struct config_entry *entry)
{
    static const char *const words[] = {
        [CONFIG_MACHINE] = "machine",   [CONFIG_USER] = "user",
        [CONFIG_PROJECT] = "project",   [CONFIG_COMMAND] = "command",
        [CONFIG_RESOLVED] = "resolved",
    };
    if (!entry)
        return json_pack("{s:s}", "source", "default");
    return json_pack("{s:s, s:s, s:i}", "source", words[entry->source], "file", entry->file,
                     "line", entry->line);
}

static int add_json(const struct config_setting *setting, void *data)
{
    struct listing *l = data;
    json_t *one =
        json_pack("{s:s, s:s, s:s, s:o, s:b}", "section", setting->section, "key", setting->key,
                  "value", setting->value, "origin", origin_of(setting->entry), "agreed",
                  !is_pending(l, setting->entry));
    if (one && setting->name)
        (void)json_object_set_new(one, "name", json_string(setting->name));
    return json_array_append_new(l->json, one);
}

/* Of each project, whether its file asks for nothing that the user has not agreed to. */
static int look_up(const struct project_view *view, bool *agreed, struct error *err)
{
    for (size_t i = 0; i < view->projects.count; i++) {
        const struct trust_request *request = &view->requests[i];
        cleanup_approval struct approval approval = {.folder = NULL};
        int found = request->lines.count ? trust_find(request->folder, &approval, err) : 0;
        if (found < 0)
            return -1;
        agreed[i] = request->lines.count == 0 || (found && trust_covers(&approval, request));
    }
    return 0;
}

static int show(struct invocation *invocation, struct error *err)
{
    cleanup_project_view struct project_view view = {.requests = NULL};
    if (project_view_open(&view, &invocation->arguments, err) < 0)
        return -1;
    cleanup_free bool *agreed = calloc(view.projects.count + 1, sizeof *agreed);
    struct listing l = {.files = &view.files, .agreed = agreed};
    const bool json = invocation->format == OUTPUT_JSON;
    if (!agreed)
        return error_set(err, "out of memory");
    if (look_up(&view, agreed, err) < 0)
        return -1;
    if (json)
        l.json = json_array();
    if (config_show(&view.config, &view.session, json ? add_json : show_line, &l) != 0) {
        json_decref(l.json);
        return error_set(err, "out of memory");
    }
    return json && output_json(l.json, stdout) < 0 ? error_set(err, "out of memory") : 0;
}

static int example(struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (config_example(&text) < 0)
        return error_set(err, "out of memory");
    fputs(text.data, stdout);
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    if (arguments->rest_count > 0)
        return error_usage(err, "folders of projects, and no command");
    if (!argument_flag(arguments, "example"))
        return show(invocation, err);
    if (arguments->operand_count > 0 || invocation->format == OUTPUT_JSON)
        return error_usage(err, "--example stands alone");
    return example(err);
}

const struct command cmd_config = {
    .name = "config",
    .operands = "[DIR…]",
    .summary = "Show the configuration that is in effect, and where each value comes from",
    .details =
        "Of the current folder, or of others: what the machine's, the user's and the projects'\n"
        "files make together, before options of the command line. A value that a project's\n"
        "file asks for and you have not agreed to is marked; `run` asks for it. Values of\n"
        "variables are not shown.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FOLDER,
    .run = run,
};
