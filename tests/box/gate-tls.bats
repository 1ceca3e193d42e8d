#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Port 443 of a fake internet through the gate: the name in the ClientHello decides.

load internet.bash

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
    [ $((SECONDS - start)) -lt 25 ]
    equal "$(internet_count 'sni www.test')" 1
}
