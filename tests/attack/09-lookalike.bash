# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 9: names that begin or end like an allowed one
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('https www.test.evil.test GET /9 ' 'https evilwww.test GET /9 ')
throw()
{
    client get https://www.test.evil.test/9
    client get https://evilwww.test/9
}
