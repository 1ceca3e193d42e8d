# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 8: another Host in the second request of a connection
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('http evil.test GET /second ')
never=('.*evil' '.*/second')
throw()
{
    client raw www.test 80 for=1000 'GET /first HTTP/1.1\r\nHost: www.test\r\n\r\n' '|' \
        'GET /second HTTP/1.1\r\nHost: evil.test\r\n\r\n'
}
