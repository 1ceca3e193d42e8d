# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 22: ICMP echo with a payload
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('icmp [^ ]+ [^ ]+ 8 ' 'icmp [^ ]+ [^ ]+ 128 ')
throw() { agent /opt/net_probe try ping4 ping6; }
