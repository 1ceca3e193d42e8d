/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_without: /opt/claudex-init on a kernel that lacks something, with the same arguments; or
 * the program at the path in the environment's BEHIND, an engine's runtime with all it starts.
 *
 * The environment's WITHOUT says what: "legacy", the legacy tables' socket options, as where
 * ip_tables is not loaded; "all", nf_tables too; "v6", IPv6 altogether, and nothing else.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h> /* after netinet/in.h */

#define LOAD(field)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ARGUMENT(n)           LOAD(args[n]) /* the low half, on little-endian machines */
#define RETURN(what)          BPF_STMT(BPF_RET | BPF_K, what)
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define REFUSE(number)        RETURN(SECCOMP_RET_ERRNO | (number))

/* ip_tables' and ip6_tables' alike; what follows is IPv6's own again. */
enum { FIRST_OPTION = IPT_BASE_CTL, LAST_OPTION = IPT_BASE_CTL + 5 };

static struct sock_filter filter[] = {
    LOAD(nr),
    EQUAL(__NR_socket, 9, 0),
    EQUAL(__NR_setsockopt, 1, 0),
    EQUAL(__NR_getsockopt, 0, 6),
    ARGUMENT(1),
    EQUAL(IPPROTO_IP, 1, 0),
    EQUAL(IPPROTO_IPV6, 0, 3),
    ARGUMENT(2),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_OPTION, 0, 1),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_OPTION, 0, 6),
    RETURN(SECCOMP_RET_ALLOW),
    ARGUMENT(0), /* of socket(2); WITHOUT=legacy lets it pass */
    EQUAL(AF_NETLINK, 0, 2),
    ARGUMENT(2),
    EQUAL(NETLINK_NETFILTER, 2, 0),
    RETURN(SECCOMP_RET_ALLOW),
    REFUSE(ENOPROTOOPT),
    REFUSE(EPROTONOSUPPORT),
    REFUSE(EAFNOSUPPORT),
};
enum { FAMILY_CHECK = 12, LEGACY_REFUSAL = 16 };

int main(int argc, char **argv)
{
    static char init[] = "/opt/claudex-init";
    const char *without = getenv("WITHOUT");
    char *path = getenv("BEHIND");
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    (void)argc;
    if (!without || strcmp(without, "all") != 0)
        filter[FAMILY_CHECK] = (struct sock_filter)EQUAL(AF_NETLINK, 2, 2);
    if (without && strcmp(without, "v6") == 0) {
        filter[FAMILY_CHECK] = (struct sock_filter)EQUAL(AF_INET6, 5, 2);
        filter[LEGACY_REFUSAL] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    }
    /* A runtime wants to keep its privileges, and has those that do without no_new_privs. */
    if ((!path && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("net_without");
        return 99;
    }
    if (!path)
        path = init;
    argv[0] = path;
    execv(path, argv);
    perror(path);
    return 99;
}
