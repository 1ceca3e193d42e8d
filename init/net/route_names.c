/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "init/net/names.h"
#include "init/net/netlink.h"
#include "init/net/route.h"
#include "shared/cleanup.h"

enum { LINE_MAX_BYTES = 256 };

/* The device of the first route; 0 if there is none. */
static unsigned first_device(void)
{
    char line[LINE_MAX_BYTES], name[IF_NAMESIZE];
    unsigned found = 0;
    cleanup_file FILE *routes = fopen("/proc/net/route", "re");
    while (routes && found == 0 && fgets(line, sizeof line, routes))
        if (sscanf(line, "%15s", name) == 1)
            found = if_nametoindex(name); /* the heading is no device's name */
    return found;
}

int route_names(struct error *err)
{
    static const struct rtmsg head = {.rtm_family = AF_INET,
                                      .rtm_dst_len = NAMES_PREFIX,
                                      .rtm_table = RT_TABLE_MAIN,
                                      .rtm_protocol = RTPROT_STATIC,
                                      .rtm_scope = RT_SCOPE_LINK,
                                      .rtm_type = RTN_UNICAST};
    struct in_addr v4;
    struct in6_addr v6;
    uint32_t device = first_device();
    route_gateways(&v4, &v6);
    if (v4.s_addr != 0 || device == 0)
        return 0;
    cleanup_netlink_batch struct netlink_batch route = NETLINK_BATCH_INIT;
    cleanup_fd int fd = netlink_open(NETLINK_ROUTE);
    netlink_begin(&route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
    netlink_put_be32(&route, RTA_DST, NAMES_NETWORK);
    netlink_put(&route, RTA_OIF, &device, sizeof device);
    netlink_acknowledge(&route);
    if (fd < 0 || netlink_talk(fd, &route, route.sequence, NULL, NULL, NULL) != 0)
        return error_errno(err, "cannot make a route for the addresses of names");
    return 0;
}
