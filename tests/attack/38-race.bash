# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 38: a session that connects in a tight loop from its first moment, a hundred boxes
#
# bare: +
# open: +
# allowlist: -
# api: .
# lockdown: -

gains=(packet)
throw()
{
    local i times=$races
    [ "${box_of% *}" != bare ] && [ "${box_of% *}" != open ] || times=1
    for ((i = 0; i < times; i++)); do
        race
    done
}
