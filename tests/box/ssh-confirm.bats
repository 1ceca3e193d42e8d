#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# Signatures that somebody has to say yes to: OpenSSH's agent and client, and the host's end of
# the control FIFO, as an attached terminal has it.

load lib.bash
load agent.bash

id=0123456789abcdef

# confirming: an agent with one key, whose public half is in the project, and a box in
# which each of its signatures has to be confirmed.
confirming()
{
    start_agent
    add_key ed25519 me@work
    cp "$BATS_TEST_TMPDIR/key-ed25519-mework.pub" "$project/key.pub"
    control=$BATS_TEST_TMPDIR/control
    mkdir -m 700 "$control"
    with_agent 'confirm = yes'
    before="$before
        $(bind "$control" /run/claudex/private/control)
        cp '$CLAUDEX_TOP/tests/box/ssh_client.js' client.js; chmod 644 client.js"
}

# request WORD…: as the host says it; the reply in $reply.
request()
{
    mkfifo -m 600 "$control/reply.abcdef01"
    exec 5<>"$control/reply.abcdef01"
    echo "abcdef01 $*" >"$control/control"
    read -r -t 60 -u 5 reply
    exec 5>&-
    rm "$control/reply.abcdef01"
}

# attend: a terminal, at descriptor 6.
attend()
{
    mkfifo -m 600 "$control/reply.$id"
    # What is read alone is over when we are; read and write would never be.
    exec 4<>"$control/reply.$id"
    exec 6<"$control/reply.$id"
    echo "$id attend" >"$control/control"
    told
    equal "$line" "$id ok 0"
    exec 4>&- # PID 1 holds its end by now
    rm "$control/reply.$id"
}

# told: the next line that the terminal is told, in $line.
told()
{
    read -r -t 60 -u 6 line || {
        echo "nothing was told; the box said:"
        cat "$BATS_TEST_TMPDIR/out"
        return 1
    }
}

# asked: the next question, its number in $number.
asked()
{
    told
    has "$line" '{"question":'
    number=$(jq .question <<<"$line")
}

log=/run/claudex/public/signatures.log
results() { enter /bin/sh -c "cat $log" | jq -r .result | xargs; }

sign='echo text | ssh-keygen -Y sign -n file -f key.pub >/tmp/signature 2>/tmp/why; echo "was $?" >up'

@test "promise 12: confirm: a yes at a terminal signs, a no does not, and each is noted" {
    confirming
    start_box sh -c "echo ready >up; while read x <down; do $sign; done"
    attend
    tell go
    asked
    equal "$(jq -r '[.key, .comment, .namespace] | join(" ")' <<<"$line")" "$fingerprint me@work file"
    request sign yes "$number"
    equal "$reply" "abcdef01 ok 0"
    told
    equal "$line" "{\"over\":$number}"
    await
    equal "$line" "was 0"
    equal "$(results)" confirmed
    # An answer is of one question.
    request sign yes "$number"
    has "$reply" "error 125 that question does not stand any more"
    tell go
    asked
    request sign yes "$((number - 1))"
    has "$reply" "error 125"
    request sign no "$number"
    await
    equal "$line" "was 255"
    has "$(cat "/proc/$host_pid/root/tmp/why")" "agent refused operation"
    equal "$(results)" "confirmed refused"
}

@test "promise 12: confirm: without a terminal there is no signature, nor once it is gone" {
    confirming
    start_box sh -c "echo ready >up; while read x <down; do $sign; done"
    tell go
    await
    equal "$line" "was 255"
    equal "$(results)" unasked
    attend
    tell go
    asked
    exec 6<&-
    await
    equal "$line" "was 255"
    # The agent's other requests are as before.
    run enter /init exec -- ssh-add -l
    has "$output" "$fingerprint me@work"
}

@test "promise 12: confirm: nobody in the box can say yes" {
    confirming
    start_box sh -c "echo ready >up; while read x <down; do $sign; done"
    attend
    tell go
    asked
    run enter /init exec -- sh -c "echo 'abcdef02 sign yes $number' >/run/claudex/private/control/control
        echo 'abcdef02 sign yes $number' >/run/claudex/private/ctl/control
        /init ctl sign yes $number"
    equal "$(grep -c 'Permission denied' <<<"$output")" 3
    # It stands still, and so is answered by the one who may.
    request sign no "$number"
    equal "$reply" "abcdef01 ok 0"
    await
    equal "$line" "was 255"
    equal "$(results)" refused
}

@test "confirm: who does not wait any more takes the question along" {
    confirming
    start_box sh -c "echo ready >up; read x <down; $sign; read x <down; $sign"
    attend
    tell go
    asked
    enter /bin/sh -c 'kill -KILL "$(pgrep ssh-keygen)"'
    told
    equal "$line" "{\"over\":$number}"
    await
    tell go
    local first=$number
    asked
    [ "$number" -gt "$first" ]
    request sign yes "$number"
    await
    equal "$line" "was 0"
}

@test "confirm: the proxy dies under a question" {
    confirming
    start_box sh -c "echo ready >up; while read x <down; do $sign; done"
    attend
    tell go
    asked
    kill -KILL "$(pgrep -P "$host_pid" -u 64991)"
    told
    equal "$line" "{\"over\":$number}"
    await
    equal "$line" "was 255"
    request sign yes "$number"
    has "$reply" "error 125"
    tell go
    asked
    request sign yes "$number"
    await
    equal "$line" "was 0"
}

@test "confirm: a thousand that ask at once are sixteen questions, one after the other" {
    confirming
    start_box sh -c 'echo ready >up; read x <down
        node /client.js /run/claudex/public/ssh-agent "a thousand signatures" >up'
    attend
    tell go
    local count=0
    # The others were refused before the first was answered.
    await
    equal "$line" "refused 984"
    while [ "$count" -lt 16 ]; do
        asked
        request sign "$([ "$count" = 3 ] && echo yes || echo no)" "$number"
        told
        equal "$line" "{\"over\":$number}"
        count=$((count + 1))
    done
    await
    equal "$line" "a thousand signatures: F999 S"
}

@test "confirm: a terminal that attends later sees the question that stands; a ninth does not attend" {
    confirming
    start_box sh -c "echo ready >up; read x <down; $sign"
    attend
    tell go
    asked
    local first=$number
    exec 9<&6
    attend
    asked
    equal "$number" "$first"
    for fd in 20 21 22 23 24 25; do
        eval "exec $fd<&6"
        attend
    done
    request attend
    has "$reply" "error 125 too many terminals"
    exec 6<&9
    request sign yes "$number"
    told
    equal "$line" "{\"over\":$number}"
    await
    equal "$line" "was 0"
}
