#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# Clients and agents that do what they must not: that one client fails, everybody else goes on.

load lib.bash
load agent.bash

# fake_agent WAY: tests/box/ssh_agent.js, and a box that has it; its clients at /client.js.
fake_agent()
{
    agent_dir=$(mktemp -d /tmp/clx-agent-XXXXXX)
    node "$CLAUDEX_TOP/tests/box/ssh_agent.js" "$agent_dir/socket" "$1" >"$BATS_TEST_TMPDIR/asked" 3>&- &
    agent_pid=$!
    await_agent
    with_agent
    before="$before
        cp '$CLAUDEX_TOP/tests/box/ssh_client.js' client.js; chmod 644 client.js"
}

clients() { run in_box node /client.js /run/claudex/public/ssh-agent "$@"; }

@test "attack 43, promise 12: clients that send what is no request" {
    fake_agent well
    clients list 'half closed' 'zero length' '4 GiB' 'a byte too long' 'the longest' 'no agent' \
        'cut in the length' 'cut in the frame' nothing 'unknown, then a list' 'add, remove, lock' \
        'many at once' 'byte by byte' 'never reads' list
    # Who is cut off while it is still sending is reset, which is an end as well.
    equal "${output//FECONNRESET/F.}" "list: L
half closed: L.
zero length: F.
4 GiB: F.
a byte too long: F.
the longest: F
no agent: F.
cut in the length: F.
cut in the frame: F.
nothing: .
unknown, then a list: FL
add, remove, lock: F14
many at once: L200
byte by byte: L
never reads: L
list: L"
    # Nothing but lists ever came to the agent.
    equal "$(sort -u "$BATS_TEST_TMPDIR/asked")" 11
    # The control: without the proxy they are the agent's to answer.
    timeout 10 node "$CLAUDEX_TOP/tests/box/ssh_client.js" "$agent_dir/socket" \
        'add, remove, lock' >/dev/null 2>&1 3>&- &
    until grep -qvx 11 "$BATS_TEST_TMPDIR/asked"; do
        kill -0 $!
        sleep 0.02
    done
    kill $! || :
}

@test "an agent that answers with garbage, another answer, a lie, or dies: one client fails" {
    for way in garbage huge empty another lies half dies; do
        fake_agent "$way"
        clients list list list
        equal "${lines[0]}" "list: F"
        equal "${lines[1]}" "list: L"
        equal "${lines[2]}" "list: L"
        kill "$agent_pid"
        rm -rf "$agent_dir"
    done
}

@test "an agent that answers twice is not asked again on that connection" {
    fake_agent twice
    clients 'many at once' list
    # The first answer counts; what else came was an answer to nothing, and the next request goes
    # another way.
    equal "${lines[0]}" "many at once: L200"
    equal "${lines[1]}" "list: L"
}

@test "an agent that is slow is waited for, one that says nothing for ten seconds" {
    fake_agent slowly
    clients list
    equal "$output" "list: L"
    kill "$agent_pid"
    rm -rf "$agent_dir"
    fake_agent silent
    run in_box sh -c 'node /client.js /run/claudex/public/ssh-agent list >first & sleep 0.5
        node /client.js /run/claudex/public/ssh-agent list; cat first; wait; cat first'
    equal "$output" "list: L
list: F"
}

@test "attack 43: ten thousand clients" {
    fake_agent well
    clients 'ten thousand'
    # More of them ask than there may be connections to the agent.
    equal "$output" "ten thousand: 495 L L"
}
