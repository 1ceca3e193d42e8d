#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154,SC2164 # how bats works
# scripts/engine and scripts/base-image, on private engines only.

load lib.bash

setup()
{
    [ "$(id -u)" = 0 ] || skip "needs root: an engine is started"
    world=$BATS_TEST_TMPDIR
    one=$world/one
    two="$world/the second"
    engine=$top/scripts/engine
    unset DOCKER_HOST DOCKER_CONTEXT
    stranger=
}

teardown()
{
    local dir
    for dir in "$one" "$two"; do
        [ ! -e "$dir/engine.state" ] || "$engine" stop --private "$dir"
    done
    [ -z "$stranger" ] || kill "$stranger"
}

at() { docker -H "unix://$1/docker.sock" "${@:2}"; }
pid_of() { sed -n 's/^pid=//p' "$1/engine.state"; }

# What an engine adds to a network namespace.
network() { ip -o link | sed 's/.*: \(.*\): .*/\1/'; iptables -S; iptables -t nat -S; }

# Neither processes nor mounts of an engine in DIR.
swept()
{
    equal "$(pgrep --full --list-full -- "$1/(exec|data)")" ""
    equal "$(grep -F "${1// /\\040}" /proc/self/mountinfo)" ""
}

# A zombie, too, has ended.
ended() { [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

# A container of the engine in DIR that needs no image from a registry.
container()
{
    docker save debian:trixie-slim | at "$1" load --quiet
    at "$1" run --detach --name clx-engine-left --restart always --stop-signal KILL debian:trixie-slim sleep 98765
}

@test "start, start again, stop, stop again" {
    run -0 "$engine" start --private "$one"
    has "$output" "started on unix://$one/docker.sock"
    first=$(pid_of "$one")
    run -0 "$engine" start --private "$one"
    has "$output" "answers already"
    equal "$(pid_of "$one")" "$first"
    run -0 "$engine" status --private "$one"
    has "$output" "started by scripts/engine, process $first"
    run -0 "$engine" stop --private "$one"
    has "$output" "stopped"
    swept "$one"
    run -3 "$engine" status --private "$one"
    run -0 "$engine" stop --private "$one"
    has "$output" "nothing to stop"
}

@test "both releases, and a folder with a space" {
    "$engine" start --private "$one" --release trixie
    "$engine" start --private "$two" --release bookworm
    has "$(at "$one" version --format '{{.Server.Version}}')" 26.1.
    has "$(at "$two" version --format '{{.Server.Version}}')" 20.10.
    equal "$(at "$two" version --format '{{.Server.APIVersion}}')" 1.41
}

@test "a private engine has no part in the machine's network" {
    before=$(network)
    "$engine" start --private "$one"
    at "$one" network create clx-engine-net
    container "$one"
    equal "$(network)" "$before"
    "$engine" stop --private "$one"
    equal "$(network)" "$before"
}

@test "two starts at one moment make one engine" {
    "$engine" start --private "$one" >"$world/first" 3>&- &
    "$engine" start --private "$one" >"$world/second" 3>&-
    wait $!
    equal "$(sort "$world/first" "$world/second" | grep -c ' started on ')" 1
    equal "$(sort "$world/first" "$world/second" | grep -c 'answers already')" 1
}

@test "stop ends nothing that start has not started" {
    sleep 600 3>&- &
    stranger=$!
    mkdir -p "$one"
    # As if the engine had ended, and its process id were another's now.
    printf 'pid=%s\nstarted=1\n' "$stranger" >"$one/engine.state"
    "$engine" start --private "$two"
    run -0 "$engine" stop --private "$one"
    has "$output" "had ended already"
    kill -0 "$stranger"
    "$engine" status --private "$two"
}

@test "start copes with what a killed engine leaves behind" {
    "$engine" start --private "$two"
    container "$two"
    sleeper=$(at "$two" inspect --format '{{.State.Pid}}' clx-engine-left)
    kill -KILL "$(pid_of "$two")"
    # dockerd refuses to start when its pid file names a process that lives.
    echo $$ >"$two/docker.pid"
    [ -S "$two/docker.sock" ]
    run -0 "$engine" start --private "$two"
    has "$output" "ending what a killed engine left running"
    # The same container again, in the hands of the new engine.
    ended "$sleeper"
    eventually 10 at "$two" exec clx-engine-left true
    kill -KILL "$(pid_of "$two")"
    run -0 "$engine" stop --private "$two"
    has "$output" "had ended already"
    swept "$two"
    [ ! -e "$two/docker.sock" ]
}

@test "an engine that does not start: the end of its log, and nothing left" {
    mkdir -p "$one"
    echo '{"no-such-option": 1}' >"$one/daemon.json"
    run -125 "$engine" start --private "$one"
    has "$output" no-such-option
    has "$output" "$one/dockerd.log"
    swept "$one"
    [ ! -e "$one/engine.state" ]
}

@test "DOCKER_HOST that does not answer is not replaced by another engine" {
    run -125 env DOCKER_HOST="unix://$world/none.sock" "$engine" start
    has "$output" "DOCKER_HOST=unix://$world/none.sock does not answer"
}

@test "DOCKER_HOST that answers is good enough" {
    "$engine" start --private "$one"
    run -0 env DOCKER_HOST="unix://$one/docker.sock" "$engine" start
    has "$output" "answers already"
}

@test "without root it says what is needed" {
    # The checkout may lie where others cannot look.
    setpriv --reuid 65534 --clear-groups test -r "$engine" || skip "the checkout is root's own"
    install -d -m 777 "$one"
    run -125 setpriv --reuid 65534 --clear-groups "$engine" start --private "$one"
    has "$output" "needs root"
    has "$output" sudo
}

@test "bad usage" {
    run -2 "$engine"
    run -2 "$engine" start stop
    run -2 "$engine" start --release sid
    run -2 "$engine" start --private
    run -125 "$engine" start --private "$world/$(printf 'x%.0s' {1..80})"
    has "$output" "too long"
}

@test "base-image makes the image once, and says what is wrong with a file" {
    "$engine" start --private "$one"
    export DOCKER_HOST="unix://$one/docker.sock"
    run -0 "$top/scripts/base-image"
    has "$output" "debian:trixie-slim made"
    equal "$(docker run --rm debian:trixie-slim sed -n s/VERSION_CODENAME=//p /etc/os-release)" trixie
    run -0 "$top/scripts/base-image"
    has "$output" "here already"
    echo "not a tar" >"$world/damaged.tar"
    run -125 "$top/scripts/base-image" --image clx-engine-damaged:1 --tar "$world/damaged.tar"
    has "$output" "$world/damaged.tar"
    run -125 "$top/scripts/base-image" --image clx-engine-damaged:1 --tar "$world"
    has "$output" "is a folder"
}
