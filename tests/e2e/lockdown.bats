#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # how bats works
# Lockdown and the network's mode of a running box, counted on the far side.

load lib.bash
export BATS_TEST_TIMEOUT=90

folder() { echo "$XDG_STATE_HOME/claudex/boxes/$name/control"; }

# A box that may go anywhere, and somebody outside who counts.
open_box()
{
    listen
    start_box --network open "$@"
    reached
}

attempt() { claudex exec "$name" -- timeout 3 bash -c "cat </dev/tcp/$(gateway)/$port"; }

# reached, cut_off: what leaves the box arrives, or nothing of it does.
reached()
{
    local before
    before=$(grep -c . "$arrivals" || true)
    equal "$(attempt)" hello
    equal "$(grep -c . "$arrivals")" $((before + 1))
}

cut_off()
{
    local before packets
    before=$(grep -c . "$arrivals" || true)
    packets=$(far_packets "$name")
    run attempt
    [ "$status" -ne 0 ]
    equal "$(grep -c . "$arrivals" || true)" "$before"
    equal "$(far_packets "$name")" "$packets"
}

says()
{
    run --separate-stderr claudex "${@:2}"
    echo "status $status, stdout: $output, stderr: $stderr"
    equal "$status" 0
    has "$output" "$1"
}

@test "promise 6: lockdown is switched, and says what is" {
    open_box
    says "$name: network mode is now lockdown (was open)" lockdown
    cut_off
    says "network mode is lockdown" lockdown status
    says "network mode is lockdown, as before" lockdown on "$name"
    says "network mode is now open (was lockdown)" lockdown
    reached
    says "network mode is now lockdown (was open)" lockdown on
    cut_off
    says "network mode is now open (was lockdown)" lockdown off
    reached
}

@test "what programs read" {
    start_box
    run claudex lockdown on --format json
    equal "$(jq -r '.[0] | "\(.name) \(.mode) \(.was)"' <<<"$output")" "$name lockdown allowlist"
    run claudex network --format json
    equal "$(jq -r '.[0] | "\(.mode) \(.why)"' <<<"$output")" "lockdown lockdown on"
    equal "$(claudex lockdown off -q)" "$name"
    # The file follows the reply, and comes before the next one.
    equal "$(claudex lockdown status -q)" "$name"
    equal "$(claudex exec "$name" -- jq -r .mode /run/claudex/status.json)" allowlist
}

@test "a mode is set while the box runs" {
    listen
    start_box
    cut_off
    says "network mode is now open (was allowlist)" network open
    reached
    says "network mode is now api (was open)" network api "$name"
    cut_off
}

@test "attack 39, promise 7: a restart, by engine or after a pause, stays locked" {
    open_box --keep
    claudex lockdown on
    docker restart --time 1 "$name"
    cut_off
    docker pause "$name"
    docker unpause "$name"
    cut_off
    says "network mode is lockdown (kept from before)" lockdown status
    says "network mode is now open" lockdown off
    reached
}

@test "attack 39, promise 7: docker network connect opens nothing" {
    open_box
    claudex lockdown on
    docker network create --label "clx-e2e-helper=$token" "$token-net"
    docker network connect "$token-net" "$name"
    cut_off
    run docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' "$token-net"
    run claudex exec "$name" -- timeout 3 bash -c "cat </dev/tcp/$output/$port"
    docker network disconnect --force "$token-net" "$name"
    docker network rm "$token-net"
    [ "$status" -ne 0 ]
}

@test "attack 39, promise 7: a new box of the same folder starts locked, and says how to end that" {
    open_box
    claudex lockdown on
    claudex stop
    run --separate-stderr claudex run --network open . -- timeout 3 \
        bash -c "cat </dev/tcp/$(gateway)/$port"
    [ "$status" -ne 0 ]
    has "$stderr" "lockdown off"
    equal "$(grep -c . "$arrivals")" 1
    start_box --network open
    cut_off
    claudex lockdown off
    reached
}

@test "promise 8: sealed cannot be lifted, not even by a new box, until rm" {
    open_box
    run --separate-stderr claudex network sealed
    equal "$status" 0
    has "$stderr" "for good"
    cut_off
    for way in "lockdown off" "network open" lockdown; do
        # shellcheck disable=SC2086
        run --separate-stderr claudex $way
        equal "$status" 125
        has "$stderr" sealed
    done
    cut_off
    # shellcheck disable=SC2016
    equal "$(docker exec "$name" sh -c 'grep CapEff /proc/1/status | cut -f 2')" \
        "$(docker exec "$name" sh -c 'printf %016x $((0x$(grep CapEff /proc/1/status | cut -f 2) & ~0x3000))')"
    claudex stop
    start_box --network open
    cut_off
    claudex stop
    run --separate-stderr claudex rm "$name"
    has "$stderr" "network mode"
    start_box --network open
    reached
}

@test "all boxes, several boxes, boxes that are not there" {
    start_box
    first=$name
    start_box --parallel
    run claudex lockdown on "$first" "$name"
    equal "$(grep -c 'now lockdown' <<<"$output")" 2
    run claudex lockdown off "$first" nobody "$name"
    equal "$status" 125
    has "$output" "nobody is the name of no running box"
    equal "$(grep -c 'now allowlist' <<<"$output")" 2
    run --separate-stderr claudex lockdown status
    equal "$status" 125
    has "$stderr" "$first"
    run claudex lockdown --all
    equal "$status" 2
    run claudex lockdown --all "$first" on
    equal "$status" 2
    run claudex lockdown off --sever
    equal "$status" 2
    says "$first: network mode is" lockdown --all status
    has "$output" "$name: network mode is"
}

@test "the FIFO replaced by a file: the other way in, and nothing loosens" {
    open_box
    claudex lockdown on
    rm "$(folder)/control"
    echo "0123456789abcdef lockdown off" >"$(folder)/control"
    cut_off
    says "network mode is lockdown" lockdown status
    says "network mode is now open" lockdown off
    says "network mode is now lockdown" lockdown on
    cut_off
}

@test "the FIFO replaced by a link, a folder, nothing" {
    open_box
    claudex lockdown on
    echo untouched >"$world/target"
    for what in "ln -s $world/target" mkdir true; do
        rm -rf "$(folder)/control"
        $what "$(folder)/control"
        says "network mode is lockdown" lockdown on
        rm -rf "$(folder)/control"
    done
    equal "$(<"$world/target")" untouched
    cut_off
    rm -r "$(folder)"
    says "network mode is lockdown" lockdown on
    cut_off
}

@test "bytes that are no request change nothing" {
    open_box
    claudex lockdown on
    head -c 300000 /dev/urandom | timeout 10 dd of="$(folder)/control" bs=4096 oflag=append,nonblock conv=notrunc || true
    for line in "" "x" "0123456789abcdef lockdown" "0123456789abcdef lockdown off now" "lockdown off" \
        "0123456789ABCDEF lockdown off" "0123456789abcdef  lockdown off"; do
        echo "$line" >"$(folder)/control"
    done
    says "network mode is lockdown" lockdown status
    cut_off
}

@test "attack 40: a damaged state means lockdown, and says so" {
    open_box --keep
    docker exec "$name" sh -c 'echo mode open >/run/claudex/private/state/network'
    docker restart --time 1 "$name"
    has "$(docker logs "$name" 2>&1)" "starts in lockdown"
    cut_off
    says "network mode is lockdown" lockdown status
}

@test "promise 9: the agent reaches neither the FIFO nor the state" {
    start_box
    for path in control control/control state state/network ctl; do
        run claudex exec "$name" -- stat "/run/claudex/private/$path"
        [ "$status" -ne 0 ]
    done
    run claudex exec "$name" -- claudex-init ctl lockdown off
    [ "$status" -ne 0 ]
    run docker inspect --format '{{range .Mounts}}{{.Destination}} {{end}}' "$name"
    has "$output" /run/claudex/private/control
    equal "$(stat -c %a "$(folder)")" 700
}

@test "no engine is asked on the quick way" {
    start_box
    # shellcheck disable=SC2016
    run strace -f -e trace=connect,execve -o "$world/trace" claudex lockdown on
    [ "$status" -ne 127 ] || skip "no strace here"
    equal "$status" 0
    lacks "$(<"$world/trace")" docker.sock
}

@test "promise 16: the host's network takes the mode open, says what it voids, and gets no power over it" {
    refused 2 "open alone" claudex run --host-network . -- true
    run --separate-stderr claudex run --host-network --network open . -- \
        sh -c 'ls /sys/class/net; grep CapEff /proc/1/status'
    echo "$output$stderr"
    equal "$status" 0
    has "$stderr" "promises"
    has "$output" docker0
    # Neither NET_ADMIN nor NET_RAW, capabilities(7): 12 and 13.
    equal "$((0x$(sed -n 's/^CapEff:\s*//p' <<<"$output") & 0x3000))" 0
    start_box --host-network --network open
    run --separate-stderr claudex lockdown on
    equal "$status" 125
    has "$stderr" "host's network"
}
