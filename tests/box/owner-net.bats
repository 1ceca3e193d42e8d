#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and the helpers set
# What a worker's uid may is the worker's alone, whoever owns the project.

load net.bash

# kills COMMAND…: with it as a prefix, what the gate's signals say: "yes", or kill's words.
kills() { "$@" sh -c 'kill -0 "$1" 2>&1 && echo yes' sh "$gate"; }

@test "attack 46: a project of the gate's uid: the agent has that uid, and neither its way out nor its signals" {
    local gate
    world
    chown 64990:64990 "$project"
    mode allowlist
    up
    equal "$(as_agent id -u)" 64990
    forget
    as_agent /opt/net_probe try tcp4 tcp6 tcp4-elsewhere tcp6-elsewhere
    nothing_arrived
    # Its own is the next block's.
    gate=$(enter /usr/bin/pgrep -o -u 64994)
    has "$(kills as_agent)" 'not permitted'
}

@test "attack 46: the control: where the gate has the uid, who has it too gets out and may end the gate" {
    local gate
    world
    mode allowlist
    up
    forget
    as_root setpriv --reuid 64990 --regid 64990 --clear-groups "$net_probe" try tcp4 tcp6
    seen tcp 20000 20001
    gate=$(enter /usr/bin/pgrep -o -u 64990)
    equal "$(kills nsenter -t "$host_pid" -p -- setpriv --reuid 64990 --clear-groups)" yes
}
