# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 8: the address of an allowed name, the Host of another
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('http evil.test GET /8 ')
never=('.*evil')
throw() { client get http://www.test/8 host=evil.test; }
