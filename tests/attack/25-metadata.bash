# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 25: the cloud's metadata service
#
# bare: +
# open: .
# allowlist: -
# api: -
# lockdown: -

trace=('http 169.254.169.254 GET /25 ')
throw() { client get http://169.254.169.254/25; }
