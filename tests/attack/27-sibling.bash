# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 27: a sibling container
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 10.99.0.3 7000 ' 'tcp [^ ]+ fd99::3 7000 ')
gains=(v4 v6)
throw()
{
    [ "$(agent /opt/net_probe ask 10.99.0.3 7000 tcp)" != echo ] || echo GOT v4
    [ "$(agent /opt/net_probe ask fd99::3 7000 tcp)" != echo ] || echo GOT v6
}
