#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats sets
# A thousand toggles under a flood of new connections.

load net.bash

net_toggle=$BUILD/test/box/net_toggle

# value NAME: of what net_toggle printed.
value() { awk -v name="$1" '$1 == name { print $2 }' <<<"$output"; }

toggles()
{
    local count=$1
    world
    mode open
    up
    local i floods=()
    for i in 1 2; do
        as_agent /opt/net_probe loop 3>&- &
        floods+=($!)
    done
    run -0 as_far "$net_toggle" far0 "/proc/$host_pid/root/run/claudex/private/ctl" "$count"
    kill "${floods[@]}"
    echo "$output"
    equal "$(value toggles)" "$count"
    [ "$(value open)" -gt "$count" ]
    equal "$(value forbidden)" 0
    equal "$(value late)" 0
}

@test "attack 40, promise 6: 1,000 toggles under a flood let nothing through" { toggles 1000; }

@test "attack 40, promise 6: 1,000 toggles under a flood let nothing through, by nf_tables" {
    without legacy
    toggles 1000
}
