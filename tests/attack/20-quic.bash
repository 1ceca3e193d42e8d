# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 20: QUIC
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

tries udp4-quic
