# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 5: the address of an allowed name, the SNI of another
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('sni evil.test')
throw() { client get https://evil.test/5 to=www.test; }
