/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/neighbours.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "init/net/netlink.h"
#include "shared/cleanup.h"

/* For each that waits, a message that deletes it. */
static int note(const struct nlmsghdr *message, void *context)
{
    struct netlink_batch *deletions = context;
    struct ndmsg head;
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof head))
        return 0;
    head = *(const struct ndmsg *)NLMSG_DATA(message);
    size_t length = message->nlmsg_len - NLMSG_LENGTH(sizeof head);
    const struct nlattr *address =
        netlink_find((const char *)message + NLMSG_LENGTH(sizeof head), length, NDA_DST);
    if (head.ndm_state != NUD_INCOMPLETE || !address)
        return 0;
    head.ndm_flags = 0;
    netlink_begin(deletions, RTM_DELNEIGH, 0, &head, sizeof head);
    netlink_put(deletions, NDA_DST, netlink_payload(address), netlink_payload_length(address));
    return 0;
}

int neighbours_forget(struct error *err)
{
    static const struct ndmsg all = {.ndm_family = AF_UNSPEC};
    cleanup_netlink_batch struct netlink_batch ask = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch deletions = NETLINK_BATCH_INIT;
    cleanup_fd int fd = netlink_open(NETLINK_ROUTE);
    netlink_begin(&ask, RTM_GETNEIGH, NLM_F_DUMP, &all, sizeof all);
    /* EINTR: one came or went meanwhile. What is there was still told. */
    if (fd < 0 ||
        (netlink_talk(fd, &ask, ask.sequence, note, &deletions, NULL) != 0 && errno != EINTR))
        return error_errno(err, "cannot list the network's neighbours");
    if (deletions.sequence == 0)
        return 0;
    netlink_acknowledge(&deletions);
    /* ENOENT, EINVAL: it answered or went by itself. */
    if (netlink_talk(fd, &deletions, deletions.sequence, NULL, NULL, NULL) != 0 &&
        errno != ENOENT && errno != EINVAL)
        return error_errno(err, "cannot forget the network's neighbours");
    return 0;
}
