#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Hosts that are allowed and denied while a box runs.

load lib.bash
export BATS_TEST_TIMEOUT=120

setup()
{
    make_world
    cd "$project" || return
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    # The shop's address is one of the engine's networks.
    printf '[network]\nprivate = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
}

teardown()
{
    cd /
    end_world
    docker network rm "$token" >/dev/null 2>&1 || :
}

# open_shop: a site of two names, and a box that could get there; sets $name.
open_shop()
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=shop.example.com \
        -keyout "$world/shop.pem" -out "$world/shop.crt" 2>/dev/null
    cat "$world/shop.crt" >>"$world/shop.pem"
    docker network create "$token" >/dev/null
    helper shop --network "$token" --network-alias shop.example.com \
        --network-alias other.example.com --entrypoint node \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world,target=/world" "$image" /e2e/shop.js
    eventually 20 test -e "$world/shop.ready"
    start_box "$@"
    docker network connect "$token" "$name"
}

fetch() { claudex exec "$name" -- curl -sSk -m 5 "$1"; }
blocked() { ! fetch "$1" >/dev/null 2>&1; }
grows() { [ "$(wc -c <"$1")" -gt "$2" ]; }

# download NAME URL: goes on until it is cut; its end is in $project/NAME.status.
download()
{
    claudex exec "$name" -- bash -c "curl -sSkN $2 >$box/$1; echo \$? >$box/$1.status" &
    eventually 10 test -s "$project/$1"
}

@test "allowed for a while: it passes, expires, and is refused again; a download goes on" {
    open_shop
    run fetch https://shop.example.com/
    [ "$status" -ne 0 ]
    run claudex allow --for 10s shop.example.com
    equal "$output" "$name: shop.example.com is allowed for 10s"
    started=$SECONDS
    equal "$(fetch https://shop.example.com/)" "hello from shop.example.com"
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    download running https://shop.example.com/slow
    # On ports that are not said, and under names that are not, nothing changed.
    blocked http://shop.example.com:8080/
    blocked https://other.example.com/
    has "$(claudex network)" "allow  shop.example.com"
    equal "$(claudex network --format json | jq -c '.[0].grants[0] | [.action, .pattern, .left > 0]')" \
        '["allow","shop.example.com",true]'
    eventually 15 blocked https://shop.example.com/
    [ $((SECONDS - started)) -ge 8 ]
    lacks "$(claudex network)" shop.example.com
    # What ran, runs.
    [ ! -e "$project/running.status" ]
    size=$(wc -c <"$project/running")
    eventually 5 grows "$project/running" "$size"
    # And nothing was restarted.
    equal "$(docker inspect --format '{{.RestartCount}} {{.State.Running}}' "$name")" "0 true"
}

@test "deny cuts what it denies and nothing else" {
    open_shop --allow shop.example.com:8080 --allow other.example.com
    download denied http://shop.example.com:8080/slow
    download other https://other.example.com/slow
    run claudex deny shop.example.com
    equal "$output" "$name: shop.example.com is denied from now on"
    eventually 5 test -s "$project/denied.status"
    [ "$(<"$project/denied.status")" -ne 0 ]
    blocked http://shop.example.com:8080/
    [ ! -e "$project/other.status" ]
    size=$(wc -c <"$project/other")
    eventually 5 grows "$project/other" "$size"
    # Taken back, the configuration counts again.
    claudex deny --undo shop.example.com
    equal "$(fetch http://shop.example.com:8080/)" "hello from shop.example.com:8080"
}

@test "what was allowed survives a restart with the time that is left" {
    open_shop --keep
    claudex allow shop.example.com:8080 --for 1h
    claudex deny other.example.com
    docker restart --time 2 "$name" >/dev/null
    run claudex network --format json
    equal "$(jq -c '[.[0].grants[] | [.action, .pattern, .left > 3500 and .left <= 3600]]' <<<"$output")" \
        '[["allow","shop.example.com:8080",true],["deny","other.example.com",false]]'
    equal "$(fetch http://shop.example.com:8080/)" "hello from shop.example.com:8080"
    has "$(docker logs "$name" 2>&1)" "1 host was allowed by hand before"
}

@test "promise 20: what the user's configuration denies, allow does not allow" {
    printf 'deny = *.example.com\n' >>"$XDG_CONFIG_HOME/claudex/config"
    start_box
    run claudex allow shop.example.com
    equal "$status" 125
    has "$output" "deny = *.example.com"
    run claudex allow '*.com'
    has "$output" "*.example.com stays denied"
}

@test "promise 7: what was kept of allow and deny is damaged: lockdown" {
    open_shop --keep
    claudex allow shop.example.com
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    docker exec "$name" sed -i s/shop/shoq/ /run/claudex/private/state/grants
    docker restart --time 2 "$name" >/dev/null
    has "$(claudex lockdown status)" lockdown
    has "$(docker logs "$name" 2>&1)" "damaged"
    blocked http://shop.example.com/
    claudex lockdown off
    docker restart --time 2 "$name" >/dev/null
    has "$(claudex lockdown status)" allowlist
}

@test "the way through the engine does the same" {
    open_shop
    mv "$XDG_STATE_HOME" "$XDG_STATE_HOME.away"
    claudex allow shop.example.com --for 1h "$name"
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    has "$(claudex network "$name")" shop.example.com
    mv "$XDG_STATE_HOME.away" "$XDG_STATE_HOME"
}

@test "bad input is told what was meant" {
    start_box
    for bad in 'https://example.com/x' 'example.com.' 'git@example.com:a/b' 'exa mple.com' \
        'bücher.example' 'example.com:1-9' 'example.com:65536' '*' '-' "$(printf 'a.%.0s' {1..300})b"; do
        run claudex allow "$bad"
        echo "$bad: $output"
        equal "$status" 2
    done
    run claudex allow 'https://example.com/x'
    has "$output" "allow example.com"
    run claudex allow example.com --for 10
    equal "$status" 2
    has "$output" 10m
    run claudex allow
    equal "$status" 2
    run claudex allow one.example two.example
    equal "$status" 2
    run claudex deny --undo example.com
    equal "$status" 125
}
