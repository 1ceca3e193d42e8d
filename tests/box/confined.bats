#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# What the session is, and what the kernel says to what it tries. The numbers are those of the
# promises in SECURITY.md. The probes pass garbage in the upper halves of int arguments.

load lib.bash

# answers LINE...: each "ATTEMPT ANSWER", tried in one box.
answers()
{
    run in_box /probe try "${@%% *}"
    equal "$output" "$(printf '%s\n' "$@")"
}

@test "promise 10: no capability in any set, no_new_privs, a seccomp filter, no groups" {
    run in_box grep -E '^(Cap|NoNewPrivs|Seccomp|Groups|Uid|Gid)' /proc/self/status
    for set in Inh Prm Eff Bnd Amb; do
        has "$output" "Cap$set:	0000000000000000"
    done
    has "$output" "NoNewPrivs:	1"
    has "$output" "Seccomp:	2"
    has "$output" "Uid:	1234	1234	1234	1234"
    has "$output" "Gid:	1234	1234	1234	1234"
    equal "$(grep ^Groups <<<"$output" | tr -d ' \t')" Groups:
}

@test "promise 10: everything that the session starts is confined the same" {
    run in_box sh -c 'bash -c "python3 -c pass 2>/dev/null; env -i /bin/grep -E ^Cap[PEB] /proc/self/status"'
    equal "$(sort -u <<<"${output//Cap???:/}")" "	0000000000000000"
}

@test "the sockets that programs need are there" {
    answers "unix ok" "unix_raw ok" "tcp ok" "tcp_named ok" "tcp6 ok" "udp ok" "udp6 ok" \
        "route ok" "socketpair ok"
}

@test "promise 2, 10: no raw or packet socket, no other family, no other protocol" {
    answers "raw EPERM" "raw_cloexec EPERM" "raw6 EPERM" "packet_type EPERM" "seqpacket EPERM" \
        "packet EAFNOSUPPORT" "vsock EAFNOSUPPORT" "alg EAFNOSUPPORT" "xdp EAFNOSUPPORT" \
        "bluetooth EAFNOSUPPORT" "unspecified EAFNOSUPPORT" "huge_family EAFNOSUPPORT" \
        "socketpair_vsock EAFNOSUPPORT" "sctp EPROTONOSUPPORT" "sctp6 EPROTONOSUPPORT" \
        "udplite EPROTONOSUPPORT" "mptcp EPROTONOSUPPORT" "gre EPROTONOSUPPORT" \
        "netfilter EAFNOSUPPORT" "generic EAFNOSUPPORT" "audit EAFNOSUPPORT"
}

@test "promise 10: no io_uring, keys, userfaultfd, bpf, perf, kexec, handles" {
    answers "io_uring_setup ENOSYS" "io_uring_enter ENOSYS" "io_uring_register ENOSYS" \
        "add_key ENOSYS" "request_key ENOSYS" "keyctl ENOSYS" "userfaultfd EPERM" "bpf EPERM" \
        "perf_event_open EACCES" "kexec_load EPERM" "kexec_file_load EPERM" \
        "open_by_handle_at EPERM" "pidfd_getfd EPERM"
}

@test "promise 10: no mounts, no other root" {
    answers "mount EPERM" "umount EPERM" "open_tree EPERM" "open_tree_attr EPERM" \
        "move_mount EPERM" "fsopen EPERM" "fsconfig EPERM" "fsmount EPERM" "fspick EPERM" \
        "mount_setattr EPERM" "pivot_root EPERM" "chroot EPERM"
}

@test "promise 10: no new namespaces by unshare, clone or clone3, none entered" {
    answers "unshare_ns EPERM" "unshare_user EPERM" "unshare_net EPERM" "unshare_pid EPERM" \
        "unshare_ipc EPERM" "unshare_uts EPERM" "unshare_cgroup EPERM" "unshare_time EPERM" \
        "clone_user EPERM" "clone_net EPERM" "clone3 ENOSYS" "setns EPERM" "unshare_files ok"
    run in_box unshare -Ur true
    [ "$status" -ne 0 ]
}

@test "promise 10: no TIOCSTI, no TIOCLINUX, no personality that weakens" {
    answers "tiocsti EPERM" "tioclinux EPERM" "personality ok" "personality_no_aslr EPERM" \
        "personality_mmap_zero EPERM"
}

@test "promise 9: no way to make a setuid or setgid file" {
    answers "fchmod ok" "mkdirat ok" "openat_garbage ok" "opendir_garbage ok" \
        "fchmod_suid EPERM" "fchmod_sgid EPERM" "fchmodat_suid EPERM" "fchmodat2_suid EPERM" \
        "openat_suid EPERM" "openat_sgid EPERM" "tmpfile_suid EPERM" "mkdirat_sgid EPERM" \
        "mknodat_suid EPERM" "mknodat_device EACCES" "openat2 ENOSYS"
    # The calls that only older architectures have.
    [ "$(uname -m)" != x86_64 ] ||
        answers "chmod_suid EPERM" "chmod_sgid EPERM" "open_suid EPERM" "creat_suid EPERM" \
            "mkdir_sgid EPERM" "mknod_suid EPERM"
    equal "$(find "$project" -perm /6000)" ""
}

@test "promise 9: setuid programs of the image give nothing" {
    before='cp /bin/grep grep; chmod 6755 grep'
    run in_box /grep -E '^(Uid|CapEff)' /proc/self/status
    has "$output" "Uid:	1234	1234	1234	1234"
    has "$output" "CapEff:	0000000000000000"
}

@test "promise 10: calls of another architecture end the process" {
    [ "$(uname -m)" = x86_64 ] || skip "int 0x80 and x32 are x86_64's"
    run in_box /probe foreign int80
    equal "$status" $((128 + 31))
    run in_box /probe foreign x32
    equal "$status" $((128 + 31))
}

@test "debugging one's own processes works" {
    answers "ptrace_child ok"
}

@test "promise 9: PID 1 cannot be traced, read or written" {
    answers "ptrace_1 EPERM" "vm_read_1 EPERM"
    run in_box sh -c 'for f in mem environ maps auxv syscall stack io; do
            head -c 1 "/proc/1/$f" >/dev/null 2>&1 && echo "$f can be read"
        done
        for f in root cwd exe fd ns map_files task/1/fd; do
            ls "/proc/1/$f/" >/dev/null 2>&1 && echo "$f can be listed"
            readlink "/proc/1/$f"
        done
        echo x 2>/dev/null >/proc/1/mem && echo "mem can be written"
        echo 1000 2>/dev/null >/proc/1/oom_score_adj && echo "oom_score_adj can be written"
        echo end'
    equal "$output" end
}

@test "promise 9: not even root, entering with the container's capabilities, reads PID 1's memory" {
    start_box sh -c 'echo ready >up; sleep 1000'
    run enter /bin/sh -c 'head -c 1 /proc/1/environ || head -c 1 /proc/1/mem || cat /proc/1/fd/0'
    equal "$(grep -c 'Permission denied' <<<"$output")" 3
}

@test "promise 9: the private folder cannot be entered by any path" {
    before='ln -s run/claudex/private link'
    run in_box sh -c 'for path in /run/claudex/private /proc/self/root/run/claudex/private \
            /proc/1/root/run/claudex/private /proc/1/cwd/run/claudex/private /link \
            /workspace/project/../../run/claudex/private; do
            ls "$path/" && echo "$path can be listed"
            cat "$path/config" && echo "$path can be read"
            cd "$path" && echo "$path can be entered"
            touch "$path/x" && echo "$path can be written"
        done 2>/dev/null
        mv /run/claudex /run/x; mv /run/claudex/private /run/claudex/x; rm -rf /run/claudex/private
        mkdir /run/x; chmod 777 /run/claudex/private; echo end' 2>&1
    equal "$(grep -v -E '^(mv|rm|mkdir|chmod): ' <<<"$output")" end
    run in_box stat -c '%a %u %g' /run /run/claudex /run/claudex/private
    equal "$output" "755 0 0
755 0 0
700 0 0"
}

@test "promise 9: folders that an engine or image left open are closed" {
    before='chmod 0777 run run/claudex run/claudex/private; chown 1234:1234 run/claudex/private run/claudex'
    run in_box stat -c '%a %u' /run /run/claudex /run/claudex/private
    equal "$output" "755 0
755 0
700 0"
}

@test "promise 10: Landlock stands behind modes: what they leave open is out of reach" {
    [ "$("$probe" landlock)" -ge 1 ] || skip "this kernel has no Landlock"
    # Mistakes of an image: everything open, and one agent-owned folder outside the table.
    before='mkdir -m 777 opt/open; chmod 777 etc opt root; echo r >opt/open/file; chmod 666 opt/open/file'
    run in_box sh -c 'cat /opt/open/file
        for path in /opt/open /etc /opt /root / /run /usr /home /var /context; do
            touch "$path/new" 2>/dev/null && echo "$path can be written"
        done
        echo x 2>/dev/null >/opt/open/file && echo "files can be written"
        rm -f /opt/open/file 2>/dev/null && echo "files can be removed"
        for path in . ~ /tmp /var/tmp /dev/shm; do
            touch "$path/new" && mv "$path/new" "$path/newer" && rm "$path/newer" || echo "$path fails"
        done
        echo x >/dev/null && head -c 1 /dev/urandom >/dev/null && ls / /run /dev >/dev/null
        ln -s x ~/link && mkfifo ~/fifo && mkdir ~/a ~/b && touch ~/a/f && mv ~/a/f ~/b/f && echo end'
    equal "$output" "r
end"
}

@test "descriptors of the engine's and PID 1's do not reach the session" {
    arrange
    run "$harness" run "${arranged[@]}" -- "$init" sh -c 'ls /proc/self/fd; readlink /proc/self/fd/3' \
        7</etc/passwd 8</etc 9>"$BATS_TEST_TMPDIR/leak"
    # 3 is that of ls itself.
    equal "$(head -n 4 <<<"$output" | xargs)" "0 1 2 3"
    equal "${#lines[@]}" 4
}

@test "the session leads a session of its own, in the working directory, with the umask 022" {
    run in_box sh -c 'cut -d " " -f 1,5,6 /proc/$$/stat; echo $$ $$ $$; pwd; umask'
    equal "${lines[0]}" "${lines[1]}"
    equal "${lines[2]}" /workspace/project
    equal "${lines[3]}" 0022
}
