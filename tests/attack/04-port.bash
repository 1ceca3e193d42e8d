# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 4: an allowed name on a port that is not
#
# bare: +
# open: +
# allowlist: -
# api: -
# lockdown: -

trace=('tcp [^ ]+ 11.0.0.4 22 S')
gains=(echo)
throw()
{
    [[ $(client raw v4.test 5432 for=1000 ping) != *ping* ]] || echo GOT echo
    client raw v4.test 22 for=300 x
}
