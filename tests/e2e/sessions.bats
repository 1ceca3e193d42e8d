#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Boxes over time: detached, joined, parallel, replaced, listed, attached to, ended.

load lib.bash
export BATS_TEST_TIMEOUT=90

@test "-d prints the box's name; the box runs on; stop ends and removes it" {
    start_box
    box_is "$name" running
    run --separate-stderr claudex stop "$name"
    equal "$status" 0
    eventually 10 box_gone "$name"
    nothing_left
}

@test "a second session of the same folder joins the box" {
    start_box
    run claudex run . -- sh -c 'echo in $(hostname); ps -e -o comm= | grep -c sleep'
    has "$output" "in $(docker inspect --format '{{.Config.Hostname}}' "$name")"
    equal "${lines[-1]}" 1
    equal "$(our_containers | wc -l)" 1
    run claudex run . -- sh -c 'exit 41'
    equal "$status" 41
    box_is "$name" running
}

@test "a joined session gets its own variables" {
    start_box -e FIRST=1
    run --separate-stderr claudex run -e FIRST=1 -e SECOND=2 . -- sh -c 'echo "$FIRST $SECOND"'
    equal "$output" "1 2"
}

@test "a second session that asks for something else is refused with the difference" {
    start_box
    run --separate-stderr claudex run --memory 256m . -- true
    equal "$status" 125
    has "${stderr,,}" memory
    has "$stderr" "--parallel"
    has "$stderr" "--replace"
    run --separate-stderr claudex run --network open . -- true
    equal "$status" 125
    has "${stderr,,}" network
    box_is "$name" running
}

@test "--parallel makes another box" {
    start_box
    first=$name
    start_box --parallel
    [ "$name" != "$first" ]
    box_is "$first" running
    box_is "$name" running
    equal "$(claudex list -q | grep -c "$token")" 2
}

@test "--replace ends the old box" {
    start_box
    id=$(docker inspect --format '{{.Id}}' "$name")
    start_box --replace --memory 256m
    box_is "$name" running
    [ "$(docker inspect --format '{{.Id}}' "$name")" != "$id" ]
    equal "$(our_containers | wc -l)" 1
}

@test "--keep keeps the container; rm removes it" {
    run claudex run --keep . -- sh -c 'exit 3'
    equal "$status" 3
    name=$(claudex list --format json | jq -r '.[].name' | grep "$token")
    box_is "$name" exited
    claudex rm "$name"
    nothing_left
}

@test "--name names it; a name that is taken is refused" {
    name=$token-mine
    claudex run -d --name "$name" . -- sleep 600
    box_is "$name" running
    new_project "$world/${token}b"
    run --separate-stderr claudex run -d --name "$name" "$world/${token}b" -- sleep 600
    equal "$status" 125
    has "$stderr" "$name"
    equal "$(our_containers | wc -l)" 1
}

@test "list: a table for people, JSON for programs, names alone" {
    start_box
    run claudex list
    has "$output" "$name"
    json=$(claudex list --format json)
    entry=$(jq --arg name "$name" '.[] | select(.name == $name)' <<<"$json")
    equal "$(jq -r .state <<<"$entry")" running
    equal "$(jq -r '.folders[0]' <<<"$entry")" "$project"
    equal "$(jq -r .network <<<"$entry")" allowlist
    claudex lockdown on "$name"
    equal "$(claudex list --format json | jq -r --arg name "$name" \
        '.[] | select(.name == $name).network')" lockdown
    [[ $(claudex list) =~ "$name "[^$'\n']*" lockdown " ]]
    has "$(claudex list -q)" "$name"
    run docker claudex list -q
    has "$output" "$name"
}

@test "status: mode, session, versions; of the current folder's box without a name" {
    start_box
    run claudex status
    has "$output" "$name"
    has "$output" allowlist
    json=$(claudex status --format json "$name")
    equal "$(jq -r .name <<<"$json")" "$name"
    equal "$(jq -r .mode <<<"$json")" allowlist
    has "$json" "$version"
}

@test "stdout of list and status is no terminal: no colour" {
    start_box
    lacks "$(claudex list; claudex status)" $'\e['
}

@test "exec: exit status, streams, folder" {
    start_box
    run --separate-stderr claudex exec "$name" -- sh -c 'pwd; echo err >&2; exit 9'
    equal "$status" 9
    equal "$output" "$box"
    equal "$stderr" err
    run claudex exec "$name" -- cat < <(echo through)
    equal "$output" through
    run -127 claudex exec "$name" -- no-such-command
    equal "$status" 127
}

@test "a box is found without a name by the current folder" {
    start_box
    run claudex exec -- pwd
    equal "$output" "$box"
    cd /
    run --separate-stderr claudex stop "$token-no-such-box"
    equal "$status" 125
    has "$stderr" "$token-no-such-box"
}

@test "logs shows what the session said; attach joins it; its end is the box's" {
    start_box -- sh -c 'echo first words; read -r line; echo "read $line"; exit 12'
    said() { claudex logs "$name" | grep -q "first words"; }
    eventually 10 said
    run claudex attach "$name" < <(echo something)
    equal "$status" 12
    has "$output" "read something"
    nothing_left
}

@test "stop gives the session its signal and time" {
    start_box --keep -- bash -c 'trap "echo was asked; exit 5" TERM; touch ready; while :; do sleep 0.1; done'
    eventually 10 test -e ready
    claudex stop "$name"
    eventually 10 box_is "$name" exited
    has "$(docker logs "$name" 2>&1)" "was asked"
    equal "$(docker inspect --format '{{.State.ExitCode}}' "$name")" 5
}

@test "terminating signals are obeyed from outside" {
    start_box --keep
    docker kill --signal TERM "$name" >/dev/null
    eventually 10 box_is "$name" exited
    equal "$(docker inspect --format '{{.State.ExitCode}}' "$name")" 143
}

@test "what the session leaves running goes with the box" {
    run claudex run . -- sh -c 'setsid sleep 4321 & exit 4'
    equal "$status" 4
    eventually 10 bash -c '! ps -eo args | grep -qx "sleep 4321"'
    nothing_left
}

@test "rm of a running box needs more than a name" {
    start_box
    run --separate-stderr claudex rm "$name"
    equal "$status" 125
    has "$stderr" stop
    box_is "$name" running
    run claudex rm --force "$name"
    [ "$status" -ne 0 ] || nothing_left
}

@test "boxes of others are not ours to list, stop or remove" {
    helper foreign --entrypoint sleep "$image" 600
    lacks "$(claudex list -q)" "$token-foreign"
    for verb in stop rm logs; do
        run claudex "$verb" "$token-foreign"
        equal "$status" 125
    done
    box_is "$token-foreign" running
}
