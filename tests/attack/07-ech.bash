# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 7: a ClientHello that hides another, under the name of an allowed host
# Browsers pretend to do that always. The visible name is who is dialled, so what is hidden can
# only be one more site of that host.
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

gains=(server)
throw() { [[ $(client hello www.test 443 www.test ech) != *server* ]] || echo GOT server; }
