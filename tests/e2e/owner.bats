#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Whose the files are, inside and on the host.

load lib.bash
export BATS_TEST_TIMEOUT=90

@test "the session has the uid and gid of the project's owner, and so have its files" {
    run claudex run . -- sh -c 'id -u; id -g; touch made; mkdir folder; id -G'
    equal "${lines[0]} ${lines[1]}" "1234 1234"
    equal "$(owner_of made)" 1234:1234
    equal "$(owner_of folder)" 1234:1234
}

@test "a group of its own" {
    chown 1234:4321 . file
    run claudex run . -- sh -c 'id -g; touch made'
    equal "$output" 4321
    equal "$(owner_of made)" 1234:4321
}

@test "attack 46: a root-owned project is writable, its files stay root's, and the session is not root" {
    chown -R 0:0 .
    run claudex run . -- sh -c 'id -u; stat -c %u file; echo more >>file; touch made'
    echo "$output"
    equal "$status" 0
    [ "${lines[0]}" -ne 0 ]
    equal "${lines[1]}" "${lines[0]}"
    equal "$(owner_of made)" 0:0
    equal "$(owner_of file)" 0:0
    has "$(<file)" more
    nothing_left
}

@test "a root-owned project: files of others stay closed to the session" {
    chown -R 0:0 .
    install -m 600 -o 4321 /dev/null "$project/of-another"
    run claudex run . -- cat of-another
    [ "$status" -ne 0 ]
    has "$output" "Permission denied"
}

@test "a root-owned project: setuid bits that the session makes do not reach the host" {
    chown -R 0:0 .
    run claudex run . -- sh -c 'cp /bin/true planted && chmod 6755 planted'
    [ ! -e planted ] || [ ! -u planted ]
}

@test "a detached box on a root-owned project: its mount goes when the box goes" {
    chown -R 0:0 .
    start_box
    claudex exec "$name" -- touch made
    claudex stop "$name"
    equal "$(owner_of made)" 0:0
    nothing_left
}

@test "attack 46: uids of the workers, and 65534" {
    for uid in 64990 64993 65534; do
        chown -R "$uid:$uid" .
        run claudex run . -- sh -c 'id -u; touch made'
        echo "$uid: $output"
        if [ "$status" = 0 ]; then
            equal "${lines[0]}" "$uid"
            equal "$(owner_of made)" "$uid:$uid"
            rm made
        else
            equal "$status" 125
            has "$output" "claudex: "
        fi
    done
}

@test "projects of different owners: refused with words" {
    new_project "$world/${token}b" 4321
    refused 125 owner claudex run . "$world/${token}b" -- true
}
