#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Where the gate dials for a name, and the bytes that pass then.

load internet.bash

special='metadata metadata-alias private private-172 private-192 cgnat zero loopback linklocal
    multicast broadcast synthetic mapped mapped-metadata nat64 sixtofour teredo'

# special_names PORT: as rules would have them, and as lines of allow.
special_rules()
{
    local name
    for name in $special; do
        printf 'allow = %s.test%s\n' "$name" "$1"
    done
}

@test "promise 5: no name leads to an address that is special" {
    local name
    online allowlist "$(special_rules '')" "$(special_rules :7)" "$(allowed mixed.test)"
    forget
    for name in $special; do
        says -- '-- reset' raw "$name.test" 7 'hello\n' '|'
        says reset hello "$name.test" 443 "$name.test"
    done
    run -0 client get http://metadata.test/
    has "$output" '403 claudex: metadata.test leads to an address that is private or special'
    internet_never 'tcp .*'
    # Nothing but the questions left the box.
    equal "$(arrived | grep -v '^udp 10.99.0.2 10.99.0.1 53 ')" ''
    # Of several addresses, those that are not.
    says '200 mixed.test GET /' get http://mixed.test/
    internet_saw 'tcp 80 ::ffff:11.0.0.7'
    equal "$(internet_count 'tcp .*')" 1
    # The control: in open they are dialled.
    run -0 word mode open
    says $'hello\n-- end' raw private.test 7 'hello\n' '|' '!'
    says '200 metadata.test GET /latest' get http://metadata.test/latest
    internet_saw 'tcp 80 ::ffff:169.254.169.254'
}

@test "promise 5: private = yes opens private addresses, and no other special ones" {
    local name
    online allowlist 'private = yes' "$(special_rules :7)"
    for name in private private-172 private-192 cgnat; do
        says $'hello\n-- end' raw "$name.test" 7 'hello\n' '|' '!'
    done
    internet_forget
    for name in metadata metadata-alias zero loopback linklocal multicast broadcast synthetic mapped \
        mapped-metadata; do
        says -- '-- reset' raw "$name.test" 7 'hello\n' '|'
    done
    internet_never 'tcp .*'
}

@test "promise 5: a rule that names a host of the network opens its private address" {
    online allowlist "$(allowed db:5432 private.test:5432)"
    says $'hello\n-- end' raw db 5432 'hello\n' '|' '!'
    internet_saw 'tcp 5432 .*10.99.0.1'
    internet_forget
    says -- '-- reset' raw private.test 5432 'hello\n' '|'
    internet_never 'tcp .*'
}

@test "promise 5: a name that moves inside after its first answer is not followed" {
    online allowlist "$(allowed rebinding.test)"
    says '200 rebinding.test GET /1' get http://rebinding.test/1
    internet_saw 'tcp 80 ::ffff:11.0.0.12'
    run -0 client get http://rebinding.test/2
    has "$output" '403 claudex: rebinding.test leads to'
    equal "$(internet_count 'tcp .*')" 1
}

@test "a name whose address changes: the next connection follows, a running one stays" {
    online allowlist "$(allowed moving.test)"
    coproc held { as_agent "${client_env[@]}" node /opt/internet/client.js raw moving.test 80 \
        'GET /events/30/100 HTTP/1.0\r\nHost: moving.test\r\n\r\n' '|' '|' for=20000 3>&-; }
    internet_saw 'tcp 80 ::ffff:11.0.2.1'
    says '200 moving.test GET /b' get http://moving.test/b
    says '200 moving.test GET /c' get http://moving.test/c
    internet_saw 'tcp 80 ::ffff:11.0.2.2'
    internet_saw 'tcp 80 ::ffff:11.0.2.3'
    grep -qxF 'data: 30' <&"${held[0]}"
}

@test "one of two families is dead: the other is tried before anybody notices" {
    local start
    online allowlist "$(allowed half-dead.test other-half-dead.test)"
    for name in half-dead other-half-dead; do
        start=$(date +%s%N)
        says "200 $name.test GET /" get http://$name.test/
        [ $((($(date +%s%N) - start) / 1000000)) -lt 10000 ]
    done
    internet_saw 'tcp 80 ::ffff:11.0.0.8'
    internet_saw 'tcp 80 2600:c1a::8'
}

@test "a name server that says nothing of IPv6 costs no time" {
    local start
    online allowlist "$(allowed half-silent.test)"
    start=$(date +%s%N)
    says '200 half-silent.test GET /' get http://half-silent.test/
    says '200 half-silent.test GET /' get http://half-silent.test/
    [ $((($(date +%s%N) - start) / 1000000)) -lt 8000 ]
}

@test "answers of many addresses, of none, wrong ones, and none at all" {
    local start=$SECONDS
    online allowlist "$(allowed many.test brief.test failing.test garbled.test silent.test dead.test nothing.test)"
    as_agent "${client_env[@]}" node /opt/internet/client.js get http://silent.test/ for=30000 \
        >"$BATS_TEST_TMPDIR/silent" 3>&- &
    local silent=$!
    says '200 many.test GET /' get http://many.test/
    internet_saw 'dns tcp A many.test'
    says '200 brief.test GET /' get http://brief.test/
    says '200 brief.test GET /' get http://brief.test/
    equal "$(internet_count 'dns udp A brief.test')" 2
    says 'error ECONNRESET' get http://failing.test/
    says 'error ECONNRESET' get http://nothing.test/
    # All this while another waited; it does not wait for ever.
    wait $silent
    equal "$(<"$BATS_TEST_TMPDIR/silent")" 'error ECONNRESET'
    [ $((SECONDS - start)) -lt 60 ]
}

@test "a name is asked for once, however many connections wait for it" {
    online allowlist "$(allowed late.test:7)"
    run -0 client connect late.test 7 500 text=x
    has "$output" 'answered 500'
    # The answer comes after a second and lives for none; on a machine that is busy some begin
    # behind it.
    [ "$(internet_count 'dns udp A late.test')" -lt 20 ]
    equal "$(internet_count 'tcp 7 .*')" 500
}

@test "a server's refusal and its reset reach the client, and the client's the server" {
    online allowlist "$(allowed www.test:25 www.test:8080 www.test:7 www.test)"
    says -- '-- reset' raw www.test 25 hello
    says -- '-- reset' raw www.test 8080 hello
    says 'error ECONNRESET' get http://www.test/reset
    run -0 as_agent node -e '
        const s = require("net").connect(7, "www.test", () => s.write("x"));
        s.on("data", () => s.resetAndDestroy());'
    internet_saw 'broken 7 ECONNRESET'
}

@test "each half of a connection ends by itself" {
    online allowlist "$(allowed www.test:9 www.test:26 www.test:7)"
    # The client's first: the server answers then.
    says $'5\n-- end' raw www.test 9 hello '!'
    # The server's first: the client goes on sending.
    run -0 as_agent node -e '
        const s = require("net").connect({ port: 26, host: "www.test", allowHalfOpen: true });
        s.resume().on("end", () => { for (let i = 0; i < 10; i++) s.write("0123456789"); s.end(); });'
    internet_saw 'received 26 100'
    says $'hello\n-- end' raw www.test 7 hello\\n '!'
}

@test "who does not read holds back who sends, both ways, and costs no memory" {
    local before after
    online allowlist "$(allowed www.test:10 www.test:19 www.test:7 www.test:9)"
    before=$(gate_memory)
    # The server never reads; the client never does.
    as_agent timeout 4 node -e '
        const net = require("net");
        for (let i = 0; i < 50; i++) {
            const s = net.connect(10, "www.test").on("error", () => {});
            const more = () => { while (s.writable && s.write(Buffer.alloc(65536))); };
            s.on("connect", more).on("drain", more);
            net.connect(19, "www.test").on("error", () => {}).pause();
        }' 3>&- || :
    says $'hello\n-- end' raw www.test 7 hello\\n '|' '!'
    after=$(gate_memory)
    echo "resident: $before kB, then $after kB"
    [ $((after - before)) -lt 4096 ]
    # Slow readers get everything, and fast ones too.
    says '2000000 bytes' drink www.test 19 2000000 slow
    says 300000000 pour www.test 9 300000000
}

gate_memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(gate_pid)/status"; }
