# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 11: a name server of the attacker's, over UDP and TCP
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('dns udp A evil.test')
throw()
{
    client resolve A evil.test server=8.8.8.8
    client resolve A evil.test server=8.8.8.8 tcp
}
