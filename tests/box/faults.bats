#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Attack 40: what PID 1 and its workers ask of the kernel fails, one call after the other, until a
# boot asks for no more. Each of these boxes is refused, and nothing of the agent ran, or it works,
# confined and closed as it is without the fault: told by the session, counted at the far side,
# where at the end an open box does arrive. Of long rows of the same kind some are left out; all
# are tried by EVERY=1 make test-box T=faults.

load faults.bash

memory=mmap,mremap,brk
descriptors=openat,open,openat2,socket,socketpair,pipe2,epoll_create1,eventfd2,signalfd4
descriptors+=,timerfd_create,inotify_init1,memfd_create,pidfd_open,dup,dup3,dup2,accept4
disk=write,writev,pwrite64,fsync,fdatasync,ftruncate,fallocate,mkdirat,mkdir,mknodat,mknod
disk+=,renameat,renameat2,rename,linkat,link,symlinkat,symlink
processes=clone,clone3,fork,vfork
identity=setuid,setgid,setgroups,setresuid,setresgid,setsid,capset,no_new_privs,bounding,ambient
identity+=,securebits,dumpable,filter,landlock_create_ruleset
identity+=,landlock_restrict_self,fchown,fchownat,fchmodat,fchmod,chown,lchown,chmod
netlink=sendto,sendmsg,bind
# Where a worker may die: about a hundred places in each.
anywhere=openat,open,read,write,sendmsg,recvmsg,setgroups,setresuid,capset,filter
anywhere+=,landlock_restrict_self,ioctl,socket,bind,connect,renameat,rename

@test "attack 40: no memory any more, from each request on" {
    yard
    sweep first ENOMEM $memory -
    # The first few are libc's own, before main(): it says so, or dies of it.
    outcomes 'worked|refused|ended with (127|139)'
    [ "$(outcome 8)" = worked ]
    closed
}

@test "attack 40: no descriptor, at each call that wants one" {
    yard
    sweep any EMFILE $descriptors 4
    outcomes 'worked|refused'
    closed
}

@test "attack 40: the disk is full, from each call on" {
    yard
    sweep any ENOSPC $disk - 4
    outcomes 'worked|refused'
    closed
}

@test "attack 40: no process can be started, from each on" {
    yard
    sweep any EAGAIN $processes -
    outcomes 'worked|refused'
    closed
}

@test "attack 40: no memory any more in the workers, from each request on" {
    yard
    sweep workers ENOMEM $memory - 4
    outcomes 'worked|refused'
    closed
}

@test "attack 40: a step of becoming unprivileged fails, each in turn, in PID 1 and the workers" {
    yard
    sweep any EPERM $identity 2
    outcomes 'worked|refused'
    closed
}

@test "attack 40: a commit of rules is refused with EAGAIN, each in turn" {
    yard
    sweep first EAGAIN commit4,commit6
    outcomes worked
    closed
}

@test "attack 40: a commit of rules is lost and nobody says so, each in turn" {
    yard
    sweep first lost commit4,commit6
    outcomes worked
    closed
}

@test "attack 40: every commit from each on is refused with EAGAIN" {
    yard
    sweep first EAGAIN commit4,commit6 -
    outcomes 'worked|refused'
    closed
}

@test "attack 40: every commit from each on is lost" {
    yard
    sweep first lost commit4,commit6 -
    outcomes 'worked|refused'
    closed
}

@test "attack 40: netlink has no room, by nf_tables, at each message" {
    without legacy
    yard
    sweep first ENOBUFS $netlink
    outcomes 'worked|refused'
    closed
}

@test "attack 40: a message of netlink is lost, by nf_tables, each in turn" {
    without legacy
    yard
    sweep first lost sendto,sendmsg
    outcomes 'worked|refused'
    closed
}

# With all of them: the gate, the ssh proxy, the git worker, what fetches skills and what reads
# logins; the session has something for the proxy and the last to do.
@test "attack 40: a worker is killed, wherever it is" {
    local agent_dir=$BATS_TEST_TMPDIR/agent
    yard
    mkdir "$agent_dir"
    # In the far side's namespace: it ends with that.
    ip netns exec "$far" ssh-agent -D -a "$agent_dir/socket" >/dev/null 3>&- &
    until [ -S "$agent_dir/socket" ]; do
        kill -0 $!
        sleep 0.02
    done
    config=$(config_of "mount = rw $(identity "$project") /workspace/project" 'ssh = socket' \
        '[network]' 'mode = allowlist' '[ssh]' 'agent = yes' \
        '[skills]' 'denied = https://denied.test/x.git')
    before=$(bind "$agent_dir" /run/claudex/private/ssh ro)
    attempt='mkdir -p ~/.claude; echo "{\"claudeAiOauth\":{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresAt\":5}}" >~/.claude/.credentials.json
        timeout 1 ssh-add -l
        '$attempt
    # Often enough to meet each phase.
    sweep workers kill $anywhere 4
    for words in 'the gate died' 'the git worker died' 'the process that fetched it died'; do
        grep -qra "$words" "$boots"
    done
    outcomes 'worked|refused|ended with 137'
    before=
    closed
}
