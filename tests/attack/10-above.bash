# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 10: the name that a wildcard is below of
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('https wild.test GET /10 ')
throw() { client get https://wild.test/10; }
