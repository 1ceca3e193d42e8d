# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 47: a stranger's address as one's own (IPV6_FREEBIND)
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

trace=('tcp fd99::2 2001:db8::77 ')
throw() { agent /opt/net_probe try tcp6-freebind; }
