#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# The ways into the gate, which are the kernel's rules: all of what an applier can get wrong, so
# these run once with each (gate-ways-nftables.bats is another name of this file). What happens
# behind them is the same process, and has files of its own.

load internet.bash

@test "promise 3: no lookup of the agent's is seen outside, whatever it asks for" {
    local type to
    online allowlist "$(allowed www.test '*.wild.test')"
    has "$(as_agent cat /run/claudex/status.json)" "\"firewall\": \"$applier\""
    run -0 client resolve A www.test
    [[ $output =~ ^NOERROR\ 198\.1[89]\. ]]
    for type in AAAA HTTPS SVCB TXT MX NS SRV NULL ANY AXFR; do
        says NOERROR resolve $type www.test
        says NOERROR resolve $type www.test tcp
        says NXDOMAIN resolve $type evil.test
    done
    # What would carry something out, were it asked on.
    run -0 client resolve A "$(head -c 60 /dev/zero | tr '\0' s).$(head -c 60 /dev/zero | tr '\0' t).wild.test"
    [[ $output =~ ^NOERROR\ 198 ]]
    says NXDOMAIN resolve A "secret.www.test"
    says NXDOMAIN resolve A 'www.test.evil.test'
    says NXDOMAIN resolve A 'evilwww.test'
    says NXDOMAIN resolve A 'www\0.test'
    says NXDOMAIN resolve A 'www\xe4.test'
    # At whatever resolver.
    for to in 10.99.0.1 8.8.8.8 2600:c1a::53 fd99::1; do
        run -0 client resolve A www.test server=$to
        [[ $output =~ ^NOERROR\ 198 ]]
        says NXDOMAIN resolve A evil.test server=$to
        says NXDOMAIN resolve TXT evil.test server=$to tcp
    done
    internet_never '.*'
    forget
    nothing_arrived
    run -0 word mode open
    run -0 client resolve A evil.test
    equal "$output" 'NOERROR 11.0.0.1'
    internet_saw 'dns udp A evil.test'
}

@test "promise 4: an allowed name is dialled, and no other arrives" {
    online allowlist "$(allowed www.test v6.test)"
    says '200 www.test GET /a' get https://www.test/a
    says '200 www.test GET /b' get http://www.test/b
    says '200 v6.test GET /c' get https://v6.test/c
    says '200 www.test GET /d' get https://www.test/d h2
    says '200 00000 grpc-status 0' get https://www.test/grpc/call h2 body=x
    internet_saw 'https www.test GET /a HTTP/1.1'
    internet_saw 'http www.test GET /b HTTP/1.1'
    internet_saw 'https www.test GET /d HTTP/2.0'
    says 'error ENOTFOUND' get https://evil.test/a
    says 'error ENOTFOUND' get http://evil.test/b
    internet_never '.*evil.*'
    # The control: in open it does arrive.
    run -0 word mode open
    says '200 evil.test GET /a' get https://evil.test/a
    internet_saw 'https evil.test GET /a HTTP/1.1'
}

@test "promise 4: an address literal passes only where a rule lists it" {
    online allowlist "$(allowed 11.0.0.4 '[2600:c1a::4]:443')"
    says '200 11.0.0.4 GET /' get https://11.0.0.4/
    says '200 [2600:c1a::4] GET /' get 'https://[2600:c1a::4]/'
    internet_saw 'tcp 443 ::ffff:11.0.0.4'
    internet_saw 'tcp 443 2600:c1a::4'
    internet_forget
    says 'error EPROTO' get https://11.0.0.66/ sni=-
    says 'error ECONNRESET' get 'https://[2600:c1a::4]:5432/'
    says 'error EPROTO' get 'https://[2600:c1a::66]/' sni=-
    says -- '-- reset' raw 11.0.0.66 7 hello '|'
    internet_never '.*'
    forget
    nothing_arrived
    run -0 word mode open
    says '200 11.0.0.66 GET /' get https://11.0.0.66/
}

@test "promise 4: a real address with an allowed name is dialled by the name" {
    online allowlist "$(allowed www.test)"
    local at
    for at in 11.0.0.66 2600:c1a::66; do
        says '200 www.test GET /' get https://www.test/ to="$at"
        says '200 www.test GET /' get http://www.test/ to="$at"
    done
    internet_saw 'tcp 443 .*'
    internet_never 'tcp .* .*66'
    run -0 word mode open
    says '200 www.test GET /' get https://www.test/ to=2600:c1a::66
    internet_saw 'tcp 443 2600:c1a::66'
}

@test "promise 11: a gate that is killed: nothing passes meanwhile, and then as before" {
    local i
    online allowlist "$(allowed www.test www.test:7)"
    says '200 www.test GET /' get https://www.test/
    for i in 1 2 3; do
        kill -KILL "$(gate_pid)"
        gate_again
        says '200 www.test GET /' get https://www.test/
        says 'error ENOTFOUND' get https://evil.test/
    done
    # Stopped, it is as good as dead: what comes waits, and nothing leaves.
    local pid
    pid=$(gate_pid)
    kill -STOP "$pid"
    internet_forget
    forget
    says 'no answer' resolve A www.test
    run -0 as_agent timeout 2 node /opt/internet/client.js raw 11.0.0.1 7 hello for=1000
    equal "$output" '-- silence'
    nothing_arrived
    kill -CONT "$pid"
    says '200 www.test GET /' get https://www.test/
    # Nobody takes its ports while it is away.
    run as_agent node -e '
        for (const [port, host] of [[15001, "127.0.0.1"], [15001, "::1"], [53, "127.0.0.1"]])
            require("net").createServer().listen(port, host).on("listening", () => process.exit(1)).on("error", () => {});
        require("dgram").createSocket({ type: "udp4", reuseAddr: true }).bind(53, "127.0.0.1")
            .on("listening", () => process.exit(1)).on("error", () => {});
        setTimeout(() => process.exit(0), 300);'
    equal "$status" 0
}

@test "a network that leads nowhere: names lead to the gate all the same" {
    more_before='ip route del default; ip -6 route del default'
    online allowlist "$(allowed db:5432)"
    says $'hello\n-- end' raw db 5432 'hello\n' '|' '!'
    says 'error ENOTFOUND' get https://www.test/
    equal "$(as_root ip route show 198.18.0.0/15)" '198.18.0.0/15 dev eth0 proto static scope link '
}
