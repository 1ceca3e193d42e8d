# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 19: another site at the address of an allowed one
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('https shop.test GET /19 ' 'http shop.test GET /19 ' 'tcp [^ ]+ 11.0.0.1 22 S')
throw()
{
    client get https://shop.test/19 to=11.0.0.1
    client get http://shop.test/19 to=11.0.0.1
    client raw 11.0.0.1 22 for=300 x
}
