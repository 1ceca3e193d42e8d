# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 15: DNS over TLS, QUIC and HTTPS, by address
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 8.8.8.8 853 S' 'udp [^ ]+ 8.8.8.8 853 ' 'udp [^ ]+ 8.8.8.8 443 ' 'https 8.8.8.8 GET ')
throw()
{
    client hello 8.8.8.8 853 -
    agent bash -c 'echo x >/dev/udp/8.8.8.8/853; echo x >/dev/udp/8.8.8.8/443'
    client get https://8.8.8.8/dns-query sni=-
}
