# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what tests/bench/run sets
#
# Rows 12 to 14: the audit trail against git, on projects of several sizes. On the machine's own
# disk, for on tmpfs the trail believes no file's times.

trail_sizes='1000 10000 100000'
trail=$build/test/bench/trail

# git_of SIZE ARGUMENT...: with its repository beside the project, not in it.
git_of()
{
    git -c safe.directory='*' -c user.name=b -c user.email=b@b -c gc.auto=0 \
        --git-dir="$trail_world/git-$1" --work-tree="$trail_world/p$1" "${@:2}" >"$world/said" 2>&1
}

# microseconds COMMAND...
microseconds()
{
    local from to
    from=$(date +%s%N)
    "$@"
    to=$(date +%s%N)
    echo $(((to - from) / 1000))
}

commit_all() { git_of "$1" init -q -b main; git_of "$1" add -A; git_of "$1" commit -qm all; }
take() { "$trail" take "$trail_world/p$1" "$trail_world/a$1" "$2"; }

# compare ROW SIZE UNIT-DIVISOR OUR-TIMES THEIR-TIMES: a point each, and of the largest the row.
compare()
{
    local ours theirs
    ours=$(stats "$3" <<<"$4") theirs=$(stats "$3" <<<"$5")
    row=$1 point claudex "$2" "$(jq .median <<<"$ours")"
    row=$1 point git "$2" "$(jq .median <<<"$theirs")"
    if [ "$2" = "${trail_sizes##* }" ]; then
        row=$1 result "$ours" "$theirs"
    fi
}

row_12()
{
    local size run ours theirs
    trail_world=$(mktemp -d -p "$(realpath "$build")")
    for size in $trail_sizes; do
        "$trail" make "$trail_world/p$size" "$size"
        sync -f "$trail_world"
        theirs=$(microseconds commit_all "$size")
        sync -f "$trail_world"
        compare 12 "$size" 1000000 "$(take "$size" start)" "$theirs"
        sleep 3 # what is younger is read again
        take "$size" asked >"$world/said"
        git_of "$size" status
        ours='' theirs=''
        for run in 1 2 3 4 5; do
            ours+="$(take "$size" start) "
            theirs+="$(microseconds git_of "$size" status) "
        done
        compare 13 "$size" 1000000 "${ours% }" "${theirs% }"
        ours='' theirs=''
        for run in 1 2 3 4 5; do
            "$trail" touch "$trail_world/p$size" "round $run"
            ours+="$(take "$size" turn) "
            theirs+="$(microseconds git_of "$size" status) "
        done
        compare 14 "$size" 1000000 "${ours% }" "${theirs% }"
        rm -rf "${trail_world:?}/p$size" "$trail_world/a$size" "$trail_world/git-$size"
    done
    rm -rf "$trail_world"
}

# All on the same files.
row_13() { grep -q '"row":"13"' "$results" || row_12; }
row_14() { row_13; }
