/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/exec.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/confine.h"
#include "init/environment.h"
#include "init/private.h"
#include "init/privs.h"
#include "init/signals.h"
#include "init/ssh_worker.h"
#include "init/terminal.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

struct request {
    const char *workdir; /* NULL: the box's */
    struct strings environment;
    char *const *command;
};

static int add_variable(struct request *request, const char *text, struct error *err)
{
    const char *equals = strchr(text, '=');
    cleanup_free char *name = equals ? strndup(text, (size_t)(equals - text)) : NULL;
    if (!name || !is_env_name(name))
        return error_usage(err, "exec: --env wants NAME=VALUE");
    if (strings_add(&request->environment, text) < 0)
        return error_errno(err, "exec");
    return 0;
}

/* The value is in the request's own environment, where no list of processes shows it. */
static int pass_variable(struct request *request, const char *name, struct error *err)
{
    char *text = NULL;
    const char *value = is_env_name(name) ? getenv(name) : NULL;
    if (!value)
        return error_usage(err, "exec: --pass wants the NAME of a variable that is set");
    if (asprintf(&text, "%s=%s", name, value) < 0)
        return error_errno(err, "exec");
    int failed = strings_add(&request->environment, text);
    free(text);
    return failed ? error_errno(err, "exec") : 0;
}

static int parse_request(int argc, char **argv, struct request *request, struct error *err)
{
    static const struct option options[] = {
        {"workdir", required_argument, NULL, 'w'},
        {"env", required_argument, NULL, 'e'},
        {"pass", required_argument, NULL, 'p'},
        {0},
    };
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+w:e:p:", options, NULL)) != -1;) {
        if (option == 'w')
            request->workdir = optarg;
        else if (option != 'e' && option != 'p')
            return error_usage(err, "usage: claudex-init exec [--workdir DIR] "
                                    "[--env NAME=VALUE]... [--pass NAME]... [--] "
                                    "[COMMAND [ARG...]]");
        else if ((option == 'e' ? add_variable : pass_variable)(request, optarg, err) < 0)
            return -1;
    }
    if (request->workdir && request->workdir[0] != '/')
        return error_usage(err, "exec: --workdir wants an absolute path");
    request->command = argv + optind;
    return 0;
}

/* The environment of a `docker exec` is the container's with what -e says; the box's own comes
 * over it, and the request's over all. */
static int run(int argc, char **argv, struct error *err)
{
    struct request request = {0};
    cleanup_session struct session session = {0};
    struct strings environment = {0};
    struct agent agent;
    if (parse_request(argc, argv, &request, err) < 0)
        return -1;
    if (geteuid() != 0)
        return error_set(err, "exec has to be entered as root, which it then gives up: docker "
                              "exec without --user");
    signals_reset();
    if (descriptors_clean(err) < 0 || privs_check(err) < 0 || privs_harden(err) < 0 ||
        private_await(&agent, err) < 0 || private_read_session(&session, err) < 0 ||
        private_read_environment(&environment, err) < 0 ||
        ssh_worker_environment(&session, &environment, err) < 0)
        return -1;
    const struct confinement how = {
        .uid = agent.uid,
        .gid = agent.gid,
        .workdir = request.workdir ? request.workdir : session.box.workdir,
        .there_only = request.workdir != NULL,
        .signals_others = true,
    };
    if (environment_apply(&environment, err) < 0 ||
        environment_apply(&request.environment, err) < 0 ||
        terminal_hand_over(agent.uid, err) < 0 || confine(&how, err) < 0)
        return -1;
    return confined_exec(request.command, err);
}

int exec_session(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    (void)run(argc, argv, &err);
    die_error(&err);
}
