#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Attack 40: the time of day jumps while a box runs (tests/box/clock_init.c); clocks that differ from
# one start to the next are fault-toggles.bats'.

load net.bash

days=$((24 * 60 * 60))

# jumping: the boxes from now on have such a clock.
jumping()
{
    init=$BUILD/test/box/clock_init
    clock=$BATS_TEST_TMPDIR/clock
    before+="mkdir -p opt; : >opt/clock; mount --bind '$clock' opt/clock
"
    jump 0
}

# jump SECONDS: from the machine's own time of day, at once: the file is not cut before.
jump()
{
    local i bytes=''
    for i in 0 8 16 24 32 40 48 56; do
        bytes+=$(printf '\\x%02x' $((($1 >> i) & 255)))
    done
    # shellcheck disable=SC2059
    printf "$bytes" 1<>"$clock"
}

# left: the seconds that are left of the first grant.
left() { word grants 0 | jq -r '.items[0].left'; }

# until_is WORDS COMMAND…: until it prints that.
until_is()
{
    local end=$((SECONDS + 20))
    until [ "$("${@:2}")" = "$1" ]; do
        [ "$SECONDS" -lt "$end" ] || {
            echo "never $1: ${*:2}"
            return 1
        }
        sleep 0.1
    done
}
total() { word grants 0 | jq .total; }

@test "attack 40: the time of day jumps while a box runs: what was allowed for a while ends, and not sooner" {
    local to
    mode allowlist
    jumping
    up
    run -0 word allow passing.test 900
    for to in $((400 * days)) $((-400 * days)) 0; do
        jump "$to"
        [ "$(left)" -le 900 ]
        [ "$(left)" -gt 600 ]
        run -0 word allow short.test 1
        until_is 1 total
    done
    # The control: it is this clock that the box has.
    jump $((400 * days))
    run -0 word allow later.test 60
    [ "$(word grants 0 | jq '.items[1].since')" -gt $(($(date +%s) + 399 * days)) ]
}

# login TOKEN EXPIRES: one of Claude Code's. write TOKEN EXPIRES: the agent's next one.
login() { printf '{"claudeAiOauth":{"accessToken":"%s","refreshToken":"r","expiresAt":%s}}' "$1" "$2"; }
write() { as_agent sh -c 'printf %s "$1" >~/.claude/.credentials.json' sh "$(login "$@")"; }
# kept SUFFIX: the token that boxes share, or that is held.
kept() { sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$store/claude.json$1" 2>/dev/null; }

@test "attack 40: the time of day jumps while logins are watched: a refresh is kept, another's is held" {
    local store=$BATS_TEST_TMPDIR/tokens first
    mkdir -m 0700 "$store"
    first=$(login first 5)
    printf 'claudex-login 2\n5\nme\n\n\n\n0\n\n%s\n%s' "${#first}" "$first" >"$store/claude.json"
    before=$(bind "$store" /run/claudex/private/tokens)
    mode allowlist
    jumping
    up
    jump $((400 * days))
    write second 6
    until_is second kept ''
    jump $((-400 * days))
    # In force from now on by the clock of the machine, and far longer by the box's.
    write third "$(date -d '+8 hours' +%s000)"
    until_is third kept ''
    write fourth "$(date -d '+9 hours' +%s000)"
    until_is fourth kept .held
    equal "$(kept '')" third
}
