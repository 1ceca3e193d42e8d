#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# How a box ends: the session's exit status, its death, and what it leaves behind.

load lib.bash

@test "the exit status is the session's, all 256" {
    for code in {0..255}; do
        status=0
        in_box sh -c "exit $code" || status=$?
        equal "$status" "$code"
    done
}

@test "death by signal n is 128 + n, for every signal that kills" {
    for number in {1..64}; do
        # CHLD, CONT, URG and WINCH do nothing; STOP, TSTP, TTIN, TTOU stop; 32, 33 are libc's.
        case $number in 17 | 18 | 19 | 20 | 21 | 22 | 23 | 28 | 32 | 33) continue ;; esac
        status=0
        in_box /probe die "$number" || status=$?
        equal "$status" $((128 + number))
    done
}

@test "a command that is not there: 127, one line" {
    run -127 in_box no-such-command
    equal "$output" "claudex: cannot run no-such-command: not found in the box"
    run -127 in_box /usr/bin/no-such-command
}

@test "a script whose interpreter is not there: 127, and the line says so" {
    printf '#!/no/such/interpreter\n' >"$project/script"
    chmod 755 "$project/script"
    run -127 in_box ./script
    has "$output" "what its first line (#!) names"
}

@test "a command that cannot be run: 126" {
    touch "$project/text"
    run in_box ./text
    equal "$status" 126
    run in_box /usr
    equal "$status" 126
}

@test "escape sequences in a command's name do not reach the terminal" {
    run -127 in_box $'\e]0;x\a\e[31m'
    lacks "$output" $'\e'
}

@test "no command is a shell" {
    run in_box < <(echo 'echo "$0 $SHELL"; exit 9')
    equal "$status" 9
    equal "$output" "/bin/bash /bin/bash"
}

@test "an image without bash gets sh" {
    # /bin is a symlink to usr/bin; a folder with nothing but sh takes its place.
    before='rm bin; mkdir bin; ln -s /usr/bin/dash bin/sh'
    run in_box < <(echo 'echo "$0 $SHELL"; exit 9')
    equal "$output" "/bin/sh /bin/sh"
    equal "$status" 9
}

@test "orphans of orphans are reaped" {
    # A subshell's child outlives it; PID 1 becomes its parent.
    run in_box sh -c '
        (sh -c "sleep 0.05; exit 3" & ) ; sleep 0.3
        grep -l "^State:.Z" /proc/[0-9]*/status
        exit 5'
    equal "$status" 5
    equal "$output" ""
}

@test "10,000 zombies are buried" {
    run in_box /probe zombies 10000
    equal "$output" "10000 orphans, none left"
    equal "$status" 0
}

@test "a session that ends leaves nothing running" {
    run in_box sh -c 'sleep 1000 & trap "" TERM HUP; exit 4'
    equal "$status" 4
}

@test "a stopped child neither ends the box nor hangs it" {
    run in_box sh -c 'exec 2>/dev/null; sleep 1000 & kill -STOP $!; sleep 0.1
        kill -KILL $!; wait $!; echo $?'
    equal "$status" 0
    equal "$output" 137
}

@test "standard input ends when its writer does, and PID 1 holds no end of output" {
    equal "$(printf 'one\ntwo\n' | in_box cat)" $'one\ntwo'
}
