#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Promise 13: where the values of variables are, and where they are not.

load lib.bash
export BATS_TEST_TIMEOUT=90

# A box with three secrets, from the three places; sets $name and $secrets.
start_secrets()
{
    secrets=("s3cr3t-forwarded-$token" "s3cr3t-file-$token" "s3cr3t-config-$token")
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[run]\nenv = THIRD=%s\n' "${secrets[2]}" >"$XDG_CONFIG_HOME/claudex/config"
    printf 'SECOND=%s\n' "${secrets[1]}" >"$world/variables"
    FIRST=${secrets[0]} start_box -e FIRST --env-file "$world/variables" "$@"
}

# without_secrets WHAT: stdin has none of them, and is not empty.
without_secrets()
{
    local text secret
    text=$(cat)
    [ -n "$text" ] || {
        echo "$1: nothing there to look at"
        return 1
    }
    for secret in "${secrets[@]}"; do
        [[ $text != *"$secret"* ]] || {
            echo "$1 has $secret"
            return 1
        }
    done
}

engine_api() { curl -sS --unix-socket /var/run/docker.sock "http://engine$1"; }

@test "promise 13: the session has them, first, second and after a restart" {
    start_secrets --keep -- sh -c 'echo "had $(printenv FIRST SECOND THIRD | wc -l)"; sleep 600'
    says_three() { [ "$(docker logs "$name" | grep -c '^had 3$')" = "$1" ]; }
    eventually 10 says_three 1
    equal "$(claudex exec "$name" -- printenv FIRST SECOND THIRD)" "$(printf '%s\n' "${secrets[@]}")"
    docker restart --time 1 "$name" >/dev/null
    eventually 10 says_three 2
    equal "$(claudex exec "$name" -- printenv THIRD)" "${secrets[2]}"
}

@test "promise 13: not in what the engine tells of the box, its sessions, its image" {
    # To the nanosecond: what begins and ends within one second has events too.
    since=$(date +%s.%N)
    start_secrets
    FOURTH=s3cr3t-exec-$token claudex exec -e FOURTH "$name" -- sleep 600 &
    secrets+=("s3cr3t-exec-$token")
    runs() { [ -n "$(docker inspect --format '{{range .ExecIDs}}{{.}} {{end}}' "$name")" ]; }
    eventually 10 runs
    docker inspect "$name" | without_secrets "docker inspect"
    engine_api "/containers/json?all=1" | without_secrets "the list of containers"
    for id in $(docker inspect --format '{{range .ExecIDs}}{{.}} {{end}}' "$name"); do
        engine_api "/exec/$id/json" | without_secrets "the inspection of a session"
    done
    docker image inspect "$image" | without_secrets "docker image inspect"
    docker history --no-trunc "$image" | without_secrets "docker history"
    docker events --since "$since" --until "$(date +%s.%N)" | without_secrets "docker events"
    docker diff "$name" | without_secrets "docker diff"
}

@test "promise 13: not in lists of processes, on the host or in the box" {
    start_secrets
    FOURTH=s3cr3t-exec-$token claudex exec -e FOURTH "$name" -- sleep 600 &
    secrets+=("s3cr3t-exec-$token")
    two_sleep() { [ "$(docker top "$name" -eo pid,args | grep -cE '[0-9] +sleep 600$')" = 2 ]; }
    eventually 10 two_sleep
    ps axww -o args | without_secrets ps
    docker top "$name" -eo pid,args | without_secrets "docker top"
    docker exec "$name" sh -c 'cat /proc/[0-9]*/cmdline | tr "\0" "\n"' | without_secrets cmdline
    # Nobody in the box may look at process 1; the host's root may.
    tr '\0' '\n' <"/proc/$(docker inspect --format '{{.State.Pid}}' "$name")/environ" |
        without_secrets "process 1's environment"
}

@test "promise 13: not in what the box says, in a dry run, or in claudex config" {
    start_secrets -- sh -c 'echo started; sleep 600'
    said() { docker logs "$name" 2>&1 | grep -q started; }
    eventually 10 said
    docker logs "$name" 2>&1 | without_secrets "docker logs"
    cd "$project"
    FIRST=${secrets[0]} claudex run --dry-run -e FIRST --env-file "$world/variables" . -- true |
        without_secrets "a dry run"
    claudex status "$name" | without_secrets status
    claudex status --format json "$name" | without_secrets "status as JSON"
    claudex config | without_secrets "claudex config"
    claudex config --format json | without_secrets "claudex config as JSON"
    has "$(claudex config)" 'env = THIRD=***'
}

@test "promise 13: in the box they are root's file alone, on the host nobody's" {
    start_secrets
    equal "$(docker exec "$name" stat -c '%a %u %g' /run/claudex/private/env)" "600 0 0"
    equal "$(docker exec "$name" stat -c '%a %u %g' /run/claudex/private)" "700 0 0"
    has "$(docker exec "$name" cat /run/claudex/private/env | tr '\0' '\n')" "${secrets[0]}"
    run claudex exec "$name" -- sh -c 'cat /run/claudex/private/env; ls /run/claudex/private'
    lacks "$output" "${secrets[0]}"
    has "$output" "ermission denied"
    # The two files of the test's own apart.
    run grep -rlsF -e "${secrets[0]}" -e "${secrets[1]}" -e "${secrets[2]}" "$HOME" "$TMPDIR" \
        "$XDG_RUNTIME_DIR" "$DOCKER_CONFIG" "$project"
    equal "$output" "$XDG_CONFIG_HOME/claudex/config"
}

@test "promise 13: they are gone with the box" {
    start_secrets
    layer=$(docker inspect --format '{{index .GraphDriver.Data "UpperDir"}}' "$name")
    if [ -d "$layer" ]; then
        # It is where they are, or that they are gone shows nothing.
        grep -rqF "${secrets[0]}" "$layer/run/claudex/private"
    fi
    claudex stop --time 1 "$name"
    eventually 10 box_gone "$name"
    [ ! -e "${layer:-/nowhere}" ]
    nothing_left
}
