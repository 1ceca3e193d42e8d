#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every attack has a test that carries its number, and a row of docs/attacks.md.

attacks=47

# The numbers of what `make attack` throws, and of tests of other suites.
tried()
{
    {
        printf '%s\n' tests/attack/[0-9]*.bash | sed -E 's/.*\/0*([0-9]+)-.*/\1/'
        sed -nE 's/^@test "attacks? ([0-9]+).*/\1/p' tests/*/*.bats
    } | sort -nu
}

@test "every attack is tried" {
    diff <(seq $attacks) <(tried)
}

@test "every attack is in the table" {
    diff <(seq $attacks) <(sed -nE 's/^\| ([0-9]+) \|.*/\1/p' docs/attacks.md | sort -nu)
}
