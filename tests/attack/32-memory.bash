# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 32: the memory, the files and the terminal of PID 1
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(environ root fd)
throw()
{
    agent sh -c 'head -c 1 /proc/1/environ >/dev/null && echo GOT environ
        ls /proc/1/root/ >/dev/null && echo GOT root
        readlink /proc/1/fd/0 >/dev/null && echo GOT fd'
    agent /probe try ptrace_1 vm_read_1 pidfd_getfd tiocsti | sed -n 's/\(.*\) ok$/GOT \1/p'
}
