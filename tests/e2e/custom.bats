#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Images with a project's packages.

load lib.bash
export BATS_TEST_TIMEOUT=180

base=$image

setup()
{
    make_world
    cd "$project" || return
    there=$(all_customs)
}

teardown()
{
    cd /
    DOCKER_CONFIG=$world/unused
    end_world
    customs | xargs --no-run-if-empty docker rmi >/dev/null
}

# Custom images, and those of them that the test has made on the base that is tested.
all_customs()
{
    local id
    id=$(docker image inspect --format '{{.Id}}' "$base")
    docker images --filter "label=io.claudex.base=$id" --format '{{.Repository}}:{{.Tag}}' |
        grep '^claudex-custom:' | sort || [ "${PIPESTATUS[1]}" = 1 ]
}
customs() { comm -13 <(echo "$there") <(all_customs); }

count() { grep -c . || [ $? = 1 ]; }

# wants PACKAGE…: the project's list.
wants() { printf '%s\n' "[packages]" "$@" >"$project/.claudex"; }

# Files that would give their caller another user, group or capability.
privileged='find / -xdev -type f -perm /6000 2>/dev/null; python3 -c "
import os
for folder, _, names in os.walk(\"/usr\"):
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.islink(path) and \"security.capability\" in os.listxattr(path):
            print(path)"'

@test "two projects, one list, one image; nothing in it that changes who runs it" {
    # iputils-ping comes with a file capability, at with a setuid program.
    wants iputils-ping hello at hello
    new_project "$world/${token}b"
    printf '# the same\nat\nhello\niputils-ping\n' >"$world/${token}b/.claudecker"
    run --separate-stderr claudex run . -- hello
    echo "$stderr"
    equal "$status" 0
    equal "$output" "Hello, world!"
    has "$stderr" "building the image claudex-custom:"
    equal "$(customs | count)" 1
    run --separate-stderr claudex run "$world/${token}b" -- sh -c "hello; at -V 2>&1 | head -n 1; $privileged"
    echo "$output"
    equal "$stderr" ""
    equal "${lines[0]}" "Hello, world!"
    has "${lines[1]}" "at version"
    equal "${#lines[@]}" 2
    equal "$(customs | count)" 1
    nothing_left
}

@test "an impossible list: 125, the package's name, the end of the log, nothing started" {
    wants hello claudex-no-such-package
    for try in 1 2; do
        run --separate-stderr claudex run . -- touch started
        echo "$stderr"
        equal "$status" 125
        equal "$output" ""
        has "$stderr" "  | E: Unable to locate package claudex-no-such-package"
        has "$(tail -n 2 <<<"$stderr")" "Debian's archive has no package claudex-no-such-package"
        [ ! -e started ]
        equal "$(customs)" ""
        nothing_left
    done
    # Mended, it works.
    wants hello
    equal "$(claudex run . -- hello 2>/dev/null)" "Hello, world!"
}

@test "an empty list is claudex's own image; too long a list and no names are refused" {
    wants
    equal "$(claudex run --dry-run . | jq -r .Image)" "$base"
    # shellcheck disable=SC2046
    wants $(seq -f 'package%.0f' 10000)
    refused 125 "10000 packages are too many" claudex run . -- true
    refused 125 "10000 packages are too many" claudex build .
    wants 'hello; reboot'
    refused 125 ".claudex:2" claudex build .
    equal "$(customs)" ""
}

@test "two builds of one list at once: one builds, the other waits for it" {
    wants hello
    new_project "$world/${token}b"
    cp .claudex "$world/${token}b/"
    claudex run . -- hello >"$world/one" 2>"$world/one.said" &
    one=$!
    claudex run "$world/${token}b" -- hello >"$world/two" 2>"$world/two.said" &
    wait "$!"
    wait "$one"
    cat "$world"/*.said
    equal "$(cat "$world/one" "$world/two")" "Hello, world!
Hello, world!"
    equal "$(cat "$world"/*.said | grep -c 'building the image')" 1
    equal "$(cat "$world"/*.said | grep -c 'being built already; waiting')" 1
    equal "$(customs | count)" 1
    nothing_left
}

# Containers of a build have no name of ours; they are told by their image.
build_containers()
{
    docker ps --all --quiet --filter "ancestor=$base" --filter status=running
}

@test "Ctrl-C while building, and while waiting for another: 125, nothing half-made, no lock" {
    wants hello
    before=$(build_containers)
    setsid env --default-signal=INT claudex run . -- touch started >"$world/said" 2>&1 &
    builder=$!
    eventually 20 grep -q 'RUN apt-get' "$world/said"
    setsid env --default-signal=INT claudex run . -- touch started >"$world/waits" 2>&1 &
    waiter=$!
    eventually 10 grep -q 'waiting for it' "$world/waits"
    kill -INT -- "-$waiter"
    status=0
    wait "$waiter" || status=$?
    equal "$status" 125
    kill -INT -- "-$builder"
    status=0
    wait "$builder" || status=$?
    cat "$world/said"
    equal "$status" 125
    has "$(tail -n 1 "$world/said")" "was cancelled"
    [ ! -e started ]
    equal "$(customs)" ""
    gone() { [ "$(build_containers)" = "$before" ]; }
    eventually 10 gone
    nothing_left
    equal "$(find "$XDG_STATE_HOME" -path '*images/*')" ""
    equal "$(claudex run . -- hello 2>/dev/null)" "Hello, world!"
}

@test "the printed Dockerfile builds with both builders, and needs no engine to be printed" {
    wants hello
    DOCKER_HOST=unix:///nonexistent run --separate-stderr claudex build --print
    equal "$status" 0
    echo "$output" >"$world/Dockerfile"
    for kit in 0 1; do
        DOCKER_BUILDKIT=$kit TMPDIR=/tmp docker build --quiet --tag "clx-custom-$token:$kit" - \
            <"$world/Dockerfile" 2>&1
        run docker run --rm --entrypoint hello "clx-custom-$token:$kit"
        docker rmi "clx-custom-$token:$kit" >/dev/null
        equal "$output" "Hello, world!"
    done
    refused 125 "no packages are asked for" claudex build --print "$world/tmp"
    refused 2 "--base is for claudex's own image" claudex build --base "$base" .
}

@test "with BuildKit: the same image, the same blame, the same cancelling" {
    export DOCKER_BUILDKIT=1
    wants hello
    run --separate-stderr claudex run . -- hello
    echo "$stderr"
    equal "$output" "Hello, world!"
    has "$stderr" "[2/2] RUN apt-get"
    tag=$(customs)
    equal "$(docker image inspect --format '{{index .Config.Labels "io.claudex.base"}}' "$tag")" \
        "$(docker image inspect --format '{{.Id}}' "$base")"
    equal "$(DOCKER_BUILDKIT=0 claudex run --dry-run . | jq -r .Image)" "$tag"
    run --separate-stderr claudex clean-custom --yes --format json
    [ "$(jq '.[0].freed' <<<"$output")" -lt 100000000 ]
    wants hello claudex-no-such-package
    run --separate-stderr claudex run . -- touch started
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "  | E: Unable to locate package claudex-no-such-package"
    has "$stderr" "Debian's archive has no package claudex-no-such-package"
    wants file
    setsid env --default-signal=INT claudex run . -- touch started >"$world/said" 2>&1 &
    builder=$!
    eventually 20 grep -q 'RUN apt-get' "$world/said"
    kill -INT -- "-$builder"
    status=0
    wait "$builder" || status=$?
    equal "$status" 125
    has "$(tail -n 1 "$world/said")" "was cancelled"
    [ ! -e started ]
    equal "$(customs)" ""
    nothing_left
}

# A proxy in front of Debian's archive: answers 500 where the path ends as said.
breaking_proxy()
{
    host_node "proxy$1" breaking-proxy.js /world/proxy.port "$2"
    eventually 20 test -s "$world/proxy.port"
    HTTP_PROXY=http://$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' bridge):$(<"$world/proxy.port")
    export HTTP_PROXY
}

@test "an archive that answers 500, altogether or for one package: said, and nothing is made" {
    wants hello file
    breaking_proxy all ''
    refused_with_log 'apt-get returned' 'behind a proxy'
    has "$stderr" '  | E: Failed to fetch'
    unset HTTP_PROXY
    rm "$world/proxy.port"
    breaking_proxy one .deb
    refused_with_log 'could not be fetched:' 'hello'
    # Through a proxy that works, it works: it is passed on.
    rm "$world/proxy.port"
    breaking_proxy none /no-such-file
    equal "$(claudex run . -- hello 2>/dev/null)" "Hello, world!"
    [ "$(docker logs "$token-proxynone" | grep -c '\.deb$')" -ge 2 ]
}

# refused_with_log PART…: as refused(), but with the end of a log in front.
refused_with_log()
{
    run --separate-stderr claudex run . -- touch started
    echo "$stderr"
    equal "$status" 125
    equal "$output" ""
    for part in "$@"; do
        has "$(tail -n 4 <<<"$stderr")" "$part"
    done
    has "$stderr" '  | '
    [ ! -e started ]
    equal "$(customs)" ""
}

@test "clean-custom and clean-all-custom: what is freed is said, what is in use stays, they ask" {
    wants hello
    claudex build . 2>/dev/null
    new_project "$world/${token}b"
    echo file >"$world/${token}b/.claudex"
    claudex build "$world/${token}b" 2>/dev/null
    hello=$(claudex run --dry-run . | jq -r .Image)
    equal "$(customs | count)" 2
    refused 125 "--yes" claudex clean-custom
    equal "$(customs | count)" 2
    start_box -- sleep 600
    run --separate-stderr claudex clean-custom --yes .
    equal "$status" 0
    has "$stderr" "$hello stays: the box $name uses it"
    has "$stderr" "0 images removed, 0 B freed"
    claudex stop --time 1 "$name"
    eventually 10 box_gone "$name"
    run --separate-stderr claudex clean-custom --yes --format json .
    equal "$(jq -r '.[0].image' <<<"$output")" "$hello"
    [ "$(jq '.[0].freed' <<<"$output")" -gt 100000 ]
    [ "$(jq '.[0].freed' <<<"$output")" -lt 100000000 ]
    equal "$(customs | count)" 1
    open_terminal
    typed "claudex clean-custom '$world/${token}b'"
    shows '\? \[y/N\]'
    typed n
    shows '^host> $'
    equal "$(customs | count)" 1
    typed "claudex clean-custom '$world/${token}b'"
    shows '\? \[y/N\] *$'
    typed y
    shows '1 image removed, .*B freed'
    equal "$(customs)" ""
    nothing_left
}

@test "build --no-cache DIR makes it anew, and nothing stays of the old one" {
    wants hello
    tag=$(claudex build . 2>/dev/null)
    old=$(docker image inspect --format '{{.Id}}' "$tag")
    equal "$(claudex build . 2>/dev/null)" "$tag"
    equal "$(docker image inspect --format '{{.Id}}' "$tag")" "$old"
    equal "$(claudex build --no-cache . 2>/dev/null)" "$tag"
    [ "$(docker image inspect --format '{{.Id}}' "$tag")" != "$old" ]
    run ! docker image inspect "$old"
    nothing_left
}

@test "list --images shows what is there, and what for" {
    wants hello
    tag=$(claudex build . 2>/dev/null)
    run --separate-stderr claudex list --images
    has "$output" "$tag"
    has "$(grep -F "$tag" <<<"$output")" hello
    has "$output" "$base "
    entry=$(claudex list --images --format json | jq --arg tag "$tag" '.[] | select(.name == $tag)')
    equal "$(jq -r '.packages, .version, .used_by' <<<"$entry")" "hello
$version
null"
    has "$(claudex list --images -q)" "$tag"
}

@test "a base image that disappeared is made again, and the same image is found" {
    wants hello
    tag=$(claudex build . 2>/dev/null)
    kept=clx-kept-$token:1
    docker tag "$base" "$kept"
    docker rmi "$base" >/dev/null
    refused 125 "docker claudex build" claudex run --dry-run .
    run --separate-stderr claudex run . -- hello
    docker image inspect "$base" >/dev/null || docker tag "$kept" "$base"
    docker rmi "$kept" >/dev/null
    echo "$stderr"
    equal "$status" 0
    equal "$output" "Hello, world!"
    has "$stderr" "the image $base is not here yet; building it"
    equal "$(claudex run --dry-run . | jq -r .Image)" "$tag"
}

# other_codex: a version of it that is not in the image.
other_codex()
{
    docker run --rm --entrypoint npm "$base" view @openai/codex versions --json |
        jq -r 'map(select(test("^[0-9.]+$")))[-2]'
}

label() { docker image inspect --format "{{index .Config.Labels \"io.claudex.$1\"}}" "$base"; }

@test "update to a version: one layer alone, authorities stay, custom images follow" {
    pinned=$(label codex)
    claude=$(label claude-code)
    wants hello
    tag=$(claudex build . 2>/dev/null)
    authorities() { docker run --rm --entrypoint sh "$base" -c 'cat /usr/local/share/ca-certificates/claudex-*' | sha256sum; }
    before=$(authorities)
    # Below the agents' layer: Debian, its packages, users, npm.
    layers() { docker image inspect --format '{{range .RootFS.Layers}}{{println .}}{{end}}' "$base" | head -n 7; }
    kept=$(layers)
    wanted=$(other_codex)
    [ "$wanted" != "$pinned" ]
    # Whatever this machine trusts meanwhile: what the image trusts is what it was built with.
    openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -out "$world/ca.pem" \
        -subj "/CN=$token" 2>/dev/null
    export SSL_CERT_FILE=$world/ca.pem
    run --separate-stderr claudex update "codex@$wanted"
    unset SSL_CERT_FILE
    updated=$status
    now=$(label codex)
    now_claude=$(label claude-code)
    after=$(authorities)
    still=$(layers)
    followed=$(customs)
    in_box=$(claudex run . -- sh -c 'hello; codex --version' 2>/dev/null)
    claudex update "codex@$pinned" >/dev/null 2>&1 # as it was
    echo "$stderr"
    equal "$updated" 0
    has "$output" "$pinned → $wanted"
    equal "$now" "$wanted"
    equal "$now_claude" "$claude"
    equal "$after" "$before"
    equal "$still" "$kept"
    equal "$(wc -l <<<"$kept")" 7
    equal "$(wc -l <<<"$followed")" 1
    [ "$followed" != "$tag" ]
    equal "$in_box" "Hello, world!
codex-cli $wanted"
    equal "$(label codex)" "$pinned"
}

@test "update to what there is not: 125, why, and everything as it was" {
    id=$(docker image inspect --format '{{.Id}}' "$base")
    run --separate-stderr claudex update claude@0.0.0-none
    echo "$stderr"
    equal "$status" 125
    has "$stderr" "No matching version found for @anthropic-ai/claude-code@0.0.0-none"
    has "$(tail -n 1 <<<"$stderr")" "npm has no such version"
    refused 2 "expected claude or codex" claudex update vim
    refused 2 "expected a version" claudex update 'codex@1;reboot'
    equal "$(docker image inspect --format '{{.Id}}' "$base")" "$id"
}

@test "version says what is in the image" {
    run --separate-stderr claudex version
    has "$output" "image        $base, "
    has "$output" " on debian:trixie-slim"
    equal "$(claudex version --format json | jq -r .image.claude)" "$(label claude-code)"
}
