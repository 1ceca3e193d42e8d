#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # how bats works
# Attack 40: what only an engine can do to a box, its limits.

load lib.bash
export BATS_TEST_TIMEOUT=90

# As many processes as there may be, and each sends datagrams: once `go` is there.
bomb='
import os, signal, socket, sys, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while not os.path.exists("go"):
    time.sleep(0.02)
def send():
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        try:
            out.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
        except OSError:
            pass
        time.sleep(0.2)
while True:
    try:
        if os.fork() == 0:
            send()
    except OSError:
        open("full", "w").close()
        time.sleep(0.1)
'

gate_of() { pgrep -P "$init" -u 64990; }
more_than() { [ "$(arrived udp)" -gt "$1" ]; }

# sent: how many datagrams of the box's arrived. All that were on their way are counted: one of
# our own, behind them, is. Not frames of its cable, for the link has some of its own.
ours() { grep -c '127\.0\.0\.1' "$arrivals" || :; }
one_more() { [ "$(ours)" -gt "$1" ]; }
sent()
{
    local before
    before=$(ours)
    echo x >"/dev/udp/127.0.0.1/$port"
    eventually 20 one_more "$before"
    grep -vc '127\.0\.0\.1' "$arrivals"
}

@test "attack 40: a fork bomb at the limit of processes: a lock is in force, a dead gate lets nothing through" {
    local before init session
    listen
    claudex run . -- true
    start_box --network open --pids-limit 60 -- python3 -c "$bomb" "$(gateway)" "$port"
    init=$(docker inspect --format '{{.State.Pid}}' "$name")
    touch go
    eventually 20 test -e full
    # The control: they do send.
    before=$(arrived udp)
    eventually 20 more_than $((before + 50))

    run --separate-stderr claudex lockdown on
    echo "$output$stderr"
    equal "$status" 0
    before=$(sent)
    sleep 1
    equal "$(sent)" "$before"

    # No other gate can be started; and nothing goes round it.
    kill -KILL "$(gate_of)"
    sleep 1
    equal "$(sent)" "$before"
    run claudex lockdown status
    has "$output" lockdown

    # Room again: there is one, and what is allowed passes.
    session=$(pgrep -P "$init" -x python3)
    kill -STOP "$session"
    pkill -KILL -P "$session" -x python3
    eventually 20 gate_of
    equal "$(sent)" "$before"
    claudex lockdown off
    equal "$(claudex exec "$name" -- timeout 5 bash -c "cat </dev/tcp/$(gateway)/$port")" hello
}
