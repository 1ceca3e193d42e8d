# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 27: a sibling that pulls data out of a port of the box
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(tcp4 tcp6 udp4 udp6)
throw()
{
    serve agent /opt/net_probe listen 3000
    # Where it must arrive, neighbours that have yet to find each other are no reason that it does not.
    if [[ $box_of == bare* ]]; then
        as_far "$net_probe" ask 10.99.0.2 3000 udp 10.99.0.3
        as_far "$net_probe" ask fd99::2 3000 udp fd99::3
    fi
    for protocol in tcp udp; do
        [ "$(as_far "$net_probe" ask 10.99.0.2 3000 $protocol 10.99.0.3)" != echo ] || echo "GOT ${protocol}4"
        [ "$(as_far "$net_probe" ask fd99::2 3000 $protocol fd99::3)" != echo ] || echo "GOT ${protocol}6"
    done
}
