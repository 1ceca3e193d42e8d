#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The same box by docker compose.

load lib.bash

setup()
{
    make_world
    cd "$project"
    [ -e "$top/compose/compose.yaml" ] || skip "compose/compose.yaml is not there yet"
    docker compose version >/dev/null 2>&1 || skip "docker compose is not here"
    cp "$top/compose/compose.yaml" "$world/compose.yaml"
}

teardown()
{
    [ ! -e "$world/compose.yaml" ] || compose down --volumes --timeout 2 >/dev/null 2>&1
    end_world
}

compose() { docker compose --project-name "$token" --project-directory "$project" -f "$world/compose.yaml" "$@"; }
service() { compose config --services | head -1; }

@test "docker compose up runs a box on the project, confined as by run" {
    compose up --detach --wait 2>&1 || compose up --detach
    id=$(compose ps --quiet | head -1)
    box_is "$id" running
    run docker exec "$id" cat /proc/1/comm
    equal "$output" claudex-init
    run docker exec "$id" sh -c 'cat /proc/[0-9]*/status'
    # The session is the process of the project's owner.
    has "$output" "Uid:	1234	1234	1234	1234"
    agent=$(docker exec "$id" sh -c 'for p in /proc/[0-9]*; do [ "$(stat -c %u $p)" = 1234 ] && cat $p/status && break; done')
    has "$agent" "CapEff:	0000000000000000"
    has "$agent" "CapBnd:	0000000000000000"
    has "$agent" "NoNewPrivs:	1"
    has "$agent" "Seccomp:	2"
}

@test "docker compose run gives the session's exit status" {
    run compose run --rm -T "$(service)" sh -c 'echo in $PWD; exit 37'
    echo "$output"
    equal "$status" 37
}

@test "compose makes the box that run makes" {
    compose create >/dev/null 2>&1 || compose up --no-start
    id=$(compose ps --all --quiet | head -1)
    made=$(docker inspect "$id" | jq '.[0].HostConfig')
    planned=$(claudex run --dry-run -d . | jq .HostConfig)
    for key in CapAdd CapDrop Init PidsLimit Privileged ReadonlyRootfs; do
        equal "$(jq -Sc ".$key | if type == \"array\" then map(ltrimstr(\"CAP_\")) | sort else . // false end" <<<"$made")" \
            "$(jq -Sc ".$key | if type == \"array\" then map(ltrimstr(\"CAP_\")) | sort else . // false end" <<<"$planned")"
    done
    has "$(jq -c .SecurityOpt <<<"$made")" no-new-privileges
}
