#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Attack 40: a kernel that lacks something, one part after the other. The box says which, or does
# as well without: closed, and confined the same.

load faults.bash

# Calls that always fail, the answer, what comes of it, and what the refusal says.
parts='
legacy4-set,legacy4-get              ENOPROTOOPT      worked
legacy6-set,legacy6-get              ENOPROTOOPT      worked
nfnetlink                            EPROTONOSUPPORT  refused  nfnetlink_log
legacy4-set,legacy4-get,nfnetlink    ENOPROTOOPT      refused  modprobe
legacy6-set,legacy6-get,nfnetlink    ENOPROTOOPT      refused  modprobe
inet6                                EAFNOSUPPORT     worked
seccomp                              EINVAL           refused  seccomp filter
no_new_privs                         EINVAL           refused  no_new_privs
bounding                             EPERM            refused  bounding set
bounding                             EINVAL           refused  bounding set
ambient                              EINVAL           refused  ambient
securebits                           EPERM            refused  secure bits
dumpable                             EINVAL           refused  hide PID 1
capset                               EPERM            refused  drop capabilities
setgroups                            EPERM            refused  root'\''s groups
setsid                               EPERM            refused  session of its own
landlock_create_ruleset              ENOSYS           worked
signalfd4                            ENOSYS           refused  signals
epoll_create1                        ENOSYS           refused  epoll
timerfd_create                       ENOSYS           refused  not implemented
inotify_init1                        ENOSYS           worked
close_range                          ENOSYS           refused  Linux 5.9
getrandom                            ENOSYS           refused  not implemented
fallocate                            ENOSYS           worked
'

@test "attack 40: each part of the kernel is missing: named, or not needed" {
    local calls answer expected words number=0 who
    yard
    boot 0 first EPERM brk 1000000
    while read -r calls answer expected words; do
        [ -n "$calls" ] || continue
        number=$((number + 1))
        # Nobody in the box has what the kernel has not; Landlock is the session's own to ask for.
        who=any
        [ "$calls" != inet6 ] || who=all
        boot $number $who "$answer" "$calls" 1-
        echo "$calls $answer: $(grep -a claudex "$boots/$number/said" || :)"
        [ "$(<"$boots/$number/calls")" -gt 0 ]
        equal "$(outcome $number)" "$expected"
        [ -z "$words" ] || grep -qi "^claudex: .*$words" "$boots/$number/said"
    done <<<"$parts"
    [ "$number" -ge 20 ]
    closed
}

# What is done to the box's /proc and /dev before it starts, what comes of it, and its words.
folders='
worked  |           | mount -t tmpfs none proc/sys
worked  |           | mount -t tmpfs none proc/1/net
worked  |           | echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
worked  |           | mount -o remount,ro proc
worked  |           | umount dev/pts
worked  | /dev/null | rm dev/null
refused | mounted   | : >opt/none; mount --bind opt/none proc/1/mountinfo
refused |           | mount -t tmpfs none proc
'

@test "attack 40: each part of /proc is missing: refused, or not needed" {
    local expected words script number=0
    yard
    boot 0 first EPERM brk 1000000
    while IFS='|' read -r expected words script; do
        [ -n "$expected" ] || continue
        number=$((number + 1))
        before=$script$'\n'
        boot $number first EPERM brk 1000000
        echo "$script: $(grep -a claudex "$boots/$number/said" || :)"
        equal "$(outcome $number)" "${expected// /}"
        grep -qi "${words// /}" "$boots/$number/said"
    done <<<"$folders"
    before=
    closed
}
