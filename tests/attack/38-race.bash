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
    local i times=50
    [ "${box_of% *}" != bare ] && [ "${box_of% *}" != open ] || times=1
    for ((i = 0; i < times; i++)); do
        # A new box on a new wire: its frames, from the first on.
        (
            another_world
            arrange
            timeout 10 "$harness" run "${arranged[@]}" -- "$init" "${first[@]}" timeout 0.1 /opt/net_probe loop
            # What timeout(1) ends with: the session did run.
            [ $? = 124 ] || echo GOT nothing-ran
            ! grep -qE '^(tcp|udp|icmp|protocol)' "$frames" || echo GOT packet
            end_world
        )
    done
}
