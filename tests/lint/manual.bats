# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page has what the tables of the verbs have.
# shellcheck shell=bash

setup()
{
    cd -- "$BATS_TEST_DIRNAME/../.." || return
    manual=$(sed 's/\\-/-/g' docs/docker-claudex.1)
}

# missing WORD...: which of them the manual does not have.
missing()
{
    local word
    for word in "$@"; do
        grep -qE -- "(^|[ ,])$word( |,|\$)" <<<"$manual" || echo "$word"
    done
}

@test "every verb has its section" {
    mapfile -t verbs < <(sed -n 's/^ *\.name = "\([a-z-]*\)".*/\1/p' plugin/verb/*.c)
    [ "${#verbs[@]}" -gt 10 ]
    for verb in "${verbs[@]}"; do
        grep -q "^\.Ss $verb\b" <<<"$manual" || {
            echo "no section for $verb"
            return 1
        }
    done
}

@test "every option is there" {
    # {'a', "agent", … and {0, "network", …; mdoc writes --agent as "Fl -agent" or "-agent".
    mapfile -t names < <(sed -n "s/^ *{\('.'\|0\), \"\([a-z0-9-]*\)\",.*/-\2/p" plugin/verb/*.c | sort -u)
    [ "${#names[@]}" -gt 30 ]
    run missing "${names[@]}"
    [ -z "$output" ]
}
