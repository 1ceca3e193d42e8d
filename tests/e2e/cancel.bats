#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Ctrl-C at any moment leaves nothing.

load lib.bash
export BATS_TEST_TIMEOUT=90

# interrupted SECONDS COMMAND…: SIGINT once to the whole group, as a terminal sends it; sets
# $status and $output.
interrupted()
{
    local after=$1 group
    shift
    rm -f "$world/started"
    # A shell without job control starts what runs beside it deaf to SIGINT.
    setsid env --default-signal=INT sh -c 'touch "$0" && exec "$@"' "$world/started" "$@" \
        >"$world/output" 2>&1 &
    group=$!
    eventually 5 test -e "$world/started"
    sleep "$after"
    # It may be over already.
    kill -INT -- "-$group" 2>/dev/null || echo "nothing to interrupt after $after s"
    status=0
    wait "$group" || status=$?
    output=$(<"$world/output")
}

# Early tries fall into start-up, late ones into the session.
@test "twenty times, at twenty moments of run" {
    claudex run . -- true
    for n in {0..19}; do
        interrupted "$(printf '0.%03d' $((n * 35 + RANDOM % 35 + 1)))" \
            claudex run . -- sleep 100
        echo "$n: $status $output"
        [ "$status" = 125 ] || [ "$status" = 130 ]
        nothing_left
    done
}

@test "through the docker CLI" {
    for n in {0..7}; do
        interrupted "$(printf '0.%03d' $((n * 90 + RANDOM % 90 + 1)))" \
            docker claudex run . -- sleep 100
        echo "$n: $status $output"
        # The docker CLI closes the plugin's socket beside, which is a wish to end.
        [ "$status" = 125 ] || [ "$status" = 130 ] || [ "$status" = 143 ]
        nothing_left
    done
}

@test "SIGTERM ends the session, and the status says so" {
    run timeout --preserve-status --foreground --signal TERM 1 claudex run . -- sleep 100
    equal "$status" 143
    nothing_left
}

@test "a session that is used to SIGINT goes on" {
    interrupted 1 claudex run . -- bash -c 'trap "echo thank you; exit 3" INT; while :; do sleep 0.1; done'
    equal "$status" 3
    has "$output" "thank you"
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
