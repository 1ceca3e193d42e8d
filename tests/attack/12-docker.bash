# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 12: Docker's resolver, 127.0.0.11
# It forwards from outside the box, where no rule of the box sees it.
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(tcp udp)
throw()
{
    serve agent /opt/net_probe listen 3000
    for protocol in tcp udp; do
        [ "$(agent /opt/net_probe ask 127.0.0.11 3000 $protocol)" != echo ] || echo "GOT $protocol"
    done
}
