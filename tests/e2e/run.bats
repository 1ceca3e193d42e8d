#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# One session: its exit status, streams, folders, environment.

load lib.bash
export BATS_TEST_TIMEOUT=90

@test "the exit status is the session's, through docker" {
    run docker claudex run . -- sh -c 'exit 37'
    equal "$status" 37
    nothing_left
}

@test "the exit status is the session's, for samples of 0 to 255" {
    for code in 0 1 2 77 124 125 126 127 128 130 143 254 255; do
        run claudex run . -- sh -c "exit $code"
        equal "$status" "$code"
    done
}

@test "a session that dies of a signal: 128 + its number" {
    for signal in HUP:129 INT:130 KILL:137 SEGV:139 TERM:143; do
        run claudex run . -- bash -c "kill -${signal%:*} \$\$; sleep 5"
        equal "$status" "${signal#*:}"
    done
}

@test "a command that is not there: 127; one that cannot be run: 126" {
    run -127 claudex run . -- no-such-command
    equal "$status" 127
    has "$output" no-such-command
    run claudex run . -- /etc/passwd
    equal "$status" 126
    has "$output" /etc/passwd
    nothing_left
}

@test "stdout and stderr of the session stay apart, and nothing is added to stdout" {
    run --separate-stderr claudex run . -- sh -c 'echo out; echo err >&2'
    equal "$status" 0
    equal "$output" out
    has "$stderr" err
    lacks "$stderr" out
}

@test "stdin that is no terminal reaches the session, and so does its end" {
    run claudex run . -- cat < <(echo x)
    equal "$output" x
    run claudex run . -- sh -c 'cat; echo ended' </dev/null
    equal "$output" ended
}

@test "bytes of any kind pass both ways unchanged" {
    head -c 5000000 /dev/urandom >"$world/bytes"
    claudex run . -- cat <"$world/bytes" >"$world/back"
    cmp "$world/bytes" "$world/back"
}

@test "a session that reads nothing does not block us" {
    run timeout 20 claudex run . -- true < <(head -c 5000000 /dev/zero)
    equal "$status" 0
}

@test "the session starts in the project's folder" {
    run claudex run . -- pwd
    equal "$output" "$box"
    run claudex run -- cat file
    equal "$output" "a file of the project"
}

@test "several folders: /workspace is where it starts; :ro is read-only" {
    new_project "$world/${token}b"
    new_project "$world/${token} with spaces"
    run claudex run . "$world/${token}b:ro" "$world/${token} with spaces" -- \
        sh -c 'pwd; ls; touch "'"$box"' with spaces/new" && ! touch "'"${box}"'b/new"'
    echo "$output"
    equal "$status" 0
    equal "${lines[0]}" /workspace
    has "$output" "${token} with spaces"
    [ -e "$world/${token} with spaces/new" ]
    [ ! -e "$world/${token}b/new" ]
}

@test "variables reach the session from the line, the environment and a file" {
    printf '# a comment\nFROM_FILE=in file\n' >"$world/env"
    FROM_HERE='with = and "quotes"' run claudex run -e GIVEN='a b' -e FROM_HERE -e NOT_SET_HERE \
        --env-file "$world/env" . -- \
        sh -c 'echo "$GIVEN|$FROM_HERE|${NOT_SET_HERE-unset}|$FROM_FILE"'
    equal "$output" 'a b|with = and "quotes"|unset|in file'
}

@test "promise 13: a variable's value is not in docker inspect, the logs, ps, or another user's reach" {
    SECRET=s3cr3t-$token start_box -e SECRET
    run docker inspect "$name"
    lacks "$output" "s3cr3t-$token"
    run docker logs "$name"
    lacks "$output" "s3cr3t-$token"
    run docker top "$name" -eo pid,args
    lacks "$output" "s3cr3t-$token"
    run claudex exec "$name" -- sh -c 'grep -rs "s3cr3t-'"$token"'" /run/claudex /etc/environment'
    lacks "$output" "s3cr3t-$token"
    # It is where it should be, or the above shows nothing.
    run claudex exec "$name" -- sh -c 'cat /proc/[0-9]*/environ | tr "\0" "\n" | grep ^SECRET='
    has "$output" "SECRET=s3cr3t-$token"
}

@test "promise 13: the variable survives a restart of the box" {
    SECRET=s3cr3t-$token start_box --keep -e SECRET -- sh -c 'echo "got $SECRET"; sleep 600'
    docker restart --time 2 "$name" >/dev/null
    two_greetings() { [ "$(docker logs "$name" | grep -c "^got s3cr3t-$token")" = 2 ]; }
    eventually 10 two_greetings
}

@test "--include: read-only below /context; --instructions: a copy the agents read" {
    new_project "$world/docs"
    echo "Be kind." >"$world/RULES.md"
    run claudex run --include "$world/docs" --instructions "$world/RULES.md" . -- \
        sh -c 'cat /context/docs/file; cat /workspace/instructions/RULES.md; touch /context/docs/x'
    echo "$output"
    has "$output" "a file of the project"
    has "$output" "Be kind."
    has "$output" "Read-only file system"
    [ ! -e "$world/docs/x" ]
}

@test "limits are the engine's, as docker run would set them" {
    start_box --memory 256m --cpus 1.5 --pids-limit 77
    run docker inspect --format \
        '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}' "$name"
    equal "$output" "268435456 1500000000 77"
}

@test "--agent shell gives a shell" {
    run claudex run --agent shell . < <(echo 'echo "I am $0 in $PWD"')
    equal "$status" 0
    has "$output" "in $box"
}

@test "--agent codex and --agent claude start the agents" {
    run claudex run --agent codex . </dev/null
    has "${output,,}" "terminal"
    run claudex run . -- claude --version
    has "$output" "Claude Code"
    run claudex run . -- codex --version
    has "$output" "codex"
}

@test "--dry-run prints the container's spec and starts nothing" {
    SECRET=s3cr3t-$token run --separate-stderr claudex run --dry-run -e SECRET -p 3000 . -- true
    equal "$status" 0
    jq -e . <<<"$output"
    lacks "$output$stderr" "s3cr3t-$token"
    equal "$(jq -r '.HostConfig.PortBindings["3000/tcp"][0].HostIp' <<<"$output")" 127.0.0.1
    equal "$(jq -r '.HostConfig.Init' <<<"$output")" false
    equal "$(jq -r '.HostConfig.CapDrop[]' <<<"$output")" ALL
    lacks "$(jq -c '.HostConfig' <<<"$output")" docker.sock
    equal "$(jq -r '.HostConfig.Privileged // false' <<<"$output")" false
    nothing_left
}

@test "--dry-run prints what run posts" {
    planned=$(claudex run --dry-run -d -p 3000 --memory 256m . -- sleep 600)
    start_box -p 3000 --memory 256m
    actual=$(docker inspect "$name" | jq '.[0]')
    for key in Image Cmd Entrypoint User WorkingDir; do
        equal "$(jq -Sc ".Config.$key // null" <<<"$actual")" "$(jq -Sc ".$key // null" <<<"$planned")"
    done
    for key in CapAdd CapDrop Init Memory PidsLimit SecurityOpt PortBindings; do
        equal "$(jq -Sc ".HostConfig.$key" <<<"$actual" | sed 's/"CAP_/"/g')" \
            "$(jq -Sc ".HostConfig.$key" <<<"$planned" | sed 's/"CAP_/"/g')"
    done
}
