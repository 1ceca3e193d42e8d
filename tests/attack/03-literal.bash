# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 3: an address that no rule lists
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 11.0.0.1 7 ' 'tcp [^ ]+ 2600:c1a::1 7 ' 'http 11.0.0.1 GET /3 ' 'https 11.0.0.1 GET /3 ')
throw()
{
    client raw 11.0.0.1 7 for=300 x
    client raw 2600:c1a::1 7 for=300 x
    client get https://11.0.0.1/3 sni=-
    client get http://11.0.0.1/3
}
