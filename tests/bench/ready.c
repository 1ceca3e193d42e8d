/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ready RUNS NAME…, as root
 *
 * Prints a line of times in microseconds: what PID 1 and the gate do in a fresh network
 * namespace until an allowlist of these names is in force: everything closed, the gate's tables
 * made, the rules of both families in, read back and compared.
 */
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/net/firewall.h"
#include "init/net/gate.h"
#include "shared/cleanup.h"
#include "shared/log.h"

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* In a child of its own, whose namespace goes with it. */
static void once(const struct session *session, int result)
{
    static struct gate gate;
    const struct firewall_gate ports = {.uid = 64990, .port = 15001, .resolver_port = 53};
    struct error err = ERROR_INIT;
    int pair[2];
    if (unshare(CLONE_NEWNET) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        perror("ready");
        _exit(1);
    }
    const struct gate_setup setup = {
        .sockets = {.tcp = {-1, -1},
                    .dns_udp = {-1, -1},
                    .dns_tcp = {-1, -1},
                    .inside = -1,
                    .nflog = -1},
        .control = pair[0],
        .mode = NETWORK_ALLOWLIST,
        .session = session,
        .servers = "192.0.2.1",
        .hosts = "127.0.0.1 localhost\n",
    };
    double before = microseconds();
    struct firewall *firewall = firewall_close(&err);
    if (firewall)
        firewall_set_gate(firewall, &ports);
    if (!firewall || gate_prepare(&gate, &setup, &err) < 0 ||
        firewall_apply(firewall, session, NETWORK_ALLOWLIST, &err) < 0) {
        warn("%s", err.text);
        _exit(1);
    }
    double time = microseconds() - before;
    _exit(write(result, &time, sizeof time) == sizeof time ? 0 : 1);
}

int main(int argc, char **argv)
{
    unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    const struct session session = {
        .network = {.mode = NETWORK_ALLOWLIST,
                    .allow = {.items = argv + 2, .count = argc > 2 ? (size_t)argc - 2 : 0}}};
    for (unsigned long run = 0; run < runs; run++) {
        int ends[2], status;
        double time;
        if (pipe(ends) < 0)
            return 1;
        pid_t child = fork();
        if (child == 0)
            once(&session, ends[1]);
        close(ends[1]);
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0 ||
            read(ends[0], &time, sizeof time) != sizeof time)
            return 1;
        close(ends[0]);
        printf("%.1f%c", time, run + 1 < runs ? ' ' : '\n');
    }
    return runs > 0 ? 0 : 2;
}
