#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# The gate's resolver: it answers by itself, and asks only when it dials.

load internet.bash

@test "a name keeps its address, however it is spelt, and the address its name" {
    local first
    online allowlist "$(allowed www.test shop.test)"
    run -0 client resolve A www.test
    first=${output#* }
    says "NOERROR $first" resolve A WwW.TeSt
    says "NOERROR $first" resolve A www.test. tcp
    run -0 client resolve A shop.test
    [ "${output#* }" != "$first" ]
    says 'NOERROR www.test' resolve PTR "$(awk -F. '{ print $4 "." $3 "." $2 "." $1 }' <<<"$first").in-addr.arpa"
    says NXDOMAIN resolve PTR 1.0.0.11.in-addr.arpa
    says 'NOERROR 127.0.0.1' resolve A localhost
    says 'NOERROR 0000:0000:0000:0000:0000:0000:0000:0001' resolve AAAA x.localhost
    internet_never '.*'
    # What a gate that died gave out is nobody's, until it is asked for again.
    kill -KILL "$(gate_pid)"
    gate_again
    says -- '-- reset' raw "$first" 22 hello '|'
    says '200 www.test GET /' get https://www.test/
}

@test "what the hosts file says is answered, and dialled where it is allowed" {
    more_before='printf "127.0.0.1 localhost\n10.99.0.2 box\n10.99.0.1 db other\nfd99::1 six\n" >etc/hosts'
    online allowlist "$(allowed db:5432 six:5432)"
    says 'NOERROR 10.99.0.2' resolve A box
    says NOERROR resolve AAAA box
    says 'NOERROR 10.99.0.1' resolve A other
    says 'NOERROR db' resolve PTR 1.0.99.10.in-addr.arpa
    says $'hello\n-- end' raw db 5432 'hello\n' '|' '!'
    says $'hello\n-- end' raw six 5432 'hello\n' '|' '!'
    says -- '-- reset' raw db 7 hello '|'
    internet_never 'dns .*'
    internet_never 'tcp 7 .*'
}

@test "in lockdown nothing is resolved but what is in the box" {
    online allowlist "$(allowed www.test)"
    run -0 word lockdown on
    says REFUSED resolve A www.test
    says REFUSED resolve A evil.test
    says 'NOERROR 127.0.0.1' resolve A localhost
    says 'error EAI_AGAIN' get https://www.test/
    says 'error ECONNREFUSED' get https://www.test/ to=11.0.0.1
    run -0 word lockdown off
    says '200 www.test GET /' get https://www.test/
}

@test "in open answers are the upstream's, large ones too" {
    online open
    says 'NOERROR 11.0.0.1' resolve A www.test
    says 'NOERROR www.test 11.0.0.1' resolve A alias.test
    says NXDOMAIN resolve A nothing.test
    says SERVFAIL resolve A failing.test
    run -0 client resolve A many.test tcp
    equal "$(wc -w <<<"$output")" 1001
    # By UDP such an answer says that it is cut short.
    run -0 client resolve A many.test
    equal "$output" NOERROR
    says '200 www.test GET /' get http://www.test/
    says '200 v6.test GET /' get https://v6.test/
}

@test "messages that are none, by thousands" {
    online allowlist "$(allowed www.test)"
    run -0 as_agent node -e '
        const s = require("dgram").createSocket("udp4"), crypto = require("crypto");
        let n = 0, sent = 0;
        s.on("message", () => n++);
        const more = () => {
            for (let i = 0; i < 100; i++, sent++)
                s.send(crypto.randomBytes(crypto.randomInt(1, 1500)), 53, "127.0.0.1");
            if (sent < 10000) setTimeout(more, 1); else setTimeout(() => process.exit(0), 200);
        };
        more();'
    run -0 as_agent node -e '
        const net = require("net"), crypto = require("crypto");
        for (let i = 0; i < 500; i++)
            net.connect(53, "127.0.0.1").on("error", () => {}).end(crypto.randomBytes(600));
        setTimeout(() => process.exit(0), 1000);'
    says NXDOMAIN resolve A evil.test
    run -0 client resolve A www.test tcp
    [[ $output =~ ^NOERROR\ 198 ]]
    internet_never '.*'
    lacks "$(<"$BATS_TEST_TMPDIR/out")" died
}

@test "a flood of names below a wildcard takes no address from names that a rule spells out" {
    online allowlist "$(allowed www.test shop.test '*.wild.test')"
    says '200 a.wild.test GET /' get http://a.wild.test/
    run -0 as_agent timeout 60 node -e '
        const socket = require("dgram").createSocket("udp4");
        let asked = 0, answered = 0, failed = 0;
        const ask = () => {
            const labels = [`n${asked++}`, "wild", "test", ""];
            socket.send(Buffer.concat([
                Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
                ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
                Buffer.from([0, 1, 0, 1])]), 53, "127.0.0.1");
        };
        socket.on("message", (message) => {
            (message[3] & 15) === 2 ? failed++ : answered++;
            if (failed === 100) {
                console.log(answered);
                process.exit(0);
            }
            ask();
        });
        setInterval(ask, 500); // in the place of one that was lost
        for (let i = 0; i < 64; i++)
            ask();'
    # All that a wildcard may have (init/net/names.h), but for the one before, and answers lost.
    [ "$output" -gt 40000 ]
    [ "$output" -lt $((65536 * 3 / 4)) ]
    says SERVFAIL resolve A new.wild.test
    says '200 www.test GET /' get http://www.test/
    says '200 shop.test GET /' get http://shop.test/
    says '200 a.wild.test GET /' get http://a.wild.test/
    internet_never 'dns .* n[0-9]+\..*'
}
