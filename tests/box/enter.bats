#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# `claudex-init exec`: a further session, through what `docker exec` does.

load lib.bash

waiting='echo ready >up; read -r code <down; exit "$code"'

@test "promise 10: exec is confined like the first session" {
    start_box sh -c "$waiting"
    run enter /init exec -- grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|Gid)' /proc/self/status
    for set in Inh Prm Eff Bnd Amb; do
        has "$output" "Cap$set:	0000000000000000"
    done
    has "$output" "NoNewPrivs:	1"
    has "$output" "Seccomp:	2"
    has "$output" "Uid:	1234	1234	1234	1234"
    run enter /init exec -- /probe try raw unshare_user tiocsti fchmod_suid kill_1 ptrace_1
    equal "$output" "raw EPERM
unshare_user EPERM
tiocsti EPERM
fchmod_suid EPERM
kill_1 EPERM
ptrace_1 EPERM"
    run enter /init exec -- sh -c 'cat /run/claudex/private/config'
    has "$output" "Permission denied"
    [ "$status" -ne 0 ]
}

@test "exec: working directory, environment, status" {
    before='printf "BOX=1\0OVER=box\0" >run/claudex/private/env'
    start_box sh -c "$waiting"
    run enter /init exec --workdir /tmp --env OVER=exec --env 'NEW=a b' -- \
        sh -c 'pwd; echo "$BOX $OVER $NEW $HOME $USER"; exit 41'
    equal "$output" "/tmp
1 exec a b /home/node node"
    equal "$status" 41
    # A secret is handed on by its name: no list of processes shows it.
    run "$harness" enter --env OVER=passed "$host_pid" -- /init exec --pass OVER -- \
        sh -c 'echo "$BOX $OVER"'
    equal "$output" "1 passed"
    run enter /init exec --pass NOT_SET -- true
    equal "$status" 2
    run enter /init exec pwd
    equal "$output" /workspace/project
    run enter /init exec < <(echo 'echo "$0"; exit 3')
    equal "$output" /bin/bash
    equal "$status" 3
    run enter /init exec --workdir /nowhere -- touch /workspace/project/ran
    equal "$status" 126
    equal "$output" "claudex: cannot enter /nowhere (No such file or directory); nothing was started"
    [ ! -e "$project/ran" ]
    run -127 enter /init exec -- no-such-command
    run enter /init exec -- /etc/passwd
    equal "$status" 126
}

@test "exec: a bad command line is 2" {
    start_box sh -c "$waiting"
    for line in --nonsense --env "--env x" "--env 1x=y" "--env =y" "--workdir relative"; do
        # shellcheck disable=SC2086 # words
        run enter /init exec $line -- true
        equal "$status" 2
    done
}

@test "exec keeps its place as the process that was started: no fork" {
    start_box sh -c "$waiting"
    run enter /init exec -- sh -c 'cut -d " " -f 4 /proc/$$/stat'
    equal "$output" 0
}

@test "a person who entered can end what the agent started; the agent cannot end that person" {
    start_box sh -c 'sleep 1000 & echo $! >up; read -r pid <down
        kill -KILL "$pid" 2>/dev/null && echo killed >up || echo refused >up
        wait'
    sleeper=$line
    # Landlock's signal scope came with its version 6; before, one uid is one uid.
    if [ "$("$probe" landlock)" -ge 6 ]; then
        enter /init exec -- sh -c 'echo $$ >down; exec sleep 1000' 3>&- 7>&- 8>&- &
        await
        equal "$line" refused
    fi
    enter /init exec -- kill -KILL "$sleeper"
    run enter /init exec -- kill -0 "$sleeper"
    [ "$status" -ne 0 ]
}

@test "promise 10: abstract sockets of others are out of reach, for the session and for exec" {
    [ "$("$probe" landlock)" -ge 6 ] || skip "this kernel's Landlock has no scopes"
    start_box sh -c 'echo ready >up; read -r x <down; /probe try abstract >up; sleep 1000'
    # Somebody outside of any Landlock, in the same network namespace.
    enter /bin/sh -c '/probe listen >/workspace/project/up' 3>&- 7>&- 8>&- &
    await
    equal "$line" listening
    tell go
    await
    equal "$line" "abstract EPERM"
    run enter /init exec -- /probe try abstract
    equal "$output" "abstract EPERM"
    run enter /probe try abstract
    equal "$output" "abstract ok"
    # One's own are there.
    run in_box sh -c '/probe listen & sleep 0.2; /probe try abstract'
    has "$output" "abstract ok"
}

@test "exec into a box that does not become ready is refused, whatever an earlier start left" {
    # PID 1 of another kind, that announces nothing. The note, which nobody holds locked, is
    # that of an earlier start.
    mkfifo -m 0666 "$project/up"
    before='echo "1234 1234" >run/claudex/private/ready'
    arrange
    "$harness" run "${arranged[@]}" --pid "$BATS_TEST_TMPDIR/pid" -- /bin/sh -c \
        'echo ready >/workspace/project/up; sleep 1000' 3>&- &
    read -r line <"$project/up"
    host_pid=$(<"$BATS_TEST_TMPDIR/pid")
    cp "$init" "/proc/$host_pid/root/claudex-init"
    start=$SECONDS
    run enter /claudex-init exec -- touch /workspace/project/ran
    equal "$status" 125
    has "$output" "the box is not ready"
    [ ! -e "$project/ran" ]
    [ $((SECONDS - start)) -le 12 ]
}

@test "exec waits for a box that is still starting" {
    mkfifo -m 0666 "$project/up"
    arrange
    "$harness" run "${arranged[@]}" --pid "$BATS_TEST_TMPDIR/pid" -- /bin/sh -c \
        'echo ready >/workspace/project/up; read -r x </workspace/project/up; exec /claudex-init sleep 1000' \
        3>&- &
    read -r line <"$project/up"
    host_pid=$(<"$BATS_TEST_TMPDIR/pid")
    cp "$init" "/proc/$host_pid/root/claudex-init"
    "$harness" enter "$host_pid" -- /claudex-init exec -- id -u \
        >"$BATS_TEST_TMPDIR/out" 3>&- &
    entering=$!
    # Only once it waits does PID 1 become what it waits for.
    for _ in {1..500}; do
        grep -qs poll "/proc/$(pgrep -P "$entering")/wchan" && break
        sleep 0.01
    done
    echo go >"$project/up"
    wait "$entering"
    equal "$(<"$BATS_TEST_TMPDIR/out")" 1234
}

@test "exec is refused for anybody but root" {
    start_box sh -c "$waiting"
    run enter /init exec -- /init exec -- true
    equal "$status" 125
    has "$output" root
}

@test "exec has no descriptor that was leaked to it" {
    start_box sh -c "$waiting"
    run enter /init exec -- sh -c 'echo /proc/self/fd/*' 9</etc
    lacks "$output" /9
}
