#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what lib.bash sets
# Projects that are made to hurt who records them.

load lib.bash

eval "box_$(declare -f teardown)"
teardown()
{
    box_teardown
    ! mountpoint -q "$project" || umount -l "$project"
}

@test "attack 41: a hundred thousand files, and a sparse one of 10 GB" {
    # On a disk, making them takes longer than recording them.
    mount -t tmpfs -o mode=0755 claudex-test "$project"
    config=$(config_of "mount = rw $(identity "$project") /workspace/project")
    mkdir "$project/many"
    (cd "$project/many" && seq 100000 | xargs touch)
    truncate -s 10G "$project/sparse"
    chown -R 1234:1234 "$project"
    start_box sh -c 'ls many | wc -l >up; read x <down'
    equal "$line" 100000
    run -0 enter /init trail log
    equal "$(jq -r '.[0].kind' <<<"$output")" start
    # Its hash is kept, not 10 GB of nothing.
    [ "$(du -sk "/proc/$host_pid/root/run/claudex/audit" | cut -f 1)" -lt 300000 ]
    tell x
    ended
    equal "$status" 0
}

@test "attack 41: a .git that leads elsewhere (gitdir:)" {
    local elsewhere=$BATS_TEST_TMPDIR/elsewhere content
    git init -q "$elsewhere"
    git -C "$elsewhere" -c user.name=x -c user.email=x commit -q --allow-empty -m told-to-nobody
    git -C "$elsewhere" config core.fsmonitor "touch $BATS_TEST_TMPDIR/ran"
    chown -R 1234:1234 "$elsewhere"
    echo "gitdir: $elsewhere/.git" >"$project/.git"
    chown 1234:1234 "$project/.git"
    all() { find "$elsewhere" -type f -exec sha256sum {} + | sort; }
    content=$(all)
    run in_box sh -c 'git -C /workspace/project log; cat '"$elsewhere"'/.git/HEAD
        git -C /workspace log --oneline | wc -l'
    echo "$output"
    equal "$status" 0
    lacks "$output" told-to-nobody
    lacks "$output" ref:
    equal "${lines[-1]}" 1
    equal "$(all)" "$content"
    [ ! -e "$BATS_TEST_TMPDIR/ran" ]
    # The control: git goes there.
    run -0 git -c safe.directory='*' -C "$project" log
    has "$output" told-to-nobody
    run git -c safe.directory='*' -C "$project" status
    [ -e "$BATS_TEST_TMPDIR/ran" ]
}
