# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 30: the control FIFO, the state, the secrets
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(list read write)
throw()
{
    agent sh -c 'ls /run/claudex/private/ >/dev/null && echo GOT list
        cat /run/claudex/private/config >/dev/null && echo GOT read
        echo mode open >/run/claudex/private/new && echo GOT write'
}
