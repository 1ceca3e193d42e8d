# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 7: a ClientHello that hides another, under a name that is not allowed
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

gains=(server)
throw() { [[ $(client hello www.test 443 evil.test ech) != *server* ]] || echo GOT server; }
