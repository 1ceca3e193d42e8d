#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Ctrl-C at any moment leaves nothing.

load lib.bash
export BATS_TEST_TIMEOUT=90

# interrupted SECONDS COMMAND…: SIGINT to the whole group, as a terminal sends it.
interrupted()
{
    local after=$1
    shift
    run timeout --signal INT --kill-after 20 "$after" "$@"
}

# Early tries fall into start-up, late ones into the session; 124 is timeout's own status.
@test "twenty times, at twenty moments of run" {
    claudex run . -- true
    for n in {0..19}; do
        interrupted "$(printf '0.%03d' $((n * 35 + RANDOM % 35 + 1)))" \
            claudex run . -- sleep 100
        echo "$n: $status $output"
        equal "$status" 124
        nothing_left
    done
}

@test "through the docker CLI" {
    for n in {0..7}; do
        interrupted "$(printf '0.%03d' $((n * 90 + RANDOM % 90 + 1)))" \
            docker claudex run . -- sleep 100
        equal "$status" 124
        nothing_left
    done
}

@test "the exit status says that it was a signal, or that nothing started" {
    for after in 0.02 0.15 1; do
        run timeout --preserve-status --signal INT "$after" claudex run . -- sleep 100
        echo "$after: $status"
        [ "$status" = 125 ] || [ "$status" = 130 ]
    done
    run timeout --preserve-status --signal TERM 1 claudex run . -- sleep 100
    equal "$status" 143
    nothing_left
}

@test "typed in a terminal" {
    open_terminal
    for n in {0..7}; do
        typed "claudex run . -- sleep 100; echo \"ended $n with \$?\""
        sleep "$(printf '0.%03d' $((n * 90 + RANDOM % 90 + 1)))"
        keys C-c
        shows "^(\^C)?ended $n with (125|130)\$" 20
        nothing_left
    done
}

@test "a detached run that is interrupted leaves a whole box or none" {
    for n in {0..5}; do
        interrupted "$(printf '0.%03d' $((n * 80 + RANDOM % 80 + 1)))" \
            claudex run -d . -- sleep 600
        ids=$(our_containers)
        if [ -n "$ids" ]; then
            equal "$(box_state "$ids")" running
            claudex stop
        fi
        nothing_left
    done
}

@test "SIGKILL to us: the box ends or can be stopped by name" {
    claudex run . -- sleep 100 &
    up() { [ -n "$(our_containers)" ]; }
    eventually 10 up
    kill -KILL $!
    wait $! || :
    claudex stop
    nothing_left
}
