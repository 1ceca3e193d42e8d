# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# The core of what every box promises, whatever its image. Needs of the image no more than
# sh, cat, ls and sleep: what attacks comes along, as static programs.
#
#     core_box OPTION…    a box on the project; sets $name
#     core_all            each promise below, of that box; fails at the first that is not kept
#
# One that is added here is asked of every image.

core_promises='core_confined core_refused core_private core_first_process core_program core_closed'

core_box()
{
    mkdir -p "$world/tools"
    cp "$top/${BUILD:-build}"/test/box/{probe,net_probe} "$world/tools/" 2>/dev/null ||
        cp "$BUILD"/test/box/{probe,net_probe} "$world/tools/"
    start_box --network lockdown --include "$world/tools" "$@"
}

core_all()
{
    local promise
    for promise in $core_promises; do
        echo "-- $promise"
        "$promise" || return 1
    done
}

# confined STATUS: the facts of /proc/PID/status that make a process confined.
confined()
{
    has "$1" "NoNewPrivs:	1" &&
        has "$1" "Seccomp:	2" &&
        has "$1" "CapInh:	0000000000000000" &&
        has "$1" "CapPrm:	0000000000000000" &&
        has "$1" "CapEff:	0000000000000000" &&
        has "$1" "CapBnd:	0000000000000000" &&
        has "$1" "CapAmb:	0000000000000000" &&
        has "$1" "Uid:	$project_uid	$project_uid	$project_uid	$project_uid" &&
        has "$1" "Gid:	$project_uid	$project_uid	$project_uid	$project_uid"
}

# The processes of the box that are the agent's, as this machine sees them.
agents_of()
{
    ps -o pid= --ppid "$(docker inspect --format '{{.State.Pid}}' "$1")" | while read -r pid; do
        [ "$(stat -c %u "/proc/$pid")" != "$project_uid" ] || echo "$pid"
    done
}

# Promise 10, of the first session and of one that comes later.
core_confined()
{
    local pids
    pids=$(agents_of "$name")
    equal "$(wc -w <<<"$pids")" 1 && confined "$(cat "/proc/$pids/status")" || return 1
    confined "$(claudex exec "$name" -- cat /proc/self/status)"
}

# Promises 2, 9, 10: what the kernel answers.
core_refused()
{
    local expected='raw EPERM
packet EAFNOSUPPORT
vsock EAFNOSUPPORT
sctp EPROTONOSUPPORT
netfilter EAFNOSUPPORT
io_uring_setup ENOSYS
keyctl ENOSYS
userfaultfd EPERM
bpf EPERM
pidfd_getfd EPERM
mount EPERM
open_tree EPERM
chroot EPERM
unshare_user EPERM
unshare_net EPERM
clone_user EPERM
setns EPERM
tiocsti EPERM
fchmod_suid EPERM'
    # shellcheck disable=SC2046
    equal "$(claudex exec "$name" -- /context/tools/probe try $(cut -d ' ' -f 1 <<<"$expected"))" \
        "$expected"
}

# Promise 9: what is PID 1's own.
core_private()
{
    local said
    said=$(claudex exec "$name" -- sh -c 'ls /run/claudex/private
        cat /run/claudex/private/env /run/claudex/private/config
        echo x >/run/claudex/private/control/control
        cat /run/claudex/status.json >/dev/null && echo readable' 2>&1) || :
    equal "$(grep -ci 'permission denied' <<<"$said")" 4 && has "$said" readable
}

core_first_process()
{
    local said
    said=$(claudex exec "$name" -- sh -c '
        for file in environ maps mem; do cat /proc/1/$file >/dev/null && echo $file; done
        for folder in fd root/; do ls /proc/1/$folder >/dev/null && echo $folder; done
        for signal in KILL STOP TERM INT HUP; do kill -$signal 1 && echo sent; done
        cat /proc/1/comm' 2>/dev/null)
    equal "$said" claudex-init && box_is "$name" running
}

# What docker exec starts as root is what it was.
core_program()
{
    local pid folder
    claudex exec "$name" -- sh -c 'echo x >/usr/local/bin/claudex-init
        mv /usr/local/bin/claudex-init /tmp/x
        mv /usr/local/bin /usr/local/x
        mv /usr/local /x' >/dev/null 2>&1
    equal "$(docker exec "$name" /usr/local/bin/claudex-init --version)" "claudex-init $version" ||
        return 1
    pid=$(docker inspect --format '{{.State.Pid}}' "$name")
    for folder in / /usr /usr/local /usr/local/bin; do
        equal "$folder $(stat -c '%u' "/proc/$pid/root$folder")" "$folder 0" || return 1
        equal "$(find "/proc/$pid/root$folder/" -maxdepth 0 -perm /022)" "" || return 1
    done
}

# Promises 1, 2, 3, 6: whatever the agent tries, nothing arrives at the host's end of the cable.
core_closed()
{
    local before
    before=$(far_packets "$name") || return 1
    has "$(claudex exec "$name" -- /context/tools/net_probe try)" "tcp4 " || return 1
    equal "$(far_packets "$name")" "$before"
}
