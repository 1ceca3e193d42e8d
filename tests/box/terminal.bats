#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# The terminal is the session's whole, and PID 1 is out of its reach.

load lib.bash

@test "the session has its terminal, under its own name" {
    options=(--tty)
    run in_box sh -c 'tty; stat -c %u "$(tty)"; echo >/dev/tty; : >"$(tty)"; ps -o tty= -p $$'
    has "$output" /dev/pts/
    has "$output" 1234
    lacks "$output" denied
    equal "$status" 0
}

@test "promise 9: PID 1 has no terminal, and is not to be had through the session's" {
    options=(--tty)
    run in_box sh -c 'exec /probe terminal'
    equal "${output//$'\r'/}" "ours ok
tcsetpgrp EPERM
spgrp EPERM
sti EPERM
open ok
sti_tty EPERM"
    # The seventh field is the terminal, the sixth the session, which is PID 1's own.
    run in_box cut -d ' ' -f 6,7 /proc/1/stat
    equal "${output//$'\r'/}" "1 0"
}

@test "promise 9: ^C, ^\\ and ^Z at the terminal are the session's and never PID 1's" {
    options=(--tty)
    mkfifo "$BATS_TEST_TMPDIR/keys"
    # Not through start_box: keys are typed.
    arrange
    mkfifo -m 0666 "$project/up"
    exec 7<>"$project/up" 9<>"$BATS_TEST_TMPDIR/keys"
    "$harness" run "${arranged[@]}" -- "$init" bash -c '
        for s in INT QUIT; do trap "echo $s >up" $s; done
        trap "echo TSTP >up; exit 33" TSTP
        echo ready >up
        while :; do sleep 0.05; done' <"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 7>&- 9>&- &
    box_job=$!
    await
    for pair in $'\003 INT' $'\034 QUIT' $'\032 TSTP'; do
        printf %s "${pair% *}" >&9
        await
        equal "$line" "${pair#* }"
    done
    ended
    equal "$status" 33
}

@test "job control works: stop, list, continue, interrupt" {
    options=(--tty)
    arrange
    mkfifo "$BATS_TEST_TMPDIR/keys"
    mkfifo -m 0666 "$project/up"
    exec 7<>"$project/up" 9<>"$BATS_TEST_TMPDIR/keys"
    "$harness" run "${arranged[@]}" -- "$init" bash --norc --noediting -i \
        <"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 7>&- 9>&- &
    box_job=$!
    job='sh -c "echo started >up; exec sleep 1000"'
    printf '%s\n' "$job" >&9
    await
    printf '\032' >&9
    printf 'jobs >up; echo >up\n' >&9
    await
    has "$line" Stopped
    await
    printf 'bg; jobs >up; echo >up\n' >&9
    await
    has "$line" Running
    await
    printf 'fg\n' >&9
    # Only once sleep is in the foreground would ^C reach it; until then the shell gets it and
    # asks again.
    printf '\003' >&9
    printf 'kill %%1 2>/dev/null; echo done >up; exit 12\n' >&9
    await
    equal "$line" "done"
    ended
    equal "$status" 12
    lacks "$output" "no job control"
}

@test "a session that stops its terminal's output cannot hang PID 1" {
    options=(--tty)
    start_box sh -c 'echo ready >up; read -r code <down; /probe freeze; exit "$code"'
    # PID 1 has something to say while a guest is there: to a terminal that takes nothing.
    mkfifo -m 0666 "$project/guest"
    enter /bin/sh -c 'read -r x </workspace/project/guest' 3>&- 7>&- 8>&- &
    exec {end}>"$project/guest"
    tell 23
    echo >&"$end"
    ended
    equal "$status" 23
}

@test "the terminal hangs up: the session is told, PID 1 buries it" {
    options=(--tty)
    start_box sh -c 'trap "echo hup >up; exit 5" HUP; echo ready >up; while :; do sleep 0.05; done'
    kill -HUP "$host_pid"
    await
    equal "$line" hup
    ended
    equal "$status" 5
}

@test "exec: a terminal of its own, which it controls" {
    start_box sh -c 'echo ready >up; read -r code <down; exit "$code"'
    run "$harness" enter --tty "$host_pid" -- /init exec -- /probe terminal
    equal "$(head -n 1 <<<"${output//$'\r'/}")" "ours ok"
    has "$output" "tcsetpgrp EPERM"
    has "$output" "sti_tty EPERM"
    run "$harness" enter --tty "$host_pid" -- /init exec -- sh -c 'stat -c %u "$(tty)"'
    equal "${output//$'\r'/}" 1234
}

@test "without a terminal the session has none" {
    run in_box sh -c 'tty; echo x >/dev/tty'
    has "$output" "not a tty"
    [ "$status" -ne 0 ]
}
