#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Large transfers, which the gate's carriers move (init/net/carrier.h).

load internet.bash

BULK=4000000 # bytes; the gate hands on what moved one MiB

# bulk COUNT: so many connections to www.test:7 at once, each of which pours BULK random bytes and
# waits for their echo. Says "moved" when all were the same bytes, and "over" for each that ended
# or broke; and stays until it reads a line, upon which it ends its halves.
bulk()
{
    coproc held { as_agent node -e '
        const net = require("net"), crypto = require("crypto");
        const [count, size] = process.argv.slice(1).map(Number);
        const sockets = [];
        let moved = 0;
        for (let i = 0; i < count; i++) {
            const bytes = crypto.randomBytes(size), back = crypto.createHash("sha256");
            const wanted = crypto.createHash("sha256").update(bytes).digest("hex");
            let left = size;
            const s = net.connect({ port: 7, host: "www.test", allowHalfOpen: true }, () => s.write(bytes));
            s.on("data", (part) => {
                back.update(part);
                left -= part.length;
                if (left === 0 && back.digest("hex") === wanted && ++moved === count)
                    console.log("moved");
            });
            s.on("end", () => console.log("over")).on("error", () => console.log("over"));
            sockets.push(s);
        }
        process.stdin.once("data", () => sockets.forEach((s) => s.end()));
        process.stdin.on("end", () => process.exit(0));
    ' "$1" "$BULK" 3>&-; }
}
hears()
{
    local line=''
    read -r -t 20 line <&"${held[0]}" || :
    equal "$line" "$1"
}
# hears_over N: so many.
hears_over()
{
    local i
    for ((i = 0; i < $1; i++)); do hears over; done
}
# Closes what it reads from.
bulk_ends()
{
    local in=${held[1]} pid=$held_PID
    exec {in}>&-
    wait "$pid" || :
}

carriers() { pgrep -P "$(gate_pid)"; }
# sockets PID...: those that lead somewhere; each carrier has its pair besides.
sockets()
{
    local pid
    for pid in "$@"; do find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null; done | wc -l
}
# until_equal EXPECTED COMMAND...
until_equal()
{
    local expected=$1 end=$((SECONDS + 20))
    shift
    until [ "$("$@")" = "$expected" ]; do
        [ "$SECONDS" -lt "$end" ] || break
        sleep 0.05
    done
    equal "$("$@")" "$expected"
}

@test "many large transfers at once arrive byte for byte, moved by carriers; each half ends by itself" {
    local all idle
    online allowlist "$(allowed www.test:7)"
    mapfile -t all < <(carriers)
    [ "${#all[@]}" -ge 1 ]
    idle=$(sockets "${all[@]}")
    bulk 8
    hears moved
    equal "$(sockets "${all[@]}")" $((idle + 16))
    # Those that moved them count, and PID 1 hears of it.
    run -0 word connections 0
    equal "$(jq -r '.items[] | "\(.name) \(.port) \(.up) \(.down)"' <<<"$output" | sort | uniq -c | xargs)" \
        "8 www.test 7 $BULK $BULK"
    echo >&"${held[1]}"
    hears_over 8
    until_equal "$idle" sockets "${all[@]}"
    until_equal 0 connections_listed
    bulk_ends
    lacks "$(<"$BATS_TEST_TMPDIR/out")" died
}
connections_listed() { word connections 0 | jq .total; }

@test "what says little stays with the gate" {
    local all idle
    online allowlist "$(allowed www.test:7)"
    mapfile -t all < <(carriers)
    idle=$(sockets "${all[@]}")
    BULK=1000 bulk 8
    hears moved
    equal "$(sockets "${all[@]}")" "$idle"
    echo >&"${held[1]}"
    hears_over 8
    bulk_ends
}

@test "promise 6: sever, and a denial, cut what carriers move, on both sides" {
    local all idle how
    online allowlist "$(allowed www.test:7)"
    mapfile -t all < <(carriers)
    idle=$(sockets "${all[@]}")
    for how in 'deny www.test' 'lockdown sever'; do
        bulk 3
        hears moved
        equal "$(sockets "${all[@]}")" $((idle + 6))
        internet_forget
        # shellcheck disable=SC2086 # a word and its arguments
        run -0 word $how
        hears_over 3
        # Whoever is locked says nothing any more, not even that.
        [ "$how" != 'deny www.test' ] || internet_saw 'broken 7 ECONNRESET'
        until_equal "$idle" sockets "${all[@]}"
        bulk_ends
        [ "$how" != 'deny www.test' ] || run -0 word forget www.test
    done
    # None of them died of it.
    equal "$(carriers | xargs)" "${all[*]}"
}

@test "lockdown alone leaves to carriers what they move" {
    online allowlist "$(allowed www.test:7)"
    bulk 3
    hears moved
    run -0 word lockdown on
    has "$output" '3 connections stay'
    echo >&"${held[1]}"
    hears_over 3
    bulk_ends
}

@test "promise 11: a carrier that is killed takes its own along, and the gate goes on; so without any" {
    local all pid count left
    online allowlist "$(allowed www.test:7)"
    mapfile -t all < <(carriers)
    left=${#all[@]}
    for pid in "${all[@]}"; do
        bulk "$left"
        hears moved
        kill -KILL "$pid"
        hears over
        until_equal $((left - 1)) connections_listed
        bulk_ends
        until_equal 0 connections_listed
        left=$((left - 1))
    done
    until_equal '' alive "${all[@]}"
    # The gate moves what nobody else can.
    bulk 3
    hears moved
    echo >&"${held[1]}"
    hears_over 3
    bulk_ends
    says 'error ENOTFOUND' get https://evil.test/
}
# alive PID...: those that are, and no zombies.
alive()
{
    local pid
    for pid in "$@"; do grep -L '^State:.Z' "/proc/$pid/status" 2>/dev/null; done
}

@test "promise 11: a gate that is killed takes its carriers along, and what they moved" {
    local all
    online allowlist "$(allowed www.test:7)"
    mapfile -t all < <(carriers)
    bulk 3
    hears moved
    kill -KILL "$(gate_pid | head -n 1)"
    hears_over 3
    bulk_ends
    until_equal '' alive "${all[@]}"
    gate_again
    equal "$(carriers | wc -l)" "${#all[@]}"
    bulk 3
    hears moved
    bulk_ends
}
