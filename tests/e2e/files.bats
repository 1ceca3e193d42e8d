#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# push and pull.

load lib.bash
export BATS_TEST_TIMEOUT=90

@test "push: a file and a tree arrive, as the agent's" {
    mkdir -p "$world/tree/sub"
    echo one >"$world/tree/sub/one"
    printf '#!/bin/sh\n' >"$world/tree/run me"
    chmod 755 "$world/tree/run me"
    start_box
    claudex push "$world/tree" "$name:/home/node/"
    run claudex exec "$name" -- sh -c 'cd ~/tree && cat sub/one && test -x "run me" && stat -c %u sub/one && rm -r ~/tree && echo gone'
    equal "${lines[*]}" "one 1234 gone"
}

@test "pull: a file and a tree arrive, as ours" {
    start_box
    claudex exec "$name" -- sh -c 'mkdir -p ~/out/sub; echo two >~/out/sub/two; chmod 600 ~/out/sub/two'
    claudex pull "$name:/home/node/out" "$world/got"
    equal "$(<"$world/got/sub/two")" two
    equal "$(owner_of "$world/got/sub/two")" "$(id -u):$(id -g)"
    claudex pull "$name:/home/node/out/sub/two" "$world/one-file"
    equal "$(<"$world/one-file")" two
}

@test "there and back: names with spaces, newlines, unicode; an empty folder; 30 MB" {
    mkdir -p "$world/odd/empty"
    echo x >"$world/odd/with space"
    echo x >"$world/odd/"$'new\nline'
    echo x >"$world/odd/ümläut"
    head -c 30000000 /dev/urandom >"$world/odd/big"
    start_box
    claudex push "$world/odd" "$name:/home/node/odd"
    claudex pull "$name:/home/node/odd" "$world/back"
    diff -r "$world/odd" "$world/back"
}

@test "what is not there: a clear message, nothing made" {
    start_box
    for try in "push $world/nowhere $name:/tmp/" "pull $name:/no/such/thing $world/x" \
        "push $project/file $name:/no/such/folder/" "pull no-such-box:/etc $world/x"; do
        # shellcheck disable=SC2086
        run --separate-stderr claudex $try
        echo "$try: $status $stderr"
        equal "$status" 125
        has "$stderr" "claudex: "
    done
    [ ! -e "$world/x" ]
}

@test "pull from the agent's hands: links out, setuid, devices and escapes do no harm" {
    start_box
    claudex exec "$name" -- sh -c '
        mkdir -p ~/bad/deep && cd ~/bad
        ln -s /etc/passwd absolute; ln -s ../../../../../../etc climbing; ln -s .. deep/up
        ln -s '"$world"'/victim out; echo x >plain
        cp /bin/true setuid; chmod 6755 setuid; mkfifo fifo
        echo x >"$(printf "title\033]0;owned\007")"; chmod 777 plain'
    mkdir "$world/victim"
    run claudex pull "$name:/home/node/bad" "$world/pulled"
    echo "$output"
    lacks "$output" $'\e'
    [ ! -u "$world/pulled/setuid" ]
    [ ! -g "$world/pulled/setuid" ]
    equal "$(ls -A "$world/victim")" ""
    # No link in what was pulled leads out of it.
    find "$world/pulled" -type l | while read -r link; do
        has "$(realpath -m "$link")" "$world/pulled"
    done
    equal "$(find "$world/pulled" \( -type b -o -type c -o -type s \) | wc -l)" 0
}

@test "pull through a link that the target folder already has does not write outside" {
    mkdir "$world/victim" "$world/into"
    ln -s "$world/victim" "$world/into/sub"
    start_box
    claudex exec "$name" -- sh -c 'mkdir -p ~/into/sub; echo x >~/into/sub/x'
    run claudex pull "$name:/home/node/into/." "$world/into"
    echo "$output"
    equal "$(ls -A "$world/victim")" ""
}

# An archive no engine would make: absolute names, "..", a link and a file through it, a device,
# a hard link out.
hostile_archive()
{
    mkdir -p "$world/h/in"
    (
        cd "$world/h"
        echo x >in/file
        ln -s "$world/victim" in/link
        tar -cf hostile.tar --no-recursion in in/file
        tar -rPf hostile.tar --transform "s,^in/file,../escaped," in/file
        tar -rPf hostile.tar --transform "s,^in/file,$world/victim/absolute," in/file
        tar -rPf hostile.tar in/link
        tar -rPf hostile.tar --transform "s,^in/file,in/link/through," in/file
        mknod in/device c 1 3 && tar -rPf hostile.tar in/device
        ln "$world/precious" in/hard && echo x >in/hard2 && tar -rPf hostile.tar in/file
    )
    cp "$world/h/hostile.tar" "$world/hostile.tar"
}

@test "pull from a hostile engine: nothing leaves the target folder" {
    mkdir "$world/victim"
    echo precious >"$world/precious"
    hostile_archive
    id=$(printf 'a%.0s' {1..64})
    stat=$(printf '{"name":"in","size":1,"mode":2147484141,"mtime":"2026-01-01T00:00:00Z","linkTarget":""}' | base64 -w0)
    cat >"$world/routes.json" <<END
{"GET /_ping": {"headers": {"Api-Version": "1.45"}, "body": "OK"},
 "GET /containers/json": {"json": [{"Id": "$id", "Names": ["/claudex-x"], "State": "running",
    "Labels": {"io.claudex.box": "claudex-x", "io.claudex.folders": "[]"}}]},
 "HEAD /containers/$id/archive": {"headers": {"X-Docker-Container-Path-Stat": "$stat"}},
 "GET /containers/$id/archive": {"headers": {"X-Docker-Container-Path-Stat": "$stat"},
    "file": "/world/hostile.tar"}}
END
    host_node engine fake-engine.js /world/engine.sock /world/routes.json
    eventually 20 test -S "$world/engine.sock"
    mkdir "$world/target"
    run env DOCKER_HOST="unix://$world/engine.sock" claudex pull claudex-x:/in "$world/target/in"
    echo "$status $output"
    [ "$status" = 125 ] || [ "$status" = 0 ]
    equal "$(ls -A "$world/victim")" ""
    [ ! -e "$world/escaped" ]
    [ ! -e "$world/target/escaped" ]
    equal "$(<"$world/precious")" precious
    equal "$(find "$world/target" -type c | wc -l)" 0
}

@test "push does not follow the agent's link out of where it was sent" {
    start_box
    claudex exec "$name" -- sh -c 'ln -s /etc ~/etc'
    run claudex push "$project/file" "$name:/home/node/etc/"
    run claudex exec "$name" -- ls /etc/file
    [ "$status" -ne 0 ]
}
