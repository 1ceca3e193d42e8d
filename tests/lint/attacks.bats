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

# The numbers of attacks that were seen to arrive: in a world of `make attack`, or in a test of
# another suite that is, or says where it has, the control.
controlled()
{
    {
        grep -lE '^# (bare|open|allowlist|api|lockdown): *\+$' tests/attack/[0-9]*.bash |
            sed -E 's/.*\/0*([0-9]+)-.*/\1/'
        awk '/^@test/ { n = match($0, /"attacks? [0-9]+/) ? substr($0, RSTART + 8, RLENGTH - 8) : 0 }
            n && (/^@test.*: the control: / || /# The control: /) { sub(/^ /, "", n); print n }' tests/*/*.bats
    } | sort -nu
}

@test "every attack has a control, in which it arrives" {
    diff <(seq $attacks) <(controlled)
}

@test "every attack of make attack arrives somewhere" {
    run grep -LE '^# (bare|open|allowlist|api|lockdown): *\+$' tests/attack/[0-9]*.bash
    [ -z "$output" ]
}
