#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Builds that cannot succeed, on an engine of their own that has no network and little disk.

load lib.bash
export BATS_TEST_TIMEOUT=120

base=debian:trixie-slim

setup_file()
{
    [ "$(id -u)" = 0 ] || skip "starting an engine needs root"
    private=$BATS_FILE_TMPDIR/e
    mkdir "$private"
    mount -t tmpfs -o size=400m claudex-e2e "$private"
    # A resolver that refuses at once: waiting for one that is silent is not what is tested.
    echo '{"dns": ["127.0.0.1"]}' >"$private/daemon.json"
    "$top/scripts/engine" start --private "$private" >&2
    docker save "$base" | docker -H "unix://$private/docker.sock" load >&2
    export private
}

teardown_file()
{
    [ -n "$private" ] || return 0
    "$top/scripts/engine" stop --private "$private" >&2
    umount "$private"
}

setup()
{
    make_world
    cd "$project"
    export DOCKER_HOST=unix://$private/docker.sock
    before=$(everything)
}

teardown()
{
    rm -f "$private/filling"
    unset DOCKER_HOST
    end_world
}

# Containers, images, volumes of the engine. Layers without a name are the build's cache, which
# the next try goes on from.
everything()
{
    docker ps --all --format '{{.ID}} {{.Names}} {{.Status}}'
    docker images --format '{{.ID}} {{.Repository}}:{{.Tag}}' | grep -v '<none>:<none>' | sort
    docker volume ls
}

nothing_made()
{
    equal "$(everything)" "$before"
    nothing_left
}

@test "no network: the end of the log, 125, nothing half-made" {
    run --separate-stderr claudex build
    echo "$stderr"
    equal "$status" 125
    equal "$output" ""
    has "$stderr" "apt"
    has "$(tail -n 4 <<<"$stderr")" "claudex: "
    nothing_made
}

@test "no image and no network: run says so and starts nothing" {
    run --separate-stderr claudex run . -- true
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "claudex: "
    nothing_made
}

@test "--base: another image is built on" {
    printf 'FROM %s\nRUN printf "#!/bin/sh\\necho this is the other base\\nexit 1\\n" >/usr/bin/apt-get\n' "$base" |
        DOCKER_BUILDKIT=0 TMPDIR=/tmp docker build --quiet --tag other-base:1 - >/dev/null
    run --separate-stderr claudex build --base other-base:1
    echo "$stderr"
    docker rmi other-base:1 >/dev/null
    equal "$status" 125
    has "$stderr" "this is the other base"
    nothing_made
}

@test "no base image and no network: the message names it and --bootstrap" {
    run --separate-stderr claudex build --base localhost:1/no/such:base
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "localhost:1/no/such:base"
    nothing_made
}

@test "the disk fills up while building" {
    # All but a little, so that it is the build that meets the end.
    fallocate -l "$(($(stat -f -c '%a * %S' "$private") - 100000))" "$private/filling"
    run --separate-stderr claudex build
    echo "$stderr"
    equal "$status" 125
    has "${stderr,,}" "no space left"
    rm "$private/filling"
    nothing_made
}

@test "Ctrl-C while building" {
    for after in 0.1 0.7 1.5 2.5; do
        rm -f "$world/started"
        setsid env --default-signal=INT sh -c 'touch "$0" && exec "$@"' "$world/started" \
            claudex build --no-cache >"$world/output" 2>&1 &
        group=$!
        eventually 5 test -e "$world/started"
        sleep "$after"
        kill -INT -- "-$group"
        status=0
        wait "$group" || status=$?
        cat "$world/output"
        echo "$after: $status"
        [ "$status" = 125 ] || [ "$status" = 130 ]
        eventually 10 nothing_made
    done
}

# as_base: the base image goes for claudex's own, which no build of these gets to use.
as_base()
{
    docker tag "$base" "claudex:$version"
    before=$(everything)
    printf 'hello\n' >.claudex
}

@test "packages without a network: what APT says, 125, nothing made, nothing started" {
    as_base
    run --separate-stderr claudex run . -- touch started
    echo "$stderr"
    equal "$status" 125
    equal "$output" ""
    has "$stderr" "  | E: Failed to fetch"
    has "$(tail -n 2 <<<"$stderr")" "is there a network?"
    [ ! -e started ]
    nothing_made
    docker rmi "claudex:$version" >/dev/null
}

@test "packages on a full disk" {
    as_base
    fallocate -l "$(($(stat -f -c '%a * %S' "$private") - 100000))" "$private/filling"
    run --separate-stderr claudex run . -- touch started
    echo "$stderr"
    rm "$private/filling"
    equal "$status" 125
    # Whoever met the end of it: APT, the engine, or runc, which does not say so.
    has "${stderr,,}" "docker system prune"
    [ ! -e started ]
    nothing_made
    docker rmi "claudex:$version" >/dev/null
}

@test "an image that is older than a month says so, a newer one does not" {
    for age in 40 20; do
        printf 'FROM %s\nLABEL io.claudex.version=x\n' "$base" | DOCKER_BUILDKIT=1 TMPDIR=/tmp docker build \
            --quiet --build-arg SOURCE_DATE_EPOCH=$(($(date +%s) - age * 86400 - 60)) \
            --tag "claudex:$version" - >/dev/null
        run --separate-stderr claudex version
        echo "$stderr"
        equal "$status" 0
        has "$output" "built $(date -u -d "@$(($(date +%s) - age * 86400 - 60))" +%F)"
        if [ "$age" = 40 ]; then
            has "$stderr" "the image claudex:$version is 40 days old"
            has "$stderr" "docker claudex update"
        else
            equal "$stderr" ""
        fi
        docker rmi "claudex:$version" >/dev/null
    done
}

@test "a registry that answers 500: the base image is not built on, and the message has its answer" {
    mkdir "$world/registry"
    cat >"$world/registry.js" <<'END'
require('http').createServer((request, response) => {
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end('broken');
}).listen(5999, '127.0.0.1', () => require('fs').writeFileSync(process.argv[2], ''));
END
    nsenter --net="/proc/$(<"$private/docker.pid")/ns/net" node "$world/registry.js" "$world/ready" &
    registry=$!
    eventually 10 test -e "$world/ready"
    run --separate-stderr claudex build --base localhost:5999/acme/base:1
    kill "$registry"
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "cannot pull the base image localhost:5999/acme/base:1"
    has "$stderr" "500"
    nothing_made
}
