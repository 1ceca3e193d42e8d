#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Many connections at once, and clients that only want to hurt.

load internet.bash

# many COUNT COMMAND...: several clients at once, each with as many connections as its own
# descriptors allow; sums up what they said. hold= keeps them.
many()
{
    local left=$1 part i=0
    shift
    rm -f "$BATS_TEST_TMPDIR"/many-*
    while [ "$left" -gt 0 ]; do
        part=$((left < 5000 ? left : 5000))
        left=$((left - part))
        i=$((i + 1))
        as_agent bash -c 'ulimit -Sn "$(ulimit -Hn)"; exec node /opt/internet/client.js "$@"' - \
            connect "$1" "$2" "$part" "${@:3}" >"$BATS_TEST_TMPDIR/many-$i" 2>&1 3>&- &
    done
}

# wait_for N: the last N of what runs in the background.
wait_for()
{
    local job
    for job in $(jobs -p | tail -n "$1"); do
        wait "$job" || :
    done
}

# of WORD: the sum of the counts that the clients gave last.
of()
{
    tail -qn 1 "$BATS_TEST_TMPDIR"/many-* | grep -oE "$1 [0-9]+" | awk '{ n += $2 } END { print n + 0 }'
}

# The gate takes 10,000, by itself and by its carriers (init/net/gate.h).
MOST=10000
enough_descriptors()
{
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 16000 ] ||
        skip "10,000 connections want 16,000 descriptors, and $(ulimit -Hn) is all there may be"
}

carriers() { pgrep -P "$(gate_pid)"; }
# Of the gate and its carriers.
all_sockets()
{
    local pid
    for pid in $(gate_pid) $(carriers); do find "/proc/$pid/fd" -lname 'socket:*'; done | wc -l
}
gate_memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(gate_pid)/status"; }
gate_ticks() { awk '{ print $14 + $15 }' "/proc/$(gate_pid)/stat"; }
sockets() { find "/proc/$(gate_pid)/fd" -lname 'socket:*' | wc -l; }

@test "10,000 connections, relayed; one more is refused; all are given back" {
    local idle
    enough_descriptors
    online allowlist "$(allowed www.test:7)"
    idle=$(all_sockets)
    many $((MOST - 10)) www.test 7 text=x hold=8000
    end=$((SECONDS + 60))
    until [ "$(of answered)" -ge $((MOST - 10)) ] || [ $SECONDS -ge $end ]; do sleep 0.2; done
    equal "$(of answered)" $((MOST - 10))
    echo "with $MOST connections: $(gate_memory) kB"
    [ "$(all_sockets)" -ge $((2 * (MOST - 10))) ]
    # A few more than fit: those that do not are reset, the others work.
    run -0 client connect www.test 7 40 text=x
    has "$output" 'answered 10,'
    has "$output" 'ECONNRESET 30'
    run -0 client resolve A localhost
    equal "$output" 'NOERROR 127.0.0.1'
    wait_for 2
    end=$((SECONDS + 30))
    until [ "$(all_sockets)" -le "$idle" ] || [ $SECONDS -ge $end ]; do sleep 0.2; done
    equal "$(all_sockets)" "$idle"
    says $'hello\n-- end' raw www.test 7 hello\\n '|' '!'
    lacks "$(<"$BATS_TEST_TMPDIR/out")" died
}

@test "10,000 that say nothing, and 10,000 that say half, end, and cost no processor" {
    local before after
    online allowlist "$(allowed www.test)"
    enough_descriptors
    many $((MOST - 100)) www.test 443 hold=25000
    end=$((SECONDS + 60))
    until [ "$(of connected)" -ge $((MOST - 100)) ] || [ $SECONDS -ge $end ]; do sleep 0.2; done
    equal "$(of connected)" $((MOST - 100))
    says '200 www.test GET /' get https://www.test/
    before=$(gate_ticks)
    sleep 2
    after=$(gate_ticks)
    echo "ticks in two idle seconds: $((after - before))"
    [ $((after - before)) -lt 20 ]
    # Ten seconds for a hello.
    end=$((SECONDS + 30))
    until [ "$(sockets)" -lt 40 ] || [ $SECONDS -ge $end ]; do sleep 0.5; done
    [ "$(sockets)" -lt 40 ]
    internet_forget
    many 3000 www.test 80 'text=GET / HTTP/1.1\r\nHost: www' hold=1000
    wait_for 1
    says '200 www.test GET /' get http://www.test/
    equal "$(internet_count 'http .*')" 1
    internet_never 'http-malformed .*'
}

@test "out of descriptors it pauses, and does not spin or die" {
    local before after
    # So few that connections by TCP to the resolver use them up.
    ulimit -n 64
    online allowlist "$(allowed www.test)"
    as_agent node -e '
        const net = require("net");
        for (let i = 0; i < 40; i++)
            net.connect(53, "127.0.0.1").on("error", () => {});
        setTimeout(() => process.exit(0), 6000);' 3>&- &
    as_agent node -e '
        const net = require("net");
        for (let i = 0; i < 40; i++)
            net.connect(53, "127.0.0.1").on("error", () => {});
        setTimeout(() => process.exit(0), 6000);' 3>&- &
    end=$((SECONDS + 5))
    until [ "$(sockets)" -ge 58 ] || [ $SECONDS -ge $end ]; do sleep 0.1; done
    [ "$(sockets)" -ge 58 ]
    before=$(gate_ticks)
    sleep 1.5
    after=$(gate_ticks)
    echo "ticks: $((after - before))"
    [ $((after - before)) -lt 30 ]
    run -0 client resolve A www.test
    [[ $output =~ ^NOERROR\ 198 ]]
    wait_for 2
    run -0 client resolve A www.test tcp
    [[ $output =~ ^NOERROR\ 198 ]]
    says '200 www.test GET /' get https://www.test/
    lacks "$(<"$BATS_TEST_TMPDIR/out")" died
}

@test "a name server that never answers holds up nobody else, and nobody for ever" {
    local start=$SECONDS
    online allowlist "$(allowed '*.silent.test:7' '*.wild.test' www.test)"
    many 2000 a.silent.test 7 hold=9000 text=x
    # New questions all the time, so that there is always one that has not waited long.
    as_agent timeout 20 node -e '
        let n = 0;
        setInterval(() => require("net").connect(7, `n${n++}.silent.test`).on("error", () => {}), 20);' 3>&- &
    says '200 www.test GET /' get http://www.test/
    says '200 a.wild.test GET /' get http://a.wild.test/
    says -- '-- reset' raw b.silent.test 7 'hello\n' '|'
    [ $((SECONDS - start)) -lt 17 ]
    wait_for 2
}
