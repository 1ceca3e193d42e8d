#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# What is told of refusals: what would let it through, and where nothing would, what was wrong.

load internet.bash

# told FILTER EXPECTED: what PID 1 says was refused, when it has heard of it.
told()
{
    local end=$((SECONDS + 20))
    until [ "$(word denied 0 | jq -c ".items | $1")" = "$2" ]; do
        [ "$SECONDS" -lt "$end" ] || {
            echo "wanted $2 of $1 in:"
            word denied 0
            return 1
        }
        sleep 0.05
    done
}

faults='map([.host, .via[0], .fault, .allow])'

@test "a malformed request to an allowed host is the request's fault" {
    online allowlist "$(allowed www.test)"
    run -0 client raw www.test 80 'GET / HTTP/1.1\r\nHost: www.test\r\nHost: evil.test\r\n\r\n'
    has "$output" "HTTP/1.1 400"
    told "$faults" '[["www.test","http","the request was malformed: two Host fields",null]]'
    # Its Host is another matter, and so is a lookup.
    run -0 client raw www.test 80 'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    told "$faults | .[1]" '["evil.test","http",null,"evil.test"]'
}

@test "a connection to an allowed name that says none has itself to blame" {
    online allowlist "$(allowed www.test)"
    says 'alert 49' hello www.test 443 -
    told "$faults" '[["www.test","tls","its TLS hello says no name",null]]'
    run -0 client raw www.test 443 'GET / HTTP/1.1\r\n\r\n'
    told "$faults | .[1]" '["www.test","tls","on port 443 it spoke no TLS",null]'
    # To an address that is not a name's, an allow of the address would help.
    says 'alert 49' hello 11.0.1.9 443 -
    told "$faults | .[2]" '["11.0.1.9","tls",null,"11.0.1.9"]'
    says 'alert 49' hello www.test 443 evil.test
    told "$faults | .[3]" '["evil.test","tls",null,"evil.test"]'
}

@test "an address that stands for no name is not shown as a host to allow" {
    local what='an address that stood for a name, and stands for none now'
    online allowlist "$(allowed www.test)"
    # Never given out: what is, begins at random.
    run as_agent bash -c 'exec 7<>/dev/tcp/198.18.0.99/22 && cat <&7'
    told "$faults" "[[\"198.18.0.99:22\",\"tcp\",\"$what\",null]]"
    run as_agent node -e 'require("dgram").createSocket("udp4").send("x", 443, "198.18.0.99", () => process.exit())'
    told "$faults | .[1]" "[\"198.18.0.99:443\",\"udp\",\"$what\",null]"
    # With a name in its hello it is that name's matter.
    says 'alert 49' hello 198.18.0.99 443 evil.test
    told "$faults | .[2]" '["evil.test","tls",null,"evil.test"]'
    # One that stands for a name is shown as that.
    run as_agent bash -c 'exec 7<>/dev/tcp/www.test/22 && cat <&7'
    told "$faults | .[3]" '["www.test:22","tcp",null,"www.test:22"]'
    run as_agent node -e 'require("dns").lookup("www.test", (e, a) => require("dgram").createSocket("udp4").send("x", 443, a, () => process.exit()))'
    told "$faults | .[4]" '["www.test:443","udp",null,null]'
}

@test "the agent may ask by an address that stands for a name, for that name" {
    local given
    online allowlist "$(allowed www.test:8080)"
    given=$(client resolve A www.test | grep -oE '198\.1[89]\.[0-9]+\.[0-9]+' | head -n 1)
    [ -n "$given" ]
    inside() { as_agent bash -c 'exec -a claudex /init "$@"' bash "$@"; }
    run -0 inside ask "$given" 'for the page'
    has "$output" 'asked for www.test'
    told 'map([.host, .allow, .reason])' '[["www.test","www.test","for the page"]]'
    run -1 inside why 198.18.0.99
    has "$output" 'stands for none now'
}
