/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/build.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/agent.h"
#include "plugin/box.h"
#include "plugin/config/project_config.h"
#include "plugin/config/trust.h"
#include "plugin/policy/groups.h"
#include "plugin/session/environment.h"
#include "plugin/session/mounts.h"
#include "plugin/tokens_volume.h"
#include "shared/buf.h"
#include "shared/config.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"
#include "shared/utf8.h"

void plan_free(struct plan *plan)
{
    session_free(&plan->session);
    folders_free(&plan->projects);
    folders_free(&plan->includes);
    project_files_free(&plan->files);
    strings_free(&plan->settled);
    x11_free(&plan->x11);
    strings_free(&plan->command);
    strings_free(&plan->environment);
    ssh_agent_free(&plan->ssh);
    free(plan->agent);
    free(plan->folders_json);
    *plan = (struct plan){0};
}

static int out_of_memory(struct error *err)
{
    return error_set(err, "out of memory");
}

/* --- folders -------------------------------------------------------------------------- */

bool plan_is_settled(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->settled.count; i++)
        if (strcmp(plan->settled.items[i], path) == 0)
            return true;
    return false;
}

static int open_includes(struct plan *plan, const struct folder_limits *limits,
                         struct error *err)
{
    const struct strings *includes = &plan->session.run.includes;
    for (size_t i = 0; i < includes->count; i++) {
        const char *path = includes->items[i];
        if (folders_add(&plan->includes, path, true, limits, err) < 0)
            return error_prefix(err, "include");
        if (plan_is_settled(plan, path) && strcmp(plan->includes.items[i].path, path) != 0)
            return error_set(err, "include: %s became a link to somewhere else meanwhile",
                             quoted(path));
    }
    return folders_check(&plan->includes, BOX_CONTEXT, err);
}

/* Root's projects are shown as another's; who cannot do that has to say who shall own them. */
static int check_owner(const struct folders *projects, bool may_idmap, struct error *err)
{
    for (size_t i = 0; i < projects->count; i++) {
        const struct folder *folder = &projects->items[i];
        if (folder->read_only || may_idmap || folder->owner != 0)
            continue;
        return error_set(
            err,
            "%s belongs to root, and a box's agent is never root; give it to the user who "
            "works on it (sudo chown -R USER %s), run claudex as root on an engine of this "
            "machine, or add :ro",
            quoted(folder->path), quoted(folder->path));
    }
    return 0;
}

/* --- names ---------------------------------------------------------------------------- */

static int plan_name(struct plan *plan, const char *name, struct error *err)
{
    const size_t count = plan->projects.count;
    json_t *sorted = json_array();
    const char **paths = calloc(count + 1, sizeof *paths);
    for (size_t i = 0; paths && i < count; i++) {
        paths[i] = plan->projects.items[i].path;
        size_t at = 0;
        while (at < i && strcmp(json_string_value(json_array_get(sorted, at)), paths[i]) < 0)
            at++;
        (void)json_array_insert_new(sorted, at, json_string(paths[i]));
    }
    if (paths && json_array_size(sorted) == count) {
        plan->folders_json = json_dumps(sorted, JSON_COMPACT);
        plan->session.box.name = name ? strdup(name) : box_name(paths, count);
    }
    json_decref(sorted);
    free(paths);
    if (!plan->folders_json || !plan->session.box.name)
        return out_of_memory(err);
    if (!is_box_name(plan->session.box.name))
        return error_usage(err,
                           "--name %s: expected letters, digits, '_', '.' and '-', and a "
                           "letter or digit in front",
                           quoted(plan->session.box.name));
    return 0;
}

static int plan_box(struct plan *plan, const char *name, struct error *err)
{
    struct session *session = &plan->session;
    session->box.version = strdup(CLAUDEX_VERSION);
    const bool one = plan->projects.count == 1;
    if (asprintf(&session->box.workdir, BOX_WORKSPACE "%s%s", one ? "/" : "",
                 one ? plan->projects.items[0].name : "") < 0)
        session->box.workdir = NULL;
    if (!session->box.version || !session->box.workdir)
        return out_of_memory(err);
    if (plan_name(plan, name, err) < 0)
        return -1;
    const char *home = getenv("HOME");
    /* Before a parallel box's name gets its number: a project's boxes share their login. */
    if (!session->tokens.shared)
        session->tokens.volume = tokens_volume_of_box(session->box.name);
    else if (home && *home)
        session->tokens.volume = tokens_volume_of_user(home);
    else
        warn("HOME is not set: the agents' logins are not kept");
    /* Without a home folder they are fetched each time. */
    if (session->skills.remote.count > 0 && home && *home &&
        !(session->skills.volume = skills_volume_of_user(home)))
        return out_of_memory(err);
    bool kept = session->tokens.volume || (session->tokens.shared && !(home && *home));
    return kept ? 0 : out_of_memory(err);
}

/* --- command and environment ---------------------------------------------------------- */

static int plan_command(struct plan *plan, const struct arguments *arguments, struct error *err)
{
    char label[64];
    plan->own_command = arguments->rest_count > 0;
    for (size_t i = 0; i < arguments->rest_count; i++)
        if (strings_add(&plan->command, arguments->rest[i]) < 0)
            return out_of_memory(err);
    if (!plan->own_command && agent_command(&plan->session, &plan->command) < 0)
        return out_of_memory(err);
    for (size_t i = 0; i < plan->command.count; i++)
        if (!utf8_is_valid(plan->command.items[i], strlen(plan->command.items[i])))
            return error_usage(err,
                               "the command's word '%s' is not UTF-8, and the engine takes "
                               "nothing else",
                               quoted(plan->command.items[i]));
    const char *name = plan->own_command ? plan->command.items[0] : plan->session.agent.name;
    const char *slash = strrchr(name, '/');
    name = slash && slash[1] ? slash + 1 : name;
    plan->agent = strdup(term_quote(label, sizeof label, name, strlen(name)));
    return plan->agent ? 0 : out_of_memory(err);
}

static const char *host_variable(const char *name)
{
    return getenv(name);
}

static int add_env_file(struct plan *plan, const char *path, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(ENVIRONMENT_BYTES_MAX);
    /* Unlike a regular file's, the end of `--env-file <(secret-tool …)` is a pipe's. */
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read_all(fd, &text) < 0)
        return error_errno(err, "cannot read --env-file %s", quoted(path));
    return environment_add_file(&plan->environment, text.data ? text.data : "", text.length,
                                path, host_variable, err);
}

static int plan_environment(struct plan *plan, const struct arguments *arguments,
                            struct error *err)
{
    const struct strings *configured = &plan->session.run.env;
    char display[64];
    (void)snprintf(display, sizeof display, "DISPLAY=%s", plan->x11.display);
    if (plan->session.run.x11 &&
        environment_add(&plan->environment, display, host_variable, err) < 0)
        return -1;
    for (size_t i = 0; i < configured->count; i++)
        if (environment_add(&plan->environment, configured->items[i], host_variable, err) < 0)
            return -1;
    /* As docker has it: files first, whatever the order. */
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].spec->name, "env-file") == 0 &&
            add_env_file(plan, arguments->given[i].value, err) < 0)
            return -1;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].spec->name, "env") == 0 &&
            environment_add(&plan->environment, arguments->given[i].value, host_variable, err) <
                0) {
            err->status = EXIT_USAGE;
            return -1;
        }
    if (environment_add_proxies(&plan->environment, host_variable, err) < 0)
        return -1;
    size_t bytes = 0;
    for (size_t i = 0; i < plan->environment.count; i++)
        bytes += strlen(plan->environment.items[i]) + 1;
    return bytes <= ENVIRONMENT_BYTES_MAX
               ? 0
               : error_set(err, "the environment is too large: %zu bytes, at most %d", bytes,
                           ENVIRONMENT_BYTES_MAX);
}

/* --- the ssh agent -------------------------------------------------------------------- */

int plan_ssh(struct plan *plan, bool desktop, struct error *err)
{
    struct session *session = &plan->session;
    struct error why = ERROR_INIT;
    if (!session->ssh.agent)
        return 0;
    if (!(desktop ? ssh_agent_of_desktop(&plan->ssh, &why)
                  : ssh_agent_find(&plan->ssh, getenv("SSH_AUTH_SOCK"), &why))) {
        warn("%s; the session starts without", why.text);
        session->ssh.agent = false;
        return 0;
    }
    session->box.ssh = strdup(plan->ssh.name);
    return session->box.ssh ? 0 : out_of_memory(err);
}

/* --- whole ---------------------------------------------------------------------------- */

/* Mistakes come first, because they may be why a line looks odd, and nothing that a project
 * asks for takes effect before the user has agreed. */
static int plan_session(struct plan *plan, const struct arguments *arguments, struct error *err)
{
    const enum trust_answer answer =
        argument_flag(arguments, "trust") ? TRUST_AGREED : TRUST_ASK;
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_config_paths struct config_paths paths = {NULL, 0};
    if (config_read_all(&config, arguments, &plan->projects, &plan->files, err) < 0 ||
        config_resolve(&config, &plan->session, err) < 0 ||
        config_paths_find(&config, &paths, err) < 0 ||
        trust_check(&config, &paths, &plan->projects, &plan->files, answer, err) < 0 ||
        groups_expand(&plan->session, err) < 0)
        return -1;
    return config_paths_apply(&config, &paths, &plan->session, &plan->settled, err);
}

int plan_build(struct plan *plan, const struct arguments *arguments,
               const struct plan_host *host, struct error *err)
{
    const char *home = getenv("HOME");
    cleanup_free char *real_home = home && *home ? realpath(home, NULL) : NULL;
    cleanup_free char *real_socket = host->socket ? realpath(host->socket, NULL) : NULL;
    const struct folder_limits limits = {
        .home = real_home, .socket = real_socket, .force = argument_flag(arguments, "force")};
    if (folders_add_all(&plan->projects, arguments->operands, arguments->operand_count, false,
                        &limits, err) < 0 ||
        folders_check(&plan->projects, BOX_WORKSPACE, err) < 0 ||
        plan_session(plan, arguments, err) < 0 || open_includes(plan, &limits, err) < 0 ||
        check_owner(&plan->projects, host->may_idmap, err) < 0 ||
        plan_mounts(plan, host->may_idmap, err) < 0 ||
        plan_x11(plan, argument_flag(arguments, "x11"), err) < 0 ||
        plan_box(plan, argument_value(arguments, "name"), err) < 0 ||
        plan_command(plan, arguments, err) < 0)
        return -1;
    return plan_environment(plan, arguments, err);
}
