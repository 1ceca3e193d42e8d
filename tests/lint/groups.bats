# SPDX-License-Identifier: GPL-2.0-or-later
# The groups of hosts: data that decides what leaves a box.
# shellcheck shell=bash

setup()
{
    cd -- "$BATS_TEST_DIRNAME/../.." || return
    shopt -s nullglob
    groups=(groups/*)
    [ "${#groups[@]}" -ge 10 ]
}

# Each pattern as "FILE:LINE PATTERN".
patterns()
{
    awk '{ sub(/#.*/, "") } NF { print FILENAME ":" FNR, $1 }' "$@"
}

none()
{
    [ -z "$1" ] || {
        echo "$1"
        return 1
    }
}

@test "every line is one pattern and says why it is there" {
    none "$(grep -nEv '^#|^[a-z0-9*.:-]+ +# [^ ].*$' "${groups[@]}")"
    for group in "${groups[@]}"; do
        head -n 1 "$group" | grep -q '^# ' || {
            echo "$group: the first line says what it is for"
            return 1
        }
        [[ ${group#groups/} =~ ^[a-z][a-z0-9-]*$ ]]
    done
}

@test "every pattern has the one spelling: a name, perhaps *. in front, perhaps a port" {
    label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
    none "$(patterns "${groups[@]}" | grep -vE "^[^ ]+ (\*\.)?($label\.)+[a-z]{2,}(:[1-9][0-9]{0,4})?$")"
    # What an allow without a port means already.
    none "$(patterns "${groups[@]}" | grep -E ':(80|443)$')"
}

@test "no pattern is there twice, nor within a wildcard of its group" {
    for group in "${groups[@]}"; do
        none "$(patterns "$group" | cut -d' ' -f2 | sort | uniq -d)"
        patterns "$group" | cut -d' ' -f2 | sed -n 's/^\*//p' | while read -r zone; do
            none "$(patterns "$group" | grep -F -- "$zone" | grep -vF -- "*$zone")"
        done
    done
}

@test "the zones that strangers can have a name in are read" {
    [ "$(sed -n 's/^"\(.*\)",$/\1/p' plugin/policy/open_zones.inc | wc -l)" -ge 40 ]
    none "$(grep -nvE '^"[a-z0-9.-]+",$|^(/| )\*' plugin/policy/open_zones.inc)"
}

@test "no wildcard lies over a zone that strangers can have a name in" {
    patterns "${groups[@]}" | sed -n 's/ \*\.\([^:]*\).*/ \1/p' | while read -r where zone; do
        [[ $zone == *.* ]] || {
            echo "$where: *.$zone is everybody's"
            return 1
        }
        while read -r open; do
            if [[ .$zone == *".$open" || .$open == *".$zone" ]]; then
                echo "$where: *.$zone, and strangers can have a name in $open"
                return 1
            fi
        done < <(sed -n 's/^"\(.*\)",$/\1/p' plugin/policy/open_zones.inc)
    done
}
