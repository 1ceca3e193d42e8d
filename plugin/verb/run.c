/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run: a box on some folders, and a session in it. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/exec.h"
#include "plugin/image/custom.h"
#include "plugin/image/image.h"
#include "plugin/join.h"
#include "plugin/launch.h"
#include "plugin/session/build.h"
#include "plugin/session/mounts.h"
#include "plugin/state.h"
#include "plugin/sweep.h"
#include "plugin/terminal/keys.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PARALLEL_MAX = 99, RACES_MAX = 100, RACE_WAIT_MS = 50, RACE_LOST = -3 };

static const struct option_spec options[] = {
    {'a', "agent", "NAME", "which agent: claude, codex, shell or a command", COMPLETES_WORD,
     "claude codex shell"},
    {0, "network", "MODE", "what the box may reach: open, allowlist, api, lockdown",
     COMPLETES_WORD, "open allowlist api lockdown"},
    {0, "include", "DIR", "show a folder read-only at /context/NAME", COMPLETES_FOLDER, NULL},
    {0, "instructions", "FILE", "copy a file into the box for the agents to read",
     COMPLETES_FILE, NULL},
    {'p', "port", "[[IP:]HOST:]PORT", "publish a port of the box, on 127.0.0.1 unless said",
     COMPLETES_NOTHING, NULL},
    {'e', "env", "NAME[=VALUE]", "set a variable, or forward the host's", COMPLETES_NOTHING,
     NULL},
    {0, "env-file", "FILE", "set the variables of a file", COMPLETES_FILE, NULL},
    {0, "image", "IMAGE", "an image of your own", COMPLETES_NOTHING, NULL},
    {0, "runtime", "NAME", "a runtime that the engine knows", COMPLETES_NOTHING, NULL},
    {0, "memory", "SIZE", "most memory of the box, as 4g", COMPLETES_NOTHING, NULL},
    {0, "cpus", "NUMBER", "most CPUs of the box, as 1.5", COMPLETES_NOTHING, NULL},
    {0, "pids-limit", "NUMBER", "most processes of the box", COMPLETES_NOTHING, NULL},
    {0, "name", "NAME", "name of the box", COMPLETES_NOTHING, NULL},
    {'d', "detach", NULL, "run in the background and print the box's name", COMPLETES_NOTHING,
     NULL},
    {0, "detach-keys", "KEYS", "keys that leave the box running (ctrl-p,ctrl-q)",
     COMPLETES_NOTHING, NULL},
    {0, "keep", NULL, "do not remove the box at its end", COMPLETES_NOTHING, NULL},
    {0, "parallel", NULL, "another box beside a running one", COMPLETES_NOTHING, NULL},
    {0, "replace", NULL, "end a box of these folders first", COMPLETES_NOTHING, NULL},
    {0, "yolo", NULL, "turn the agent's own permission prompts off", COMPLETES_NOTHING, NULL},
    {0, "force", NULL, "also the home folder, or the whole machine", COMPLETES_NOTHING, NULL},
    {0, "dry-run", NULL, "print the container's specification, start nothing",
     COMPLETES_NOTHING, NULL},
    {0, "ssh", NULL, "forward the ssh agent, filtered", COMPLETES_NOTHING, NULL},
    {0, "no-ssh", NULL, "do not forward the ssh agent", COMPLETES_NOTHING, NULL},
    {0, "no-git", NULL, "do not track the agent's changes", COMPLETES_NOTHING, NULL},
    {0, "x11", NULL, "show the host's X11 display; voids most promises", COMPLETES_NOTHING,
     NULL},
    {0, "allow", "HOST[:PORT]", "let one more host through", COMPLETES_NOTHING, NULL},
    {0, "trust", NULL, "agree to what the projects' .claudex ask for", COMPLETES_NOTHING, NULL},
    {0, "host-network", NULL, "use the host's network; with --network open alone",
     COMPLETES_NOTHING, NULL},
};

static int check_options(const struct arguments *arguments, struct error *err)
{
    struct keys keys;
    const char *detach_keys = argument_value(arguments, "detach-keys");
    if (keys_parse(detach_keys, &keys) < 0)
        return error_usage(err, "--detach-keys %s: expected such as ctrl-p,ctrl-q",
                           quoted(detach_keys));
    if (argument_flag(arguments, "ssh") && argument_flag(arguments, "no-ssh"))
        return error_usage(err, "--ssh and --no-ssh: one or the other");
    if (argument_flag(arguments, "parallel") && argument_flag(arguments, "replace"))
        return error_usage(err, "--parallel and --replace: one or the other");
    return 0;
}

/* What SECURITY.md promises and this box does not keep. */
static void warn_host_network(const struct session *session)
{
    if (!session->network.host)
        return;
    warn("--host-network: the box has no firewall and no network of its own. All in it can be "
         "sent anywhere, it reaches what listens on this machine, 127.0.0.1 included, and what "
         "it listens on is open to this machine's networks; no lockdown, no published ports "
         "(promises 1 to 8 and 17)");
    if (session->run.port_count > 0)
        warn("-p has no meaning with --host-network: ports of the box are ports of the host");
}

static void warn_confirm(const struct session *session, bool attached)
{
    if (session->ssh.agent && session->ssh.confirm && !attached)
        warn("[ssh] confirm = yes, and no terminal to ask at: every signature is refused until "
             "one is attached (docker claudex attach)");
}

static void warn_x11(const struct session *session)
{
    if (session->run.x11)
        warn(
            "--x11: programs in the box can read what is typed into every other window of this "
            "display, look at it, and type into it, into a terminal of this machine, too. Who "
            "means harm gets out that way; neither a lockdown nor the firewall stops it (voids "
            "promises 2 to 6, 8 to 10, 12 to 15 and 20)");
}

/* --- one more session in a box that runs ---------------------------------------------- */

static int join(struct invocation *invocation, struct launch *launch, const char *box,
                struct error *err)
{
    static const char *const nothing[] = {NULL};
    const struct plan *plan = launch->plan;
    const char *name = plan->session.box.name;
    if (launch->detached && plan->own_command)
        return error_set(err,
                         "the box %s runs already, and -d makes new ones only (--parallel: "
                         "beside this one, --replace: instead of it)",
                         quoted(name));
    if (isatty(STDERR_FILENO))
        info("joining the box %s", quoted(name));
    if (launch->detached) {
        puts(name);
        return 0;
    }
    const struct exec exec = {
        .engine = launch->engine,
        .box = box,
        .name = plan->session.box.name,
        .asks = plan->session.ssh.agent && plan->session.ssh.confirm,
        .command = plan->command.count ? (const char *const *)plan->command.items : nothing,
        .environment = &plan->environment,
        .local = endpoint_is_local(&invocation->endpoint),
    };
    return exec_attached(&exec, argument_value(&invocation->arguments, "detach-keys"), err);
}

/* --- a box ---------------------------------------------------------------------------- */

/* "name", "name-2", "name-3"… */
static int next_name(struct plan *plan, const char *base, int number, struct error *err)
{
    char *name = NULL;
    if (asprintf(&name, "%s-%d", base, number) < 0)
        return error_set(err, "out of memory");
    free(plan->session.box.name);
    plan->session.box.name = name;
    return 0;
}

/* The name decides where the control FIFO lies and idmapped mounts come from. */
static int prepare(struct launch *launch, struct error *err)
{
    struct plan *plan = launch->plan;
    struct error nowhere = ERROR_INIT;
    free(launch->folder);
    launch->folder = NULL;
    if (!plan->idmapped && !launch_shares_kernel(launch))
        return launch_spec(launch, err);
    launch->folder = state_box(plan->session.box.name, &nowhere);
    if (!launch->folder && !plan->idmapped)
        warn("%s; without a folder for it, commands to the box are slower", nowhere.text);
    if (!launch->folder && plan->idmapped) {
        *err = nowhere;
        return -1;
    }
    if (plan->idmapped && plan_stage(plan, launch->folder, err) < 0)
        return -1;
    return launch_spec(launch, err);
}

/* claudex-init has said that there is no such program; why that is so, it cannot know. */
static void tell_missing(const struct launch *launch)
{
    info("the image %s has no %s; choose another agent (--agent shell), name a command behind "
         "--, or use an image that has it",
         quoted(launch->image), launch->plan->agent);
}

/* At the end, when nobody waits any more, and only for who may read it. */
static void tell_age(struct launch *launch)
{
    struct error ignored = ERROR_INIT;
    json_t *image = NULL;
    if (launch->own_image || !isatty(STDERR_FILENO) || engine_cancelled())
        return;
    if (image_inspect(launch->engine, image_default_tag, &image, &ignored) == 1)
        image_tell_age(image);
    json_decref(image);
}

static int stay(struct invocation *invocation, struct launch *launch, int stream,
                struct error *err)
{
    int status;
    if (launch->detached)
        status = launch_detached(launch, stream, err);
    else
        status = launch_attached(launch, stream,
                                 argument_value(&invocation->arguments, "detach-keys"), err);
    /* A shell is there; its status is that of what was typed last. */
    if (status == EXIT_NOT_FOUND && !launch->plan->own_command &&
        strcmp(launch->plan->agent, "shell") != 0)
        tell_missing(launch);
    if (status >= 0)
        tell_age(launch);
    if (launch->detached && status == 0)
        puts(launch->plan->session.box.name);
    return status;
}

/* Somebody else was faster: see again who is there. The engine gives a name away a moment
 * before it shows the container, and has no request that waits for that. */
static bool again(int *races)
{
    const struct timespec moment = {.tv_nsec = RACE_WAIT_MS * 1000000L};
    (void)nanosleep(&moment, NULL);
    return ++*races < RACES_MAX && !engine_cancelled();
}

static int start_box(struct invocation *invocation, struct launch *launch, struct error *err)
{
    int stream, failed = launch_start(launch, &stream, err);
    if (failed > 0)
        return RACE_LOST;
    return failed ? -1 : stay(invocation, launch, stream, err);
}

/* What comes of who has the name; RACE_LOST where that has changed meanwhile. */
static int meet_box(struct invocation *invocation, struct launch *launch,
                    const struct meeting_wish *wish, enum meeting *meeting, struct error *err)
{
    cleanup_free char *found = NULL;
    int status;
    *meeting = meet(launch->engine, wish, &found, err);
    switch (*meeting) {
    case MEETING_FAILED:
        return -1;
    case MEETING_OTHER:
        return RACE_LOST;
    case MEETING_JOIN:
        status = join(invocation, launch, found, err);
        return status == EXEC_NOT_STARTED ? RACE_LOST : status;
    case MEETING_RESTART:
        info("starting the box %s again", quoted(wish->name));
        launch->restart = launch->keep = true;
        launch->id = take_ptr(found);
        break;
    case MEETING_FREE:
        break;
    }
    return start_box(invocation, launch, err);
}

static int run_box(struct invocation *invocation, struct launch *launch, struct error *err)
{
    struct plan *plan = launch->plan;
    cleanup_free char *base = strdup(plan->session.box.name);
    struct meeting_wish wish = {.parallel = argument_flag(&invocation->arguments, "parallel"),
                                .replace = argument_flag(&invocation->arguments, "replace")};
    int status = RACE_LOST, number = 2, races = 0;
    while (base && status == RACE_LOST) {
        enum meeting meeting;
        if (prepare(launch, err) < 0)
            return -1;
        wish.name = plan->session.box.name;
        wish.spec = launch->spec;
        status = meet_box(invocation, launch, &wish, &meeting, err);
        if (meeting == MEETING_OTHER && number > PARALLEL_MAX)
            return error_set(err,
                             "there are %d boxes of these folders already; `docker claudex "
                             "list` shows them",
                             PARALLEL_MAX);
        if (meeting == MEETING_OTHER && next_name(plan, base, number++, err) < 0)
            return -1;
        if (meeting != MEETING_OTHER && status == RACE_LOST && !again(&races))
            return -1;
    }
    return status;
}

static int dry_run(struct launch *launch, struct error *err)
{
    if (prepare(launch, err) < 0)
        return -1;
    cleanup_free char *text = json_dumps(launch->spec, JSON_INDENT(2));
    if (!text)
        return error_set(err, "out of memory");
    puts(text);
    return 0;
}

/* claudex's own image with the packages that were asked for. */
static int choose_custom(struct launch *launch, bool build, struct custom *custom,
                         struct error *err)
{
    const struct session *session = &launch->plan->session;
    if (session->packages.count == 0)
        return 0;
    if (session->run.image) {
        warn("[packages] are put into claudex's own image only; %s is taken as it is",
             quoted(session->run.image));
        return 0;
    }
    if (custom_find(launch->engine, &session->packages, build, custom, err) < 0)
        return -1;
    launch->image = custom->tag;
    launch->custom = custom;
    launch->packages = strings_join(&custom->packages, " ");
    return launch->packages ? 0 : error_set(err, "out of memory");
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_plan struct plan plan = {0};
    cleanup_custom struct custom custom = {0};
    cleanup_with(launch_free) struct launch launch = {.plan = &plan, .lock = -1};
    const struct endpoint *endpoint =
        check_options(arguments, err) < 0 ? NULL : invocation_endpoint(invocation, err);
    if (!endpoint)
        return -1;
    if (!endpoint_is_local(endpoint))
        return error_set(err,
                         "the engine %s is a remote one, and folders of this machine are not "
                         "there; use an engine of this machine (--context default)",
                         quoted(endpoint->address));
    const struct plan_host host = {.socket = endpoint->address, .may_idmap = geteuid() == 0};
    if (plan_build(&plan, arguments, &host, err) < 0)
        return -1;

    warn_host_network(&plan.session);
    warn_x11(&plan.session);
    const bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    launch.socket = endpoint->address;
    if (plan_ssh(&plan, !launch_shares_kernel(&launch), err) < 0)
        return -1;
    warn_confirm(&plan.session, terminal && !argument_flag(arguments, "detach"));
    launch.image = plan.session.run.image ? plan.session.run.image : image_default_tag;
    launch.build_image = strcmp(launch.image, image_default_tag) == 0;
    launch.own_image = !launch.build_image && !is_custom_tag(launch.image);
    launch.keep = argument_flag(arguments, "keep");
    launch.detached = argument_flag(arguments, "detach");
    /* In the background an agent still has a screen of its own, to be attached to. */
    launch.tty = launch.detached ? !plan.own_command : terminal;
    launch.open_stdin = true;
    const bool dry = argument_flag(arguments, "dry-run");
    if (dry && plan.session.packages.count > 0 &&
        (!(launch.engine = invocation_engine(invocation, err)) ||
         choose_custom(&launch, false, &custom, err) < 0))
        return -1;
    if (dry && launch.own_image && launch_find_init(&launch, err) < 0)
        return -1;
    if (dry)
        return dry_run(&launch, err);

    launch.engine = invocation_engine(invocation, err);
    if (!launch.engine)
        return -1;
    engine_info_begin(launch.engine);
    if (choose_custom(&launch, true, &custom, err) < 0 ||
        (launch.own_image && launch_find_init(&launch, err) < 0))
        return -1;
    sweep_boxes(launch.engine);
    return run_box(invocation, &launch, err);
}

const struct command cmd_run = {
    .name = "run",
    .operands = "[DIR[:ro]…] [-- COMMAND [ARG…]]",
    .summary = "Open a box on the current folder, or on others, and a session in it",
    .details =
        "Each DIR appears at /workspace/<its name>, read-only where it ends in :ro. The\n"
        "session starts in the project's folder, or in /workspace if there are several.\n"
        "Without a COMMAND, the agent of the configuration starts. The exit status is the\n"
        "session's; 125 says that claudex itself failed.\n"
        "\n"
        "Where a box of the same folders runs and is what was asked for, the session joins\n"
        "it. The keys Ctrl-P Ctrl-Q leave a session without ending it.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FOLDER,
    .run = run,
};
