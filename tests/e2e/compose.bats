#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The same box by docker compose.

load lib.bash
export BATS_TEST_TIMEOUT=180

setup()
{
    make_world
    cd "$project"
    docker compose version >/dev/null 2>&1 || skip "docker compose is not here"
    export CLAUDEX_IMAGE=$image
    compose_file=$top/compose/compose.yaml
    # Something that stays, instead of an agent.
    echo 'services: {agent: {command: [sleep, "600"]}}' >"$world/stay.yaml"
}

teardown()
{
    [ ! -e "$world/stay.yaml" ] || compose down --volumes --timeout 2 >/dev/null 2>&1
    end_world
}

compose()
{
    docker compose --project-name "$token" --project-directory "$project" \
        -f "$compose_file" -f "$world/stay.yaml" "$@"
}

@test "docker compose up runs a box on the project, confined as by run" {
    compose up --detach
    id=$(compose ps --quiet)
    session() { docker top "$id" -eo pid,uid,args | awk '$2 == 1234 && /sleep 600/ { print $1 }'; }
    up() { [ -n "$(session)" ]; }
    eventually 10 up
    # PID 1 of the box and the session, as the host's kernel has them.
    equal "$(cat "/proc/$(docker inspect --format '{{.State.Pid}}' "$id")/comm")" claudex-init
    facts=$(cat "/proc/$(session)/status")
    for set in Inh Prm Eff Bnd Amb; do
        has "$facts" "Cap$set:	0000000000000000"
    done
    has "$facts" "NoNewPrivs:	1"
    has "$facts" "Seccomp:	2"
}

@test "docker compose run gives the session's exit status; the project is writable" {
    run --separate-stderr compose run --rm -T agent sh -c 'touch made; pwd; exit 37'
    echo "$output $stderr"
    equal "$status" 37
    equal "$output" "$box"
    equal "$(owner_of made)" 1234:1234
}

@test "a box by compose sends nothing; with CLAUDEX_NETWORK=open it does" {
    listen
    local at
    at=$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' bridge)
    try=(curl --http0.9 -sS -m 3 "http://$at:$port/")
    run compose run --rm -T agent "${try[@]}"
    [ "$status" -ne 0 ]
    equal "$(grep -c . "$arrivals")" 0
    compose down --volumes
    CLAUDEX_NETWORK=open compose run --rm -T agent "${try[@]}"
    [ "$(arrived tcp)" -ge 1 ]
}

@test "attack 39, promise 7: a lock outlives the container that compose makes anew" {
    listen
    local at
    export CLAUDEX_NETWORK=open
    at=$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' bridge)
    name=$token-agent-1
    attempt() { claudex exec "$name" -- timeout 3 bash -c "cat </dev/tcp/$at/$port"; }
    compose up --detach
    equal "$(attempt)" hello
    claudex lockdown on "$name"
    first=$(compose ps --quiet)
    compose up --detach --force-recreate
    [ "$(compose ps --quiet)" != "$first" ]
    packets=$(far_packets "$name")
    run attempt
    [ "$status" -ne 0 ]
    equal "$(arrived tcp)" 1
    equal "$(far_packets "$name")" "$packets"
    # The control: without the lock the new one reaches out as the first did.
    claudex lockdown off "$name"
    equal "$(attempt)" hello
}

@test "docker claudex knows the box that compose made" {
    compose up --detach
    name=$token-agent-1
    run claudex list
    has "$output" "$token"
    run claudex exec "$name" -- pwd
    equal "$output" "$box"
}

@test "compose makes the box that run makes" {
    compose create
    id=$(compose ps --all --quiet)
    made=$(docker inspect "$id" | jq '.[0].HostConfig')
    planned=$(claudex run --dry-run -d . | jq .HostConfig)
    for key in CapAdd CapDrop Init PidsLimit Privileged ReadonlyRootfs; do
        equal "$(jq -Sc ".$key | if type == \"array\" then map(ltrimstr(\"CAP_\")) | sort else . // false end" <<<"$made")" \
            "$(jq -Sc ".$key | if type == \"array\" then map(ltrimstr(\"CAP_\")) | sort else . // false end" <<<"$planned")"
    done
    has "$(jq -c .SecurityOpt <<<"$made")" no-new-privileges
}

# A login of Claude Code's with this token, and a shell line that prints the one that is there.
login() { printf '{"claudeAiOauth":{"accessToken":"%s","refreshToken":"r","expiresAt":5}}' "$1"; }
print_token='jq -r .claudeAiOauth.accessToken ~/.claude/.credentials.json'

@test "a login made in a box by compose is there in the next, and gone with its volumes" {
    compose run --rm -T agent sh -c 'printf %s "$1" >~/.claude/.credentials.json' sh "$(login one)"
    equal "$(compose run --rm -T agent sh -c "$print_token")" one
    compose down
    equal "$(compose run --rm -T agent sh -c "$print_token")" one
    compose down --volumes
    run compose run --rm -T agent sh -c "$print_token"
    [ "$status" -ne 0 ]
}

@test "shared.yaml: the logins and skills of run, which down --volumes leaves" {
    local files=(-f "$top/compose/shared.yaml") user
    user=$(printf %s "$HOME" | sha256sum | cut -c 1-8)
    run compose "${files[@]}" config --quiet
    [ "$status" -ne 0 ]
    has "$output" "shared.yaml says to what"
    export CLAUDEX_USER=$user
    mkdir -p "$HOME/.claude"
    login hosts >"$HOME/.claude/.credentials.json"
    claudex login --import
    docker volume create "claudex-skills-$user" >/dev/null
    equal "$(compose "${files[@]}" run --rm -T agent sh -c "$print_token")" hosts
    compose "${files[@]}" run --rm -T agent sh -c 'printf %s "$1" >~/.claude/.credentials.json' sh "$(login theirs)"
    made=$(compose "${files[@]}" create 2>&1 && compose "${files[@]}" ps --all --quiet)
    has "$(docker inspect --format '{{range .Mounts}}{{.Name}} {{.Destination}};{{end}}' "${made##*$'\n'}")" \
        "claudex-skills-$user /run/claudex/skills;"
    compose "${files[@]}" down --volumes
    equal "$(claudex run . -- sh -c "$print_token")" theirs
    docker volume rm "claudex-skills-$user" >/dev/null
}

@test "promise 14: the trail of a box by compose is told and undone, while it runs and after it" {
    compose up --detach
    claudex_says() { claudex log --format json >"$world/log" 2>/dev/null; }
    eventually 10 claudex_says
    claudex exec "$token-agent-1" -- sh -c 'echo changed >file; echo new >added; ! ls /run/claudex/audit/*/refs'
    claudex snapshot "$token-agent-1"
    equal "$(claudex diff --format json | jq -r '.[] | "\(.status) \(.path)"' | sort)" "added added
modified file"
    compose down
    # It has no container now, and its volume has not its folder's name; the next goes on with it.
    run claudex log
    equal "$status" 125
    has "$output" "no audit trail"
    compose create
    equal "$(claudex log --format json | jq -r '.[].kind' | xargs)" "end asked start"
    claudex restore --yes
    equal "$(cat file) $(ls)" "a file of the project file"
    compose down --volumes
    equal "$(docker volume ls --quiet --filter "name=^${token}_audit")" ""
}

@test "trail.yaml: the trail of run, which down --volumes leaves" {
    local files=(-f "$top/compose/trail.yaml")
    run compose "${files[@]}" config --quiet
    [ "$status" -ne 0 ]
    has "$output" "trail.yaml says to what"
    claudex run -- sh -c 'echo by run >one'
    # As its own words have it.
    eval "$(sed -n 's/^#   export/export/p' "$top/compose/trail.yaml")"
    eval "$(sed -n 's/^#   docker/docker/p' "$top/compose/trail.yaml")"
    compose "${files[@]}" run --rm -T agent sh -c 'echo by compose >two'
    compose "${files[@]}" down --volumes
    equal "$(claudex log --format json | jq -r '.[].kind' | xargs)" "end start end start"
    equal "$(claudex diff --format json | jq -r '.[] | "\(.status) \(.path)"')" "added two"
}

@test "another service by its name, on a network that leads nowhere" {
    cat >"$world/services.yaml" <<END
services:
  db: {image: "$image", user: "0:0", entrypoint: [python3, -m, http.server, "5432"], working_dir: /etc}
networks: {default: {internal: true}}
configs:
  box:
    content: |
      [network]
      mode = allowlist
      allow = db:5432
      [box]
      name = claudex-$token
      workdir = $box
      mount = rw - $box
END
    compose -f "$world/services.yaml" up --detach
    try() { compose exec -T agent claudex-init exec -- curl -sS -m 5 "$1"; }
    answers() { try http://db:5432/hostname; }
    eventually 10 answers
    run try http://db:5433/
    # Curl words a reset by when it comes.
    [[ $output =~ reset\ by\ peer|Could\ not\ connect ]]
    run try http://agent-db:5432/
    has "$output" 'Could not resolve'
    compose -f "$world/services.yaml" down --volumes --timeout 1
}
