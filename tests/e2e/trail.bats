#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The audit trail: what an agent did to a project, told and undone, whatever the agent tries.

load lib.bash
export BATS_TEST_TIMEOUT=120

# A project that is a git repository, with a bit of everything in it.
repository()
{
    chown 0:0 .
    mkdir -p src deep/er
    echo 'int main(void) { return 0; }' >src/main.c
    printf 'bytes\0of\xff\xfea\nprogram' >src/program
    chmod 755 src/program
    ln -s src/main.c link
    echo kept >deep/er/kept
    echo doomed >deep/er/doomed
    printf 'odd\n' >$'deep/new\nline'
    echo '*.o' >.gitignore
    echo object >src/main.o
    git init -q -b main .
    git add -A
    git -c user.name=t -c user.email=t@t commit -qm before
    chown -R -h "$project_uid:$project_uid" .
}

# every file but git's, its content and kind, as one text
state_of() { (cd -- "$1" && find . -path ./.git -prune -o \( -type f -o -type l \) -print0 | sort -z | xargs -0 -I{} sh -c 'stat -c "%A %F" "$1"; [ -h "$1" ] && readlink "$1" || sha1sum "$1"' sh {}); }

audit_volume() { docker volume ls --quiet --filter "label=io.claudex.audit=$project"; }

# The audit repository, seen from the host.
audit_repository() { docker volume inspect --format '{{.Mountpoint}}' "$(audit_volume)"; }

audit_fsck() { git -c safe.directory='*' -C "$(audit_repository)" fsck --full --strict --no-dangling 2>&1; }

@test "promise 14: what Claude Code does in a repository is shown exactly, and every byte comes back" {
    repository
    start_box --include "$e2e/fake-api"
    before=$(state_of "$project")
    scenario 'echo "/* more */" >> src/main.c' 'rm -r deep/er' 'echo new > added; ln -sf added link' \
        'git add -A && git -c user.name=a -c user.email=a@a commit -qm agent; git log --oneline | wc -l'
    drive claude
    run claudex exec "$name" -- "${driving[@]}"
    echo "$output"
    equal "$status" 0
    equal "$(told 3 | tail -n 1)" 2
    rm scenario.json record.jsonl

    equal "$(claudex diff --format json | jq -r '.[] | "\(.status) \(.path)"' | sort)" \
        "added added
deleted deep/er/doomed
deleted deep/er/kept
modified link
modified src/main.c"
    run claudex diff src
    has "$output" '+/* more */'
    lacks "$output" added
    # What a person sees: the session's start, the end of the agent's turn.
    run claudex log
    has "$output" start
    has "$output" turn

    claudex restore --yes
    equal "$(state_of "$project")" "$before"
    equal "$(claudex diff)" ""
    equal "$(owner_of deep/er/kept)" 1234:1234
    docker rm --force "$name" >/dev/null
    equal "$(audit_fsck)" ""
}

@test "when Codex has finished a turn, a snapshot says so and has what it did" {
    start_box --include "$e2e/fake-api"
    scenario 'echo "by Codex" >by-codex'
    drive codex
    run claudex exec "$name" -- "${driving[@]}"
    echo "$output"
    equal "$status" 0
    # Codex does not wait for the program that it notifies.
    turn_recorded() { [ "$(claudex log --format json | jq -r '.[0].kind')" = turn ]; }
    eventually 60 turn_recorded
    equal "$(claudex diff start last --format json -- by-codex | jq -r '.[].status')" added
    has "$(claudex diff start last -- by-codex)" "+by Codex"
}

@test "attack 44, promise 14: a removed /workspace/.git, rewritten history and forged times hide nothing" {
    repository
    start_box
    before=$(state_of "$project")
    claudex exec "$name" -- bash -c 'cd /workspace && git log --oneline && echo x >own && git add own && git commit -qm own'
    claudex exec "$name" -- bash -c '
        rm -rf /workspace/.git
        cp -p src/main.c /tmp/ref
        printf "int main(void) { return 1; }\n" > src/main.c
        touch -r /tmp/ref src/main.c
        echo src/ >.gitignore; echo hidden >src/hidden
        git -c user.name=a -c user.email=a@a commit -qam rewritten --amend
        git update-index --assume-unchanged src/main.c
        git config core.fsmonitor "touch /workspace/ran"; git config core.hooksPath /tmp
        echo "* filter=evil" > .gitattributes; git config filter.evil.clean "touch /workspace/ran; cat"
        touch -d @1000000000 deep/er/kept'
    equal "$(stat -c %s src/main.c)" 29
    equal "$(claudex diff --format json | jq -r '.[] | "\(.status) \(.path)"' | sort)" \
        "added .gitattributes
added src/hidden
modified .gitignore
modified src/main.c"
    claudex exec "$name" -- test ! -e /workspace/ran
    # The control: a git that believes that repository sees none of it, and runs what it says.
    run claudex exec "$name" -- bash -c 'git status --short; test -e /workspace/ran && echo RAN'
    lacks "$output" main.c
    has "$output" RAN
    claudex exec "$name" -- rm -f /workspace/ran
    claudex restore --yes
    equal "$(state_of "$project")" "$before"
    # Nothing of the repository can be entered, changed or removed from inside.
    run claudex exec "$name" -- bash -c 'cd /run/claudex/audit/*/ ; a=/run/claudex/audit/'"$token"'; for f in $a/refs $a/HEAD $a/config $a/claudex; do cat $f/* 2>&1; ls $f 2>&1; done; touch $a/x $a/objects/x $a/objects/pack/x; rm -rf $a/objects; ls $a/objects'
    has "$output" 'Permission denied'
    lacks "$output" refs/heads/main
    docker rm --force "$name" >/dev/null
    equal "$(audit_fsck)" ""
}

@test "promise 14: a box that was killed is closed by the next start; log and restore need no box" {
    repository
    before=$(state_of "$project")
    start_box
    claudex exec "$name" -- sh -c 'echo left >left; rm deep/er/doomed'
    docker kill "$name" >/dev/null
    eventually 10 box_gone "$name"
    run claudex log --format json
    equal "$(jq -r '.[].kind' <<<"$output" | xargs)" start
    claudex run -- sh -c 'echo second >second'
    equal "$(claudex log --format json | jq -r '.[].kind' | xargs)" "end start killed start"
    equal "$(claudex diff --format json | jq -r '.[] | "\(.status) \(.path)"')" "added second"
    first=$(claudex log --format json | jq -r 'last.id')
    run claudex restore --dry-run --to "$first"
    has "$output" "remove      left"
    has "$output" "bring back  deep/er/doomed"
    run claudex restore --to "${first:0:10}" --yes
    echo "$output"
    has "$output" "to undo that"
    equal "$(state_of "$project")" "$before"
    equal "$(owner_of deep/er/doomed)" 1234:1234
    undo=$(sed -n 's/.*restore --to //p' <<<"$output")
    claudex restore --to "$undo" --yes
    equal "$(cat left second | xargs)" "left second"
    nothing_left
    equal "$(audit_fsck)" ""
}

@test "promise 14: where a folder is a link meanwhile, nothing is brought back through it" {
    repository
    rm src/main.o # ignored, so that nobody keeps it
    before=$(state_of "$project")
    claudex run -- sh -c 'rm -r deep/er; ln -s ../.. deep/er; rm -r src; echo file >src
        rm link; mkdir link; echo in >link/in'
    run claudex restore --yes deep/er/kept
    equal "$status" 125
    has "$output" "1 of 1 files could not be restored"
    lacks "$output" "to undo that"
    [ ! -e "${project%/*}/kept" ]
    # All of it is another matter: what is in the way goes first.
    claudex restore --yes
    equal "$(state_of "$project")" "$before"
    [ ! -e "${project%/*}/kept" ]
}

@test "--no-git: no repository, no trail, and the verbs say so" {
    repository
    claudex run --no-git -- sh -c 'test ! -e /workspace/.git && test ! -e /run/claudex/audit'
    equal "$(audit_volume)" ""
    refused 125 "no audit trail" claudex log
    refused 125 "no audit trail" claudex diff
    refused 125 "no audit trail" claudex restore
}

@test "snapshot: on demand, by interval, and once where nothing changed" {
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[git]\ninterval = 2s\n' >"$XDG_CONFIG_HOME/claudex/config"
    start_box
    has "$(claudex snapshot)" "nothing changed since"
    claudex exec "$name" -- sh -c 'echo 1 >one'
    has "$(claudex snapshot)" "recorded as"
    claudex exec "$name" -- sh -c 'echo 2 >two'
    by_interval() { [ "$(claudex log --format json | jq -r '.[0].kind')" = interval ]; }
    eventually 15 by_interval
    equal "$(claudex log --format json | jq -r '.[].kind' | xargs)" "interval asked start"
    equal "$(claudex log --format json | jq -r '.[0].agent + .[0].mode')" claudeallowlist
    # The whole project and a part of it are the whole.
    equal "$(claudex diff --format json . one | jq -r '.[].path' | xargs)" "one two"
    # What was mistyped is no path that is as it was.
    for verb in diff restore; do
        run claudex "$verb" nosuch
        equal "$status $output" "125 claudex: nosuch is in neither of the two snapshots"
    done
    # What PID 1 says of it by itself.
    told() { [ "$(claudex status --format json | jq -c '.trail | [.snapshots, .kind, .failing]')" = '[3,"interval",false]' ]; }
    eventually 15 told
    [ "$(claudex status --format json | jq .trail.time)" -ge "$(claudex log --format json | jq '.[0].time')" ]
    has "$(claudex status)" "3 in this session, the last "
    has "$(claudex status)" " ago (interval)"
}

@test "attack 45: escape sequences in names and files do not reach the terminal; a program gets the bytes" {
    open_terminal
    start_box
    claudex exec "$name" -- sh -c 'printf "\033]0;owned\007text\n" >file; printf x >"$(printf "a\033[31mb")"'
    run claudex diff file
    has "$output" $'\033]0;owned'
    run claudex diff --stat
    lacks "$output" $'\033'
    typed "PAGER=cat claudex diff | cat -v | head -n 3; claudex diff file | tail -n 1"
    shows '^diff --git'
    typed 'claudex restore'
    shows 'restore 2 files\?'
    typed y
    shows 'to undo that: docker claudex restore --to [0-9a-f]{10}'
    equal "$(cat file)" "a file of the project"
}
