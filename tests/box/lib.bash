# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # what is set here is the tests' to use
#
# Boxes without an engine: claudex-init as PID 1 of fresh namespaces (tests/box/box.c).

bats_require_minimum_version 1.5.0

harness=$BUILD/test/box/box
probe=$BUILD/test/box/probe
init=$BUILD/claudex-init

# A project of uid 1234 and a configuration that fits it. Tests change $config, $before (shell,
# run in the new root before PID 1) and $options (the harness's).
setup()
{
    [ "$(id -u)" = 0 ] || skip "namespaces need root"
    project=$BATS_TEST_TMPDIR/project
    mkdir "$project"
    chown 1234:1234 "$project"
    chmod 0755 "$BATS_TEST_TMPDIR"
    config=$(config_of "mount = rw $(identity "$project") /workspace/project")
    before=
    options=()
    host_pid=
}

teardown()
{
    [ -z "$host_pid" ] || kill -KILL "$host_pid" 2>/dev/null || :
}

# DEVICE:INODE of a folder, as the configuration has it.
identity() { stat -c %d:%i "$1"; }

# config_of LINE...: a resolved configuration with these lines more in [box].
config_of()
{
    printf '%s\n' '[box]' 'name = claudex-project-01234567' 'workdir = /workspace/project' \
        'version = 0.1.0' "$@"
}

# bind FOLDER PLACE [OPTIONS]: shell that mounts it, for $before.
bind()
{
    printf 'mkdir -p .%q; mount --bind %q .%q; ' "$2" "$1" "$2"
    [ -z "${3-}" ] || printf 'mount -o remount,bind,%s .%q; ' "$3" "$2"
}

# The arguments of `box run` for what the test has set up.
arrange()
{
    printf '%s\n' "$config" >"$BATS_TEST_TMPDIR/config"
    arranged=("${options[@]}" --before "$(bind "$project" /workspace/project)
        cp '$BATS_TEST_TMPDIR/config' run/claudex/private/config
        cp '$probe' probe
        $before")
}

# in_box COMMAND...: a box with this session; its status and output are ours.
in_box()
{
    arrange
    "$harness" run "${arranged[@]}" -- "$init" "$@"
}

# start_box COMMAND...: the same in the background, with two FIFOs in the working directory: the
# session writes lines to `up`, for await, and reads what tell says from `down`. Returns after
# the first line. $host_pid is PID 1 as this machine sees it, $box_job what to wait for.
start_box()
{
    arrange
    rm -f "$BATS_TEST_TMPDIR/pid" "$project/up" "$project/down"
    mkfifo -m 0666 "$project/up" "$project/down"
    # Held open for both, so that neither opening nor closing of an end is anybody's event.
    exec 7<>"$project/up" 8<>"$project/down"
    "$harness" run "${arranged[@]}" --pid "$BATS_TEST_TMPDIR/pid" -- "$init" "$@" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 7>&- 8>&- </dev/null &
    box_job=$!
    await
    host_pid=$(<"$BATS_TEST_TMPDIR/pid")
}

# await: the next line from the session, in $line.
await()
{
    read -r -t 20 -u 7 line || {
        echo "nothing came from the session; the box said:"
        cat "$BATS_TEST_TMPDIR/out"
        return 1
    }
}

# tell LINE: to the session.
tell() { echo "$1" >&8; }

# ended: waits for the box of start_box; its status in $status, what it said in $output.
ended()
{
    status=0
    wait "$box_job" || status=$?
    output=$(<"$BATS_TEST_TMPDIR/out")
    host_pid=
}

# enter COMMAND...: `docker exec` into the box of start_box.
enter() { "$harness" enter "$host_pid" -- "$@"; }

equal()
{
    [ "$1" = "$2" ] || {
        printf 'got      %q\nexpected %q\n' "$1" "$2"
        return 1
    }
}

has()
{
    [[ $1 == *"$2"* ]] || {
        printf 'missing: %s\nin: %s\n' "$2" "$1"
        return 1
    }
}

lacks()
{
    [[ $1 != *"$2"* ]] || {
        printf 'there: %s\nin: %s\n' "$2" "$1"
        return 1
    }
}

# refused TEXT...: the box of `run in_box` ended with 125 and one line that has all of these,
# and the session never was.
refused()
{
    local text
    equal "$status" 125
    for text in "$@"; do
        has "$output" "$text"
    done
    equal "${#lines[@]}" 1
    [[ $output == "claudex: "* ]]
    [ ! -e "$project/ran" ]
}

# For boxes that ought to be refused: leaves a trace if it runs.
trace='touch /workspace/project/ran; echo ran'
