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
    has "$output" "secret is in neither of the two snapshots"
    equal "$status" 125
    tell x
    ended
}

@test "promise 11: the git worker has a uid of its own, no capability, a filter, and the agent's eyes" {
    fill
    mkdir "$BATS_TEST_TMPDIR/audit"
    before=$(bind "$BATS_TEST_TMPDIR/audit" /run/claudex/audit/project)
    start_box sh -c 'echo up >/workspace/project/up; read x </workspace/project/down'
    # Another box of the project is at work in its trail: who waits can be looked at.
    exec 5<"$BATS_TEST_TMPDIR/audit/claudex/lock"
    flock 5
    enter /init snapshot 5<&- &
    asking=$!
    seen=
    for _ in $(seq 300); do
        # Of PID 1's children, each of its threads; the second one comes last.
        for worker in $(<"/proc/$host_pid/task/$host_pid/children"); do
            seen=$(cat "/proc/$worker"/task/*/status 2>/dev/null)
            [[ $seen != *'Uid:	64992	64992	64992	1234'* ]] ||
                [[ $seen != *'Uid:	64992	64992	64992	64992'* ]] || break 2
        done
        sleep 0.1
    done
    seen=$(grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' <<<"$seen")
    flock -u 5
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

@test "a full disk fails a snapshot, and neither the trail nor the session" {
    fill
    before='mkdir -p run/claudex/audit/project; mount -t tmpfs -o size=18m tmpfs run/claudex/audit/project'
    start_box bash -c 'echo up >up; while read -r x <down && [ "$x" != end ]; do
        head -c 20000000 /dev/urandom | split -b 4000 -a 4 - "f$x"; echo filled >up; done; echo end >up'
    tell one
    await
    run enter /init snapshot
    equal "$status" 125
    has "$output" "no snapshot was taken"
    has "$output" "No space left"
    # What was recorded is there, and the next one that fits is taken.
    run enter /init trail log
    has "$output" '"kind": "start"'
    find "$project" -name 'fone*' -delete
    echo small >"$project/small"
    run enter /init snapshot
    equal "$status" 0
    has "$output" "made project"
    run enter /init trail diff --list start last
    has "$output" '"small"'
    tell end
    await
    equal "$line" end
    ended
    equal "$status" 0
}

@test "files that change while they are read: what is recorded was there, or is said to change" {
    fill
    mkdir "$BATS_TEST_TMPDIR/audit" "$BATS_TEST_TMPDIR/outside"
    echo OUTSIDE >"$BATS_TEST_TMPDIR/outside/secret"
    # On the file system of the project, where only the way there tells them apart.
    before="$(bind "$BATS_TEST_TMPDIR/audit" /run/claudex/audit/project)
        $(bind "$BATS_TEST_TMPDIR/outside" /outside)
        cp '$BUILD/test/box/churn' churn"
    start_box sh -c '/churn & until [ -e replaced ]; do :; done; echo up >up; read x <down; kill $!'
    for _ in $(seq 20); do
        run enter /init snapshot
        equal "$status" 0
        has "$output" " project "
    done
    tell x
    ended
    lacks "$output" "could not be recorded"
    audit() { git -c safe.directory='*' -C "$BATS_TEST_TMPDIR/audit" "$@"; }
    equal "$(audit fsck --full --strict --no-dangling 2>&1)" ""
    [ "$(audit rev-list --count main)" -gt 10 ]
    equal "$(audit cat-file --batch-all-objects --batch | grep -ac OUTSIDE)" 0
    local commit name runs most changing
    for commit in $(audit rev-list main~1); do
        changing=$(audit show "$commit:record" | jq -r '.changing.paths[]?, .hash_only.paths[]?')
        # The first commit is before the churn, and a name may be missing for a moment.
        for name in $(audit ls-tree -r --name-only "$commit" files/ | grep -E '/(rewritten|truncated|replaced|grown|dir1/.*|m/.*)$'); do
            audit show "$commit:$name" >"$BATS_TEST_TMPDIR/content"
            # A write that is under way has done some of its work: two letters, one after the other.
            [ "$name" = files/rewritten ] && most=2 || most=1
            runs=$(fold -w 1 "$BATS_TEST_TMPDIR/content" | uniq | wc -l)
            [ "$runs" -le "$most" ] || has $'\n'"$changing"$'\n' $'\n'"${name#files/}"$'\n'
            [ "$name" != files/replaced ] || equal "$(stat -c %s "$BATS_TEST_TMPDIR/content")" 5000
        done
    done
}
