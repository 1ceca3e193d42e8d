#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# The host's ssh agent in the box: OpenSSH's, on this machine, of a user of its own.

load lib.bash
load agent.bash

# log: what was signed, as the box says it.
log='cat /run/claudex/public/signatures.log'

@test "promise 12: the agent of another user, mode 0600, is there, and its socket is not" {
    start_agent
    add_key ed25519 me@work
    with_agent
    run in_box sh -c 'echo "$SSH_AUTH_SOCK"; stat -c "%u %a %F" "$SSH_AUTH_SOCK"; ssh-add -l
        ls /run/claudex/private/ssh; mv "$SSH_AUTH_SOCK" /tmp/x; rm -f "$SSH_AUTH_SOCK"; ssh-add -l'
    equal "${lines[0]}" /run/claudex/public/ssh-agent
    equal "${lines[1]}" "1234 600 socket"
    has "${lines[2]}" "$fingerprint me@work (ED25519)"
    has "${lines[3]}" "Permission denied"
    has "${lines[4]}" "Permission denied"
    has "${lines[5]}" "Permission denied"
    equal "${lines[6]}" "${lines[2]}"
}

@test "without an agent: no variable, and one line where one was wanted" {
    run in_box sh -c 'echo "<${SSH_AUTH_SOCK-}>"; ls /run/claudex/public'
    lacks "$output" ssh-agent
    has "$output" "<>"
    start_agent
    with_agent
    kill "$agent_pid"
    wait "$agent_pid" || :
    run in_box sh -c 'echo "<${SSH_AUTH_SOCK-}>"'
    equal "$status" 0
    equal "${#lines[@]}" 2
    has "$output" "the host's ssh agent does not answer"
    has "$output" "<>"
}

@test "promise 12: only the chosen keys are listed, and only they sign" {
    start_agent
    add_key ed25519 me@work
    local work=$fingerprint
    add_key rsa me@home
    add_key ecdsa you@work
    local ecdsa=$fingerprint
    with_agent "key = $ecdsa"
    cp "$BATS_TEST_TMPDIR"/*.pub "$project"
    run in_box sh -c 'ssh-add -l; echo text >t; cp *.pub /tmp; cd /tmp
        ssh-keygen -Y sign -n file -f key-ecdsa-youwork.pub </workspace/project/t >/dev/null 2>&1 && echo was signed
        ssh-keygen -Y sign -n file -f key-rsa-mehome.pub </workspace/project/t 2>&1 && echo was signed, too
        ssh-add -T key-ed25519-mework.pub && echo works; '"$log"
    has "${lines[0]}" "$ecdsa you@work"
    equal "${lines[1]}" "was signed"
    lacks "$output" "signed, too"
    lacks "$output" works
    lacks "${output%%\{*}" "$work"
    has "$output" '"result": "signed"'
    has "$output" '"result": "hidden"'
    with_agent 'key = *@work'
    run in_box ssh-add -l
    equal "$(awk '{ print $3 }' <<<"$output" | sort | xargs)" "me@work you@work"
}

@test "promise 12: adding, removing and locking fail, and the host's agent is as before" {
    start_agent
    add_key ed25519 me@work
    local before_box
    before_box=$(at_host ssh-add -L)
    with_agent
    cp "$BATS_TEST_TMPDIR"/*.pub "$project"
    # Each of these asks the agent for something else.
    run in_box sh -c 'ssh-keygen -q -t ed25519 -N "" -f /tmp/mine
        ssh-add /tmp/mine && echo added; ssh-add -t 60 /tmp/mine && echo added; ssh-add -c /tmp/mine && echo added
        ssh-add -D && echo deleted; ssh-add -d key-ed25519-mework.pub && echo deleted
        printf "x\nx\n" | setsid -w env SSH_ASKPASS=/bin/true SSH_ASKPASS_REQUIRE=force ssh-add -x && echo locked
        setsid -w env SSH_ASKPASS=/bin/true SSH_ASKPASS_REQUIRE=force ssh-add -s /usr/lib/x.so && echo carded
        setsid -w env SSH_ASKPASS=/bin/true SSH_ASKPASS_REQUIRE=force ssh-add -e /usr/lib/x.so && echo carded
        ssh-add -l | wc -l'
    for word in added deleted locked carded; do
        lacks "$output" "$word"
    done
    equal "${lines[-1]}" 1
    equal "$(at_host ssh-add -L)" "$before_box"
}

@test "promise 12: every kind of key signs, certificates too, and each signature is noted" {
    start_agent
    add_key ed25519 me@work
    add_key rsa me@home
    add_key ecdsa me@home
    # A certificate comes along with its key.
    ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/certified" -C certified
    ssh-keygen -q -s "$BATS_TEST_TMPDIR/key-rsa-mehome" -I id -n me "$BATS_TEST_TMPDIR/certified.pub" 2>/dev/null
    at_host ssh-add -q "$BATS_TEST_TMPDIR/certified" 2>/dev/null
    local certified
    certified=$(ssh-keygen -lf "$BATS_TEST_TMPDIR/certified.pub" | cut -d ' ' -f 2)
    with_agent
    cp "$BATS_TEST_TMPDIR"/*.pub "$project"
    run in_box sh -c 'ssh-add -l | wc -l; mkdir /tmp/s; for key in *.pub; do
            echo text | ssh-keygen -Y sign -n git -f "$key" >/tmp/s/"$key.sig" 2>/dev/null || echo "$key fails"
            case $key in *-cert.pub) ;; *)
                printf "me %s\n" "$(cat "$key")" >/tmp/allowed
                echo text | ssh-keygen -Y verify -n git -I me -s /tmp/s/"$key.sig" -f /tmp/allowed ;; esac
        done; '"$log"
    equal "${lines[0]}" 5
    lacks "$output" fails
    equal "$(grep -c 'Good "git" signature' <<<"$output")" 4
    equal "$(grep -c '"result": "signed".*"namespace": "git"' <<<"$output")" 5
    equal "$(grep -c "\"key\": \"$certified\", \"comment\": \"certified\"" <<<"$output")" 2
    equal "$(grep -o '"number": [0-9]*' <<<"$output" | tr -dc '0-9\n' | xargs)" "1 2 3 4 5"
}

@test "promise 12: a limit of signatures a minute" {
    start_agent
    add_key ed25519 me@work
    with_agent 'limit = 3'
    cp "$BATS_TEST_TMPDIR"/*.pub "$project"
    run in_box sh -c 'for i in 1 2 3 4 5; do
            echo text | ssh-keygen -Y sign -n git -f key-ed25519-mework.pub >/dev/null 2>&1 && echo signed
        done; ssh-add -l; '"$log"
    equal "$(grep -c ^signed <<<"$output")" 3
    has "$output" "$fingerprint me@work"
    has "$output" '"result": "limit"'
}

@test "log = no: nothing is noted" {
    start_agent
    add_key ed25519 me@work
    with_agent 'log = no'
    cp "$BATS_TEST_TMPDIR"/*.pub "$project"
    run in_box sh -c 'echo text | ssh-keygen -Y sign -n git -f key-ed25519-mework.pub >/dev/null 2>&1 && echo signed
        ls /run/claudex/public'
    has "$output" signed
    lacks "$output" signatures.log
}

@test "an agent that was started again is found again; meanwhile requests fail at once" {
    start_agent
    add_key ed25519 me@work
    with_agent
    start_box sh -c 'ssh-add -l >/dev/null && echo first >up; read x <down
        ssh-add -l >/dev/null 2>&1; echo "without $?" >up; read x <down; ssh-add -l >up; ssh-add -l >up'
    equal "$line" first
    kill "$agent_pid"
    wait "$agent_pid" || :
    rm -f "$agent_dir/socket"
    tell go
    await
    equal "$line" "without 1"
    start_agent
    add_key ecdsa you@work
    tell go
    await
    has "$line" "$fingerprint you@work"
    await
    has "$line" "$fingerprint you@work"
    ended
    equal "$status" 0
}

@test "a session that enters the box has the agent as well" {
    start_agent
    add_key ed25519 me@work
    with_agent
    start_box sh -c 'echo ready >up; read x <down'
    run enter /init exec -- ssh-add -l
    has "$output" "$fingerprint me@work"
    # The box's root is not the agent.
    run enter /bin/sh -c 'SSH_AUTH_SOCK=/run/claudex/public/ssh-agent ssh-add -l'
    [ "$status" -ne 0 ]
    lacks "$output" "$fingerprint"
    # Nor if the socket's mode let it in.
    chmod 0666 "/proc/$host_pid/root/run/claudex/public/ssh-agent"
    run enter /bin/sh -c 'SSH_AUTH_SOCK=/run/claudex/public/ssh-agent ssh-add -l'
    [ "$status" -ne 0 ]
    lacks "$output" "$fingerprint"
    tell end
    ended
}

@test "a thousand clients at once" {
    start_agent
    add_key ed25519 me@work
    with_agent
    run in_box sh -c 'i=0; while [ $i -lt 1000 ]; do ssh-add -l >/tmp/$i 2>&1 & i=$((i + 1)); done; wait
        cat /tmp/[0-9]* | sort | uniq -c'
    equal "$(awk '{ print $1, $3 }' <<<"$output")" "1000 $fingerprint"
}

@test "promise 11: the proxy has an uid of its own and nothing else; when it dies, another comes" {
    start_agent
    add_key ed25519 me@work
    with_agent
    start_box sh -c 'echo ready >up; read x <down; ssh-add -l >up 2>&1; read x <down'
    tell go
    await
    has "$line" "$fingerprint"
    local proxy
    proxy=$(pgrep -P "$host_pid" -u 64991)
    run grep -E '^(Uid|Gid|Groups|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$proxy/status"
    has "$output" "Uid:	64991	64991	64991	64991"
    has "$output" "Gid:	64991	64991	64991	64991"
    has "$output" "CapPrm:	0000000000000000"
    has "$output" "CapBnd:	0000000000000000"
    has "$output" "Seccomp:	2"
    kill -KILL "$proxy"
    run enter /init exec -- ssh-add -l
    has "$output" "$fingerprint me@work"
    [ "$(pgrep -P "$host_pid" -u 64991)" != "$proxy" ]
    tell end
    ended
    has "$output" "the ssh proxy died with status 137; starting another"
}
