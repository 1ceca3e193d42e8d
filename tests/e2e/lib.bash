# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What the end-to-end tests share. Each test gets a world of its own: home, configuration,
# temporary folder, and a project whose name no other test uses. Everything that claudex makes
# for the test carries that name somewhere, which is how leftovers are found.
#
# CLAUDEX_PLUGIN and CLAUDEX_IMAGE name what is tested, if not what `make` built.

bats_require_minimum_version 1.5.0

e2e=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=${e2e%/tests/e2e}
version=$(<"$top/VERSION")
plugin=${CLAUDEX_PLUGIN:-$top/build/docker-claudex}
image=${CLAUDEX_IMAGE:-claudex:$version}
project_uid=1234

# --- a world for each test ------------------------------------------------------------

setup()
{
    make_world
    cd "$project" || return
}

teardown()
{
    cd /
    end_world
}

make_world()
{
    world=$BATS_TEST_TMPDIR
    token=clxe2e$$n$BATS_TEST_NUMBER$(basename "$BATS_TEST_FILENAME" .bats | tr -cd '[:lower:]')
    export HOME=$world/home TMPDIR=$world/tmp DOCKER_CONFIG=$world/docker
    export XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.local/state
    export XDG_RUNTIME_DIR=$world/runtime XDG_DATA_HOME=$HOME/.local/share
    unset NO_COLOR CLAUDEX_CONFIG CLAUDEX_DATA
    mkdir -p "$HOME" "$TMPDIR" "$DOCKER_CONFIG/cli-plugins" "$world/bin"
    install -d -m 700 "$XDG_RUNTIME_DIR"
    ln -s "$plugin" "$DOCKER_CONFIG/cli-plugins/docker-claudex"
    ln -s "$plugin" "$world/bin/claudex"
    PATH=$world/bin:$PATH
    project=$world/$token
    new_project "$project"
    box=/workspace/$token
}

# new_project DIR [UID]: a folder of the user, with one file.
new_project()
{
    local uid=${2:-$project_uid}
    mkdir -p "$1"
    echo "a file of the project" >"$1/file"
    chown -R "$uid:$uid" "$1"
}

end_world()
{
    # A test may have chosen a context that leads nowhere.
    DOCKER_CONFIG=$world/unused
    { our_containers; docker ps --quiet --filter "label=clx-e2e-helper=$token"; } |
        xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    {
        docker volume ls --quiet | grep -F "$token"
        # Named by the project's path, which only their label tells.
        docker volume ls --format '{{.Name}} {{.Label "io.claudex.audit"}}' | grep -F "$token" | cut -d ' ' -f 1
    } | xargs --no-run-if-empty docker volume rm >/dev/null
    # Logins are kept by home folder.
    docker volume rm --force "claudex-tokens-$(printf %s "$HOME" | sha256sum | cut -c 1-8)" >/dev/null
    # A test may have ended it itself.
    [ ! -e "$world/tmux" ] || tmux -S "$world/tmux" kill-server 2>/dev/null
    return 0
}

# Containers in whose description our project appears, whatever they are called.
our_containers()
{
    local id about
    docker ps --all --quiet --no-trunc | while read -r id; do
        # One may vanish between the two calls.
        about=$(docker inspect "$id" 2>/dev/null)
        [[ $about != *"$token"* || $about == *clx-e2e-helper* ]] || echo "$id"
    done
}

# leftovers: what claudex left on the machine, one thing a line. A box that ends is removed by
# the engine a moment after its session's exit.
leftovers()
{
    our_containers | sed 's/^/container /'
    # What a box keeps of its network mode outlives it, until `rm`.
    docker volume ls --quiet | grep -F "$token" | grep -v ^claudex-state- | sed 's/^/volume /'
    docker network ls --format '{{.Name}}' | grep -F "$token" | sed 's/^/network /'
    grep -F -e "$token" -e "$world" /proc/self/mountinfo | sed 's/^/mount /'
    find "$TMPDIR" "$XDG_RUNTIME_DIR" -mindepth 1 | sed 's/^/file /'
    [ ! -d "$XDG_STATE_HOME" ] || find "$XDG_STATE_HOME" -name "*$token*" | sed 's/^/state /'
    find /tmp /var/tmp /dev/shm /run -maxdepth 3 -path "*$token*" ! -path "$world/*" |
        sed 's/^/file /'
    return 0
}

no_leftovers() { [ -z "$(leftovers)" ]; }

nothing_left()
{
    eventually 10 no_leftovers || {
        echo "left behind:"
        leftovers
        return 1
    }
}

# --- saying what is expected ----------------------------------------------------------

equal()
{
    [ "$1" = "$2" ] || {
        printf '     got: %s\nexpected: %s\n' "$1" "$2"
        return 1
    }
}

# has TEXT PART
has()
{
    [[ $1 == *"$2"* ]] || {
        printf '        got: %s\nlacks: %s\n' "$1" "$2"
        return 1
    }
}

lacks()
{
    [[ $1 != *"$2"* ]] || {
        printf '            got: %s\nshould not have: %s\n' "$1" "$2"
        return 1
    }
}

# eventually SECONDS COMMAND…: until it succeeds.
eventually()
{
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# refused STATUS PART COMMAND…: fails with the status and one clear message that has the part
# (whatever its case), says nothing on stdout, and leaves nothing.
refused()
{
    local expected=$1 part=$2
    shift 2
    run --separate-stderr "$@"
    # shellcheck disable=SC2154
    echo "status $status, stdout: $output, stderr: $stderr"
    equal "$status" "$expected"
    equal "$output" ""
    has "$stderr" "claudex: "
    has "${stderr,,}" "${part,,}"
    # A message is for people: no dump, no assertion, no backtrace.
    [ "$(wc -l <<<"$stderr")" -le 12 ]
    nothing_left
}

# --- boxes ----------------------------------------------------------------------------

# start_box [OPTION…] [-- COMMAND…]: a detached box on the project; sets $name.
start_box()
{
    local options=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    [ $# -gt 0 ] || set -- -- sleep 600
    name=$(claudex run -d "${options[@]}" "$project" "$@")
    has "$name" "claudex-$token-"
}

box_state() { docker inspect --format '{{.State.Status}}' "$1" 2>/dev/null; }
box_is() { [ "$(box_state "$1")" = "$2" ]; }
box_gone() { ! docker inspect "$1" >/dev/null 2>&1; }

# What the host sees of a file.
owner_of() { stat -c %u:%g "$1"; }

# --- the host's side ------------------------------------------------------------------

# helper NAME OPTION… IMAGE COMMAND…: a container of the test's own, called $token-NAME.
helper()
{
    docker run --detach --rm --label "clx-e2e-helper=$token" --name "$token-$1" "${@:2}" >/dev/null
}

# host_node NAME SCRIPT [ARG…]: runs a program of this folder with the image's Node in the
# host's network, $world at /world. The host itself need not have Node.
host_node()
{
    helper "$1" --network host --entrypoint node \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world,target=/world" \
        "$image" "/e2e/$2" "${@:3}"
}

# The host as boxes see it.
gateway() { docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' claudex; }

# listen: counts what arrives at the host; sets $port, and $arrivals, a file of one line each.
listen()
{
    arrivals=$world/arrivals
    host_node listener listener.js /world/arrivals
    eventually 20 test -s "$arrivals.port"
    port=$(<"$arrivals.port")
}

arrived() { grep -c "^$1 " "$arrivals"; }

# far_packets BOX: how many packets of the box have reached the host's end of its cable.
far_packets()
{
    local index link
    index=$(docker exec "$1" cat /sys/class/net/eth0/iflink)
    link=$(grep -lx "$index" /sys/class/net/*/ifindex) || {
        echo "the engine's network is not on this host" >&2
        return 1
    }
    cat "${link%/ifindex}/statistics/rx_packets"
}

# --- real agents ----------------------------------------------------------------------

# scenario COMMAND…: what the agent is to run, one after the other.
scenario()
{
    jq --null-input '{turns: [$ARGS.positional[] | [.]]}' --args "$@" >"$project/scenario.json"
    : >"$project/record.jsonl"
    chown "$project_uid:$project_uid" "$project"/{scenario.json,record.jsonl}
}

# drive AGENT: the command line, in the box, of the real agent under the fake API there.
drive() { driving=(/context/fake-api/drive "$1" "$box/scenario.json" "$box/record.jsonl"); }

# told N: what the agent was told by its tool for the Nth command, from 0.
told()
{
    jq --slurp --raw-output --argjson n "$1" 'max_by(.results | length).results[$n]' \
        "$project/record.jsonl"
}

api_is_up() { docker logs "$token-api" 2>/dev/null | grep -q http; }

# fake_outside API: the fake API on the host instead; sets $url.
fake_outside()
{
    cp "$project/scenario.json" "$world/"
    : >"$world/record.jsonl"
    host_node api "fake-api/$1.js" --host 0.0.0.0 --scenario /world/scenario.json \
        --record /world/record.jsonl
    eventually 20 api_is_up
    url=http://$(gateway):$(docker logs "$token-api" | sed 's/.*://')
}

# --- a real terminal ------------------------------------------------------------------

# open_terminal: a shell in a terminal of 100 × 30.
open_terminal()
{
    command -v tmux >/dev/null || skip "tmux is not here"
    echo 'set-option -g default-terminal xterm-256color' >"$world/tmux.conf"
    tmux -S "$world/tmux" -f "$world/tmux.conf" new-session -d -x 100 -y 30 \
        "cd '$project' && exec bash --norc --noprofile"
    typed "PS1='host> '"
    shows '^host> $'
}

# typed TEXT: types it and Enter.  keys KEY…: tmux's names, as C-c.
typed() { tmux -S "$world/tmux" send-keys -l -- "$1" && keys Enter; }
keys() { tmux -S "$world/tmux" send-keys "$@"; }
screen() { tmux -S "$world/tmux" capture-pane -p -J -S -200 | sed '/^$/d'; }
screen_matches() { screen 2>/dev/null | grep -qE -- "$1"; }

# shows REGEX: waits until a line of the screen matches.
shows()
{
    eventually "${2:-15}" screen_matches "$1" || {
        echo "not on the screen: $1"
        screen
        return 1
    }
}
