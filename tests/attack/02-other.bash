# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 2: a name that is not allowed
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('https evil.test GET /2 ' 'http evil.test GET /2 ')
throw()
{
    client get https://evil.test/2
    client get http://evil.test/2
}
