#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what lib.bash sets
# The audit trail by PID 1 alone: what is recorded, by whom, and that nobody inside gets at it.

load lib.bash

audit=/run/claudex/audit/project

fill()
{
    mkdir -p "$project/sub"
    echo hello >"$project/a"
    echo x >"$project/sub/b"
    ln -s a "$project/link"
    chown -R -h 1234:1234 "$project"
}

@test "the first commit of /workspace is the state before the session; git works in it" {
    fill
    run in_box bash -c 'cd /workspace && git log --oneline --name-only && git status --short &&
        stat -c "%U %n" .git && git fsck --strict --no-dangling && echo y >own && git add own &&
        git commit -qm mine && git log --oneline | wc -l'
    has "$output" "Before the session
project/a
project/link
project/sub/b"
    has "$output" "node .git"
    equal "${lines[-1]}" 2
    equal "${#lines[@]}" 6
}

@test "an empty project and one that is mounted read-only are recorded, too" {
    run in_box bash -c 'cd /workspace && git log --oneline | wc -l; git status --short'
    equal "$output" 1
    fill
    config=$(config_of "mount = ro $(identity "$project") /workspace/project")
    arrange
    run "$harness" run --before "$(bind "$project" /workspace/project ro)
        cp '$BATS_TEST_TMPDIR/config' run/claudex/private/config" -- "$init" \
        bash -c 'cd /workspace && git ls-files; git status --short'
    equal "$output" "project/a
project/link
project/sub/b"
}

@test "what the agent may not read is not recorded, and said so" {
    fill
    echo secret >"$project/secret"
    chmod 600 "$project/secret" # root's
    start_box sh -c 'echo up >/workspace/project/up; read x </workspace/project/down'
    run enter /init trail log
    has "$output" '"unreadable": 1'
    run enter /init trail diff start last
    lacks "$output" secret
    run enter /init trail diff --list -- secret
    equal "$output" "[]"
    tell x
    ended
}

@test "promise 11: the git worker has a uid of its own, no capability, a filter, and the agent's eyes" {
    fill
    head -c 60000000 /dev/urandom >"$project/much"
    chown 1234:1234 "$project/much"
    start_box sh -c 'echo up >/workspace/project/up; read x </workspace/project/down'
    # While it reads it can be looked at.
    head -c 60000000 /dev/urandom >"$project/much"
    enter /init snapshot &
    asking=$!
    seen=
    for _ in $(seq 2000); do
        for status in /proc/[0-9]*/status; do
            if grep -q '^Uid:	64992	64992	64992	' "$status" 2>/dev/null; then
                seen+=$(grep -hE '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' \
                    "${status%/status}"/task/*/status 2>/dev/null)
                seen+=$'\n'
            fi
        done
        [[ $seen != *'Uid:	64992	64992	64992	1234'* ]] || break
        kill -0 "$asking" 2>/dev/null || break
    done
    wait "$asking"
    has "$seen" 'Uid:	64992	64992	64992	1234'
    has "$seen" 'Gid:	64992	64992	64992	1234'
    lacks "$(grep -E '^Cap' <<<"$seen" | grep -v '0000000000000000$')" Cap
    lacks "$(grep -E '^(NoNewPrivs)' <<<"$seen" | grep -v '1$')" NoNewPrivs
    lacks "$(grep -E '^(Seccomp)' <<<"$seen" | grep -v '2$')" Seccomp
    tell x
    ended
}

@test "promise 14: the agent cannot enter, change or silence the trail" {
    fill
    run in_box bash -c '
        for way in refs HEAD config claudex claudex/index refs/heads/main; do
            cat '$audit'/$way 2>/dev/null && echo "$way can be read"
            ls '$audit'/$way/ 2>/dev/null && echo "$way can be listed"
        done
        for way in . objects objects/pack refs; do
            touch '$audit'/$way/x 2>/dev/null && echo "$way can be written"
        done
        rm -rf '$audit' 2>/dev/null
        ls '$audit'/objects/pack | grep -c pack$
        rm -f /run/claudex/public/snapshot 2>/dev/null; test -S /run/claudex/public/snapshot && echo there'
    equal "$output" "1
there"
}

@test "a flood of requests makes two snapshots, not a thousand" {
    fill
    run in_box bash -c 'cd /workspace/project; cp /init /tmp/claudex-init
        for i in $(seq 200); do echo $i >a; /tmp/claudex-init snapshot; done | sort | uniq -c | sort -rn | sed "s/made project.*/made/"'
    echo "$output"
    has "$output" " later"
    made=$(grep -c made <<<"$output")
    [ "$made" -ge 1 ] && [ "$made" -le 4 ]
}

@test "--no-git: nothing is made" {
    config+=$'\n[git]\ntrack = no'
    run in_box sh -c 'ls -d /workspace/.git /run/claudex/audit /run/claudex/public/snapshot 2>&1 | grep -c "No such file"'
    equal "$output" 3
}

@test "a trail that cannot be kept keeps the session from starting" {
    fill
    before='mkdir -p run/claudex/audit; echo >run/claudex/audit/project'
    run in_box sh -c "$trace"
    refused "audit/project is no folder"
}

@test "a signal ends the wait for the first commit" {
    fill
    # Another box of the project is at work in its trail.
    mkdir -p "$BATS_TEST_TMPDIR/audit/claudex"
    touch "$BATS_TEST_TMPDIR/audit/claudex/lock"
    chown -R 64992:64992 "$BATS_TEST_TMPDIR/audit"
    exec 5<"$BATS_TEST_TMPDIR/audit/claudex/lock"
    flock 5
    before=$(bind "$BATS_TEST_TMPDIR/audit" /run/claudex/audit/project)
    arrange
    : >"$BATS_TEST_TMPDIR/out"
    "$harness" run "${arranged[@]}" --pid "$BATS_TEST_TMPDIR/pid" -- "$init" sh -c "$trace" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 5<&- &
    box_job=$!
    for _ in $(seq 100); do
        ! grep -q 'recording the state' "$BATS_TEST_TMPDIR/out" || break
        sleep 0.1
    done
    kill -TERM "$(<"$BATS_TEST_TMPDIR/pid")"
    ended
    equal "$status" 143
    [ ! -e "$project/ran" ]
}
