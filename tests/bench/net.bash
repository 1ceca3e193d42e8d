# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what the sourcing script sets
#
# The rows about the network. Three namespaces: a box whose gate leads to the far side, a plain
# one that leads there directly, and the far side, which is every address and every name. Each
# row has a world of its own, for the harness ends a box after two minutes.

far=clx-bench-far-$$
plain=clx-bench-plain-$$
site=44.0.0.80 # anybody's: packets to it end at the far side
resolver=10.96.0.1
started=()

# in_background COMMAND...
in_background()
{
    "$@" >"$world/background" 2>&1 </dev/null &
    started+=($!)
}

at_far() { ip netns exec "$far" "$@"; }
at_plain() { ip netns exec "$plain" "$@"; }
in_box() { "$build/test/box/box" enter "$box_pid" -- /init exec -- "$@"; }

# until COMMAND...: it succeeds; for what has just been started.
until_true()
{
    local end=$((SECONDS + 20))
    until "$@" >"$world/said" 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# link NAMESPACE NETWORK DEVICE: the far side is NETWORK.1, the namespace NETWORK.2.
link()
{
    ip -n "$far" link add "$3" type veth peer name eth0 netns "$1"
    ip -n "$far" addr add "$2.1/24" dev "$3"
    ip -n "$far" link set "$3" up
    ip -n "$1" addr add "$2.2/24" dev eth0
    ip -n "$1" link set lo up
    ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$2.1"
}

# open_world [LINE...]: with these lines in the box's [network].
open_world()
{
    [ "$(id -u)" = 0 ] || {
        cannot "namespaces need root"
        return 1
    }
    started=()
    ip netns add "$far"
    ip netns add "$plain"
    ip -n "$far" link set lo up
    ip -n "$far" addr add "$site/32" dev lo
    ip -n "$far" addr add "$resolver/32" dev lo
    link "$plain" 10.98.0 plain0
    in_background ip netns exec "$far" dnsmasq --keep-in-foreground --conf-file=/dev/null \
        --no-resolv --no-hosts --user=root --pid-file= --listen-address="$resolver" \
        --bind-interfaces --address="/#/$site" --local-ttl=600
    until_true at_far dig +short +tries=1 +time=1 @"$resolver" up.test || {
        cannot "the far side's name server does not answer"
        return 1
    }
    project
    GATE_CONFIG=$(printf '[network]\nmode = allowlist\n'
        printf '%s\n' "$@" '[box]' 'name = bench' 'workdir = /workspace/p')
    rm -f "$world/pid"
    export far resolver GATE_CONFIG
    # shellcheck disable=SC2016
    in_background "$build/test/box/box" run --pid "$world/pid" --before '
        cd -- "$1"
        mkdir workspace/p
        chown 1000:1000 workspace/p
        printf "%s\n" "$GATE_CONFIG" >run/claudex/private/config
        echo "nameserver $resolver" >etc/resolv.conf
        exec 8</proc/self/ns/net
        ip -n "$far" link add box0 type veth peer name eth0 netns /proc/self/fd/8
        ip -n "$far" addr add 10.97.0.1/24 dev box0
        ip -n "$far" link set box0 up
        ip addr add 10.97.0.2/24 dev eth0
        ip link set eth0 up
        ip route add default via 10.97.0.1' -- "$build/claudex-init" sleep 1000
    until_true box_is_up || {
        cannot "the box did not start: $(tail -n 1 "$world/background")"
        return 1
    }
}

box_is_up() { [ -s "$world/pid" ] && read -r box_pid <"$world/pid" && in_box true; }

close_world()
{
    # The box goes with its harness, the rest with the namespaces.
    [ -z "${started[*]}" ] || kill "${started[@]}" 2>/dev/null || :
    for namespace in "$far" "$plain"; do
        ip netns pids "$namespace" 2>/dev/null | xargs -r kill || :
        ip netns del "$namespace" 2>/dev/null || :
    done
    wait "${started[@]}" 2>/dev/null || :
    started=()
}

# synthetic NAME: its address in the box.
synthetic() { in_box dig +short "$1"; }

# --- 5: ready -------------------------------------------------------------------------

# The names of the default groups that a script can resolve, for both.
default_names() { (cd groups && sed 's/[ #].*//; s/^\*\.//; s/:.*//; /^$/d' ai apt npm pip git) | sort -u; }

row_5()
{
    local names ours theirs='' run
    mapfile -t names < <(default_names)
    if ! have ipset || ! open_world; then
        close_world
        return 0
    fi
    ours=$("$build/test/bench/ready" 30 "${names[@]}")
    for ((run = 0; run < 7; run++)); do
        local before after
        before=$(date +%s%N)
        # A name server of its own, as its container has; 40 ranges, as a code host publishes.
        # shellcheck disable=SC2016
        if ! seq 1 40 | sed 's,.*,20.0.&.0/24,' | at_plain unshare --mount sh -euc '
            echo "nameserver $resolver" >"$0/resolv.conf"
            mount --bind "$0/resolv.conf" /etc/resolv.conf
            exec tests/bench/devcontainer-firewall "$@"' "$world" "${names[@]}" \
            >"$world/said" 2>&1; then
            cannot "$(tail -n 1 "$world/said")"
            close_world
            return 0
        fi
        after=$(date +%s%N)
        theirs+=$(((after - before) / 1000))' '
    done
    result "$(stats 1000 <<<"$ours")" "$(stats 1000 <<<"${theirs% }")"
    close_world
}

# --- 6, 7: bytes, connections -----------------------------------------------------------

# gbits STREAMS IPERF3...: in Gbit/s.
gbits()
{
    local streams=$1
    shift
    "$@" -P "$streams" -t 3 -O 1 -J | jq '.end.sum_received.bits_per_second / 1e9'
}

# throughput STREAMS IPERF3...: the gate's against that of this command.
throughput()
{
    local streams=$1 ours='' theirs='' run
    shift
    if ! have iperf3 || ! open_world 'allow = site.test:5201'; then
        close_world
        return 0
    fi
    in_background ip netns exec "$far" iperf3 -s -p 5201
    in_background ip netns exec "$plain" "$build/test/bench/bare" 5202 "$site" 5201
    until_true at_plain iperf3 -c "$site" -p 5201 -n 1
    until_true at_plain iperf3 -c 127.0.0.1 -p 5202 -n 1
    for ((run = 0; run < 5; run++)); do
        theirs+=$(gbits "$streams" "$@")' '
        ours+=$(gbits "$streams" in_box iperf3 -c site.test -p 5201)' '
    done
    result "$(stats 1 <<<"${ours% }")" "$(stats 1 <<<"${theirs% }")"
    close_world
}
row_6() { throughput 1 at_plain iperf3 -c "$site" -p 5201; }
row_6b() { throughput 8 at_plain iperf3 -c "$site" -p 5201; }
row_6c() { throughput 8 at_plain iperf3 -c 127.0.0.1 -p 5202; }

# percentile P < a line of times
percentile() { tr ' ' '\n' | sort -n | awk -v p="$1" '{ at[NR] = $1 } END { print at[int((NR - 1) * p / 100) + 1] }'; }

# One value a round, the percentile of 300 connections.
first_byte()
{
    local of=$1 ours='' theirs='' run address
    if ! open_world 'allow = site.test:7'; then
        close_world
        return 0
    fi
    in_background ip netns exec "$far" "$build/test/bench/far" byte 7
    until_true at_plain "$build/test/bench/first" 1 "$site" 7
    cp "$build/test/bench/first" "/proc/$box_pid/root/opt/first"
    address=$(synthetic site.test)
    for ((run = 0; run < 9; run++)); do
        theirs+=$(at_plain "$build/test/bench/first" 300 "$site" 7 | percentile "$of")' '
        ours+=$(in_box /opt/first 300 "$address" 7 | percentile "$of")' '
    done
    result "$(stats 1 <<<"${ours% }")" "$(stats 1 <<<"${theirs% }")"
    close_world
}
row_7() { first_byte 50; }
row_7b() { first_byte 99; }

# --- 8: HTTP ----------------------------------------------------------------------------

# Proxies with the same filter, in the client's own namespace as the gate is.

start_tinyproxy()
{
    have tinyproxy || return 1
    echo '^site\.test$' >"$world/filter"
    cat >"$world/tinyproxy.conf" <<END
Port 8888
Listen 127.0.0.1
MaxClients 200
Timeout 60
LogLevel Error
Filter "$world/filter"
FilterDefaultDeny Yes
END
    # shellcheck disable=SC2016
    in_background ip netns exec "$plain" unshare --mount sh -euc '
        echo "nameserver $resolver" >"$0/resolv.conf"
        mount --bind "$0/resolv.conf" /etc/resolv.conf
        exec tinyproxy -d -c "$0/tinyproxy.conf"' "$world"
}

# Debian's package of squid starts a service where it is installed, so it is unpacked instead.
squid=$build/bench/squid
unpack_squid()
{
    local package
    [ ! -x "$squid/usr/sbin/squid" ] || return 0
    rm -rf -- "$squid"
    mkdir -p "$squid"
    mkdir "$world/squid"
    (cd -- "$world/squid" && apt-get -q download squid squid-common libecap3 libltdl7 libtdb1 squid-langpack) \
        >"$world/said" 2>&1 || {
        cannot "squid cannot be had: $(tail -n 1 "$world/said")"
        return 1
    }
    for package in "$world/squid"/*.deb; do
        dpkg -x "$package" "$squid"
    done
}

start_squid()
{
    unpack_squid || return 1
    local top share
    top=$(realpath "$squid")
    share=$top/usr/share/squid
    cat >"$world/squid.conf" <<END
http_port 127.0.0.1:8888
acl site dstdomain site.test
http_access allow site
http_access deny all
cache deny all
access_log none
cache_log /dev/null
pid_filename none
pinger_enable off
cache_effective_user nobody
dns_nameservers $resolver
visible_hostname bench
shutdown_lifetime 0 seconds
unlinkd_program $top/usr/lib/squid/unlinkd
mime_table $share/mime.conf
icon_directory $share/icons
error_directory $top/usr/share/squid-langpack/en
END
    in_background ip netns exec "$plain" env \
        LD_LIBRARY_PATH="$(echo "$squid"/usr/lib/*-linux-gnu)" \
        "$squid/usr/sbin/squid" -N -f "$world/squid.conf"
}

requests() { "$@" | sed -n 's/^Requests\/sec: *//p'; }

# http_requests PROXY
http_requests()
{
    local ours='' theirs='' run
    if ! have wrk || ! open_world 'allow = site.test'; then
        close_world
        return 0
    fi
    in_background ip netns exec "$far" "$build/test/bench/far" http 80
    if ! "start_$1"; then
        close_world
        return 0
    fi
    cat >"$world/absolute.lua" <<'END'
request = function() return "GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n" end
END
    until_true at_plain curl -sf -x http://127.0.0.1:8888 http://site.test/ || {
        cannot "the proxy does not answer"
        close_world
        return 0
    }
    for ((run = 0; run < 5; run++)); do
        theirs+=$(requests at_plain wrk -t 2 -c 64 -d 3 -s "$world/absolute.lua" \
            http://127.0.0.1:8888/)' '
        ours+=$(requests in_box wrk -t 2 -c 64 -d 3 http://site.test:80/)' '
    done
    result "$(stats 1 <<<"${ours% }")" "$(stats 1 <<<"${theirs% }")"
    close_world
}
row_8() { http_requests tinyproxy; }
row_8b() { http_requests squid; }

# --- 9: DNS -----------------------------------------------------------------------------

# queries FILE PORT WHERE...: of all names of the file once, a second.
queries()
{
    local file=$1 port=$2
    shift 2
    "$@" dnsperf -s 127.0.0.1 -p "$port" -d "$file" -n "${times:-1}" -c 4 -T 2 -t 2 |
        sed -n 's/^ *Queries per second: *//p'
}

in_network_of_box() { nsenter -t "$box_pid" -n "$@"; }

# dns PLACE TIMES COUNT PATTERN: COUNT names, the pattern filled with a number, each TIMES
# times. dnsmasq with the same allowlist answers in PLACE: in_box, the same client behind the
# same firewall; or at_plain, one that has none.
dns()
{
    local place=$1 times=$2 count=$3 pattern=$4 ours='' theirs='' run
    local list=$world/names server=at_plain
    if ! have dnsperf || ! open_world 'allow = *.site.test'; then
        close_world
        return 0
    fi
    if [ "$place" = in_box ]; then
        server=in_network_of_box
        list=/opt/names
    fi
    in_background "$server" dnsmasq --keep-in-foreground --conf-file=/dev/null \
        --no-resolv --no-hosts --user=root --pid-file= --listen-address=127.0.0.1 \
        --bind-interfaces --port=5300 --cache-size=10000 --address=/#/ \
        --server="/site.test/$resolver"
    until_true "$server" dig +short +tries=1 +time=1 -p 5300 @127.0.0.1 up.site.test
    for ((run = 0; run < 5; run++)); do
        # Names of which nobody has heard before, unless each is asked for several times.
        seq "$((run * count))" "$((run * count + count - 1))" |
            sed "s/.*/$pattern A/" >"$world/names"
        cp "$world/names" "/proc/$box_pid/root/opt/names"
        theirs+=$(queries "$list" 5300 "$place")' '
        ours+=$(queries /opt/names 53 in_box)' '
    done
    result "$(stats 1 <<<"${ours% }")" "$(stats 1 <<<"${theirs% }")"
    close_world
}
row_9() { dns in_box 1000 100 '&.site.test'; }
row_9b() { dns in_box 1 20000 '&.site.test'; }
row_9c() { dns in_box 5 20000 '&.elsewhere.test'; }
row_9d() { dns at_plain 1000 100 '&.site.test'; }
row_9e() { dns at_plain 1 20000 '&.site.test'; }
row_9f() { dns at_plain 5 20000 '&.elsewhere.test'; }
