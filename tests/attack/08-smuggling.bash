# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 8: a request that two servers understand in two ways
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('http-malformed ')
never=('http-malformed ' '.*evil' '.*smuggled')
throw()
{
    client raw www.test 80 for=1000 "POST /8 HTTP/1.1\r\nHost: www.test\r\nContent-Length: 4\r
Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n"
    client raw www.test 80 for=1000 "POST /8 HTTP/1.1\r\nHost: www.test\r
Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n"
}
