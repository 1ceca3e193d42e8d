#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# What a session is, and what it cannot do. Promises are those of SECURITY.md.

load lib.bash
load core.bash
export BATS_TEST_TIMEOUT=90

# One box serves all: sessions that join it are confined like its first.
setup_file()
{
    BATS_TEST_NUMBER=0 BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR make_world
    cd "$project"
    start_box
    export world token project box name PATH
}

teardown_file() { end_world; }

setup() { cd "$project" || return; }
teardown() { :; }

inside() { run claudex exec "$name" -- "$@"; }

@test "promise 10: the first session has no capability and cannot gain one" {
    start=$(claudex run --parallel . -- cat /proc/self/status)
    confined "$start"
}

@test "promise 10: a session by exec is confined the same" {
    inside cat /proc/self/status
    confined "$output"
}

@test "promise 10: a session by shell is confined the same" {
    run claudex shell "$name" < <(echo 'cat /proc/self/status')
    confined "$output"
}

@test "PID 1 is claudex-init, and the session is in a session of its own" {
    inside cat /proc/1/comm
    equal "$output" claudex-init
    inside sh -c 'ps -o sid= -p $$'
    [ "${output// /}" != 1 ]
}

@test "promise 10: no sudo, no docker, no socat, no firewall programs; no Docker socket" {
    inside sh -c 'for c in sudo su-exec docker socat iptables nft; do command -v $c; done
        ls /var/run/docker.sock /run/docker.sock 2>/dev/null; echo end'
    equal "$output" end
}

@test "promise 9: the private folder, its files and the control FIFO are out of reach" {
    inside sh -c 'ls /run/claudex/private; cat /run/claudex/private/env; echo x >/run/claudex/private/control/control'
    [ "$status" -ne 0 ]
    equal "$(grep -c 'Permission denied' <<<"$output")" 3
}

@test "promise 9: PID 1 cannot be looked into, traced or ended" {
    inside sh -c 'for f in environ mem root/etc fd maps; do
            head -c 1 /proc/1/$f >/dev/null 2>&1 || ls /proc/1/$f/ >/dev/null 2>&1 && echo "$f is open"
        done
        for s in KILL STOP TERM INT HUP; do kill -$s 1 2>/dev/null && echo "$s was sent"; done
        echo end'
    equal "$output" end
    equal "$(box_state "$name")" running
}

# python CODE: prints "refused ERRNO" or "allowed".
attempts()
{
    inside python3 -c "
import ctypes, errno, fcntl, os, socket, sys, termios
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*args):
    if libc.syscall(*args) == -1:
        raise OSError(ctypes.get_errno(), 'syscall')
try:
    $1
    print('allowed')
except OSError as error:
    print('refused', errno.errorcode[error.errno])
"
}

@test "promises 2, 10: only sockets of families unix, inet, inet6 and netlink route" {
    attempts "socket.socket(socket.AF_INET, socket.SOCK_STREAM)"
    equal "$output" allowed
    attempts "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)"
    equal "$output" allowed
    for family in AF_VSOCK AF_PACKET AF_ALG AF_BLUETOOTH AF_CAN; do
        attempts "socket.socket(socket.$family, socket.SOCK_RAW)"
        has "$output" refused
    done
    attempts "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"
    has "$output" refused
    attempts "socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)"
    has "$output" refused
    # NETLINK_NETFILTER is 12, SCTP 132, UDP-Lite 136.
    attempts "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)"
    has "$output" refused
}

@test "promise 10: no io_uring, keyctl, userfaultfd, bpf, perf; no TIOCSTI" {
    # io_uring_setup, keyctl, userfaultfd, bpf, perf_event_open, open_by_handle_at on x86_64.
    [ "$(uname -m)" = x86_64 ] || skip "system call numbers are those of x86_64"
    for call in "425, 1, 0" "250, 0, -3, 0" "323, 0" "321, 0, 0, 0" "298, 0, 0, -1, -1, 0" \
        "304, -1, 0, 0"; do
        attempts "syscall($call)"
        has "$output" "refused E"
        lacks "$output" EFAULT
        lacks "$output" EBADF
    done
    attempts "fcntl.ioctl(os.open('/dev/ptmx', os.O_RDWR), termios.TIOCSTI, b'x')"
    has "$output" "refused E"
}

@test "promise 10: no namespaces, no mounts, no chroot" {
    inside sh -c 'unshare -Ur true; unshare -n true; mount -t tmpfs x /tmp; chroot / true'
    [ "$status" -ne 0 ]
    lacks "$output" "not found"
    attempts "syscall(308, 0, 0)" # setns
    has "$output" refused
}

@test "promise 9: a setuid program gives nothing" {
    inside sh -c 'cp /bin/sh /tmp/sh && chmod 6755 /tmp/sh; /tmp/sh -c "grep -E ^Cap /proc/self/status"'
    echo "$output"
    equal "$(grep -c 0000000000000000 <<<"$output")" 5
    inside sh -c 'test -u /tmp/sh || test -g /tmp/sh'
    [ "$status" -ne 0 ]
    # The image's own setuid programs too.
    inside sh -c 'su -c id; passwd -d root; mount'
    lacks "$output" "uid=0"
}

@test "the kernel's settings, modules and devices are not the session's" {
    inside sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo x >/proc/sysrq-trigger
        ls /dev/mem /dev/kmsg /dev/sda /dev/vda'
    [ "$status" -ne 0 ]
    lacks "$output" "/dev/mem
"
}

@test "the agent may read what the box is" {
    inside cat /run/claudex/status.json
    jq -e . <<<"$output"
    equal "$(jq -r .mode <<<"$output")" allowlist
    inside sh -c 'echo x >/run/claudex/status.json'
    [ "$status" -ne 0 ]
}

@test "home is the agent's, and has a name for its uid" {
    inside sh -c 'id -un; echo "$HOME"; touch ~/x && rm ~/x && echo writable; umask'
    equal "${lines[0]}" node
    equal "${lines[1]}" /home/node
    equal "${lines[2]}" writable
}

@test "promise 20: the project's .claudex is read-only inside" {
    echo '[run]' >"$project/.claudex"
    chown "$project_uid" "$project/.claudex"
    run claudex run --parallel . -- sh -c 'echo "[network]" >>.claudex; mv .claudex x; rm .claudex; cat .claudex'
    rm "$project/.claudex"
    equal "${lines[-1]}" '[run]'
}
