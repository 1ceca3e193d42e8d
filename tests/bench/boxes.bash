# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what the sourcing script sets
#
# The rows about what a box costs while nothing happens, and the look-ups, at several sizes.

# point SERIES X Y: for the row's plot.
point()
{
    jq -cn --arg row "$row" --arg series "$1" --argjson x "$2" --argjson y "$3" \
        '{$row, $series, $x, $y}' >>"$world/points"
}

# look_ups SERIES [ASKED]: the row's own figure is of the largest table; against: the smallest.
look_ups()
{
    local count times least=
    for count in 10 100 1000 10000 100000 1000000; do
        times=$("$build/test/bench/policy" "$count" "${@:2}")
        [ -n "$least" ] || least=$(stats 1 <<<"$times")
        point "$1" "$count" "$(stats 1 <<<"$times" | jq .median)"
    done
    result "$(stats 1 <<<"$times")" "$least"
}

# Any name of all, which nothing but memory itself can answer.
row_10() { look_ups 'any name of all'; }

# The few names that one session asks for, and those that it is refused.
row_10b() { look_ups 'the same 100 names again' 100; }

# proportional PID...: their memory in MiB, each shared page divided by who shares it.
proportional()
{
    local pid
    for pid in "$@"; do
        cat "/proc/$pid/smaps_rollup" 2>/dev/null || :
    done | awk '$1 == "Pss:" { sum += $2 } END { print sum / 1024 }'
}

# resident PID...: in MiB, every page counted for each, as top(1) shows it.
resident()
{
    local pid
    for pid in "$@"; do
        cat "/proc/$pid/status" 2>/dev/null || :
    done | awk '$1 == "VmRSS:" { sum += $2 } END { print sum / 1024 }'
}

# ticks PID...: processor time used so far, in 1/100 s.
ticks()
{
    local pid
    for pid in "$@"; do
        cat "/proc/$pid/stat" 2>/dev/null || :
    done | awk '{ sum += $14 + $15 } END { print sum + 0 }'
}

# PID 1 and the workers of the world's box: not the session.
own_processes()
{
    local first
    read -r first <"$world/pid"
    echo "$first"
    # The gate's carriers are its children.
    ps -e -o pid=,ppid=,uid= | awk -v first="$first" '
        { parent[$1] = $2; uid[$1] = $3 }
        END { for (p in uid) if (uid[p] > 64000 && (parent[p] == first || parent[parent[p]] == first)) print p }'
}

# Connections through the gate, ever more, and what PID 1 and workers keep of them.
row_17c()
{
    local before after address done_=0 to pids
    if ! open_world 'allow = site.test:7'; then
        close_world
        return 0
    fi
    in_background ip netns exec "$far" "$build/test/bench/far" byte 7
    until_true at_plain "$build/test/bench/first" 1 "$site" 7
    cp "$build/test/bench/first" "/proc/$box_pid/root/opt/first"
    address=$(synthetic site.test)
    mapfile -t pids < <(own_processes)
    before=$(resident "${pids[@]}")
    point 'resident' 0 "$before"
    for to in 100 1000 3000 10000; do
        in_box /opt/first "$((to - done_))" "$address" 7 >"$world/said"
        done_=$to
        point 'resident' "$to" "$(resident "${pids[@]}")"
    done
    # And a thousand at once, ten times over.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        in_box /opt/first --hold 1000 "$address" 7
    done
    sleep 2 # the last of them have come to their end
    after=$(resident "${pids[@]}")
    point 'resident' 20000 "$after"
    result "$(stats 1 <<<"$after")" "$(stats 1 <<<"$before")"
    close_world
}

# every PID of the containers whose names begin with $1
processes_of()
{
    docker ps -q --filter "name=^$1" | while read -r id; do
        docker top "$id" -eo pid | tail -n +2
    done
}

# Ours and theirs in turn would share the machine; they are started one after the other.
row_18()
{
    local sizes='1 10 25 50' size have_=0 pids before after memory=() cpu kind ours ours_cpu theirs
    need_image || return 0
    project
    for kind in claudex tini; do
        have_=0
        for size in $sizes; do
            while [ "$have_" -lt "$size" ]; do
                have_=$((have_ + 1))
                if ! start_idle "$kind" "$have_" >"$world/said" 2>&1; then
                    cannot "$(tail -n 1 "$world/said")"
                    end_idle
                    return 0
                fi
            done
            mapfile -t pids < <(processes_of "clx-bench-$kind-$$-")
            sleep 2 # what a start leaves to do is not idleness
            before=$(ticks "${pids[@]}")
            sleep 5
            after=$(ticks "${pids[@]}")
            memory[size]=$(proportional "${pids[@]}" | awk -v n="$size" '{ print $1 / n }')
            cpu=$(awk -v t=$((after - before)) -v n="$size" 'BEGIN { print t / 5 / n }')
            point "$kind, MiB a box" "$size" "${memory[size]}"
            point "$kind, % CPU a box" "$size" "$cpu"
        done
        [ "$kind" = claudex ] && ours=${memory[50]} && ours_cpu=$cpu
        [ "$kind" = tini ] && theirs=${memory[50]}
        end_idle
    done
    result "$(stats 1 <<<"$ours")" "$(stats 1 <<<"$theirs")"
    row=18b result "$(stats 1 <<<"$ours_cpu")" "$(stats 1 <<<"$cpu")"
}

start_idle()
{
    local name=clx-bench-$1-$$-$2
    if [ "$1" = claudex ]; then
        docker claudex run -d --name "$name" "$world/project" -- sleep 1000
    else
        docker run -d --init --name "$name" --entrypoint sleep "$image" 1000
    fi
}

end_idle()
{
    docker ps -aq --filter "name=^clx-bench-(claudex|tini)-$$-" |
        xargs -r docker rm --force --volumes >"$world/said" 2>&1 || :
    docker volume ls -q --filter "name=clx-bench-claudex-$$-" |
        xargs -r docker volume rm >"$world/said" 2>&1 || :
}
