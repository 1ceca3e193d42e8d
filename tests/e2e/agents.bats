#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The real Claude Code and the real Codex. A fake API, which runs inside the box where the box
# is closed, makes them run commands; what their tools told them back is what is checked.

load lib.bash
export BATS_TEST_TIMEOUT=90

# What an agent would try, each way with words of its own for "it passed".
attempts_for()
{
    local to=$1
    commands=(
        "id -u; touch made-by-agent; echo made"
        "curl -sS --http0.9 -m 3 http://$to:$port/ 2>&1 | grep -a hello && echo PASSED; echo tried"
        "timeout 3 bash -c 'exec 3<>/dev/tcp/$to/$port && grep -q hello <&3' && echo PASSED; echo tried"
        "timeout 3 bash -c 'echo x >/dev/udp/$to/$port'; echo tried"
        "timeout 3 python3 -c 'import socket; socket.create_connection((\"$to\", $port), 2).recv(5) == b\"hello\" and print(\"PASS\" + \"ED\")'; echo tried"
        "timeout 3 git ls-remote http://$to:$port/x.git && echo PASSED; echo tried"
        "getent hosts example.com && echo PASSED; echo tried"
        "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status"
    )
}

closed_box_with()
{
    local agent=$1 before
    listen
    # Not the agents' own: what they ask for by themselves may leave.
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[network]\ngroups = apt\n' >"$XDG_CONFIG_HOME/claudex/config"
    # The network of the boxes is there once a box was.
    start_box --include "$e2e/fake-api"
    attempts_for "$(gateway)"
    scenario "${commands[@]}"
    drive "$agent"
    before=$(far_packets "$name")
    run claudex exec "$name" -- "${driving[@]}"
    echo "$output"
    equal "$status" 0
    has "$output" 'done'
    equal "$(far_packets "$name")" "$before"
    equal "$(grep -c . "$arrivals")" 0

    has "$(told 0)" made
    equal "$(owner_of made-by-agent)" 1234:1234
    for n in 1 2 3 4 5 6; do
        has "$(told $n)" tried
        lacks "$(told $n)" PASSED
    done
    confined=$(told 7)
    has "$confined" "CapEff:	0000000000000000"
    has "$confined" "CapBnd:	0000000000000000"
    has "$confined" "NoNewPrivs:	1"
    has "$confined" "Seccomp:	2"
}

@test "Claude Code's Bash tool makes a file in the project and reaches nothing outside" {
    closed_box_with claude
}

@test "Codex's exec tool makes a file in the project and reaches nothing outside" {
    closed_box_with codex
}

# The control of the two above: the same attempts pass where they may.
open_box_with()
{
    local agent=$1
    listen
    claudex run --network open . -- true
    attempts_for "$(gateway)"
    scenario "${commands[@]}"
    drive "$agent"
    run claudex run --network open --include "$e2e/fake-api" . -- "${driving[@]}"
    echo "$output"
    equal "$status" 0
    has "$(told 1)" PASSED
    has "$(told 2)" PASSED
    has "$(told 4)" PASSED
    [ "$(arrived tcp)" -ge 3 ]
    [ "$(arrived udp)" -ge 1 ]
}

@test "control: with --network open Claude Code's commands arrive outside" {
    open_box_with claude
}

@test "control: with --network open Codex's commands arrive outside" {
    open_box_with codex
}

# fake_outside API: the fake API on the host instead; sets $url.
fake_outside()
{
    cp "$project/scenario.json" "$world/"
    : >"$world/record.jsonl"
    host_node api "fake-api/$1.js" --host 0.0.0.0 --scenario /world/scenario.json \
        --record /world/record.jsonl
    is_up() { docker logs "$token-api" 2>/dev/null | grep -q http; }
    eventually 20 is_up
    url=http://$(gateway):$(docker logs "$token-api" | sed 's/.*://')
}

@test "with --network open the agents use an API outside the box" {
    claudex run --network open . -- true
    for pair in claude:anthropic codex:openai; do
        scenario 'echo from-the-box; hostname'
        fake_outside "${pair#*:}"
        drive "${pair%:*}"
        run claudex run --network open --include "$e2e/fake-api" . -- "${driving[@]}" "$url"
        echo "$output"
        equal "$status" 0
        has "$(jq -rs 'max_by(.results | length).results[0]' "$world/record.jsonl")" from-the-box
        docker rm --force "$token-api" >/dev/null
    done
}

@test "in a closed box the agents cannot use an API outside" {
    claudex run . -- true
    scenario 'touch never'
    fake_outside anthropic
    drive claude
    run timeout 60 claudex run --include "$e2e/fake-api" . -- \
        env CLAUDE_CODE_MAX_RETRIES=0 API_TIMEOUT_MS=3000 "${driving[@]}" "$url"
    echo "$output"
    [ "$status" -ne 0 ]
    [ ! -e never ]
    equal "$(wc -c <"$world/record.jsonl")" 0
}
