#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154,SC2164 # how bats works
# The real agents in images of the user's own, with nothing of claudex's image but the agent's one
# program: Codex's is static and runs beside busybox alone, Claude Code's wants glibc.

load lib.bash
load core.bash
export BATS_TEST_TIMEOUT=180

teardown()
{
    cd /
    end_world
    docker images --format '{{.Repository}}:{{.Tag}}' "clx-own-$token" |
        xargs --no-run-if-empty docker rmi --force >/dev/null
}

# agent_program PATTERN: where its program lies in claudex's image.
agent_program()
{
    docker run --rm --network none --entrypoint find "$image" \
        /usr/local/lib/node_modules -path "$1" -type f -size +5M -print -quit
}

# agent_image NAME BASE PROGRAM: as a user would make it.
agent_image()
{
    TMPDIR=/tmp docker build --quiet --tag "clx-own-$token:agent" - >/dev/null <<END
FROM $2
COPY --from=$image $3 /bin/$1
END
}

# session ARRIVALS OPTION… -- COMMAND…: the agent makes a file, and reaches for a port of the host
# that is not its API's so many times with success.
session()
{
    local expected=$1 told
    shift
    rm -f made-by-agent
    : >"$world/record.jsonl"
    run claudex run --image "clx-own-$token:agent" --include "$world/tools" "$@" </dev/null
    echo "$output"
    equal "$status" 0
    has "$output" 'done'
    equal "$(<made-by-agent)" made
    equal "$(owner_of made-by-agent)" 1234:1234
    told=$(jq -rs 'max_by(.results | length).results | join("\n")' "$world/record.jsonl")
    has "$told" "CapBnd:	0000000000000000"
    has "$told" "Seccomp:	2"
    has "$told" tried
    equal "$(arrived tcp)" "$expected"
}

# sessions OPTION… -- COMMAND…: where its API is all that it may reach; and, as the control, open.
sessions()
{
    session 0 --network allowlist "$@"
    session 1 --network open "$@"
}

# given API: the task, the API that gives it, and a port that the agent may not reach.
# Whether it did is the listener's to say.
given()
{
    mkdir -p "$world/tools"
    cp "${plugin%/*}/test/box/net_probe" "$world/tools/"
    # The network of the boxes is there once a box was.
    claudex run --network open --image "clx-own-$token:agent" . -- sh -c true
    listen
    scenario 'echo made >made-by-agent; grep -E "^(CapBnd|Seccomp):" /proc/self/status' \
        "/context/tools/net_probe ask $(gateway) $port tcp; echo tried"
    fake_outside "$1"
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[network]\ngroups = apt\nprivate = yes\nallow = %s\n' "${url#http://}" \
        >"$XDG_CONFIG_HOME/claudex/config"
}

@test "Codex does a task in an image of busybox and itself, which keeps every promise" {
    mkdir -p "$world/root/bin"
    cp "$(command -v busybox)" "$world/root/bin/busybox"
    for applet in sh cat ls sleep mv kill id echo grep; do
        ln -s busybox "$world/root/bin/$applet"
    done
    tar -C "$world/root" -c . | docker import - "clx-own-$token:busybox" >/dev/null
    program=$(agent_program '*/bin/codex')
    agent_image codex "clx-own-$token:busybox" "$program"
    given openai
    sessions -e FAKE_KEY=fake-key . -- codex exec \
        -c 'model_provider="fake"' -c 'model_providers.fake.name="fake"' \
        -c "model_providers.fake.base_url=\"$url/v1\"" \
        -c 'model_providers.fake.env_key="FAKE_KEY"' -c 'model_providers.fake.wire_api="responses"' \
        -c 'analytics.enabled=false' --model gpt-5 --skip-git-repo-check \
        --dangerously-bypass-approvals-and-sandbox 'Do what you are told.'
    core_box --image "clx-own-$token:agent"
    core_all
}

@test "Claude Code does a task in a plain Debian with its program" {
    program=$(agent_program '*/claude-code/bin/claude*')
    agent_image claude debian:trixie-slim "$program"
    given anthropic
    sessions -e ANTHROPIC_BASE_URL="$url" -e ANTHROPIC_API_KEY=fake-key \
        -e CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 -e DISABLE_AUTOUPDATER=1 . -- \
        claude --print 'Do what you are told.' --dangerously-skip-permissions
    core_box --image "clx-own-$token:agent"
    core_all
}
