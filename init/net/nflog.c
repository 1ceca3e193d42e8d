/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/nflog.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include "init/net/netlink.h"
#include "init/net/rules.h"
#include "shared/cleanup.h"

static int configure(int fd, uint16_t group)
{
    const struct nfgenmsg head = {.version = NFNETLINK_V0, .res_id = htons(group)};
    const struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
    const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(RULES_NFLOG_SIZE),
                                                .copy_mode = NFULNL_COPY_PACKET};
    cleanup_netlink_batch struct netlink_batch b = NETLINK_BATCH_INIT;
    netlink_begin(&b, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK, &head, sizeof head);
    netlink_put(&b, NFULA_CFG_CMD, &bind, sizeof bind);
    netlink_put(&b, NFULA_CFG_MODE, &mode, sizeof mode);
    netlink_put_be32(&b, NFULA_CFG_QTHRESH, 1); /* each at once, not what a second brought */
    return netlink_talk(fd, &b, b.sequence, NULL, NULL, NULL);
}

int nflog_open(struct error *err)
{
    cleanup_fd int fd = netlink_open(NETLINK_NETFILTER);
    /* A reader that is behind loses refusals; it is not told so with an error, which would end
     * it. */
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) != 0 ||
        configure(fd, RULES_NFLOG_GROUP) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return error_errno(err, "cannot listen to what the firewall refuses (nfnetlink_log)");
    return take_fd(&fd);
}
