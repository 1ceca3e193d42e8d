#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # what lib.bash sets
# Skills from folders of the user's, as PID 1 finds them.

load lib.bash

@test "a skill whose folder cannot be opened is told, and nothing starts where it is required" {
    local skills=run/claudex/skills-local
    before="mkdir -p $skills/shut; chown 4321 $skills/shut; chmod 0700 $skills/shut"
    run in_box true
    equal "$status" 0
    has "$output" "the skill shut is left out: cannot open its folder: Permission denied"
    before+="; touch $skills/.required-shut"
    run in_box sh -c "$trace"
    refused "the skill shut is required, and could not be had: cannot open its folder"
}
