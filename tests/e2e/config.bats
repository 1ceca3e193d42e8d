#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Settings: the user's, the project's, the command line's. Every key and error is a unit test's;
# here is what reaches a box.

load lib.bash
export BATS_TEST_TIMEOUT=90

user_config() { mkdir -p "$XDG_CONFIG_HOME/claudex" && cat >"$XDG_CONFIG_HOME/claudex/config"; }
planned() { claudex run --dry-run "$@" . -- true | jq -r "$get"; }

@test "the user's configuration, the project's over it, the command line over all" {
    get=.HostConfig.Memory
    printf '[run]\nmemory = 3g\n' | user_config
    equal "$(planned)" $((3 << 30))
    printf '[run]\nmemory = 2g\n' >.claudex
    equal "$(planned)" $((2 << 30))
    equal "$(planned --memory 1g)" $((1 << 30))
}

@test "promise 20: a project's file may tighten" {
    printf '[run]\nport = 3000\nmemory = 512m\npids = 100\n[network]\nmode = lockdown\n' >.claudex
    start_box
    run docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}' "$name"
    equal "$output" "536870912 100"
    has "$(docker port "$name" 3000/tcp)" 127.0.0.1
    equal "$(claudex status --format json "$name" | jq -r .mode)" lockdown
}

@test "promise 20: what widens is refused without consent, each line by its number" {
    install -m 644 /dev/null "$world/rules.md"
    for line in "run:env = TOKEN" "run:env = A=b" "run:include = /etc" "run:include = ../docs" \
        "run:image = debian:trixie-slim" "run:runtime = runc" "run:x11 = yes" \
        "run:port = 0.0.0.0:80:80" "run:instructions = $world/rules.md" "agent:name = sh" \
        "agent:args = --dangerously-skip-permissions" "agent:yolo = yes" "network:mode = open" \
        "network:allow = example.com" "network:private = yes" "ssh:agent = yes"; do
        printf '[%s]\n%s\n' "${line%%:*}" "${line#*:}" >.claudex
        echo "--- $line"
        refused 125 ".claudex:2" claudex run . -- true
    done
}

@test "promise 20: a project's file cannot undo the user's stricter choice" {
    printf '[network]\nmode = lockdown\n' | user_config
    printf '[network]\nmode = allowlist\n' >.claudex
    run claudex run -d . -- sleep 600
    echo "$output"
    if [ "$status" = 0 ]; then
        equal "$(claudex status --format json | jq -r .mode)" lockdown
    else
        has "$output" ".claudex:2"
    fi
    printf '[run]\nmemory = 1g\n' | user_config
    printf '[run]\nmemory = 64g\n' >.claudex
    run claudex run --dry-run . -- true
    echo "$output"
    [ "$status" = 125 ] || equal "$(jq .HostConfig.Memory <<<"$output")" $((1 << 30))
}

@test "the earlier tool's list of packages is read" {
    printf '# tools\nfile\ncowsay\nfile\n' >.claudecker
    has "$(claudex build --print)" "        cowsay \\
        file \\
    &&"
    printf '# tools\nCMake\n' >.claudecker
    refused 125 ".claudecker:2" claudex run . -- true
}

@test "escape sequences of a project's file do not reach the terminal" {
    printf '[run]\nenv = \033]0;owned\007\n\033[2J = 1\n' >.claudex
    run claudex run . -- true
    equal "$status" 125
    lacks "$output" $'\e'
    lacks "$output" $'\a'
}
