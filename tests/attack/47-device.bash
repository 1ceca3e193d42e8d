# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 47: sockets that are bound to the device
#
# bare: +
# open: .
# allowlist: -
# api: -
# lockdown: -

tries tcp4-device tcp6-device udp4-device udp6-device udp4-unicast udp6-unicast udp4-pktinfo udp6-pktinfo
