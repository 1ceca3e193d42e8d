#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# What leaves a box and what comes in, counted on the far side.

load net.bash

# In open: these arrive. Otherwise an attempt that arrives nowhere proves nothing.
# TCP goes through the gate, which a socket bound to a device cannot reach, and DNS to the
# resolver.
tcp='tcp4 tcp6 tcp4-unicast tcp6-unicast tcp4-fastopen tcp4-elsewhere tcp6-elsewhere'
udp='udp4 udp6 udp4-connected udp6-connected udp4-device udp6-device udp4-unicast udp6-unicast
    udp4-pktinfo udp6-pktinfo udp6-linklocal udp4-quic udp4-mdns udp6-mdns
    udp6-llmnr udp4-elsewhere udp6-elsewhere'
never='tcp4-loopback-device udp4-loopback-device udp4-loopback-pktinfo udp6-loopback-device
    tcp6-freebind'

@test "promise 2, control: in open everything arrives, but what never may" {
    world
    mode open
    up
    forget
    run -0 as_agent /opt/net_probe try
    # shellcheck disable=SC2046,SC2086
    {
        seen tcp $(ports_of $tcp)
        seen udp $(ports_of $udp)
        seen icmp 8 128
        for port in $(ports_of $never); do
            lacks "$(arrived)" " $port "
        done
    }
    lacks "$(arrived)" ethertype
    forget
    run -0 as_root "$net_probe" try
    seen 'protocol-(136|253)' 0
    seen icmp 8 128
    # shellcheck disable=SC2046,SC2086
    for port in $(ports_of $never); do
        lacks "$(arrived)" " $port "
    done
}

nothing_leaves()
{
    world
    mode "$1"
    up
    forget
    run -0 as_agent /opt/net_probe try
    nothing_arrived
    run -0 as_root "$net_probe" try
    # Packet sockets, which only root has, are below every firewall; and where names may be
    # resolved, Docker's resolver passes on as root what the gate asked it.
    equal "$(arrived | grep -v '^udp 10.99.0.2 10.99.0.1 53 ')" 'ethertype-88b6 - - 0 - 0'
}

@test "promise 2: nothing leaves in allowlist" { nothing_leaves allowlist; }
@test "promise 2: nothing leaves in api" { nothing_leaves api; }
@test "promise 2: nothing leaves in lockdown" { nothing_leaves lockdown; }

@test "promises 2 and 8: nothing leaves once sealed" {
    world
    mode open
    up
    run -0 word mode sealed
    forget
    run -0 as_agent /opt/net_probe try
    nothing_arrived
}

@test "promise 1, control: a session that connects in a loop is seen in open" {
    world
    mode open
    run timeout 3 "$harness" run "${options[@]}" --before "$(arrange; printf %s "${arranged[-1]}")" \
        -- "$init" timeout 1 /opt/net_probe loop
    grep -qE '^tcp 10.99.0.2 10.99.0.1 20[0-9]+ S ' "$frames"
    grep -qE '^udp fd99::2 fd99::1 20[0-9]+ ' "$frames"
}

@test "promise 1: a session that connects from its first moment gets nothing out" {
    local i
    for i in 1 2 3 4 5 6 7 8 9 10; do
        BATS_TEST_NUMBER=$BATS_TEST_NUMBER-$i
        before=$before_all
        world
        mode lockdown
        run in_box timeout 0.2 /opt/net_probe loop
        equal "$status" 124
        run grep -E '^(tcp|udp|icmp|protocol)' "$frames"
        equal "$output" ''
    done
}

@test "a refusal is quick" {
    world
    mode lockdown
    up
    local start
    start=$(date +%s%N)
    run -0 as_agent /opt/net_probe ask 10.99.0.1 7000 tcp
    equal "$output" ECONNREFUSED
    run -0 as_agent /opt/net_probe ask fd99::1 7000 udp
    equal "$output" EPERM
    [ $((($(date +%s%N) - start) / 1000000)) -lt 900 ]
}

@test "what the agent serves for itself works in every mode" {
    local m to
    world
    mode open
    up
    as_agent /opt/net_probe listen 3000 >"$BATS_TEST_TMPDIR/serving" 3>&- &
    until grep -qx ready "$BATS_TEST_TMPDIR/serving"; do sleep 0.02; done
    for m in open allowlist lockdown; do
        run -0 word mode "$m"
        for to in 127.0.0.1 ::1 10.99.0.2 fd99::2 127.0.0.99; do
            run -0 as_agent /opt/net_probe ask "$to" 3000 tcp
            equal "$output" echo
            run -0 as_agent /opt/net_probe ask "$to" 3000 udp
            equal "$output" echo
        done
    done
}

@test "promise 3: Docker's resolver is out of reach" {
    local m protocol
    world
    mode open
    up
    as_agent /opt/net_probe listen 3000 >"$BATS_TEST_TMPDIR/serving" 3>&- &
    until grep -qx ready "$BATS_TEST_TMPDIR/serving"; do sleep 0.02; done
    for protocol in tcp udp; do
        for m in open allowlist api lockdown; do
            run -0 word mode "$m"
            run -0 as_agent /opt/net_probe ask 127.0.0.1 3000 "$protocol"
            equal "$output" echo
            run -0 as_agent /opt/net_probe ask 127.0.0.11 3000 "$protocol"
            [[ $output = E* ]]
        done
    done
}

# reach RESULT PORT FROM...: what these outside get from the box's port, by TCP and by UDP. All
# at once, for who is not answered waits.
reach()
{
    local expected=$1 port=$2 from protocol to asked=()
    shift 2
    for from in "$@"; do
        to=10.99.0.2
        case $from in *:*) to=fd99::2 ;; esac
        for protocol in tcp udp; do
            as_far "$net_probe" ask "$to" "$port" "$protocol" "$from" \
                >"$BATS_TEST_TMPDIR/reach-$from-$protocol" 3>&- &
            asked+=($!)
        done
    done
    wait "${asked[@]}"
    for from in "$@"; do
        for protocol in tcp udp; do
            equal "$from $port $protocol $(<"$BATS_TEST_TMPDIR/reach-$from-$protocol")" \
                "$from $port $protocol $expected"
        done
    done
}

@test "promise 17: a port is for the gateway, unless published wider, and shut in lockdown" {
    local m port
    world
    mode allowlist 'port = 3000' 'port = [::1]:3000:3000' 'port = 3000/udp' \
        'port = [::1]:3000:3000/udp' \
        'port = 0.0.0.0:4000:4000' 'port = [::]:4000:4000' 'port = 0.0.0.0:4000:4000/udp' \
        'port = [::]:4000:4000/udp'
    up
    for port in 3000 4000 5000; do
        as_agent /opt/net_probe listen "$port" >"$BATS_TEST_TMPDIR/serving-$port" 3>&- &
        until grep -qx ready "$BATS_TEST_TMPDIR/serving-$port"; do sleep 0.02; done
    done
    for m in allowlist open; do
        run -0 word mode "$m"
        reach echo 3000 10.99.0.1 fd99::1
        reach ETIMEDOUT 3000 10.99.0.3 fd99::3
        reach echo 4000 10.99.0.1 fd99::1 10.99.0.3 fd99::3
        reach ETIMEDOUT 5000 10.99.0.1 fd99::1 10.99.0.3 fd99::3
    done
    run -0 word lockdown on
    reach ETIMEDOUT 3000 10.99.0.1 fd99::1
    reach ETIMEDOUT 4000 10.99.0.1 fd99::1 10.99.0.3 fd99::3
}

@test "attack 37, promise 6: lockdown keeps what is established, and nothing new or half begun" {
    local from
    world
    mode open
    up
    for from in 10.99.0.1 fd99::1; do
        run -0 word mode open
        coproc held { as_agent /opt/net_probe hold $from 7000 tcp 3>&-; }
        read -r -t 10 line <&"${held[0]}"
        equal "$line" echo
        run -0 word lockdown on
        has "$output" 'network mode is now lockdown (was open); 1 connection stays: '
        has "$output" "$from"
        echo >&"${held[1]}"
        read -r -t 10 line <&"${held[0]}"
        equal "$line" echo
        forget
        run -0 as_agent /opt/net_probe ask $from 7000 tcp
        equal "$output" ECONNREFUSED
        lacks "$(arrived)" ' S '
        run -0 word lockdown off
        run -0 as_agent /opt/net_probe ask $from 7000 tcp
        equal "$output" echo
        kill "$held_PID"
        wait "$held_PID" || :
    done
}

@test "attack 37, promise 6: a UDP flow of open ends with lockdown" {
    local from
    world
    mode open
    up
    for from in 10.99.0.1 fd99::1; do
        run -0 word mode open
        coproc held { as_agent /opt/net_probe hold $from 7000 udp 3>&-; }
        read -r -t 10 line <&"${held[0]}"
        equal "$line" echo
        run -0 word lockdown on
        forget
        echo >&"${held[1]}"
        read -r -t 10 line <&"${held[0]}"
        equal "$line" EPERM
        nothing_arrived
        kill "$held_PID"
        wait "$held_PID" || :
    done
}

# Nobody answers there: the kernel tries again after one second.
half_begun() { as_agent timeout 2.5 bash -c 'exec 7<>/dev/tcp/192.0.2.77/7000; read -r -u 7' 3>&-; }

@test "attack 37, promise 6: a connection half begun is not completed, nor tried again" {
    world
    mode open
    up
    forget
    run half_begun
    [ "$(arrived | grep -c ' 192.0.2.77 7000 S ')" -ge 2 ]
    forget
    half_begun &
    until arrived | grep -q ' 7000 S '; do sleep 0.02; done
    run -0 word lockdown on
    forget
    wait $! || :
    nothing_arrived
}

@test "attack 37, promise 6: sever cuts, and a server that goes on sending revives nothing" {
    local to heard=$BATS_TEST_TMPDIR/heard
    world
    mode open
    up
    for to in 10.99.0.1 fd99::1; do
        run -0 word mode open
        rm -f "$heard"
        # It gets a byte every 5 ms, for as long as it lasts.
        as_agent bash -c "exec 7<>/dev/tcp/$to/7001; cat <&7" >"$heard" 2>&1 3>&- &
        until [ -s "$heard" ]; do sleep 0.02; done
        # The control: lockdown alone lets it live, and its acknowledgements arrive.
        run -0 word lockdown on
        has "$output" '; 1 connection stays: '
        has "$output" "$to"
        forget
        until [ -n "$(arrived)" ]; do sleep 0.02; done
        run -0 word lockdown sever
        equal "$output" 'network mode is lockdown, as before; nothing is connected'
        forget
        wait $! || :
        # Whichever comes first: the rules refuse its next packet, or its socket is ended.
        grep -qE 'connection abort|Connection reset' "$heard"
        sleep 3.5 # the time in which such a server tried again, several times
        nothing_arrived
    done
}

@test "promise 6: sever ends UDP flows and what is half begun, and off leads back" {
    local half
    world
    mode allowlist
    up
    run -0 word mode open
    coproc held { as_agent /opt/net_probe hold fd99::1 7000 udp 3>&-; }
    read -r -t 10 line <&"${held[0]}"
    half_begun &
    half=$!
    until arrived | grep -q ' 7000 S '; do sleep 0.02; done
    run -0 word lockdown sever
    equal "$output" 'network mode is now lockdown (was open); nothing is connected'
    forget
    echo >&"${held[1]}"
    read -r -t 10 line <&"${held[0]}"
    equal "$line" EPERM
    wait $half || :
    nothing_arrived
    run -0 word lockdown off
    equal "$output" 'network mode is now open (was lockdown)'
}

@test "promise 6: what waits for a neighbour's address does not leave after the lock" {
    local locked asking
    world
    mode open
    up
    for locked in no yes; do
        run -0 word mode open
        as_agent /opt/net_probe ask 10.99.0.55 7000 udp >/dev/null 3>&- &
        asking=$!
        until as_root ip neigh show 10.99.0.55 | grep -q INCOMPLETE; do sleep 0.01; done
        [ $locked = no ] || run -0 word lockdown on
        forget
        ip -n "$far" addr add 10.99.0.55/24 dev far0
        wait $asking || :
        sleep 1.2 # the address is asked for once a second
        if [ $locked = yes ]; then
            nothing_arrived
        else
            seen udp 7000
            ip -n "$far" addr del 10.99.0.55/24 dev far0
            as_root ip neigh flush to 10.99.0.55
        fi
    done
}

@test "promise 18: without NET_ADMIN nothing is started" {
    options+=(--drop NET_ADMIN)
    run in_box sh -c "$trace"
    refused NET_ADMIN
}

@test "promise 18: without NET_RAW nothing is started" {
    options+=(--drop NET_RAW)
    run in_box sh -c "$trace"
    refused NET_RAW
}

@test "attack 40, promise 18: without any firewall in the kernel nothing is started" {
    without all
    run in_box sh -c "$trace"
    refused ip6_tables nf_tables modprobe
}

@test "promise 2: a kernel without IPv6 is as good as closed" {
    [ "$applier" = iptables ] || skip "the kernel lacks one thing at a time"
    without v6
    world
    mode lockdown
    # The session's own, for only PID 1 and what it starts have such a kernel here.
    run -0 in_box sh -c '/opt/net_probe ask fd99::1 7000 tcp; /opt/net_probe ask 10.99.0.1 7000 tcp'
    equal "${lines[0]}" EAFNOSUPPORT
    equal "${lines[1]}" ECONNREFUSED
}

@test "status says which part of the kernel is in use" {
    run -0 in_box cat /run/claudex/status.json
    has "$output" "\"firewall\": \"$applier\""
}

@test "promise 16: rules that are not ours are left alone, and nothing is started" {
    local iptables="iptables-legacy"
    [ "$applier" = iptables ] || iptables="iptables-nft"
    command -v $iptables >/dev/null || skip "no $iptables here"
    before+="$iptables -A INPUT -p tcp --dport 22 -j ACCEPT"
    run in_box sh -c "$trace"
    refused 'not ours'
}

@test "promise 16: in a network with bridges, a host's, nothing is started" {
    before+='ip link add br0 type bridge'
    run in_box sh -c "$trace"
    refused "the host's network"
}

@test "the kernel has the rules that the files say" {
    [ "$applier" = iptables ] || skip "PID 1 reads nf_tables back by itself; iptables-save cannot"
    command -v iptables-legacy-save >/dev/null || skip "no iptables-legacy-save here"
    local m family save
    world
    mode open 'port = 0.0.0.0:8080:8080' 'port = [::]:8080:8080'
    up
    # Chains are printed in another order there, and quotes only where they are needed.
    sorted() { grep '^[-:]' | sed 's/"//g; s/ \[.*//; s/^-I POSTROUTING 1/-A POSTROUTING/' | sort; }
    for m in open allowlist lockdown; do
        run -0 word mode "$m"
        for family in 4 6; do
            save="iptables-legacy-save"
            [ $family = 4 ] || save="ip6tables-legacy-save"
            diff <(as_root $save -t filter | sorted | grep -v 'fd99::1\|10.99.0.1') \
                <(sed 's/64999/64990/' "tests/unit/rules/filter.$m.v$family" | sorted)
            diff <(as_root $save -t mangle | sorted | grep CLX) \
                <(sorted <"tests/unit/rules/mangle.v$family" | grep CLX)
        done
    done
}
