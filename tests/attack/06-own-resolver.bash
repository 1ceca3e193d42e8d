# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 6: an allowed name at an address of the attacker's
# The gate dials the name and not the address: the site gets it, the attacker nothing.
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 11.0.0.66 443 S' 'tcp [^ ]+ 2600:c1a::42 443 S')
never=('tcp [^ ]+ (11.0.0.66|2600:c1a::42) ')
throw()
{
    client get https://www.test/6 to=11.0.0.66
    client get https://www.test/6 to=2600:c1a::42
}
