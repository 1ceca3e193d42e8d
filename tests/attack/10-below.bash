# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 10: a name below a wildcard
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

trace=('https a.b.wild.test GET /10 ')
throw() { client get https://a.b.wild.test/10; }
