# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # commands for the box; what bats and the helpers set
#
# Boxes on a kernel that fails (tests/box/fault.c), and what may come of it: a box that is
# refused and never ran, or one that works and is closed and confined as without the fault.

load net.bash

fault=$BUILD/test/box/fault

# Ways out that a closed box refuses, and that arrive from an open one.
ways='tcp4 tcp6 udp4 udp6 udp4-device ping4 ping6'

# What the session is allowed, in its own words, and then its ways out.
attempt='touch ran-$name
    {
        grep -E "^(Uid|Gid|Groups|Cap|Seccomp|NoNew)" /proc/self/status
        /probe try raw packet vsock io_uring_setup keyctl mount unshare_user tiocsti
        head -c 1 /run/claudex/private/config /proc/1/mem /proc/1/environ 2>&1 && echo READ
    } >facts-$name
    /opt/net_probe try '$ways'
    touch done-$name'

# yard: a far side for any number of boxes, one after the other or at once.
yard()
{
    far=clx-far-$$-$BATS_TEST_NUMBER
    frames=$BATS_TEST_TMPDIR/frames
    ip netns add "$far"
    worlds+=("$far")
    ip -n "$far" -batch - <<'END'
link set lo up
link add far0 type bridge mcast_snooping 0
addr add 10.99.0.1/24 dev far0
addr add fd99::1/64 dev far0 nodad
link set far0 promisc on up
END
    : >"$frames"
    ip netns exec "$far" "$net_far" far0 >"$frames" 2>&1 3>&- </dev/null &
    until_seen ready
    fault_before=
    [ "$init" = "$BUILD/claudex-init" ] || fault_before="cp '$init' opt/net_without"
    init=$fault
    boots=$BATS_TEST_TMPDIR/boots
    mkdir "$boots"
    mode allowlist
}

# boot NAME WHO WHAT CALLS K: a box on the yard, whose session is `attempt`.
boot()
{
    local name=$1 status=0
    # Several at once do not share files.
    local BATS_TEST_TMPDIR=$boots/$1 options=("${options[@]}" --env "FAULT=$4")
    mkdir "$BATS_TEST_TMPDIR"
    local before="cp '$BUILD/claudex-init' '$net_probe' opt/
        $fault_before
        exec 8</proc/self/ns/net
        ip -n '$far' -batch - <<END
link add p$1 master far0 type veth peer name e$1
link set p$1 up
link set e$1 netns /proc/self/fd/8 name eth0
END
        ip -batch - <<END
addr add 10.99.0.${host:-2}/24 dev eth0
addr add fd99::${host:-2}/64 dev eth0 nodad
link set eth0 up
route add default via 10.99.0.1
route add default via fd99::1
END
        echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
        $before"
    arrange
    timeout -k 1 60 "$fault" "${@:2:4}" "$BATS_TEST_TMPDIR/calls" "$harness" run \
        "${arranged[@]}" -- "$init" sh -c "name=$name; $attempt" \
        >>"$BATS_TEST_TMPDIR/said" 2>&1 3>&- 7>&- 8>&- </dev/null || status=$?
    echo "$status" >"$BATS_TEST_TMPDIR/status"
}

# outcome NAME: in one word, if it is one that may be.
outcome()
{
    local status
    status=$(<"$boots/$1/status")
    if [ -e "$project/done-$1" ]; then
        # Whatever failed, the session was confined as it is without.
        cmp -s "$project/facts-0" "$project/facts-$1" || {
            echo "worked, and was allowed:"
            diff "$project/facts-0" "$project/facts-$1" || :
            return
        }
        echo worked
    elif [ -e "$project/ran-$1" ]; then
        echo "broke off with $status"
    elif [ "$status" = 125 ] && grep -q '^claudex: ' "$boots/$1/said"; then
        echo refused
    else
        echo "ended with $status"
    fi
}

# outcomes EXTENDED-REGEX: each boot's is one of these; prints how many of each there were.
outcomes()
{
    local name found wrong=0
    : >"$BATS_TEST_TMPDIR/outcomes"
    for name in "$boots"/*; do
        found=$(outcome "${name##*/}")
        echo "$found" >>"$BATS_TEST_TMPDIR/outcomes"
        [[ $found =~ ^($1)$ ]] || {
            wrong=$((wrong + 1))
            echo "${name##*/}: $found"
            cat "$name/said"
        }
    done
    sort "$BATS_TEST_TMPDIR/outcomes" | uniq -c
    equal "$wrong" 0
}

# sweep WHO WHAT CALLS [-] [STEP]: one boot for each of these calls, failing there (with "-", and
# from there on), until there are no more. STEP leaves some out, for time; EVERY=1 leaves none out.
sweep()
{
    local k=1 on='' step last running=()
    [ "${4-}" != - ] || on=-
    step=${4:-1}
    [ -z "$on" ] || step=${5:-1}
    step=${EVERY:-$step}
    boot 0 "${@:1:3}" 1000000
    last=$(<"$boots/0/calls")
    equal "$(outcome 0)" worked
    [ "$last" -gt 0 ]
    for ((; k <= last; k += step)); do
        boot "$k" "${@:1:3}" "$k$on" &
        running+=($!)
        [ "${#running[@]}" -lt 6 ] || {
            wait "${running[@]}"
            running=()
        }
    done
    # Without a name, wait(1) waits for the far side as well.
    [ "${#running[@]}" = 0 ] || wait "${running[@]}"
}

# counted: what arrived, but frames of the link itself.
counted() { grep -vE '^(ready|arp|nd|mld) ?' "$frames" || :; }

# closed: nothing arrived from any of them; then, at another address, the control does, an open
# one without a fault.
closed()
{
    local host=9 seen job missing='' attempt="$attempt
    until [ -e over ]; do sleep 0.05; done"
    mode open
    # It stays until all has arrived: the gate connects in its own time.
    boot open first EPERM brk 1000000 &
    job=$!
    for seen in 'tcp .* 20000 S ' 'tcp .* 20001 S ' 'udp .* 20012 ' 'udp .* 20013 ' \
        'udp .* 20018 ' 'icmp .* 8 ' 'icmp .* 128 '; do
        until_counted "$seen" || missing=$seen
    done
    touch "$project/over"
    wait "$job"
    equal "$missing" ''
    # What any box before it sent is there by now.
    equal "$(counted | grep -vE '^[^ ]+ (10\.99\.0\.9|fd99::9) ')" ''
}

until_counted()
{
    local end=$((SECONDS + 20))
    until counted | grep -qE "^$1"; do
        [ "$SECONDS" -lt "$end" ] || {
            echo "the open box's never arrived: $1"
            cat "$boots/open/said"
            return 1
        }
        sleep 0.02
    done
}
