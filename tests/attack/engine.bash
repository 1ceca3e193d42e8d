# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # what is set here is the attacks' to use
#
# The same boxes on real engines: each engine is private, in a network namespace of its own, which
# is the far side as well: the bridge of claudex's network is far0 there, every address of the
# world is local to it, and its containers' name server is the fake internet's. The image is one
# of the user's own: busybox, and what attacks. Legacy tables are what PID 1 prefers; where it
# shall not find them, the box's runtime is runc behind a filter (tests/box/net_without.c), which
# all that runs in the box inherits.

# An engine's box takes a second, and there are four of each world.
races=15

engine_of=

# in_engine COMMAND…: with that engine's client and a user of its own.
in_engine()
{
    env -u DOCKER_CONTEXT HOME="$engine_home" DOCKER_CONFIG="$engine_home/docker" \
        XDG_CONFIG_HOME="$engine_home/config" XDG_RUNTIME_DIR="$engine_home/run" \
        XDG_CACHE_HOME="$engine_home/cache" XDG_STATE_HOME="$engine_home/state" \
        DOCKER_HOST="unix://$engine/docker.sock" "$@"
}

at_engine() { in_engine docker "$@"; }
claudex() { in_engine "$engine_home/claudex" "$@"; }

# begin_engine RELEASE
begin_engine()
{
    engine=$scratch/$1
    engine_home=$engine/home
    mkdir -p "$engine_home"/{docker,config/claudex,run,cache,state}
    chmod 0700 "$engine_home/run"
    ln -s "$BUILD/docker-claudex" "$engine_home/claudex"
    # What mode api lets through.
    mkdir "$engine_home/config/claudex/groups"
    echo 'api.test' >"$engine_home/config/claudex/groups/ai"
    cat >"$engine/without-legacy" <<END
#!/bin/sh
WITHOUT=legacy BEHIND=\$(command -v runc) exec '$BUILD/test/box/net_without' "\$@"
END
    chmod 0755 "$engine/without-legacy"
    cat >"$engine/daemon.json" <<END
{"dns": ["10.99.0.1"], "bip": "10.98.0.1/24",
 "runtimes": {"without-legacy": {"path": "$engine/without-legacy"}}}
END
    "$top/scripts/engine" start --private "$engine" --release "$1" >&2
    engine_of=$1
    far=clx-far-$$-$1
    ip netns attach "$far" "$(sed -n 's/^pid=//p' "$engine/engine.state")"
    # Or the first second of an address is nobody's.
    as_far sh -c 'echo 0 | tee /proc/sys/net/ipv6/conf/all/accept_dad >/proc/sys/net/ipv6/conf/default/accept_dad'
    # The box of the world gets 10.99.0.2 and fd99::2; 3 is the sibling's.
    at_engine network create --ipv6 --subnet 10.99.0.0/24 --gateway 10.99.0.1 --ip-range 10.99.0.0/29 \
        --subnet fd99::/64 --gateway fd99::1 --aux-address sibling=10.99.0.3 \
        --aux-address sibling6=fd99::3 -o com.docker.network.bridge.name=far0 \
        -o com.docker.network.bridge.enable_icc=false claudex >/dev/null
    engine_far_side
    engine_image
}

engine_far_side()
{
    ip -n "$far" addr add 10.99.0.3/24 dev far0
    ip -n "$far" addr add fd99::3/64 dev far0 nodad
    ip -n "$far" addr add fe80::99/64 dev far0 nodad
    ip -n "$far" route add blackhole 192.0.2.0/24
    ip -n "$far" route add blackhole 2001:db8::/32
    ip -n "$far" route add blackhole 11.0.9.0/24
    ip -n "$far" route add blackhole 2600:dead::/32
    ip -n "$far" route add local default dev lo table main
    ip -n "$far" -6 route add local default dev lo table main
    frames=$engine/frames
    barriers=0
    ip netns exec "$far" "$net_far" far0 >"$frames" 2>&1 3>&- </dev/null &
    until_seen ready
    internet_prepare "$engine/internet"
    internet_start
}

# engine_image: busybox, Node and what it is linked to, and the programs that attack.
engine_image()
{
    local root=$engine/root file applet library
    mkdir -p "$root"/{bin,tmp,opt/internet}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in $(busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
    done
    for file in bash node pgrep pkill iptables-legacy; do
        rm -f "$root/bin/$file"
        cp -L "$(command -v "$file")" "$root/bin/$file"
        ldd "$root/bin/$file" | grep -oE '/[^ ]+' | while read -r library; do
            [ -e "$root$library" ] || {
                mkdir -p "$root${library%/*}"
                cp -L "$library" "$root$library"
            }
        done
    done
    # What iptables loads by itself.
    library=$(find /usr/lib -name libxt_standard.so -print -quit)
    mkdir -p "$root${library%/*}"
    cp "$library" "$root$library"
    cp "$internet_source/client.js" "$internet/ca.pem" "$root/opt/internet/"
    cp "$net_probe" "$root/opt/net_probe"
    cp "$probe" "$root/probe"
    tar -C "$root" -c . | at_engine import - clx-attack >/dev/null
    rm -rf -- "$root"
}

end_engine()
{
    [ -n "$engine_of" ] || return 0
    engine_of=
    "$top/scripts/engine" stop --private "$engine" >&2
    # The fake internet, and who writes down its frames.
    ip netns pids "$far" | xargs --no-run-if-empty kill
    ip netns del "$far"
    rm -rf -- "$engine"
}

# engine_box WORLD: starts it, by $runtime.
engine_box()
{
    BATS_TEST_TMPDIR=$(mktemp -d "$scratch/box-XXXXXX")
    chmod 0755 "$scratch" "$BATS_TEST_TMPDIR"
    project=$BATS_TEST_TMPDIR/project
    mkdir "$project"
    chown 1234:1234 "$project"
    # A lock would be that of the next box of the name too.
    box=clx-attack-${box_of//[^a-z]/-}
    resolver=server=127.0.0.11
    if [ "$1" = bare ]; then
        # All that a box might be thought to keep; what 20.10 calls privileged not every machine has.
        at_engine run --detach --cap-add NET_ADMIN --cap-add SYS_ADMIN --cap-add SYS_PTRACE \
            --security-opt seccomp=unconfined --security-opt systempaths=unconfined --network claudex --name "$box" \
            clx-attack sh -c 'mkdir -p /run/claudex/private && echo x >/run/claudex/private/config
                exec sleep 1000' >/dev/null
        at_engine exec --detach --user 64990 "$box" /bin/sleep 1000
    else
        resolver=server=127.0.0.1
        {
            echo '[network]'
            printf '%s\n' "${rules[@]}" | grep '^allow'
        } >"$engine_home/config/claudex/config"
        (cd "$project" && claudex run --detach --name "$box" --image clx-attack --network "$1" \
            "${runtime[@]}" . -- sleep 1000) >&2
    fi
    host_pid=$(at_engine inspect --format '{{.State.Pid}}' "$box")
    # So that the agent may ping, as in every container since 20.10.
    as_root sh -c 'echo 3 >/proc/sys/net/ipv4/tcp_fastopen'
}

as_agent()
{
    if [[ $box_of == bare* ]]; then
        at_engine exec "$box" "$@"
    else
        claudex exec "$box" -- "$@"
    fi
}

# race: a session of a project of its own; its box has 10.99.0.4. busybox's timeout becomes what
# it is to end, which is not for PID 1, and ends as that.
race()
{
    local other=$BATS_TEST_TMPDIR/race-$i status=0
    local loop=(timeout 0.1 /opt/net_probe loop)
    mkdir "$other"
    chown 1234:1234 "$other"
    if [[ $box_of == bare* ]]; then
        at_engine run --rm --network claudex clx-attack sh -c '"$@"; exit $?' sh "${loop[@]}" || status=$?
    else
        (cd "$other" && claudex run --image clx-attack --network "${box_of% *}" "${runtime[@]}" . -- "${loop[@]}") ||
            status=$?
    fi
    [ "$status" = 143 ] || echo GOT nothing-ran
    ! arrived | grep -qE '^(tcp|udp|icmp|protocol)' || echo GOT packet
}

# box_root COMMAND…: root in the box, with what the container leaves it.
box_root() { at_engine exec --user 0 "$box" "$@"; }

begin_box()
{
    end_box
    [ "$engine_of" = "${2%/*}" ] || {
        end_engine
        begin_engine "${2%/*}"
    }
    box_of="$1 $2"
    runtime=()
    [[ $2 == */iptables ]] || runtime=(--runtime without-legacy)
    engine_box "$1"
}

end_box()
{
    [ -n "$box_of" ] || return 0
    box_of=
    at_engine rm --force --volumes "$box" >/dev/null 2>&1
    rm -rf -- "$BATS_TEST_TMPDIR"
}

about()
{
    local file
    cat <<'END'
# Attacks on real engines

What `make attack-engines` threw at boxes that `docker claudex run` started, and where it arrived:
by Docker 26.1 and by 20.10, each in a network namespace of its own that is the far side as well,
and in an image that has never heard of claudex: busybox, and what attacks. The run that wrote
this page was green. The control is a container of that image without claudex, with capabilities
that a box might be thought to keep.

Each attack is thrown at boxes that have their rules in the legacy tables of iptables, and at
boxes whose kernel answers that it has none, which have the same rules in nf_tables: each box was
asked what it took. The last column counts the throws by each.
END
}

more_titles=' thrown by iptables, nftables |'

# more_of RESULTS FILE
more_of()
{
    awk -v f="${2##*/}" '$1 == f { sub(".*/", "", $3); n[$3]++ }
        END { printf " %d, %d |", n["iptables"], n["nftables"] }' "$1"
}

elsewhere() { :; }
