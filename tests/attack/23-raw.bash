# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 23: raw and packet sockets, SCTP, UDP-Lite
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

trace=('protocol-136 10.99' 'protocol-136 fd99' 'protocol-253 10.99' 'protocol-253 fd99' 'ethertype-88b6')
throw() { agent /opt/net_probe try udplite4 udplite6 raw4 raw6 rawping4 rawping6 sctp4 frame; }
