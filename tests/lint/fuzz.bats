#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make fuzz` is given, and what it keeps.

setup() { cd -- "$BATS_TEST_DIRNAME/../.." || return; }

@test "make fuzz wants a whole number of minutes from 1 on, and says so at once" {
    local minutes
    for minutes in 0 -1 x 1.5 '' 1234567; do
        run env -u BUILD make fuzz MINUTES="$minutes" T=none
        [ "$status" -eq 2 ]
        [[ $output == *"MINUTES=$minutes: a whole number of minutes, please, from 1 on"* ]]
    done
}

@test "scripts/fuzz wants seconds that end" {
    local seconds
    for seconds in 0 -1 x ''; do
        run scripts/fuzz "$seconds" /bin/true
        [ "$status" -eq 2 ]
        [[ $output == *"is no number of seconds"* ]]
    done
}

@test "every kept input has a fuzzer that begins with it" {
    local folder
    for folder in tests/fuzz/corpus/*/; do
        [ -e "tests/fuzz/fuzz_$(basename "$folder").c" ]
    done
}
