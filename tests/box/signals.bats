#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# PID 1 passes on what comes from outside the box, and obeys nobody inside.

load lib.bash

# A session that says which signal came, through the FIFO, and goes on.
listening='for s in HUP INT QUIT USR1 USR2 ALRM TERM WINCH RTMIN; do
        trap "echo $s >up" $s
    done
    echo ready >up
    while :; do sleep 0.05; done'

@test "signals from outside reach the session" {
    start_box bash -c "$listening"
    for signal in HUP INT QUIT USR1 USR2 ALRM TERM WINCH RTMIN; do
        kill -"$signal" "$host_pid"
        await
        equal "$line" "$signal"
    done
}

@test "each signal that ends the session from outside: 128 + n" {
    for number in 1 2 3 10 12 14 15; do
        # exec: a session's leader that is no shell.
        start_box sh -c 'echo ready >up; exec sleep 1000'
        kill -"$number" "$host_pid"
        ended
        equal "$status" $((128 + number))
    done
}

@test "the whole process group of the session gets it" {
    start_box sh -c 'trap : TERM
        (trap "echo follower >up" TERM; echo ready >up; while :; do sleep 0.05; done) &
        while :; do wait; done'
    kill -TERM "$host_pid"
    await
    equal "$line" follower
}

@test "a stopped session ends when it is told to from outside" {
    start_box sh -c 'echo ready >up; kill -STOP $$; exit 1'
    kill -TERM "$host_pid"
    ended
    equal "$status" 143
}

@test "promise 9: PID 1 ignores all signals from inside, root's included" {
    start_box bash -c "$listening"
    for signal in HUP INT QUIT USR1 USR2 ALRM TERM WINCH CONT RTMIN STOP KILL; do
        enter /bin/kill -"$signal" 1
    done
    run enter /probe try forged_signal pidfd_kill_1
    equal "$output" "forged_signal EPERM
pidfd_kill_1 ok"
    # Alive, and the session heard of none of it: the next word is from here.
    kill -USR1 "$host_pid"
    await
    equal "$line" USR1
}

@test "promise 9: the agent cannot signal PID 1 at all" {
    run in_box /probe try kill_1 stop_1 term_1 pidfd_kill_1 forged_signal
    equal "$output" "kill_1 EPERM
stop_1 EPERM
term_1 EPERM
pidfd_kill_1 EPERM
forged_signal EPERM"
    equal "$status" 0
}

@test "a session that ignores SIGTERM goes on, and dies with its container" {
    start_box bash -c 'trap "echo deaf >up" TERM; echo ready >up; while :; do sleep 0.05; done'
    kill -TERM "$host_pid"
    await
    equal "$line" deaf
    kill -0 "$host_pid"
    kill -KILL "$host_pid"
    ended
    equal "$status" 137
}

@test "10,000 signals from outside are survived" {
    start_box bash -c 'trap "" USR1 WINCH; echo ready >up; read -r code <down; exit "$code"'
    for _ in {1..100}; do
        for _ in {1..50}; do
            kill -USR1 "$host_pid"
            kill -WINCH "$host_pid"
        done
    done
    tell 6
    ended
    equal "$status" 6
}

# guests COUNT: that many sessions from outside, each until let_go NUMBER.
guests()
{
    local number end
    jobs_of_guests=() ends=()
    for ((number = 0; number < $1; number++)); do
        mkfifo -m 0666 "$project/guest$number"
        enter /bin/sh -c "read -r x <'/workspace/project/guest$number'" 3>&- 7>&- 8>&- &
        jobs_of_guests+=($!)
        # Opens once the guest has: from then on it is in the box.
        exec {end}>"$project/guest$number"
        ends+=("$end")
    done
}

let_go()
{
    echo >&"${ends[$1]}"
    wait "${jobs_of_guests[$1]}"
}

# Until PID 1 says that it has seen the end of the session.
seen_to_wait()
{
    local tries
    for tries in {1..500}; do
        grep -q waiting "$BATS_TEST_TMPDIR/out" && return
        sleep 0.01
    done
    return 1
}

@test "sessions from outside outlive the first one; its status is the box's" {
    start_box sh -c 'echo ready >up; read -r code <down; exit "$code"'
    guests 2
    tell 21
    seen_to_wait
    equal "$(<"$BATS_TEST_TMPDIR/out")" \
        "claudex: the session ended with status 21; waiting for 2 others in this box"
    let_go 0
    kill -0 "$host_pid"
    let_go 1
    ended
    equal "$status" 21
}

@test "a signal from outside ends the wait for other sessions" {
    start_box sh -c 'echo ready >up; read -r code <down; exit "$code"'
    guests 1
    tell 22
    seen_to_wait
    kill -USR1 "$host_pid"
    kill -TERM "$host_pid"
    ended
    equal "$status" 22
    status=0
    wait "${jobs_of_guests[0]}" || status=$?
    equal "$status" 137
}
