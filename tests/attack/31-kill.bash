# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 31: stopping and killing a worker of PID 1's
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(stopped killed)
throw()
{
    victim=$(worker)
    agent kill -STOP "$victim" && echo GOT stopped
    agent kill -KILL "$victim" && echo GOT killed
}
