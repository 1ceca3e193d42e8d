# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC1091,SC2034,SC2154,SC2317 # what is set here is the attacks' to use
#
# What attacks have in common: a box for each world, and what arrived from it. The boxes are
# those of tests/box: claudex-init as PID 1 in namespaces, no engine, a far side that writes
# down every frame.

box_folder=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../box" && pwd)

# tests/box/net.bash is written for bats.
# shellcheck disable=SC1090
load() { . "$box_folder/$1"; }
bats_require_minimum_version() { :; }
BATS_TEST_FILENAME=attack
BATS_TEST_NUMBER=0

# --- what an attack's file says -----------------------------------------------------------

# title_of FILE: "3 an address literal", from its line "# Attack 3: an address literal".
title_of() { sed -n 's/^# Attack \([0-9]*\): \(.*\)/\1 \2/p;T;q' "$1"; }

# expectation FILE WORLD: "+" arrives, "-" does not, "." is not thrown there.
expectation()
{
    local found
    found=$(sed -n "s/^# $2: *\([-+.]\)\$/\1/p;T;q" "$1")
    echo "${found:-.}"
}

# thrown WORLD APPLIER: without claudex there is no applier to choose.
thrown() { [ "$1" != bare ] || [[ " ${controls[*]} " == *" $2 "* ]]; }

# throws_of FILE: how many times it is thrown.
throws_of()
{
    local file=$1 count=0 world applier
    for world in "${places[@]}"; do
        [ "$(expectation "$file" "$world")" != . ] || continue
        for applier in "${appliers[@]}"; do
            ! thrown "$world" "$applier" || count=$((count + 1))
        done
    done
    [ "$(grep -cE '^# (bare|open|allowlist|api|lockdown): *\+$' "$file")" -gt 0 ] || {
        echo "${file##*/}: it arrives nowhere, so it proves nothing" >&2
        exit 2
    }
    echo "$count"
}

# --- a box for each world -----------------------------------------------------------------

end_engine() { :; } # engine.bash has one

box_of=

# What the box may reach, in the modes where anything may be reached.
rules=('allow = www.test' 'allow = v4.test' 'allow = *.wild.test' 'allow = moving.test'
    'allow = git.test:22' 'allow = metadata.test' 'allow = metadata-alias.test'
    'allow = private.test' 'allow = private-172.test' 'allow = private-192.test'
    'allow = cgnat.test' 'allow = mapped.test' 'allow = mapped-metadata.test'
    'allow = nat64.test' 'allow = sixtofour.test' 'api = api.test')

# begin_box WORLD APPLIER: in the place of the one before.
begin_box()
{
    end_box
    BATS_TEST_TMPDIR=$(mktemp -d "$scratch/box-XXXXXX")
    chmod 0755 "$scratch" "$BATS_TEST_TMPDIR"
    BATS_TEST_NUMBER=$((BATS_TEST_NUMBER + 1))
    more_before=$outside
    . "$box_folder/internet.bash"
    setup
    applier=$2
    [ "$2" = iptables ] || without legacy
    before_all=$before
    box_of="$1 $2"
    # Whom resolv.conf names.
    resolver=server=127.0.0.1
    if [ "$1" = bare ]; then
        # A shell as the first process, and what the agent runs is root's.
        init=/bin/sh
        resolver=server=10.99.0.1
        as_agent() { box_root "$@"; }
        up() { start_box -c 'echo up >/workspace/project/up; setpriv --reuid 64990 --clear-groups sleep 1000 & exec sleep 1000'; }
        online open "${rules[@]}"
    else
        online "$1" "${rules[@]}"
    fi
}

# What an engine would have put into the box.
outside="
        echo '10.99.0.1 host.docker.internal' >>etc/hosts
"

end_box()
{
    [ -n "$box_of" ] || return 0
    box_of=
    teardown
    rm -rf -- "$BATS_TEST_TMPDIR"
}

# agent COMMAND…
agent() { as_agent "$@"; }

# took WORLD APPLIER: the box did choose that one, and not the other.
took()
{
    local taken
    [ "$1" != bare ] || return 0
    taken=$(agent sed -n 's/.*"firewall": "\([a-z]*\)".*/\1/p' /run/claudex/status.json)
    [ "$taken" = "${2##*/}" ] || {
        echo "Bail out! The box took $taken, not ${2##*/}"
        exit 1
    }
}

# box_root COMMAND…: root in the box, with what the container leaves it.
box_root() { enter /usr/bin/env "$@"; }

# serve COMMAND…: in the background until the throw is over; returns once it said that it is
# there.
serve()
{
    local said=$BATS_TEST_TMPDIR/serving
    # Not what the one before it said.
    : >"$said"
    "$@" >"$said" 2>&1 3>&- 7>&- 8>&- &
    serving=$!
    local end=$((SECONDS + 10))
    until grep -qE '^(ready|listening)$' "$said"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

# worker: the process of a worker, or of what stands for one in the bare world, as the box
# numbers it.
worker() { agent pgrep -u 64990 | head -n 1; }

# tries NAME…: the throw is these attempts of tests/box's net_probe, each of which is a way out.
tries()
{
    local port
    tried=("$@")
    for port in $(ports_of "$@"); do
        trace+=("(tcp|udp) [^ ]+ [^ ]+ $port ")
    done
    also() { :; }
    throw()
    {
        agent /opt/net_probe try "${tried[@]}"
        also
    }
}

# another_world: in a subshell, a wire and a far side for one more box of the same kind.
another_world()
{
    BATS_TEST_NUMBER=$BATS_TEST_NUMBER-$i
    BATS_TEST_TMPDIR=$(mktemp -d "$scratch/box-XXXXXX")
    chmod 0755 "$BATS_TEST_TMPDIR"
    worlds=()
    before=$before_all
    host_pid=
    first=()
    [ "$init" != /bin/sh ] || first=(-c '"$@"' sh)
    world
}

end_world()
{
    teardown
    rm -rf -- "$BATS_TEST_TMPDIR"
}

# How often a session races with the start of its box.
races=50

# race: a new box on a new wire: its frames, from the first on.
race()
{
    (
        another_world
        arrange
        timeout 10 "$harness" run "${arranged[@]}" -- "$init" "${first[@]}" timeout 0.1 /opt/net_probe loop
        # What timeout(1) ends with: the session did run.
        [ $? = 124 ] || echo GOT nothing-ran
        ! grep -qE '^(tcp|udp|icmp|protocol)' "$frames" || echo GOT packet
        end_world
    )
}

# --- one throw ----------------------------------------------------------------------------

# The far side's frames, and what its servers understood of them.
all_arrived()
{
    arrived
    internet_log
}

# What an attack may set: `trace`, extended regular expressions for the beginning of a line of
# all_arrived, each a way out; `gains`, words of which each is a line "GOT word" of `throw`;
# `never`, what must not arrive where anything else may, because the gate works for the agent.
throw_one()
{
    local file=$1 expected=$4 said arrived pattern word
    trace=() gains=() never=() serving=
    # shellcheck disable=SC1090
    # shellcheck disable=SC1090
    . "$file"
    throw >"$BATS_TEST_TMPDIR/said" 2>&1 || :
    said=$(<"$BATS_TEST_TMPDIR/said")
    if [ -n "$serving" ]; then
        box_root pkill -KILL -x 'probe|net_probe'
        wait "$serving" || :
    fi
    # A box that is not there any more would be proof of nothing.
    agent true || {
        echo "the box is gone"
        return 1
    }
    echo "$said"
    arrived=$(all_arrived)
    if [ "$expected" = + ]; then
        for word in "${gains[@]}"; do
            grep -qxF "GOT $word" <<<"$said" || {
                echo "not got: $word"
                return 1
            }
        done
        for pattern in "${trace[@]}"; do
            grep -qE "^($pattern)" <<<"$arrived" || {
                printf 'did not arrive: %s, but\n%s\n' "$pattern" "$arrived"
                return 1
            }
        done
        return 0
    fi
    if grep '^GOT ' <<<"$said"; then
        return 1
    fi
    for pattern in "${never[@]}"; do
        arrived=$(grep -E "^($pattern)" <<<"$arrived") || :
    done
    [ -z "$arrived" ] || {
        printf 'arrived:\n%s\n' "$arrived"
        return 1
    }
}

# --- the table ----------------------------------------------------------------------------

# Columns that only engines have.
more_titles=
more_of() { :; }

# The page's beginning.
about()
{
    cat <<'END'
# Attacks

What `make attack` threw at a box, and where it arrived. The run that wrote this page was green;
`tests/attack/` has each attack, and says how the far side counts. The world without claudex is
the control: an attack that does not arrive there would prove nothing.

Every attack is thrown over IPv4 and IPv6 where it makes sense, and twice: at rules in the
legacy tables of iptables and at the same rules in nf_tables. On real engines:
[attacks-on-engines.md](attacks-on-engines.md).
END
}

# table RESULTS: the page. RESULTS has lines of FILE, world, applier and "+" or "-".
table()
{
    about
    echo
    echo "| | attack | no claudex | open | allowlist | api | lockdown |$more_titles"
    echo "| --- | --- | --- | --- | --- | --- | --- |${more_titles:+ --- |}"
    local file world row cell
    for file in "${files[@]}"; do
        row="| $(title_of "$file" | sed 's/ / | /')"
        for world in "${places[@]}"; do
            case $(awk -v f="${file##*/}" -v w="$world" '$1 == f && $2 == w { printf "%s", $4 }' "$1") in
            +*) cell=arrives ;;
            -*) cell=- ;;
            *) cell= ;;
            esac
            row+=" | $cell"
        done
        echo "$row |$(more_of "$1" "$file")"
    done
    echo
    elsewhere
}

# What other suites try, by the names of their tests. "attack N" is in them.
elsewhere()
{
    echo 'Tried by tests of other suites, because they need an engine, an agent or a broken kernel:'
    echo
    echo '| | test | file |'
    echo '| --- | --- | --- |'
    (
        cd -- "$box_folder/.." || exit
        grep -nE '^@test "attacks? [0-9]+' ./*/*.bats |
            sed -E 's/^\.\/([^:]*):[0-9]+:@test "attacks? ([0-9]+)[^:]*: (.*)" \{.*/\2 | \3 | tests\/\1/' |
            sort -n -k1,1 -s
    ) | sed 's/^/| /; s/$/ |/'
}
