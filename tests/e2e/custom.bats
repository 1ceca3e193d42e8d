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
    before=$(docker ps --all --quiet)
    for try in 1 2; do
        run --separate-stderr claudex run . -- touch started
        echo "$stderr"
        equal "$status" 125
        equal "$output" ""
        has "$stderr" "  | E: Unable to locate package claudex-no-such-package"
        has "$(tail -n 2 <<<"$stderr")" "Debian's archive has no package claudex-no-such-package"
        [ ! -e started ]
        equal "$(customs)" ""
        equal "$(docker ps --all --quiet)" "$before"
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
