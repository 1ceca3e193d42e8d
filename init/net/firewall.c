/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/firewall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/net/iptables.h"
#include "init/net/route.h"
#include "init/net/rules.h"

/* The first network namespace's inode; fixed in Linux 6.18 (linux/nsfs.h), and where it is not,
 * no other namespace has this one. */
#define FIRST_NETNS_INODE 0xEFFFFFF9u

struct firewall {
    bool hosts;             /* the host's own network: not ours to touch */
    bool ruled;             /* a mode's rules stand */
    enum network_mode mode; /* which */
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

/* Without IPv6 nobody in the box gets such a socket: as good as closed. */
static bool kernel_has_v6(void)
{
    cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 || errno != EAFNOSUPPORT;
}

/* The families to treat, in order; returns how many. */
static size_t families(bool v6_first, int order[2])
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

static int close_family(int family, struct error *err)
{
    if (iptables_probe(family, err) != 0)
        return -1;
    int foreign = iptables_foreign(family, err);
    if (foreign < 0)
        return -1;
    if (foreign)
        return error_set(err, "this network namespace has firewall rules that are not ours;"
                              " the box needs a network of its own (not --network host or"
                              " container:…)");
    struct ruleset closed = ruleset_closed(family);
    return iptables_install(&closed, err);
}

struct firewall *firewall_close(struct error *err)
{
    struct firewall *firewall = calloc(1, sizeof *firewall);
    int order[2];
    if (!firewall) {
        error_errno(err, "cannot close the firewall");
        return NULL;
    }
    if (in_hosts_network(&firewall->hosts, err) != 0)
        goto failed;
    /* Not ours to touch; firewall_apply() sees to it that this was asked for. */
    if (firewall->hosts)
        return firewall;
    size_t count = families(true, order);
    for (size_t i = 0; i < count; i++)
        if (close_family(order[i], err) != 0)
            goto failed;
    return firewall;
failed:
    error_prefix(err, "firewall not closed");
    free(firewall);
    return NULL;
}

static int install(const struct rules_input *input, int family, enum rule_table table,
                   struct error *err)
{
    cleanup_ruleset struct ruleset set = {0};
    if (ruleset_build(input, family, table, &set) != 0)
        return error_errno(err, "cannot build the firewall's rules");
    return iptables_install(&set, err);
}

static int install_mode(const struct firewall *firewall, const struct rules_input *input,
                        struct error *err)
{
    int order[2];
    bool tightening = firewall->ruled && input->mode > firewall->mode;
    size_t count = families(tightening, order);
    /* The guard and the way to the gate stand before the first rule that lets anything pass. */
    for (size_t i = 0; i < count && !firewall->ruled; i++)
        if (install(input, order[i], RULE_MANGLE, err) != 0 ||
            (input->gate_port && install(input, order[i], RULE_NAT, err) != 0))
            return -1;
    for (size_t i = 0; i < count; i++)
        if (install(input, order[i], RULE_FILTER, err) != 0)
            return -1;
    return 0;
}

/* After a failure half way: one family may be looser than it was. */
static void fall_back(const struct firewall *firewall, struct rules_input *input)
{
    struct error ignored = ERROR_INIT;
    int order[2];
    size_t count = families(true, order);
    input->mode = firewall->mode;
    if (firewall->ruled && install_mode(firewall, input, &ignored) == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        struct ruleset closed = ruleset_closed(order[i]);
        (void)iptables_install(&closed, &ignored);
    }
}

int firewall_apply(struct firewall *firewall, const struct session *session,
                   enum network_mode mode, struct error *err)
{
    if (firewall->hosts) {
        if (session->network.host && mode == NETWORK_OPEN)
            return 0;
        return error_set(
            err,
            "the box is in the host's network, whose firewall is not ours to touch:"
            " mode '%s' is impossible there; use --host-network --network open, or"
            " a network of its own",
            network_mode_name(mode));
    }
    struct rules_input input = {
        .mode = mode,
        .ports = session->run.ports,
        .port_count = session->run.port_count,
    };
    route_gateways(&input.gateway, &input.gateway6);
    if (install_mode(firewall, &input, err) != 0) {
        fall_back(firewall, &input);
        return error_prefix(err, "network mode '%s'", network_mode_name(mode));
    }
    firewall->ruled = true;
    firewall->mode = mode;
    return 0;
}

const char *firewall_applier(const struct firewall *firewall)
{
    return firewall->hosts ? "none (the host's network)" : "iptables";
}
