#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Port 443 of a fake internet through the gate: the name in the ClientHello decides.

load internet.bash

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

@test "promise 4: another name in the hello is dialled if it is allowed, else refused" {
    online allowlist "$(allowed www.test shop.test)"
    says '200 shop.test GET /' get https://www.test/ sni=shop.test host=shop.test
    internet_saw 'dns udp A shop.test'
    internet_forget
    says 'alert 49' hello www.test 443 evil.test
    says 'alert 49' hello www.test 443 -
    says 'alert 49' hello www.test 443 www.test.evil.test
    says 'alert 49' hello www.test 443 evilwww.test
    says server hello www.test 443 www.test
    internet_saw 'sni www.test'
    equal "$(internet_count 'sni .*')" 1
    internet_never '.*evil.*'
    # The control: whoever is asked for it answers that name.
    run -0 word mode open
    says server hello www.test 443 evil.test
    internet_saw 'sni evil.test'
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

@test "promise 4: an allowed name is allowed on its ports" {
    online allowlist "$(allowed www.test api.test:5432 '*.wild.test:443')"
    says $'hello\n-- end' raw api.test 5432 'hello\n' '|' '!'
    says 'alert 49' hello api.test 443 api.test
    says -- '-- reset' raw www.test 22 '|'
    says -- '-- reset' raw www.test 5432 hello '|'
    says '200 deep.down.wild.test GET /' get https://deep.down.wild.test/
    says 'error ENOTFOUND' get https://wild.test/
    says '403 claudex: a.wild.test is not allowed from this box; on the host: docker claudex allow a.wild.test' \
        get http://a.wild.test/
    internet_never 'tcp (22|80) .*'
    run -0 word mode open
    says $'SSH-2.0-fake_internet\r\nhello\n-- end' raw www.test 22 '|' 'hello\n' '|' '!'
}

@test "a hello in single bytes, in many records, with much padding or Encrypted ClientHello" {
    online allowlist "$(allowed www.test)"
    says server hello www.test 443 www.test segment=1
    says server hello www.test 443 www.test records=40
    says server hello www.test 443 www.test pad=12000
    says server hello www.test 443 www.test ech
    says server hello www.test 443 www.test ech segment=7 records=9
    equal "$(internet_count 'sni www.test')" 5
    internet_forget
    # More than any hello needs; no hello at all; what is hidden behind a name that is refused.
    says 'alert 49' hello www.test 443 www.test pad=40000
    says 'alert 49' hello www.test 443 evil.test ech
    says 'alert 49' hello www.test 443 - ech
    run -0 client raw www.test 443 'GET / HTTP/1.1\r\nHost: www.test\r\n\r\n' '|'
    has "$output" '-- end'
    internet_never '.*'
}

@test "a hello that comes too slowly ends, and holds up nobody else" {
    online allowlist "$(allowed www.test)"
    as_agent "${client_env[@]}" node /opt/internet/client.js hello www.test 443 www.test \
        segment=1 pause=200 >"$BATS_TEST_TMPDIR/slow" 3>&- &
    local slow=$! start=$SECONDS
    says '200 www.test GET /' get https://www.test/
    wait $slow
    equal "$(<"$BATS_TEST_TMPDIR/slow")" reset
    [ $((SECONDS - start)) -lt 14 ]
    equal "$(internet_count 'sni www.test')" 1
}
