/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/command.h"

#include "shared/cleanup.h"

/* In the order in which --help lists them. */
const struct command *const commands[] = {
    &cmd_run,          &cmd_build,
    &cmd_update,       &cmd_list,
    &cmd_status,       &cmd_shell,
    &cmd_exec,         &cmd_attach,
    &cmd_logs,         &cmd_stop,
    &cmd_rm,           &cmd_lockdown,
    &cmd_network,      &cmd_allow,
    &cmd_deny,         &cmd_denied,
    &cmd_log,          &cmd_diff,
    &cmd_snapshot,     &cmd_restore,
    &cmd_push,         &cmd_pull,
    &cmd_config,       &cmd_trust,
    &cmd_clean_custom, &cmd_clean_all_custom,
    &cmd_login,        &cmd_logout,
    &cmd_skills,       &cmd_version,
};
const size_t command_count = array_length(commands);

const struct endpoint *invocation_endpoint(struct invocation *invocation, struct error *err)
{
    if (!invocation->endpoint.address &&
        endpoint_find(&invocation->endpoint, &invocation->global, err) < 0)
        return NULL;
    return &invocation->endpoint;
}

struct engine *invocation_engine(struct invocation *invocation, struct error *err)
{
    if (!invocation->engine && invocation_endpoint(invocation, err))
        invocation->engine = engine_open(&invocation->endpoint, err);
    return invocation->engine;
}
