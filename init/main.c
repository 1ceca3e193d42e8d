/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claudex-init: the first process of a box.
 *
 *     claudex-init [COMMAND [ARG…]]   as PID 1: boots the box, then runs COMMAND as the session
 *
 * By the plugin, as root, through `docker exec`:
 *
 *     claudex-init exec [OPTIONS] -- COMMAND [ARG…]   one more session, confined as the first
 *     claudex-init ctl WORD…                          a request to PID 1
 *     claudex-init trail WORD…                        the audit trail: init/trail.h
 *
 * By the plugin, as PID 1 of a container that does nothing else:
 *
 *     claudex-init --trail WORD…     the same, where no box runs
 *     claudex-init --tokens WORD…    the volume of logins: init/home/tokens_command.h
 *
 * By anybody in a box:
 *
 *     claudex-init snapshot [--quiet]   asks PID 1 for a snapshot
 *     claudex-init --skills [json]      lists the skills that are installed
 *     claudex-init --version
 *     claudex WORD…                     for the agent: init/inside/command.h
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/ask_snapshot.h"
#include "init/ctl.h"
#include "init/environment.h"
#include "init/exec.h"
#include "init/gate_worker.h"
#include "init/git_worker.h"
#include "init/home/accounts.h"
#include "init/home/folder.h"
#include "init/home/layout.h"
#include "init/home/owner.h"
#include "init/home/tokens.h"
#include "init/home/tokens_command.h"
#include "init/image.h"
#include "init/inside/command.h"
#include "init/landlock.h"
#include "init/launch.h"
#include "init/mounts.h"
#include "init/net/firewall.h"
#include "init/network.h"
#include "init/private.h"
#include "init/privs.h"
#include "init/signals.h"
#include "init/skills.h"
#include "init/skills_command.h"
#include "init/skills_look.h"
#include "init/slice.h"
#include "init/ssh_worker.h"
#include "init/status.h"
#include "init/supervise.h"
#include "init/terminal.h"
#include "init/trail.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/session.h"

/* What the phases hand on to each other. Lives as long as PID 1. */
struct boot {
    char *const *command;
    int signals;
    struct firewall *firewall;
    struct session session;
    struct gate_worker gate;
    struct network network;
    struct ssh_worker ssh;
    struct strings environment;
    struct agent agent;
    uid_t worker_shift;
    struct git_worker git;
    struct tokens tokens;
    struct supervisor supervisor;
    pid_t pid; /* of the session */
};

static int boot_signals(struct boot *boot, struct error *err)
{
    if (descriptors_clean(err) < 0)
        return -1;
    boot->signals = signals_block(err);
    return boot->signals < 0 ? -1 : terminal_give_up(err);
}

static int boot_privileges(struct boot *boot, struct error *err)
{
    (void)boot;
    return privs_check(err) < 0 ? -1 : privs_harden(err);
}

static int boot_closed(struct boot *boot, struct error *err)
{
    boot->firewall = firewall_close(err);
    return boot->firewall ? 0 : -1;
}

static int boot_private(struct boot *boot, struct error *err)
{
    (void)boot;
    return private_close(err) < 0 ? -1 : status_clear(err);
}

static int boot_image(struct boot *boot, struct error *err)
{
    (void)boot;
    return image_prepare(err);
}

static int boot_configuration(struct boot *boot, struct error *err)
{
    if (private_read_session(&boot->session, err) < 0)
        return -1;
    return private_read_environment(&boot->environment, err);
}

static int boot_mounts(struct boot *boot, struct error *err)
{
    return mounts_check(&boot->session, err);
}

static int boot_gate(struct boot *boot, struct error *err)
{
    boot->gate = (struct gate_worker)GATE_WORKER_INIT;
    if (boot->session.network.host) /* the host's resolver and firewall are not ours */
        return 0;
    if (gate_worker_bind(&boot->gate, &boot->session, boot->worker_shift, err) < 0)
        return -1;
    firewall_set_gate(boot->firewall,
                      &(struct firewall_gate){.uid = boot->gate.uid,
                                              .port = GATE_PORT,
                                              .resolver_port = GATE_RESOLVER_PORT});
    boot->network.gate = &boot->gate;
    boot->gate.grants = &boot->network.grants;
    boot->gate.said = network_gate_said;
    boot->gate.said_context = &boot->network;
    return 0;
}

static int boot_network(struct boot *boot, struct error *err)
{
    return network_boot(&boot->network, boot->firewall, &boot->session, err);
}

static int boot_owner(struct boot *boot, struct error *err)
{
    return owner_find(&boot->session, &boot->agent, &boot->worker_shift, err);
}

static int boot_home(struct boot *boot, struct error *err)
{
    accounts_set(&boot->agent);
    if (home_set_up(&boot->agent, err) < 0)
        return -1;
    tokens_open(&boot->tokens, boot->session.box.name, boot->command, &boot->agent,
                boot->worker_shift);
    if (home_lay_out(&boot->session, &boot->environment, &boot->tokens, err) < 0)
        return -1;
    tokens_put(&boot->tokens);
    tokens_tell(&boot->tokens, boot->command, &boot->environment);
    return 0;
}

static int boot_ssh(struct boot *boot, struct error *err)
{
    boot->network.questions = &boot->ssh.questions;
    return ssh_worker_bind(&boot->ssh, &boot->session, &boot->agent, boot->worker_shift,
                           &boot->environment, err);
}

static int boot_git(struct boot *boot, struct error *err)
{
    return git_worker_begin(&boot->git, &boot->session, &boot->agent, boot->worker_shift,
                            boot->command, network_mode_name(boot->network.state.mode),
                            boot->signals, err);
}

static int boot_workers(struct boot *boot, struct error *err)
{
    if (supervise_prepare(&boot->supervisor, boot->signals, err) < 0)
        return -1;
    boot->supervisor.ended = network_unfollow;
    boot->supervisor.ended_context = &boot->network;
    if (boot->network.gate &&
        gate_worker_start(&boot->gate, boot->network.state.mode, &boot->environment,
                          &boot->supervisor.loop, &boot->supervisor.children, err) < 0)
        return -1;
    return 0;
}

static int boot_skills(struct boot *boot, struct error *err)
{
    return skills_install(&boot->session, &boot->environment, &boot->agent, boot->worker_shift,
                          boot->signals, &boot->ssh, err);
}

static int boot_ready(struct boot *boot, struct error *err)
{
    const struct status status = {
        .box = boot->session.box.name,
        .agent = boot->agent,
        .landlock = landlock_version(),
        .started = time(NULL),
        .trail = boot->git.on ? &boot->git.told : NULL,
    };
    inside_make_command();
    if (git_worker_listen(&boot->git, &boot->supervisor.loop, &boot->supervisor.children, err) <
        0)
        return -1;
    if (network_listen(&boot->network, &boot->supervisor.loop, &status, err) < 0)
        return -1;
    tokens_watch(&boot->tokens, &boot->supervisor.loop);
    return private_announce(&boot->agent, err);
}

static int boot_session(struct boot *boot, struct error *err)
{
    const struct launch what = {
        .confinement = {.uid = boot->agent.uid,
                        .gid = boot->agent.gid,
                        .workdir = boot->session.box.workdir,
                        .signals_others = false},
        .environment = &boot->environment,
        .command = boot->command,
    };
    return launch(&what, &boot->pid, err);
}

/* In this order, and nothing of the agent before the last. Each succeeds or ends the container
 * with one line. */
static int (*const phases[])(struct boot *, struct error *) = {
    boot_signals,       /* block them; give up the terminal */
    boot_privileges,    /* check the capabilities; never gain any */
    boot_closed,        /* close the firewall, whatever comes next */
    boot_private,       /* close the folders that are not the agent's */
    boot_image,         /* make any user's image fit to be a box */
    boot_configuration, /* read and validate it again: the rest relies on it */
    boot_mounts,        /* check that they are the approved ones */
    boot_owner,         /* find the agent's uid, and from it the workers' */
    boot_gate,          /* bind its sockets before anybody else can */
    boot_network,       /* set the rules of the mode that was kept or asked for */
    boot_home,          /* lay it out anew; put the logins there */
    boot_ssh,           /* make a socket, if the host's agent is wanted and there */
    boot_git,           /* begin to record the projects as they are now */
    boot_workers,       /* start the gate, before anything needs it */
    boot_skills,        /* install them for both agents; fetch what is new */
    boot_ready,         /* listen for requests; publish the status */
    boot_session,       /* start the agent */
};

static int first_process(char *const *command)
{
    static struct boot boot;
    struct error err = ERROR_INIT;
    boot.command = command;
    for (size_t i = 0; i < array_length(phases); i++)
        if (phases[i](&boot, &err) < 0)
            die_error(&err);

    /* ---- From here on nothing may end PID 1: no die(), no exit(), no assertion. ---- */

    terminal_let_go();
    environment_forget(&boot.environment);
    slice_shorten();
    if (privs_keep(&err) < 0)
        warn("%s", err.text);
    ssh_worker_start(&boot.ssh, &boot.supervisor.loop, &boot.supervisor.children);
    if (boot.network.state.mode < NETWORK_LOCKDOWN)
        skills_look(&boot.session, boot.worker_shift, &boot.supervisor.loop,
                    &boot.supervisor.children);
    int status = supervise(&boot.supervisor, boot.pid);
    tokens_settle(&boot.tokens);
    git_worker_end(&boot.git);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("claudex-init " CLAUDEX_VERSION);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--tokens") == 0)
        return tokens_command(argc - 1, argv + 1);
    if (getpid() == 1 && argc > 1 && strcmp(argv[1], "--trail") == 0)
        return trail(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "--skills") == 0)
        return skills_command(argc - 1, argv + 1);
    if (getpid() == 1)
        return first_process(argv + 1);
    if (inside_is_command(argv[0]))
        return inside_command(argc, argv);
    if (argc > 1 && strcmp(argv[1], "exec") == 0)
        return exec_session(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "ctl") == 0)
        return ctl(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "trail") == 0)
        return trail(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "snapshot") == 0)
        return ask_snapshot(argc - 1, argv + 1);
    die(EXIT_USAGE,
        "claudex-init is the first process of a box, and this is process %d; "
        "boxes are started with `docker claudex run`",
        (int)getpid());
}
