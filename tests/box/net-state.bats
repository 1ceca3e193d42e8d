#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats sets
# What a box remembers of its network mode, and how it is told to change it.

load net.bash

# kept: a folder that is the box's volume from now on. A box that is started again is a new
# container, unless same_container was called before.
kept()
{
    state=$BATS_TEST_TMPDIR/state
    mkdir -m 0700 "$state"
    before_all+=$(bind "$state" /run/claudex/private/state)$'\n'
    before+=$(bind "$state" /run/claudex/private/state)$'\n'
}

again()
{
    kill -KILL "$host_pid"
    wait "$box_job" || :
    rm -f "$project/up"
    before=$before_all
    up
}

same_container()
{
    cp "/proc/$host_pid/root/run/claudex/private/container" "$BATS_TEST_TMPDIR/container"
    before_all+="cp '$BATS_TEST_TMPDIR/container' run/claudex/private/container
"
}

# status_says FIELD VALUE: the file follows the reply to what changed it, and comes before the
# next reply.
status_says()
{
    word status >/dev/null
    equal "$(as_agent cat /run/claudex/status.json | jq -r ".$1")" "$2"
}
mode_is() { status_says mode "$1"; }
why_is() { status_says why "$1"; }

@test "promise 7: a lock stays, in the same container and in a new one" {
    kept
    mode open
    up
    mode_is open
    why_is configured
    run -0 word lockdown on
    again
    mode_is lockdown
    why_is 'kept from before'
    # Whatever the new one was told to be.
    mode allowlist
    again
    mode_is lockdown
    same_container
    again
    mode_is lockdown
    run -0 word lockdown off
    mode_is allowlist
}

@test "promise 7: a restarted container goes on as it was, a new one only if that is tighter" {
    kept
    mode allowlist
    up
    run -0 word mode open
    same_container
    again
    mode_is open
    rm "$BATS_TEST_TMPDIR/container"
    before_all=${before_all%cp *}
    again
    mode_is allowlist
    run -0 word mode api
    again
    mode_is api
    mode open
    again
    mode_is open
}

@test "promise 7: a state that cannot be believed means lockdown, and a warning" {
    local damage
    kept
    mode open
    up
    run -0 word mode allowlist
    cp "$state/network" "$BATS_TEST_TMPDIR/good"
    for damage in 'truncate -s 20' 'truncate -s 0' 'truncate -s 1M' 'sed -i s/allowlist/open/' \
        'sed -i "s/claudex-state 1/claudex-state 2/"'; do
        cp "$BATS_TEST_TMPDIR/good" "$state/network"
        bash -c "$damage \"\$1\"" damage "$state/network"
        again
        mode_is lockdown
        why_is 'what was kept of the network mode is damaged'
        has "$(<"$BATS_TEST_TMPDIR/out")" 'the box starts in lockdown'
    done
    rm "$state/network"
    ln -s /dev/zero "$state/network"
    again
    mode_is lockdown
}

@test "promise 8: sealed is for good, for PID 1 and for the next container" {
    kept
    mode open
    up
    grep -q '^CapEff:.*31e0$' "/proc/$host_pid/status"
    run -0 word mode sealed
    for _ in 1 2; do
        mode_is sealed
        # Neither NET_ADMIN (12) nor NET_RAW (13) is left in any set.
        for set in CapInh CapPrm CapEff CapBnd; do
            [ $((0x$(awk -v set="$set:" '$1 == set { print $2 }' "/proc/$host_pid/status") \
                & 0x3000)) = 0 ]
        done
        for word in 'mode open' 'lockdown off' 'lockdown toggle' 'lockdown sever' 'mode allowlist'; do
            # shellcheck disable=SC2086
            run -125 word $word
            has "$output" sealed
        done
        run -0 word lockdown on
        mode_is sealed
        again
    done
}

@test "attack 40: a full disk: modes are changed and kept all the same" {
    kept
    mount -t tmpfs -o size=64k,mode=0700 claudex-test "$state"
    mode allowlist
    up
    dd if=/dev/zero of="$state/filler" bs=4k status=none 2>/dev/null || :
    run -0 word mode open
    mode_is open
    run -0 word lockdown on
    again
    mode_is lockdown
    umount -l "$state"
}

@test "attack 40: a disk that takes nothing: nothing loosens, and a lock is in force though it is not kept" {
    kept
    mount -t tmpfs -o size=64k,mode=0700 claudex-test "$state"
    mode allowlist
    up
    mount -o remount,ro "$state"
    run -125 word mode open
    has "$output" 'network mode stays allowlist'
    has "$output" 'Read-only file system'
    mode_is allowlist
    run -125 word lockdown on
    has "$output" 'network mode is now lockdown, but a restart would not know'
    mode_is lockdown
    mount -o remount,rw "$state"
    run -0 word lockdown on
    again
    mode_is lockdown
    umount -l "$state"
}

# A mode that was in force before is put back as it was then; see init/net/iptables_kept.h.
@test "a mode that comes back has its own rules, whatever somebody did to the table meanwhile" {
    local first word
    [ "$applier" = iptables ] || skip "nf_tables keeps nothing"
    command -v iptables-legacy >/dev/null || skip "no iptables-legacy here"
    mode allowlist
    up
    filter() { as_root sh -c 'iptables-legacy-save -t filter; ip6tables-legacy-save -t filter' |
        grep -E '^(-A|:)' | sed 's/ \[[0-9:]*\]//'; }
    first=$(filter)
    run -0 word lockdown on
    run -0 word lockdown off
    equal "$(filter)" "$first"
    # Another rule; one less; another one in the place of one, which the kernel does not notice.
    for word in '-I OUTPUT -j ACCEPT' '-D OUTPUT 1' '-R OUTPUT 1 -j ACCEPT' '-F' \
        '-P OUTPUT ACCEPT'; do
        # shellcheck disable=SC2086
        as_root iptables-legacy $word
        # shellcheck disable=SC2086
        as_root ip6tables-legacy $word
        [ "$(filter)" != "$first" ]
        run -0 word mode allowlist
        equal "$(filter)" "$first"
    done
    run -0 word lockdown on
    [ "$(filter)" != "$first" ]
    run -0 word lockdown off
    equal "$(filter)" "$first"
}

@test "promise 9: the agent reaches neither the state nor the FIFO nor PID 1's ear" {
    local path
    kept
    mode allowlist
    up
    for path in /run/claudex/private/. /run/claudex/private/ctl/control \
        /run/claudex/private/state/network; do
        run as_agent stat "$path"
        [ "$status" != 0 ]
        has "$output" 'Permission denied'
    done
    run as_agent /init ctl mode open
    equal "$status" 125
    has "$output" 'Permission denied'
    run as_agent cp /dev/null /run/claudex/status.json
    [ "$status" != 0 ]
    mode_is allowlist
}

# --- the host's FIFO ---

# host_folder: the user's own, uid 1234, as the plugin makes it.
host_folder()
{
    host=$BATS_TEST_TMPDIR/host
    mkdir -m 0700 "$host"
    chown 1234:1234 "$host"
    before+=$(bind "$host" /run/claudex/private/control)$'\n'
}

# In the folder: what leads there is root's alone.
as_user() { (cd "$host" && exec setpriv --reuid 1234 --regid 1234 --clear-groups "$@"); }

# ask WORD...: as the plugin does it. The reply in $reply, "" if none came.
ask()
{
    as_user mkfifo -m 0600 "reply.0123456789abcdef"
    exec 6<>"$host/reply.0123456789abcdef"
    echo "0123456789abcdef $*" >"$host/control"
    reply=
    read -r -t 10 reply <&6 || :
    exec 6>&-
    rm -f "$host/reply.0123456789abcdef"
}

@test "the host's FIFO belongs to the user, who is answered there" {
    host_folder
    mode allowlist
    up
    equal "$(stat -c '%a %u %F' "$host/control")" '600 1234 fifo'
    ask lockdown on
    equal "$reply" '0123456789abcdef ok 0 network mode is now lockdown (was allowlist); nothing is connected'
    mode_is lockdown
    ask lockdown toggle
    equal "$reply" '0123456789abcdef ok 0 network mode is now allowlist (was lockdown)'
    ask status
    equal "$(jq -r .mode <<<"${reply#* ok 0 }")" allowlist
}

@test "what is no request changes nothing and stops nothing" {
    host_folder
    mode allowlist
    up
    {
        printf 'rubbish\n\0\xff\xfe\n'
        head -c 100000 /dev/zero | tr '\0' a
        printf '\n0123456789abcdef mode opeN\n0123456789abcdef mode open \n../x mode open\n'
    } >"$host/control"
    # Half a request, and nobody ever writes the rest.
    printf '0123456789abcdef mode op' >"$host/control"
    ask status
    equal "$(jq -r .mode <<<"${reply#* ok 0 }")" allowlist
    has "$(<"$BATS_TEST_TMPDIR/out")" 'not a request'
}

@test "a flood of requests, and replies that nobody reads, do not stop it" {
    local i
    host_folder
    mode allowlist
    up
    as_user mkfifo -m 0600 "reply.ffffffffffffffff"
    exec 7<>"$host/reply.ffffffffffffffff"
    for ((i = 0; i < 20000; i++)); do
        echo 'ffffffffffffffff status'
    done >"$host/control"
    ask lockdown on
    has "$reply" 'network mode is now lockdown'
    exec 7>&-
    # The session is still reaped and signals are still heard.
    kill -TERM "$host_pid"
    ended
    equal "$status" 143
}

@test "a FIFO that is replaced, and a folder that vanishes, leave the other way in" {
    host_folder
    mode allowlist
    up
    rm "$host/control"
    echo precious >"$BATS_TEST_TMPDIR/precious"
    ln -s "$BATS_TEST_TMPDIR/precious" "$host/control"
    run -0 word lockdown on
    mode_is lockdown
    rm -rf "$host"
    run -0 word lockdown off
    mode_is allowlist
    equal "$(<"$BATS_TEST_TMPDIR/precious")" precious
}

@test "something else in the FIFO's place is refused, with a warning" {
    host_folder
    as_user ln -s /dev/null control
    mode allowlist
    up
    has "$(<"$BATS_TEST_TMPDIR/out")" 'docker exec'
    run -0 word lockdown on
    mode_is lockdown
}

@test "ctl says what it does not understand, and 2" {
    mode allowlist
    up
    for words in '' 'lockdown' 'lockdown maybe' 'mode' 'mode closed' 'status now'; do
        # shellcheck disable=SC2086
        run -2 word $words
        has "$output" usage
    done
}
