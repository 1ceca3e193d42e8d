# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 7: a ClientHello of 48 KiB
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

gains=(server)
throw() { [[ $(client hello www.test 443 www.test pad=48000 records=4) != *server* ]] || echo GOT server; }
