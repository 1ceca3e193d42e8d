# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 9: an allowed name in capitals
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

trace=('https www.test GET /9 ')
throw() { client get https://WwW.TeSt/9; }
