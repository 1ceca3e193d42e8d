# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the tests' to use
#
# A box whose far side (net.bash) is a whole internet (tests/internet): every address of both
# families is there, but those where nobody answers, and the box's name server is 10.99.0.1.

load net.bash
load ../internet/internet.bash

# online MODE [LINE...]: a world with an internet, and a box in that mode with these lines of
# [network]; both started. $more_before is shell for $before.
online()
{
    local network=$1
    shift
    world
    internet_prepare "$BATS_TEST_TMPDIR/internet"
    ip -n "$far" route add blackhole 11.0.9.0/24
    ip -n "$far" route add blackhole 2600:dead::/32
    ip -n "$far" route add local default dev lo table main
    ip -n "$far" -6 route add local default dev lo table main
    internet_start
    before+="
        mkdir opt/internet
        cp '$internet_source/client.js' '$internet/ca.pem' opt/internet/
        echo nameserver 10.99.0.1 >etc/resolv.conf
        $more_before
"
    config=$(
        printf '[network]\nmode = %s\n' "$network"
        [ $# = 0 ] || printf '%s\n' "$@"
        config_of "mount = rw $(identity "$project") /workspace/project"
    )
    up
}

# allowed NAME...: lines that allow them.
allowed() { printf 'allow = %s\n' "$@"; }

# A node that listens everywhere, in the far side's namespace. Ends with the namespace.
internet_start()
{
    (
        ulimit -Sn "$(ulimit -Hn)"
        exec ip netns exec "$far" node "$internet_source/internet.js" "$internet"
    ) >"$internet/out" 2>&1 3>&- 7>&- 8>&- </dev/null &
    internet_saw ready || {
        cat "$internet/out"
        return 1
    }
    internet_forget
}

# client COMMAND...: internet/client.js in the box, as the agent.
client() { as_agent "${client_env[@]}" node /opt/internet/client.js "$@"; }
client_env=(env NODE_EXTRA_CA_CERTS=/opt/internet/ca.pem)

# says EXPECTED COMMAND...: what the client prints.
says()
{
    [ "$1" != -- ] || shift
    local expected=$1
    shift
    run -0 client "$@"
    equal "$*: $output" "$*: $expected"
}

# The gate's process as this machine sees it; empty where there is none.
gate_pid() { pgrep -P "$host_pid" -u 64990; }

# gate_again: waits for the next one to answer.
gate_again()
{
    local end=$((SECONDS + 10))
    until as_agent timeout 1 node /opt/internet/client.js resolve A localhost | grep -q NOERROR; do
        [ "$SECONDS" -lt "$end" ] || return 1
    done
}
