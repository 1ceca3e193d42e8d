#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# What a box refuses to start with: one clear line, 125, and nothing of the agent ever ran.

load lib.bash

@test "attack 40, promise 18: each missing capability is named, with the remedy" {
    for name in NET_ADMIN NET_RAW SETUID SETGID SETPCAP CHOWN KILL; do
        options=(--drop "$name")
        run in_box sh -c "$trace"
        refused "CAP_$name" "cap_add: [$name]"
    done
}

@test "promise 18: several missing ones are named in one line" {
    options=(--drop SETUID --drop KILL)
    run in_box sh -c "$trace"
    refused CAP_SETUID CAP_KILL "cap_add: [SETUID, KILL]"
}

@test "no configuration: refused, and the line says how boxes are started" {
    before='rm run/claudex/private/config'
    run in_box sh -c "$trace"
    refused "/run/claudex/private/config is missing" "docker claudex run"
}

@test "an empty configuration is refused" {
    config=
    run in_box sh -c "$trace"
    equal "$status" 125
    has "$output" "[box] has no name"
    has "$output" "[box] has no workdir"
}

@test "a damaged configuration is refused by file and line" {
    config+=$'\n[network]\nmode = wide-open'
    run in_box sh -c "$trace"
    refused "/run/claudex/private/config:7:" wide-open
}

@test "all problems of a configuration are told" {
    config+=$'\n[network]\nmode = wide-open\nports = 1\n[nonsense]\nx = y'
    run in_box sh -c "$trace"
    equal "$status" 125
    has "$output" ":7:"
    has "$output" ":8:"
    has "$output" ":9:"
    [ ! -e "$project/ran" ]
}

@test "a hostile configuration is refused: binary, endless, huge, a link, a FIFO, a folder" {
    local at=run/claudex/private/config
    for before in "printf '\\0\\1\\2[box]' >$at" \
        "head -c 100000 /dev/zero | tr '\\0' x >$at" \
        "head -c 2000000 /dev/zero >$at" \
        "mv $at opt/config; ln -s /opt/config $at" \
        "rm $at; mkfifo $at" \
        "rm $at; mkdir $at"; do
        run in_box sh -c "$trace"
        equal "$status" 125
        has "$output" "/$at"
        [ ! -e "$project/ran" ]
    done
}

@test "escape sequences in a configuration do not reach the terminal" {
    config+=$'\n[network]\nmode = \e]0;owned\a'
    run in_box sh -c "$trace"
    equal "$status" 125
    lacks "$output" $'\e'
    lacks "$output" $'\a'
}

@test "a configuration that only its owner may read is read all the same" {
    # Compose mounts the user's own file.
    before='chmod 600 run/claudex/private/config; chown 4321:4321 run/claudex/private/config'
    run in_box id -u
    equal "$output" 1234
}

@test "a damaged environment is refused, and its values are not shown" {
    before='printf "A=1\0B=secret" >run/claudex/private/env'
    run in_box sh -c "$trace"
    refused "entry 2 is cut off"
    lacks "$output" secret
    before='printf "A=1\0002B=secret\0" >run/claudex/private/env'
    run in_box sh -c "$trace"
    refused "entry 2" "2B"
    lacks "$output" secret
    before='printf "secret\0" >run/claudex/private/env'
    run in_box sh -c "$trace"
    refused "entry 1 has no"
    lacks "$output" secret
}

@test "the private folder replaced by a link is refused" {
    before='mv run/claudex opt/claudex; ln -s /opt/claudex run/claudex'
    run in_box sh -c "$trace"
    refused claudex
}

@test "promise 9: a mount that is not there is refused" {
    config+=$'\n''mount = rw - /workspace/other'
    run in_box sh -c "$trace"
    refused "nothing is mounted at /workspace/other"
}

@test "attack 41, promise 9: a folder that was swapped after the approval is refused" {
    mkdir "$BATS_TEST_TMPDIR/other"
    config=$(config_of "mount = rw $(identity "$BATS_TEST_TMPDIR/other") /workspace/project")
    run in_box sh -c "$trace"
    refused "/workspace/project is not the folder that it was made for"
}

@test "attack 41, promise 9: a mount that followed a swapped link is refused" {
    # What an engine does when the mount point inside a project became a symlink.
    mkdir "$BATS_TEST_TMPDIR/inner"
    chown 1234:1234 "$BATS_TEST_TMPDIR/inner"
    config+=$'\n'"mount = rw $(identity "$BATS_TEST_TMPDIR/inner") /workspace/project/inner"
    before="mkdir opt/elsewhere; ln -s /opt/elsewhere workspace/project/inner
        mount --bind '$BATS_TEST_TMPDIR/inner' opt/elsewhere"
    run in_box sh -c "$trace"
    refused "nothing is mounted at /workspace/project/inner"
}

@test "where the device and inode are not known, only the place counts" {
    config=$(config_of "mount = rw - /workspace/project")
    run in_box true
    equal "$status" 0
}

@test "writable instead of read-only is refused, and the other way round" {
    config=$(config_of "mount = ro $(identity "$project") /workspace/project")
    run in_box sh -c "$trace"
    refused "/workspace/project is mounted writable and ought to be read-only"
    config=$(config_of "mount = rw $(identity "$project") /workspace/project")
    before='mount -o remount,bind,ro workspace/project'
    run in_box sh -c "$trace"
    refused "/workspace/project is mounted read-only and ought to be writable"
}

@test "two mounts over each other are refused" {
    before="mount --bind '$project' workspace/project"
    run in_box sh -c "$trace"
    refused "two mounts lie over each other at /workspace/project"
}

@test "mounts that nobody asked for are refused where they matter, and only there" {
    for place in workspace/other workspace context/docs run/claudex/private run/claudex \
        run/claudex/private/other run/claudex/public; do
        before="mkdir -p $place; mount --bind opt $place"
        run in_box sh -c "$trace"
        equal "$status" 125
        [ ! -e "$project/ran" ]
    done
    before='mkdir -p opt/data run/other; mount --bind root opt/data; mount --bind root run/other
        mkdir run/claudex/private/state run/claudex/private/secrets
        mount -t tmpfs none run/claudex/private/state
        touch run/claudex/private/secrets/key
        mount --bind etc/passwd run/claudex/private/secrets/key'
    run in_box true
    equal "$output" ""
    equal "$status" 0
}

@test "what is mounted below a project comes along, but a read-only one stays read-only" {
    mkdir "$project/below"
    before='mount -t tmpfs none workspace/project/below'
    run in_box true
    equal "$status" 0
    config=$(config_of "mount = ro $(identity "$project") /workspace/project")
    before='mount -t tmpfs none workspace/project/below; mount -o remount,bind,ro workspace/project'
    run in_box sh -c "$trace"
    refused "/workspace/project/below is mounted writable" read-only
}

@test "attack 41: names with spaces, newlines and escape sequences are mounts like others" {
    name=$'a b\tc\\d'
    mkdir "$project/$name"
    before='mount -t tmpfs none "workspace/project/$(ls workspace/project)"'
    run in_box true
    equal "$status" 0
    # Where such a mount is refused, the line is one line.
    before='mkdir "workspace/$(printf "x\n\033[31m")"; mount -t tmpfs none "workspace/$(printf "x\n\033[31m")"'
    run in_box sh -c "$trace"
    refused 'a mount at /workspace/x\x0a\x1b[31m'
}

@test "promise 10: an engine's socket is refused, wherever and under whatever name" {
    touch "$BATS_TEST_TMPDIR/docker.sock"
    before="touch opt/innocent; mount --bind '$BATS_TEST_TMPDIR/docker.sock' opt/innocent"
    run in_box sh -c "$trace"
    refused "the engine's socket is mounted at /opt/innocent"
    touch "$BATS_TEST_TMPDIR/x"
    before="mkdir -p var/run; touch var/run/docker.sock; mount --bind '$BATS_TEST_TMPDIR/x' var/run/docker.sock"
    run in_box sh -c "$trace"
    refused "the engine's socket"
}

@test "a project that root owns is refused, with the remedy" {
    chown 0:0 "$project"
    run in_box sh -c "$trace"
    refused "/workspace/project belongs to root" "chown"
}

@test "projects of different owners are refused, and both are named" {
    mkdir "$BATS_TEST_TMPDIR/second"
    chown 4321:4321 "$BATS_TEST_TMPDIR/second"
    config+=$'\n'"mount = rw $(identity "$BATS_TEST_TMPDIR/second") /workspace/second"
    before=$(bind "$BATS_TEST_TMPDIR/second" /workspace/second)
    run in_box sh -c "$trace"
    refused "/workspace/project belongs to uid 1234" "/workspace/second to uid 4321"
}

@test "a project of the overflow uid is refused" {
    chown 65534:65534 "$project"
    run in_box sh -c "$trace"
    refused "/workspace/project belongs to uid 65534"
}

@test "promise 1: nothing runs if the firewall's tables cannot be had" {
    # No network namespace of its own can be made to lack them: without NET_ADMIN it does.
    options=(--drop NET_ADMIN)
    run in_box sh -c "$trace"
    refused CAP_NET_ADMIN
}

@test "not PID 1: a clear error" {
    run "$init" true
    equal "$status" 2
    has "$output" "docker claudex run"
    run "$init" --version
    equal "$status" 0
    [[ $output == "claudex-init "* ]]
}
