# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 29: Docker's socket, and abstract sockets of others
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(abstract)
throw()
{
    serve box_root /probe listen
    [[ $(agent /probe try abstract) != 'abstract ok' ]] || echo GOT abstract
    agent sh -c 'test -r /run/docker.sock' && echo GOT socket
}
