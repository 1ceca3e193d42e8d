/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/firewall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/net/connections.h"
#include "init/net/iptables.h"
#include "init/net/neighbours.h"
#include "init/net/nftables.h"
#include "init/net/route.h"
#include "init/net/rules.h"
#include "shared/log.h"

/* The first network namespace's inode; fixed in Linux 6.18 (linux/nsfs.h), and where it is not,
 * no other namespace has this one. */
#define FIRST_NETNS_INODE 0xEFFFFFF9u

enum {
    FAMILIES = 2,
    LET_GO_MS = 20, /* where every CPU is busy, it is not waited for all of them */
};

/* Who brings rules into the kernel. */
struct applier {
    const char *name;
    int (*probe)(int family, struct error *err);
    int (*foreign)(int family, struct error *err);
    int (*install)(const struct ruleset *sets, size_t count, struct error *err);
};

/* The first that the kernel has for all of its families. */
static const struct applier appliers[] = {
    {"iptables", iptables_probe, iptables_foreign, iptables_install},
    {"nftables", nftables_probe, nftables_foreign, nftables_install},
};

struct firewall {
    const struct applier *applier; /* NULL: the host's own network, not ours to touch */
    bool ruled;                    /* a mode's rules stand */
    enum network_mode mode;        /* which */
    struct firewall_gate gate;     /* port 0: there is none */
};

/* Only an engine's host has bridges, and the first namespace is a host's in any case. */
static int in_hosts_network(bool *hosts, struct error *err)
{
    struct stat st;
    *hosts = stat("/proc/self/ns/net", &st) == 0 && st.st_ino == FIRST_NETNS_INODE;
    cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, "cannot open a socket");
    int indices[1];
    unsigned long arguments[] = {BRCTL_GET_BRIDGES, (unsigned long)indices,
                                 array_length(indices)};
    /* Where the kernel has no bridges at all, this fails: then there is none here either. */
    if (ioctl(fd, SIOCGIFBR, arguments) > 0)
        *hosts = true;
    return 0;
}

/* Without IPv6 nobody in the box gets such a socket: as good as closed. Asked until it is
 * there: a module may be loaded later, but never goes. */
static bool kernel_has_v6(void)
{
    static bool known;
    if (known)
        return true;
    cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return known = fd >= 0 || errno != EAFNOSUPPORT;
}

/* The families to treat, in order; returns how many. */
static size_t families(bool v6_first, int order[FAMILIES])
{
    size_t count = 0;
    bool v6 = kernel_has_v6();
    if (v6 && v6_first)
        order[count++] = AF_INET6;
    order[count++] = AF_INET;
    if (v6 && !v6_first)
        order[count++] = AF_INET6;
    return count;
}

static const struct applier *choose(const int *order, size_t count, struct error *err)
{
    struct error why[array_length(appliers)];
    for (size_t a = 0; a < array_length(appliers); a++) {
        size_t good = 0;
        while (good < count && appliers[a].probe(order[good], &why[a]) == 0)
            good++;
        if (good == count)
            return &appliers[a];
    }
    error_set(err, "%s; and %s", why[0].text, why[1].text);
    return NULL;
}

static int close_all(const struct applier *applier, const int *order, size_t count,
                     struct error *err)
{
    struct ruleset closed[FAMILIES];
    for (size_t i = 0; i < count; i++)
        closed[i] = ruleset_closed(order[i]);
    return applier->install(closed, count, err);
}

static int check_own(const struct applier *applier, const int *order, size_t count,
                     struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        int foreign = applier->foreign(order[i], err);
        if (foreign > 0)
            return error_set(err, "this network namespace has firewall rules that are not ours;"
                                  " the box needs a network of its own (not --network host or"
                                  " container:…)");
        if (foreign < 0)
            return -1;
    }
    return 0;
}

struct firewall *firewall_close(struct error *err)
{
    bool hosts;
    int order[FAMILIES];
    size_t count = families(true, order);
    struct firewall *firewall = calloc(1, sizeof *firewall);
    if (!firewall) {
        error_errno(err, "cannot close the firewall");
        return NULL;
    }
    if (in_hosts_network(&hosts, err) != 0)
        goto failed;
    /* Not ours to touch; firewall_apply() sees to it that this was asked for. */
    if (hosts)
        return firewall;
    firewall->applier = choose(order, count, err);
    if (firewall->applier && check_own(firewall->applier, order, count, err) == 0 &&
        close_all(firewall->applier, order, count, err) == 0)
        return firewall;
failed:
    error_prefix(err, "firewall not closed");
    free(firewall);
    return NULL;
}

/* The tables of a mode in the order in which they go in. The guard and the way to the gate come
 * before the first rule that lets anything pass, and change no more. */
static int build(const struct rules_input *input, bool first, const int *order,
                 size_t families_, struct ruleset *sets, size_t *count)
{
    static const enum rule_table tables[] = {RULE_MANGLE, RULE_NAT, RULE_FILTER};
    for (size_t t = 0; t < array_length(tables); t++) {
        bool wanted = tables[t] == RULE_FILTER ||
                      (first && (tables[t] == RULE_MANGLE || input->gate_port));
        for (size_t i = 0; wanted && i < families_; i++) {
            if (ruleset_build(input, order[i], tables[t], &sets[*count]) != 0)
                return -1;
            ++*count;
        }
    }
    return 0;
}

static int install_mode(const struct firewall *firewall, const struct rules_input *input,
                        struct error *err)
{
    struct ruleset sets[RULE_TABLES * FAMILIES];
    int order[FAMILIES];
    size_t count = 0;
    bool tightening = firewall->ruled && input->mode > firewall->mode;
    size_t families_ = families(tightening, order);
    int done = build(input, !firewall->ruled, order, families_, sets, &count);
    if (done != 0)
        error_errno(err, "cannot build the firewall's rules");
    else
        done = firewall->applier->install(sets, count, err);
    while (count > 0)
        ruleset_free(&sets[--count]);
    return done;
}

/* After a failure half way: one family may be looser than it was. */
static void fall_back(const struct firewall *firewall, struct rules_input *input)
{
    struct error ignored = ERROR_INIT;
    int order[FAMILIES];
    size_t count = families(true, order);
    input->mode = firewall->mode;
    input->sever = false;
    if (!firewall->ruled || install_mode(firewall, input, &ignored) != 0)
        (void)close_all(firewall->applier, order, count, &ignored);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * The kernel waits for packets that are within the old rules, not for those just past them. A
 * CPU that has run us, as this one has since, has finished with what it was sending, or has put
 * the sender aside, which only a preemptible kernel does. membarrier(MEMBARRIER_CMD_GLOBAL)
 * would wait for those too and take 10 to 25 ms for it.
 */
static void let_go(void)
{
    cpu_set_t all, one;
    int64_t end = now_ms() + LET_GO_MS;
    const int here = sched_getcpu();
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    for (size_t cpu = 0; cpu < CPU_SETSIZE && now_ms() < end; cpu++) {
        if (!CPU_ISSET(cpu, &all) || (int)cpu == here)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        /* One that goes offline meanwhile sends nothing either. */
        (void)sched_setaffinity(0, sizeof one, &one);
    }
    (void)sched_setaffinity(0, sizeof all, &all);
}

void firewall_set_gate(struct firewall *firewall, const struct firewall_gate *gate)
{
    firewall->gate = *gate;
}

static struct rules_input input_of(const struct firewall *firewall,
                                   const struct session *session, enum network_mode mode)
{
    struct rules_input input = {
        .mode = mode,
        .gate_uid = firewall->gate.uid,
        .gate_port = firewall->gate.port,
        .resolver_port = firewall->gate.resolver_port,
        .ports = session->run.ports,
        .port_count = session->run.port_count,
    };
    /* Nobody gets in while the box is locked, from wherever; and a lock shall be quick. */
    if (input.port_count > 0 && mode < NETWORK_LOCKDOWN)
        route_gateways(&input.gateway, &input.gateway6);
    return input;
}

static int hosts_network(const struct session *session, enum network_mode mode,
                         struct error *err)
{
    if (session->network.host && mode == NETWORK_OPEN)
        return 0;
    return error_set(err,
                     "the box is in the host's network, whose firewall is not ours to touch:"
                     " mode '%s' is impossible there; use --host-network --network open, or"
                     " a network of its own",
                     network_mode_name(mode));
}

int firewall_apply(struct firewall *firewall, const struct session *session,
                   enum network_mode mode, struct error *err)
{
    if (!firewall->applier)
        return hosts_network(session, mode, err);
    struct rules_input input = input_of(firewall, session, mode);
    if (install_mode(firewall, &input, err) != 0) {
        fall_back(firewall, &input);
        return error_prefix(err, "network mode '%s'", network_mode_name(mode));
    }
    firewall->ruled = true;
    firewall->mode = mode;
    return 0;
}

void firewall_settle(const struct firewall *firewall)
{
    struct error err = ERROR_INIT;
    if (!firewall->applier)
        return;
    let_go();
    if (neighbours_forget(&err) != 0)
        warn("%s; what waits for one may still leave", err.text);
}

int firewall_sever(struct firewall *firewall, const struct session *session, struct error *err)
{
    if (!firewall->applier)
        return hosts_network(session, NETWORK_LOCKDOWN, err);
    struct rules_input input = input_of(firewall, session, NETWORK_LOCKDOWN);
    input.sever = true;
    if (install_mode(firewall, &input, err) != 0) {
        fall_back(firewall, &input);
        return error_prefix(err, "cutting connections");
    }
    firewall_settle(firewall);
    int count = connections_cut(err);
    if (count < 0)
        return -1;
    return firewall_apply(firewall, session, NETWORK_LOCKDOWN, err) == 0 ? count : -1;
}

const char *firewall_applier(const struct firewall *firewall)
{
    return firewall->applier ? firewall->applier->name : "none (the host's network)";
}
