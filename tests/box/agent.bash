# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# An ssh agent on this machine, and a box that has it.

agent_uid=4321

teardown()
{
    [ -z "$host_pid" ] || kill -KILL "$host_pid" 2>/dev/null || :
    [ -z "${agent_pid-}" ] || kill "$agent_pid" 2>/dev/null || :
    [ -z "${agent_dir-}" ] || rm -rf "$agent_dir"
}

await_agent()
{
    while [ ! -S "$agent_dir/socket" ]; do
        kill -0 "$agent_pid"
        sleep 0.01
    done
}

# start_agent: OpenSSH's, as $agent_uid, its socket 0600 in a folder 0700, with the keys of add_key.
start_agent()
{
    [ -n "${agent_dir-}" ] || agent_dir=$(mktemp -d /tmp/clx-agent-XXXXXX)
    chown "$agent_uid:$agent_uid" "$agent_dir"
    setpriv --reuid "$agent_uid" --regid "$agent_uid" --clear-groups \
        ssh-agent -D -a "$agent_dir/socket" >/dev/null 2>&1 3>&- &
    agent_pid=$!
    await_agent
    chmod 0600 "$agent_dir/socket"
}

# add_key TYPE COMMENT: makes one and gives it to the agent; its fingerprint in $fingerprint.
add_key()
{
    local file=$BATS_TEST_TMPDIR/key-$1-${2//[^a-z]/}
    ssh-keygen -q -t "$1" -N '' -C "$2" -f "$file"
    SSH_AUTH_SOCK=$agent_dir/socket ssh-add -q "$file" 2>/dev/null
    fingerprint=$(ssh-keygen -lf "$file.pub" | cut -d ' ' -f 2)
}

# at_host COMMAND...: with the agent of the host.
at_host() { SSH_AUTH_SOCK=$agent_dir/socket "$@"; }

# with_agent [LINE...]: a box that has it, with these lines in [ssh].
with_agent()
{
    config=$(config_of "mount = rw $(identity "$project") /workspace/project" 'ssh = socket' \
        '[ssh]' 'agent = yes' "$@")
    before=$(bind "$agent_dir" /run/claudex/private/ssh ro)
}
