/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_toggle: what arrives while a box is locked.
 *
 *     net_toggle DEVICE FOLDER COUNT
 *         Watches the device and, COUNT times, says "lockdown on" and "lockdown off" into the
 *         control FIFO of the folder, with 10 ms locked and 2 ms open between. Prints, one
 *         "NAME NUMBER" a line:
 *
 *     toggles       how often the box was locked
 *     open          frames that arrived outside of that: the flood is real
 *     forbidden     SYNs without ACK, UDP datagrams and payloads while it was locked
 *     late          frames of any kind later than 5 ms after the reply
 *     worst-us      the longest time from the request to the reply
 *     median-us     and the usual one
 *
 * The kernel's own times of arrival are compared, not when we come to look.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCKED_US = 10000, OPEN_US = 2000, LATE_US = 5000, BARRIER_TYPE = 0x88b5 };

/* The interval in which it is locked. Its end is not known before it comes; now there is none.
 */
static int64_t locked_from = INT64_MAX, locked_until = INT64_MAX;
static long open_frames, forbidden, late;

static void need(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(99);
}

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum kind { IGNORED, HARMLESS, CARRIES };

/* Does it carry something or begin something? */
static enum kind transport_kind(int protocol, const uint8_t *data, size_t length)
{
    const struct tcphdr *tcp = (const void *)data;
    if (protocol == IPPROTO_ICMPV6 && length > 0 &&
        ((data[0] >= 133 && data[0] <= 137) || data[0] == 143))
        return IGNORED; /* neighbours and groups of the link */
    if (protocol != IPPROTO_TCP || length < sizeof *tcp)
        return CARRIES;
    return (tcp->syn && !tcp->ack) || length > (size_t)tcp->doff * 4 ? CARRIES : HARMLESS;
}

static enum kind kind_of(const uint8_t *frame, size_t length)
{
    int type = frame[12] << 8 | frame[13];
    const uint8_t *data = frame + ETH_HLEN;
    length -= ETH_HLEN;
    if (type == ETH_P_ARP || type == BARRIER_TYPE)
        return IGNORED;
    if (type == ETH_P_IP && length >= sizeof(struct iphdr)) {
        const struct iphdr *ip = (const void *)data;
        size_t head = (size_t)ip->ihl * 4, total = ntohs(ip->tot_len);
        if (total >= head && total <= length)
            return transport_kind(ip->protocol, data + head, total - head);
    }
    if (type == ETH_P_IPV6 && length >= sizeof(struct ip6_hdr)) {
        const struct ip6_hdr *ip = (const void *)data;
        size_t total = ntohs(ip->ip6_plen);
        if (ip->ip6_nxt == IPPROTO_HOPOPTS)
            return IGNORED; /* group reports */
        if (total <= length - sizeof *ip)
            return transport_kind(ip->ip6_nxt, data + sizeof *ip, total);
    }
    return CARRIES;
}

static void judge(int64_t at, enum kind kind)
{
    if (kind == IGNORED)
        return;
    if (at < locked_from || at >= locked_until) {
        open_frames++;
        return;
    }
    if (kind == CARRIES)
        forbidden++;
    if (at > locked_from + LATE_US)
        late++;
}

static void read_frames(int fd)
{
    static uint8_t frame[2048];
    for (;;) {
        char control[128];
        struct sockaddr_ll from = {0};
        struct iovec data = {.iov_base = frame, .iov_len = sizeof frame};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &data,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t n = recvmsg(fd, &message, 0);
        if (n < 0)
            return;
        if (n < ETH_HLEN || from.sll_pkttype == PACKET_OUTGOING)
            continue;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
            struct timespec at;
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
                continue;
            memcpy(&at, CMSG_DATA(c), sizeof at);
            judge((int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000, kind_of(frame, (size_t)n));
        }
    }
}

static int open_device(const char *device)
{
    struct sockaddr_ll where = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(device)};
    int room = 256 << 20, on = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    need(fd >= 0 && where.sll_ifindex > 0 &&
             setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == 0 &&
             setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
             bind(fd, (struct sockaddr *)&where, sizeof where) == 0,
         device);
    return fd;
}

/* Reads frames until then, by the clock that stamps them. */
static void watch_until(int fd, int64_t end)
{
    for (int64_t left; (left = end - now_us()) > 0;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        struct timespec wait = {.tv_nsec = left * 1000};
        (void)ppoll(&ready, 1, &wait, NULL);
        read_frames(fd);
    }
}

static int control, reply;

/* Says it and waits for the answer; returns when that was read. */
static int64_t say(const char *word)
{
    char line[64], answer[4096];
    struct pollfd ready = {.fd = reply, .events = POLLIN};
    int length = snprintf(line, sizeof line, "0123456789abcdef %s\n", word);
    need(write(control, line, (size_t)length) == length, "control FIFO");
    need(poll(&ready, 1, 10000) == 1, "reply");
    ssize_t n = read(reply, answer, sizeof answer);
    int64_t at = now_us();
    need(n > 20 && memcmp(answer + 17, "ok", 2) == 0, "refused");
    return at;
}

static void open_control(const char *folder)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/reply.0123456789abcdef", folder);
    (void)unlink(path);
    need(mkfifo(path, 0600) == 0, path);
    reply = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    need(reply >= 0, path);
    (void)snprintf(path, sizeof path, "%s/control", folder);
    control = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    need(control >= 0, path);
}

static int by_size(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    need(argc == 4, "usage");
    int fd = open_device(argv[1]);
    int count = atoi(argv[3]);
    long *took = calloc((size_t)count, sizeof *took);
    open_control(argv[2]);
    for (int i = 0; i < count; i++) {
        /* All that arrived is judged by the interval before, then the next begins. */
        watch_until(fd, now_us() + OPEN_US);
        int64_t asked = now_us();
        locked_from = say("lockdown on");
        took[i] = (long)(locked_from - asked);
        locked_until = INT64_MAX;
        watch_until(fd, locked_from + LOCKED_US);
        locked_until = now_us();
        (void)say("lockdown off");
        read_frames(fd);
    }
    qsort(took, (size_t)count, sizeof *took, by_size);
    printf("toggles %d\nopen %ld\nforbidden %ld\nlate %ld\nworst-us %ld\nmedian-us %ld\n",
           count, open_frames, forbidden, late, took[count - 1], took[count / 2]);
    return 0;
}
