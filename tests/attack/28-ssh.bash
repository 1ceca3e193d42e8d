# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 28: ssh to an allowed git host
#
# bare: +
# open: +
# allowlist: +
# api: -
# lockdown: -

gains=(ssh)
throw() { [[ $(client raw git.test 22 for=1500 x) != *SSH-2.0* ]] || echo GOT ssh; }
