# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 28: ssh to another host, and on the port of TLS
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 11.0.0.4 22 S' 'tcp [^ ]+ 11.0.0.4 443 S')
throw()
{
    client raw v4.test 22 for=300 x
    client raw v4.test 443 for=1000 'SSH-2.0-x\r\n'
}
