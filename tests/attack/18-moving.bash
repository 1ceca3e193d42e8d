# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 18: an allowed name whose address changes
# Not an attack: firewalls that list addresses break here.
#
# bare: +
# open: +
# allowlist: +
# api: .
# lockdown: .

gains=(first second)
throw()
{
    [[ $(client get http://moving.test/18) != 200* ]] || echo GOT first
    [[ $(client get http://moving.test/18) != 200* ]] || echo GOT second
}
