# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 21: IPv6: neighbours, mapped and translated addresses
#
# bare: +
# open: .
# allowlist: -
# api: -
# lockdown: -

tries udp6-linklocal tcp6-linklocal
trace+=('tcp [^ ]+ 10.99.0.1 7000 ' 'tcp [^ ]+ 64:ff9b::a63:1 7000 ')
also()
{
    client raw ::ffff:10.99.0.1 7000 for=300 x
    client raw 64:ff9b::a63:1 7000 for=300 x
}
