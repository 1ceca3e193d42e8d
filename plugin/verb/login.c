/* SPDX-License-Identifier: GPL-2.0-or-later */
/* login, logout: the agents' logins, which outlive every box. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/box.h"
#include "plugin/command.h"
#include "plugin/config/project_config.h"
#include "plugin/engine/container.h"
#include "plugin/image/image.h"
#include "plugin/terminal/output.h"
#include "plugin/tokens.h"
#include "plugin/tokens_volume.h"
#include "shared/cleanup.h"
#include "shared/config.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec login_options[] = {
    {0, "import", NULL, "take the login that this machine has, and the browser's work with it",
     COMPLETES_NOTHING, NULL},
    {0, "accept", "ID", "share the other login that a box has written", COMPLETES_NOTHING,
     NULL},
    {0, "refuse", NULL, "forget that one", COMPLETES_NOTHING, NULL},
    {0, "previous", NULL, "go back to the login before", COMPLETES_NOTHING, NULL},
};

/* Done to what is kept, without a box: each is an option and the word for it. The texts go on
 * behind the agent's name. */
static const struct {
    const char *name, *done, *nothing;
} changes[] = {
    {"accept", "the one that a box wrote is every box's now", "no box wrote another one"},
    {"refuse", "the one that a box wrote is forgotten; that box has it until it ends",
     "no box wrote another one"},
    {"previous", "the one before is every box's again", "there is none before"},
};

/* What each agent calls it; both show an address and take a code. */
static char *login_commands[LOGIN_AGENTS][4] = {
    [LOGIN_CLAUDE] = {"claude", "auth", "login", NULL},
    [LOGIN_CODEX] = {"codex", "login", "--device-auth", NULL},
};

/* The agents that are meant: the one that is named, or all. */
static int choose(const struct arguments *arguments, bool chosen[LOGIN_AGENTS],
                  struct error *err)
{
    if (arguments->operand_count > 1 || arguments->rest_count > 0)
        return error_usage(err, "one AGENT, claude or codex, or none");
    bool any = false;
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        chosen[i] = arguments->operand_count == 0 ||
                    strcmp(arguments->operands[0], login_places[i].agent) == 0;
        any = any || chosen[i];
    }
    return any ? 0
               : error_usage(err, "no agent '%s': claude or codex",
                             quoted(arguments->operands[0]));
}

static int own_settings(const struct arguments *arguments, struct session *session,
                        struct error *err)
{
    cleanup_config struct config config = CONFIG_INIT;
    const struct folders none = {0};
    cleanup_project_files struct project_files files = {0};
    if (config_read_all(&config, arguments, &none, &files, err) < 0)
        return -1;
    return config_resolve(&config, session, err);
}

/* Where the logins of the current folder are kept. NULL on failure. */
static char *volume(const struct session *session, struct error *err)
{
    const char *home = getenv("HOME");
    cleanup_free char *here = session->tokens.shared ? NULL : realpath(".", NULL);
    const char *const paths[] = {here};
    cleanup_free char *box = here ? box_name(paths, 1) : NULL;
    if (session->tokens.shared && !(home && *home)) {
        error_set(err, "HOME is not set, and logins are kept by home folder");
        return NULL;
    }
    char *name = box ? tokens_volume_of_box(box) : tokens_volume_of_user(home);
    if (!name)
        error_set(err, "out of memory");
    return name;
}

/* --- login ------------------------------------------------------------------------------- */

enum { HELD_SIZE = 1024 };

static const char *text_of(const json_t *one, const char *key)
{
    const char *text = json_string_value(json_object_get(one, key));
    return text ? text : "";
}

static const char *describe_held(const json_t *held, char text[HELD_SIZE])
{
    const char *account = text_of(held, "account");
    (void)snprintf(text, HELD_SIZE, "the box %s wrote another one%s%s",
                   quoted(text_of(held, "box")), *account ? ", of " : "", quoted(account));
    return text;
}

static int tell(struct invocation *invocation, const char *where, struct error *err)
{
    json_t *list = tokens_list(invocation->engine, where, err);
    if (!list)
        return -1;
    if (invocation->format == OUTPUT_JSON)
        return output_json(list, stdout);
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        const json_t *one = json_object_get(list, login_places[i].agent);
        const char *account = json_string_value(json_object_get(one, "account"));
        if (!json_object_get(one, "fresh"))
            printf("%-12s not logged in (docker claudex login %s)\n", login_places[i].title,
                   login_places[i].agent);
        else
            printf("%-12s logged in%s%s\n", login_places[i].title,
                   account && *account ? " as " : "",
                   account && *account ? quoted(account) : "");
        const json_t *held = json_object_get(one, "held");
        char text[HELD_SIZE];
        if (held)
            printf("%-12s %s, which no other box gets: --accept %s or --refuse\n", "",
                   describe_held(held, text), quoted(text_of(held, "id")));
    }
    json_decref(list);
    return 0;
}

static int import(struct invocation *invocation, const char *where,
                  const bool chosen[LOGIN_AGENTS], struct error *err)
{
    const char *home = getenv("HOME");
    int kept = 0;
    for (int i = 0; home && i < LOGIN_AGENTS; i++) {
        cleanup_with(tokens_found_free) struct tokens_found found = {0};
        int there = chosen[i] ? tokens_find((enum login_agent)i, home, &found, err) : 0;
        if (there < 0 || (there > 0 && tokens_keep(invocation->engine, where,
                                                   (enum login_agent)i, &found, err) < 0))
            return -1;
        kept += there;
    }
    if (kept == 0)
        return error_set(err, "there is no login here to take over: no "
                              "~/.claude/.credentials.json and no ~/.codex/auth.json; log in "
                              "with docker claudex login");
    return tell(invocation, where, err);
}

/* The option of `changes` that was given; -1: none, or more than one with *err. */
static int which_change(const struct arguments *arguments, struct error *err)
{
    int found = -1, count = argument_flag(arguments, "import");
    for (size_t i = 0; i < array_length(changes); i++)
        if (argument_value(arguments, changes[i].name)) {
            found = (int)i;
            count++;
        }
    return count > 1 ? error_usage(err, "one of --import, --accept, --refuse and --previous")
                     : found;
}

/* An ID is of one agent's: that one alone is meant. Somebody saw what has it, and says yes to
 * nothing else. */
static int choose_held(const json_t *list, const char *id, bool chosen[LOGIN_AGENTS],
                       struct error *err)
{
    int found = 0, others = 0;
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        char text[HELD_SIZE];
        const json_t *held =
            json_object_get(json_object_get(list, login_places[i].agent), "held");
        const bool same = held && strcmp(text_of(held, "id"), id) == 0;
        if (chosen[i] && held && !same) {
            (void)error_set(err,
                            "%s; its ID is %s and not %s: mistyped, or it changed "
                            "meanwhile. Look again, then --accept %s",
                            describe_held(held, text), quoted(text_of(held, "id")), quoted(id),
                            quoted(text_of(held, "id")));
            others++;
        }
        chosen[i] = chosen[i] && same;
        found += chosen[i];
    }
    if (found || others)
        return found ? 0 : -1;
    return error_set(err,
                     "no login with the ID %s waits to be accepted; what does is told by "
                     "docker claudex status",
                     quoted(id));
}

static int change(struct invocation *invocation, const char *where, int which,
                  bool chosen[LOGIN_AGENTS], struct error *err)
{
    const char *id = argument_value(&invocation->arguments, "accept");
    if (id) {
        json_t *list = tokens_list(invocation->engine, where, err);
        int failed = list ? choose_held(list, id, chosen, err) : -1;
        json_decref(list);
        if (failed)
            return -1;
    }
    int any = 0;
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        int there = chosen[i] ? tokens_change(invocation->engine, where, changes[which].name,
                                              (enum login_agent)i, id, err)
                              : 0;
        if (there < 0)
            return -1;
        any += there;
        /* Without AGENT all are meant that have one. */
        if (there || (chosen[i] && invocation->arguments.operand_count))
            info("the login of %s: %s", login_places[i].title,
                 there ? changes[which].done : changes[which].nothing);
    }
    if (!any && !invocation->arguments.operand_count)
        info("%s", changes[which].nothing);
    return tell(invocation, where, err);
}

static void give(struct given *given, size_t *count, const char *name, const char *value)
{
    for (size_t i = 0; i < cmd_run.option_count; i++)
        if (strcmp(cmd_run.options[i].name, name) == 0)
            given[(*count)++] = (struct given){.spec = &cmd_run.options[i], .value = value};
}

static void forget_state(struct engine *engine, const char *name)
{
    char path[128];
    long status;
    struct error ignored = ERROR_INIT;
    (void)snprintf(path, sizeof path, "/volumes/" STATE_VOLUME_PREFIX "%s", name);
    (void)engine_request(engine, "DELETE", path, NULL, NULL, &status, &ignored);
}

/* The agent's own login, in a box on an empty folder that reaches the vendor and nobody else.
 */
static int log_in(struct invocation *invocation, enum login_agent agent, struct error *err)
{
    char folder[] = "/tmp/claudex-login-XXXXXX", operand[sizeof folder + 3], name[64];
    struct given given[4];
    size_t count = 0;
    if (!mkdtemp(folder))
        return error_errno(err, "cannot make a folder in /tmp");
    (void)snprintf(operand, sizeof operand, "%s:ro", folder);
    (void)snprintf(name, sizeof name, "claudex-login-%s-%ld", login_places[agent].agent,
                   (long)getpid());
    give(given, &count, "network", "api");
    give(given, &count, "name", name);
    char *operands[] = {operand, NULL};
    const struct arguments before = invocation->arguments;
    invocation->arguments = (struct arguments){
        .specs = cmd_run.options,
        .spec_count = cmd_run.option_count,
        .given = given,
        .given_count = count,
        .operands = operands,
        .operand_count = 1,
        .rest = login_commands[agent],
        .rest_count = array_length(login_commands[agent]) - 1,
    };
    info("%s shows an address: open it in any browser, and bring the code back here",
         login_places[agent].title);
    int status = cmd_run.run(invocation, err);
    invocation->arguments = before;
    (void)rmdir(folder);
    if (invocation->engine)
        forget_state(invocation->engine, name);
    return status;
}

static int login(struct invocation *invocation, struct error *err)
{
    bool chosen[LOGIN_AGENTS] = {false};
    cleanup_session struct session session = {.run.pids = 0};
    const bool imports = argument_flag(&invocation->arguments, "import");
    const int which = which_change(&invocation->arguments, err);
    if (*err->text || choose(&invocation->arguments, chosen, err) < 0 ||
        own_settings(&invocation->arguments, &session, err) < 0)
        return -1;
    if (!imports && which < 0 && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        return error_set(err, "login shows an address and asks for a code, which wants a "
                              "terminal; without one, take over this machine's login: "
                              "docker claudex login --import");
    cleanup_free char *where = volume(&session, err);
    struct engine *engine = where ? invocation_engine(invocation, err) : NULL;
    if (!engine)
        return -1;
    if (imports)
        return import(invocation, where, chosen, err);
    if (which >= 0)
        return change(invocation, where, which, chosen, err);
    if (!session.tokens.shared)
        return error_set(err, "[tokens] shared = no: a project has a login of its own; log in "
                              "from within its box (docker claudex run, then /login), or take "
                              "this machine's: docker claudex login --import");
    enum login_agent agent = LOGIN_CLAUDE;
    const char *named = invocation->arguments.operand_count ? invocation->arguments.operands[0]
                                                            : session.agent.name;
    for (int i = 0; i < LOGIN_AGENTS; i++)
        if (strcmp(named, login_places[i].agent) == 0)
            agent = (enum login_agent)i;
    int status = log_in(invocation, agent, err);
    return status == 0 ? tell(invocation, where, err) : status;
}

const struct command cmd_login = {
    .name = "login",
    .operands = "[AGENT]",
    .summary = "Log an agent in, for all boxes to come",
    .details =
        "The agent shows an address; open it in any browser, on any machine, and bring the\n"
        "code back. The login is kept in a volume that only root in a box can read, renewed\n"
        "where an agent renews it, and found by every box, also by those that run. Without\n"
        "AGENT, the one of your configuration. A login that a box writes and that may be\n"
        "another account's is not shared until you --accept it, by the ID that is told with it.\n"
        "API keys need no login: docker claudex run -e ANTHROPIC_API_KEY, or\n"
        "`env = ANTHROPIC_API_KEY` in [run].",
    .options = login_options,
    .option_count = array_length(login_options),
    .completes = COMPLETES_WORD,
    .words = "claude codex",
    .run = login,
};

/* --- logout ------------------------------------------------------------------------------ */

static int logout(struct invocation *invocation, struct error *err)
{
    bool chosen[LOGIN_AGENTS] = {false};
    cleanup_session struct session session = {.run.pids = 0};
    if (choose(&invocation->arguments, chosen, err) < 0 ||
        own_settings(&invocation->arguments, &session, err) < 0)
        return -1;
    cleanup_free char *where = volume(&session, err);
    struct engine *engine = where ? invocation_engine(invocation, err) : NULL;
    if (!engine)
        return -1;
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        int there = chosen[i] ? tokens_forget(engine, where, (enum login_agent)i, err) : 0;
        if (there < 0)
            return -1;
        if (chosen[i])
            info(there ? "the login of %s is forgotten, in boxes that run as well"
                       : "there was no login of %s",
                 login_places[i].title);
    }
    return 0;
}

const struct command cmd_logout = {
    .name = "logout",
    .operands = "[AGENT]",
    .summary = "Forget the login of an agent, or of all",
    .details =
        "It is removed here and from boxes that run. At the vendor it stays valid until it\n"
        "ends: end it there, on the page of your account, if it may have been stolen.",
    .completes = COMPLETES_WORD,
    .words = "claude codex",
    .run = logout,
};
