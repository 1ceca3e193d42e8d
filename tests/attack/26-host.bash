# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 26: the host, by its name and its address
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('http host.docker.internal GET /26 ' 'http 10.99.0.1 GET /26 ')
throw()
{
    client get http://host.docker.internal/26
    client get http://10.99.0.1/26
}
