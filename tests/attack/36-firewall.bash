# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 36: the firewall and the routes
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(iptables route)
throw()
{
    agent iptables-legacy -A OUTPUT -j ACCEPT && echo GOT iptables
    agent ip route add 192.0.2.128/25 via 10.99.0.1 && echo GOT route
}
