# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 24: AF_VSOCK
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(vsock)
throw() { [[ $(agent /probe try vsock) != 'vsock ok' ]] || echo GOT vsock; }
