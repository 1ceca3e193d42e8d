# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 33: a setuid file
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(fchmod_suid)
throw() { agent /probe try fchmod_suid | sed -n 's/\(.*\) ok$/GOT \1/p'; }
