# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 1: an allowed name, over TLS and plain HTTP
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

trace=('https www.test GET /1 ' 'http www.test GET /1 ')
throw()
{
    client get https://www.test/1
    client get http://www.test/1
}
