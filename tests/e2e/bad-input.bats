#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# What is wrong with the request or the machine: a clear message, 125 or 2, nothing left.

load lib.bash
export BATS_TEST_TIMEOUT=90

@test "control: leftovers sees a box, and a temporary file" {
    start_box
    run leftovers
    has "$output" "container "
    claudex stop "$name"
    nothing_left
    touch "$TMPDIR/forgotten"
    run leftovers
    has "$output" "$TMPDIR/forgotten"
    rm "$TMPDIR/forgotten"
}

@test "a folder that does not exist" {
    refused 125 "$world/nowhere" claudex run "$world/nowhere" -- true
}

@test "a folder that is a file" {
    refused 125 "file" claudex run "$project/file" -- true
}

# another_user: as_other runs commands as one who may use the engine and owns the world.
another_user()
{
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$world"
    chown -R 4321 "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR" "$DOCKER_CONFIG" "$project"
}
as_other() { setpriv --reuid 4321 --regid 4321 --groups "$(stat -c %g /var/run/docker.sock)" -- "$@"; }

@test "a folder that we cannot enter" {
    # Root may enter all; another user runs into it.
    command -v setpriv >/dev/null || skip "setpriv is not here"
    another_user
    install -d -m 700 "$world/locked/inner"
    cd /
    refused 125 "$world/locked" as_other claudex run "$world/locked/inner" -- true
    has "${stderr,,}" "permission denied"
    run as_other claudex list
    equal "$status" 0
}

@test "the root of the file system and the home folder, as root and by a symlink" {
    refused 125 "/" claudex run / -- true
    refused 125 "home" claudex run "$HOME" -- true
    ln -s / "$world/root"
    refused 125 "/" claudex run "$world/root" -- true
    cd "$HOME"
    refused 125 "home" claudex run -- true
}

@test "system folders" {
    for folder in /etc /usr /proc /sys /dev /run /var/run /var/lib; do
        refused 125 "$(realpath "$folder")" claudex run "$folder" -- true
    done
}

@test "two folders of one name" {
    new_project "$world/a/$token"
    refused 125 "$token" claudex run . "$world/a/$token" -- true
}

@test "one folder twice" {
    run claudex run . "$project" -- true
    echo "$output"
    [ "$status" = 0 ] || equal "$status" 125
    nothing_left
}

@test "a dangling symlink; a symlink to a folder is that folder" {
    ln -s "$world/nowhere" "$world/dangling"
    refused 125 dangling claudex run "$world/dangling" -- true
    ln -s "$project" "$world/link"
    run claudex run "$world/link" -- cat file
    equal "$output" "a file of the project"
}

@test "a folder whose name has a newline, a colon, a comma, quotes" {
    for odd in $'new\nline' 'co:lon' 'com,ma' "quo'te\"s" 'back\slash' '-dash' 'ümläut' '$(id)'; do
        dir=$world/$token$odd
        [ "$odd" != -dash ] || dir=$world/-$token
        new_project "$dir"
        run claudex run "$dir" -- cat file
        echo "$odd: $status $output"
        if [ "$status" = 0 ]; then
            equal "$output" "a file of the project"
        else
            equal "$status" 125
            has "$output" "claudex: "
        fi
    done
    nothing_left
}

@test "a bad command line is status 2, with a hint" {
    refused 2 "--no-such-option" claudex run --no-such-option . -- true
    refused 2 "no-such-verb" claudex no-such-verb
    refused 2 "memory" claudex run --memory
    refused 2 "extra" claudex version extra
}

@test "a near miss of a verb or an option is named" {
    refused 2 "list" claudex lst
    refused 2 "inside a box: docker claudex exec -- claudex why HOST" claudex why example.com
    refused 2 "value 'nowhere' for --network: expected open" claudex run --network nowhere .
    refused 125 "if it is a command: -- in front of it" claudex run . no-such-command
    refused 2 "--memory" claudex run --memroy 1g . -- true
}

@test "bad values: port, memory, cpus, variables, names" {
    for given in "-p=70000" "-p=x" "-p=1.2.3.4.5:80:80" "--memory=lots" "--memory=-1" "--cpus=-1" \
        "--cpus=x" "--pids-limit=x" "-e==x" "-e=A-B=1" "--name=../x" "--name=a b" \
        "--network=nowhere" "--agent=" "--env-file=$world/nowhere" "--include=$world/nowhere" \
        "--instructions=$world/nowhere" "--runtime=no-such-runtime"; do
        run --separate-stderr claudex run "${given%%=*}" "${given#*=}" . -- true
        echo "$given: $status, $stderr"
        [ "$status" = 2 ] || [ "$status" = 125 ]
        equal "$output" ""
        has "$stderr" "claudex: "
    done
    nothing_left
}

@test "an environment file that is binary, endless or a folder" {
    head -c 4096 /dev/urandom >"$world/binary"
    refused 125 binary claudex run --env-file "$world/binary" . -- true
    head -c 3000000 /dev/zero | tr '\0' A >"$world/endless"
    refused 125 endless claudex run --env-file "$world/endless" . -- true
    refused 125 "$world" claudex run --env-file "$world" . -- true
}

@test "a .claudex that is wrong: all errors, each with its line" {
    printf '[run]\npacakge = x\nmemory = lots\n[nowhere]\n' >.claudex
    refused 125 ".claudex:2" claudex run . -- true
    has "$stderr" ".claudex:3"
    has "$stderr" ".claudex:4"
}

@test "a .claudex that is binary, a link, a folder, huge" {
    head -c 4096 /dev/urandom >.claudex
    refused 125 .claudex claudex run . -- true
    rm .claudex && ln -s /etc/passwd .claudex
    refused 125 .claudex claudex run . -- true
    lacks "$stderr" root:
    rm .claudex && mkdir .claudex
    refused 125 .claudex claudex run . -- true
    rmdir .claudex && head -c 2000000 /dev/zero | tr '\0' '\n' >.claudex
    refused 125 .claudex claudex run . -- true
    rm .claudex && mkfifo .claudex
    refused 125 .claudex timeout 10 claudex run . -- true
}

@test "an image that is not here and cannot be had" {
    refused 125 "localhost:1/no/such" claudex run --image localhost:1/no/such:image . -- true
}

@test "no engine" {
    refused 125 "$world/nowhere.sock" env DOCKER_HOST="unix://$world/nowhere.sock" claudex run . -- true
    refused 125 "$world/nowhere.sock" env DOCKER_HOST="unix://$world/nowhere.sock" claudex list
    refused 125 "127.0.0.1:1" env DOCKER_HOST=tcp://127.0.0.1:1 claudex run . -- true
    refused 125 nonsense env DOCKER_HOST=nonsense claudex run . -- true
    refused 125 no-such-context env DOCKER_CONTEXT=no-such-context claudex run . -- true
}

@test "no permission for the engine's socket: the message says what helps" {
    command -v setpriv >/dev/null || skip "setpriv is not here"
    another_user
    as_nobody() { setpriv --reuid 4321 --regid 4321 --clear-groups -- "$@"; }
    refused 125 "usermod -aG docker" as_nobody claudex run . -- true
}

fake_engine()
{
    printf '%s' "$1" >"$world/routes.json"
    host_node engine fake-engine.js /world/engine.sock /world/routes.json
    eventually 20 test -S "$world/engine.sock"
}

@test "an engine that is too old" {
    fake_engine '{"GET /_ping": {"headers": {"Api-Version": "1.40"}, "body": "OK"}}'
    before=$(our_containers)
    run --separate-stderr env DOCKER_HOST="unix://$world/engine.sock" claudex run . -- true
    echo "$stderr"
    equal "$status" 125
    has "$stderr" 1.40
    has "$stderr" 1.41
    equal "$(our_containers)" "$before"
}

@test "something that is no engine" {
    fake_engine '{"GET /_ping": {"body": "<html>hello</html>"}}'
    run --separate-stderr env DOCKER_HOST="unix://$world/engine.sock" claudex list
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "$world/engine.sock"
}

@test "a rootless engine, and one with userns-remap, are refused with the reason" {
    for option in rootless userns; do
        fake_engine '{"GET /_ping": {"headers": {"Api-Version": "1.45"}, "body": "OK"},
            "GET /version": {"json": {"ApiVersion": "1.45", "Version": "26.1.5", "Os": "linux"}},
            "GET /info": {"json": {"SecurityOptions": ["name='$option'"], "OSType": "linux",
                          "OperatingSystem": "Debian", "ServerVersion": "26.1.5"}},
            "GET /containers/json": {"json": []},
            "GET /images/'"$image"'/json": {"json": {"Id": "sha256:0"}}}'
        run --separate-stderr env DOCKER_HOST="unix://$world/engine.sock" claudex run . -- true
        echo "$stderr"
        equal "$status" 125
        has "$stderr" "$option"
        docker rm --force "$token-engine" >/dev/null
        rm -f "$world/engine.sock"
    done
}

@test "a remote engine with local folders is refused with the reason" {
    fake_engine '{"GET /_ping": {"headers": {"Api-Version": "1.45"}, "body": "OK"}}'
    run --separate-stderr env DOCKER_HOST=ssh://nobody@localhost claudex run . -- true
    echo "$stderr"
    equal "$status" 125
    has "${stderr,,}" remote
}
