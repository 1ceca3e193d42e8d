# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 14: a query for a name that is not allowed
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('dns udp A evil.test')
throw() { client resolve A evil.test "$resolver"; }
