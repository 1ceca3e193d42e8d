# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the tests' to use
#
# A box with a network: eth0 leads to a far side in a namespace of its own, where everything
# that arrives is written down (tests/box/net_far.c). 10.99.0.1 and fd99::1 are the gateway,
# 10.99.0.3 and fd99::3 stand for a sibling.

load lib.bash

# The same tests twice: net-nftables.bats is another name of net.bats, and so on.
applier=iptables
case $BATS_TEST_FILENAME in
*-nftables.bats) applier=nftables ;;
esac

eval "box_$(declare -f setup)"
setup()
{
    box_setup
    [ "$applier" = iptables ] || without legacy
    before_all=$before
    worlds=()
}

eval "box_$(declare -f teardown)"
teardown()
{
    local world
    box_teardown
    for world in "${worlds[@]}"; do
        ip netns pids "$world" | xargs -r kill
        ip netns del "$world"
    done
}

# without legacy|all|v6: the box's kernel lacks that (tests/box/net_without.c).
without()
{
    before="cp '$BUILD/claudex-init' opt/claudex-init
"
    init=$BUILD/test/box/net_without
    options=(--env "WITHOUT=$1")
}

net_probe=$BUILD/test/box/net_probe
net_far=$BUILD/test/box/net_far

# world: prepares the far side and the box's $before. Call it first in a test.
world()
{
    far=clx-far-$$-$BATS_TEST_NUMBER
    frames=$BATS_TEST_TMPDIR/frames
    barriers=0
    ip netns add "$far"
    worlds+=("$far")
    ip -n "$far" link set lo up
    ip -n "$far" link add far0 type veth peer name eth0
    ip -n "$far" addr add 10.99.0.1/24 dev far0
    ip -n "$far" addr add 10.99.0.3/24 dev far0
    ip -n "$far" addr add fd99::1/64 dev far0 nodad
    ip -n "$far" addr add fd99::3/64 dev far0 nodad
    ip -n "$far" addr add fe80::99/64 dev far0 nodad
    ip -n "$far" link set far0 up
    # Elsewhere: nobody answers, not even that there is nobody.
    ip -n "$far" route add blackhole 192.0.2.0/24
    ip -n "$far" route add blackhole 2001:db8::/32
    : >"$frames"
    ip netns exec "$far" "$net_far" far0 >"$frames" 2>&1 3>&- </dev/null &
    until_seen ready
    before+="
        cp '$net_probe' opt/net_probe
        exec 8</proc/self/ns/net
        ip -n '$far' link set eth0 netns /proc/self/fd/8
        ip addr add 10.99.0.2/24 dev eth0
        ip addr add fd99::2/64 dev eth0 nodad
        ip link set eth0 up
        ip route add default via 10.99.0.1
        ip -6 route add default via fd99::1
        echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
        echo 3 >/proc/sys/net/ipv4/tcp_fastopen
"
}

# mode NAME [LINE...]: the box's network mode, and lines of its [run].
mode()
{
    local network=$1
    shift
    config=$(
        printf '[network]\nmode = %s\n' "$network"
        printf '[run]\n'
        [ $# = 0 ] || printf '%s\n' "$@"
        config_of "mount = rw $(identity "$project") /workspace/project"
    )
}

# up: starts the box; it stays until the test ends.
up() { start_box sh -c 'echo up >/workspace/project/up; exec sleep 1000'; }

# as_agent COMMAND...: in the running box, confined as its session is.
as_agent() { enter /init exec -- "$@"; }

# as_root COMMAND...: in the box's network, by somebody with every right: the firewall alone
# stands against it.
as_root() { nsenter -t "$host_pid" -n "$@"; }

# as_far COMMAND...
as_far() { ip netns exec "$far" "$@"; }

# word WORD...: tells PID 1.
word() { enter /init ctl "$@"; }

# until_seen LINE: until the far side wrote it.
until_seen()
{
    local end=$((SECONDS + 20))
    until grep -qxF -- "$1" "$frames"; do
        [ "$SECONDS" -lt "$end" ] || {
            echo "the far side never saw: $1"
            return 1
        }
        sleep 0.02
    done
}

# barrier: everything that left the box until now is written down. The mark is a frame that
# no firewall sees, on the same wire.
barrier()
{
    barriers=$((barriers + 1))
    as_root "$net_probe" barrier eth0 "$barriers"
    until_seen "barrier $barriers"
}

# forget: what arrived until now does not count.
forget()
{
    barrier
    forgotten=$(wc -l <"$frames")
}

# arrived: all that counts: no frames of the link itself, which carry nothing of anybody's.
arrived()
{
    barrier
    tail -n +$((${forgotten:-0} + 1)) "$frames" | grep -vE '^(ready|barrier|arp|nd|mld) ?' || :
}

nothing_arrived() { equal "$(arrived)" ''; }

# seen KIND PORT...: frames of that kind arrived at each of these ports.
seen()
{
    local kind=$1 port
    shift
    for port in "$@"; do
        arrived | grep -qE "^$kind [^ ]+ [^ ]+ $port " || {
            echo "nothing arrived: $kind $port"
            return 1
        }
    done
}

# ports_of NAME...: where net_probe sends these.
ports_of()
{
    local name
    for name in "$@"; do
        "$net_probe" names | awk -v name="$name" '$1 == name { print $2 }'
    done
}
