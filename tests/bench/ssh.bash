# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Row 11: agents of the session's own user, asked from inside a box in three ways in turn: through
# the proxy, at the agent's own socket, and through socat. Each way has an agent to itself: one
# that all of them asked would be kept awake for the direct way by the other two.

# ssh_ask: the times, once for all of the rows: three lines for each way, in $world/ssh/times.
ssh_ask()
{
    local dir=$world/ssh way pids=()
    [ ! -e "$dir" ] || { [ -e "$dir/times" ]; return; }
    if ! have ssh-agent || ! have socat; then
        echo "ssh-agent or socat is not here" >"$world/said"
        return 1
    fi
    install -d -m 711 "$dir"
    chmod 711 "$world"
    ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
    chown 1000:1000 "$dir/key"
    as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }
    for way in proxied direct relayed socat; do
        install -d -m 700 -o 1000 -g 1000 "$dir/$way"
        if [ "$way" = socat ]; then
            as_user socat "UNIX-LISTEN:$dir/socat/socket,fork" \
                "UNIX-CONNECT:$dir/relayed/socket" >"$dir/said" 2>&1 &
        else
            as_user ssh-agent -D -a "$dir/$way/socket" >"$dir/said" 2>&1 &
        fi
        pids+=($!)
        while [ ! -S "$dir/$way/socket" ]; do
            kill -0 "${pids[@]}"
            sleep 0.05
        done
        [ "$way" = socat ] ||
            as_user env SSH_AUTH_SOCK="$dir/$way/socket" ssh-add -q "$dir/key" 2>"$dir/said"
    done
    # shellcheck disable=SC2016
    DIR=$dir AGENT=$(realpath "$build/test/bench/agent") "$build/test/box/box" run --before '
        cd -- "$1"
        cp -- "$AGENT" agent
        mkdir -p run/claudex/private/ssh opt/agent opt/socat workspace/p
        mount --bind "$DIR/proxied" run/claudex/private/ssh
        mount --bind "$DIR/direct" opt/agent
        mount --bind "$DIR/socat" opt/socat
        printf "%s\n" "[ssh]" "agent = yes" "$CONFIG" "ssh = socket" >run/claudex/private/config' -- \
        "$INIT" sh -c 'cd /; exec /agent 1000 "$SSH_AUTH_SOCK" /opt/agent/socket /opt/socat/socket' \
        >"$dir/times" 2>"$world/said" || rm -f "$dir/times"
    kill "${pids[@]}"
    wait "${pids[@]}" 2>"$dir/said" || :
    [ -e "$dir/times" ]
}

# ssh_row OURS THEIRS: lines of these numbers, side by side.
ssh_row()
{
    if ssh_ask; then
        result "$(sed -n "$1p" "$world/ssh/times" | stats 1)" "$(sed -n "$2p" "$world/ssh/times" | stats 1)"
    else
        cannot "$(tail -n 1 "$world/said")"
    fi
}

row_11() { ssh_row 1 4; }
row_11b() { ssh_row 1 7; }
row_11c() { ssh_row 2 5; }
row_11d() { ssh_row 2 8; }
row_11e() { ssh_row 3 6; }
