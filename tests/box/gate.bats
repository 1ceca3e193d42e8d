#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Names through the gate, on a fake internet: what is dialled, what is refused, what is asked.

load internet.bash

# says EXPECTED COMMAND...: what the client prints.
says()
{
    local expected=$1
    shift
    run -0 client "$@"
    equal "$*: $output" "$*: $expected"
}

@test "promise 4: an allowed name is dialled, and no other arrives" {
    online allowlist "$(allowed www.test v6.test)"
    says '200 www.test GET /a' get https://www.test/a
    says '200 www.test GET /b' get http://www.test/b
    says '200 v6.test GET /c' get https://v6.test/c
    internet_saw 'https www.test GET /a HTTP/1.1'
    internet_saw 'http www.test GET /b HTTP/1.1'
    says 'error ENOTFOUND' get https://evil.test/a
    says 'error ENOTFOUND' get http://evil.test/b
    internet_never '.*evil.*'
    # The control: in open it does arrive.
    run -0 word mode open
    says '200 evil.test GET /a' get https://evil.test/a
    internet_saw 'https evil.test GET /a HTTP/1.1'
}
