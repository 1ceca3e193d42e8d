# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 34: namespaces of one's own
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(clone_net)
throw() { agent /probe try unshare_user unshare_net clone_net | sed -n 's/\(.*\) ok$/GOT \1/p'; }
