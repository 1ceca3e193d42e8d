#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The host's X11 display in a box: a real server, Xvfb, that wants a cookie.

load lib.bash
export BATS_TEST_TIMEOUT=60

# cookie NUMBER DATA: an entry of an .Xauthority for this host (Xau(3)), DATA of 16 bytes.
cookie()
{
    local host
    host=$(hostname)
    printf '\x01\x00\x00\x'"$(printf %x ${#host})"'%s\x00\x'"$(printf %x ${#1})"'%s' "$host" "$1"
    printf '\x00\x12MIT-MAGIC-COOKIE-1\x00\x10%s' "$2"
}

# An X server of the test's own; sets $display, and $HOME/.Xauthority as a desktop does.
start_server()
{
    command -v Xvfb >/dev/null || skip "Xvfb is not here"
    cookie 0 wrong-one-000000 >"$HOME/.Xauthority"
    display=$((1000 + RANDOM))
    cookie $display 0123456789abcdef >>"$HOME/.Xauthority"
    cp "$HOME/.Xauthority" "$world/auth"
    Xvfb :$display -screen 0 64x64x8 -auth "$world/auth" -nolisten tcp >"$world/xvfb" 2>&1 3>&- &
    server=$!
    eventually 20 test -S /tmp/.X11-unix/X$display
    cp "$e2e/x11-client" "$project/"
    unset XAUTHORITY
}

teardown()
{
    cd /
    [ -z "${server-}" ] || kill "$server"
    end_world
}

@test "--x11: a program in the box reaches the display, with a cookie that opens no other" {
    start_server
    DISPLAY=:$display.0 run claudex run --x11 . -- ./x11-client
    echo "$output"
    equal "$status" 0
    equal "${lines[-1]}" connected
    lacks "$output" "more than one"
    # What the user is told before.
    has "$output" "warning: --x11"
    has "$output" "promises"
}

@test "--x11: it is the cookie that opens the display" {
    start_server
    rm "$HOME/.Xauthority"
    DISPLAY=:$display run claudex run --x11 . -- ./x11-client
    echo "$output"
    has "$output" "no cookie for the display :$display"
    equal "${lines[-1]}" refused
}

@test "promise 13: the cookie is not in docker inspect, the logs or ps" {
    start_server
    export DISPLAY=:$display
    start_box --x11 -- sh -c './x11-client; sleep 600'
    eventually 10 sh -c "docker logs $name 2>&1 | grep -q connected"
    for said in "$(docker inspect "$name")" "$(docker logs "$name" 2>&1)" "$(docker top "$name" -eo pid,args)" \
        "$(ps axeww)"; do
        lacks "$said" 0123456789abcdef
    done
    # A second session has the display as well.
    cd "$project"
    run claudex exec "$name" -- ./x11-client
    equal "${lines[-1]}" connected
    docker restart --time 1 "$name" >/dev/null
    eventually 10 sh -c "docker logs $name 2>&1 | grep -c connected | grep -q 2"
}

@test "without --x11 there is no display in the box" {
    start_server
    DISPLAY=:$display run claudex run . -- sh -c 'echo "<$DISPLAY>"; ls -A /tmp ~/.Xauthority'
    has "$output" "<>"
    lacks "$output" .X11-unix
}

@test "--x11 without a display: what is missing, and what helps" {
    unset DISPLAY
    refused 125 "DISPLAY is not set" claudex run --x11 . -- true
    DISPLAY=localhost:10.0 refused 125 "over the network" claudex run --x11 . -- true
    DISPLAY=:59531 refused 125 "/tmp/.X11-unix/X59531" claudex run --x11 . -- true
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[run]\nx11 = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
    run claudex run . -- echo it ran
    equal "$status" 0
    has "$output" "DISPLAY is not set"
    has "$output" "it ran"
}
