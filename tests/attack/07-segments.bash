# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 7: a ClientHello in segments of one byte
# Honest clients on slow links do that: the gate must understand it.
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

gains=(server)
throw() { [[ $(client hello www.test 443 www.test segment=1 pause=1) != *server* ]] || echo GOT server; }
