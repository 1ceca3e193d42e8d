#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Attack 40: the kernel fails while a box runs and its mode is changed, and clocks that jump.

load net.bash

# broken WHO WHAT CALLS K: the boxes from now on have such a kernel (tests/box/fault.c).
broken()
{
    local real=$BUILD/test/box/box
    before_all="cp '$BUILD/claudex-init' opt/claudex-init
"
    before=$before_all
    init=$BUILD/test/box/fault
    options=(--env "FAULT=$3")
    harness=$BATS_TEST_TMPDIR/harness
    printf '#!/bin/sh\n[ "$1" = run ] || exec %q "$@"\nexec %q %q %q %q %q %q %q "$@"\n' \
        "$real" "$BUILD/test/box/fault" "$@" "$BATS_TEST_TMPDIR/calls" "$real" >"$harness"
    chmod 755 "$harness"
}

# commits: how many a boot makes.
commits()
{
    broken first EPERM commit4,commit6 1000000
    mode open
    run -0 in_box true
    cat "$BATS_TEST_TMPDIR/calls"
}

# What is sent arrives, or nothing does. Each waits for what comes of a connection, which the gate
# makes in its own time.
open_now()
{
    local to
    forget
    for to in 10.99.0.1 fd99::1; do
        equal "$(as_agent /opt/net_probe ask $to 7000 tcp)" echo
    done
    as_agent /opt/net_probe try udp4 udp6
    seen tcp 7000
    seen udp 20012 20013
}

no_tcp()
{
    local to
    for to in 10.99.0.1 fd99::1; do
        run as_agent /opt/net_probe ask $to 7000 tcp
        [[ $output == ECONN* ]]
    done
}

locked_now()
{
    forget
    no_tcp
    as_agent /opt/net_probe try udp4 udp6
    nothing_arrived
}

# over: the box and its far side end, for the next of this test.
over()
{
    kill -KILL "$host_pid"
    wait "$box_job" || :
    ip netns pids "$far" | xargs -r kill
    ip netns del "$far"
    worlds=()
}

@test "attack 40: a commit of a toggle is lost, or refused: tried again, and in force" {
    local at how k
    at=$(commits)
    for how in lost EAGAIN; do
        for k in 1 2; do
            broken first "$how" commit4,commit6 $((at + k))
            world
            mode open
            up
            open_now
            run -0 word lockdown on
            has "$output" 'network mode is now lockdown'
            locked_now
            # The control: it is the mode, and nothing else, that stands against it.
            run -0 word lockdown off
            open_now
            over
        done
    done
}

@test "attack 40: every commit of a toggle is lost: never said to be locked, and the gate is" {
    local at how what
    at=$(commits)
    for what in 'lost on' 'EAGAIN on' 'lost sever'; do
        how=${what% *}
        broken first "$how" commit4,commit6 $((at + 1))-
        world
        mode open
        up
        open_now
        run word lockdown "${what#* }"
        echo "$output"
        equal "$status" 125
        has "$output" 'in force at the gate alone'
        lacks "$output" 'is now'
        forget
        no_tcp
        nothing_arrived
        over
    done
}

@test "attack 40: messages of a toggle are lost, or find no room, by nf_tables: locked where it is said" {
    local at how k
    broken first EPERM sendto,sendmsg 1000000
    before="cp '$BUILD/test/box/net_without' opt/; $before"
    options+=(--env WITHOUT=legacy)
    mode open
    run -0 in_box true
    at=$(<"$BATS_TEST_TMPDIR/calls")
    for how in lost ENOBUFS; do
        for k in 1 2 3 4; do
            broken first "$how" sendto,sendmsg $((at + k))-
            before="cp '$BUILD/test/box/net_without' opt/; $before"
            options+=(--env WITHOUT=legacy)
            world
            mode open
            up
            run word lockdown on
            echo "$how $k: $status $output"
            if [ "$status" = 0 ]; then
                locked_now
            else
                equal "$status" 125
                lacks "$output" 'is now'
            fi
            over
        done
    done
}

# since N: the boxes from now on are on a machine that has been running for N seconds.
since()
{
    harness=$BATS_TEST_TMPDIR/harness
    printf '#!/bin/sh\n[ "$1" = run ] || exec %q "$@"\n' "$BUILD/test/box/box" >"$harness"
    printf 'exec unshare --time --boottime %d --monotonic %d --fork --kill-child %q "$@"\n' \
        "$1" "$1" "$BUILD/test/box/box" >>"$harness"
    chmod 755 "$harness"
}

# left: the seconds that are left of the only grant.
left() { word grants 0 | jq -r '.items[0].left'; }

@test "attack 40: clocks jump between two boxes: what was allowed for a while ends, and not sooner" {
    local state=$BATS_TEST_TMPDIR/state jump
    mkdir -m 0700 "$state"
    before=$(bind "$state" /run/claudex/private/state)
    mode allowlist
    since 1000000
    up
    run -0 word allow passing.test 600
    for jump in 0 5000000 100; do
        kill -KILL "$host_pid"
        wait "$box_job" || :
        since $jump
        up
        [ "$(left)" -le 600 ]
        [ "$(left)" -gt 300 ]
    done
    run -0 word allow passing.test 1
    local end=$((SECONDS + 20))
    until [ "$(word grants 0 | jq .total)" = 0 ]; do
        [ "$SECONDS" -lt "$end" ]
        sleep 0.1
    done
}
