/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_far: the world beyond the box.
 *
 *     net_far DEVICE
 *         Prints one line for every frame that arrives on the device, as it arrives, and
 *         answers: TCP and UDP port 7000 send back what they get, TCP port 7001 pushes a byte
 *         every 5 ms until the connection breaks.
 *
 * The lines: KIND FROM TO PORT FLAGS PAYLOAD, such as
 *
 *     tcp 10.99.0.2 10.99.0.1 7000 S 0        udp … 20003 - 5        icmp … 8 - 40
 *     arp, nd, mld                            link-local traffic that carries nothing
 *     barrier 17                              a frame of `net_probe barrier DEVICE 17`
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ECHO_PORT = 7000,
    PUSH_PORT = 7001,
    PUSH_MS = 5,
    SOCKETS_MAX = 256,
    BARRIER_TYPE = 0x88b5, /* IEEE 802: for experiments */
    MLD2_REPORT = 143,
};

enum kind { FRAMES, ECHO_LISTENER, PUSH_LISTENER, UDP_ECHO, ECHO_PEER, PUSH_PEER };

static struct pollfd sockets[SOCKETS_MAX];
static enum kind kinds[SOCKETS_MAX];
static nfds_t count;

static void need(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(99);
}

static void add(int fd, enum kind kind)
{
    if (count == SOCKETS_MAX) {
        close(fd);
        return;
    }
    sockets[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    kinds[count++] = kind;
}

static int open_port(int type, uint16_t port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int off = 0, on = 1;
    int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    need(fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
             setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             bind(fd, (struct sockaddr *)&any, sizeof any) == 0,
         "port");
    if (type == SOCK_STREAM)
        need(listen(fd, 1024) == 0, "listen");
    else
        need(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0, "pktinfo");
    return fd;
}

static int open_frames(const char *device)
{
    struct sockaddr_ll where = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(device)};
    int room = 64 << 20;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    need(fd >= 0 && where.sll_ifindex > 0 &&
             setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == 0 &&
             bind(fd, (struct sockaddr *)&where, sizeof where) == 0,
         device);
    return fd;
}

static void flags_of(const struct tcphdr *tcp, char text[8])
{
    char *at = text;
    if (tcp->syn)
        *at++ = 'S';
    if (tcp->ack)
        *at++ = 'A';
    if (tcp->fin)
        *at++ = 'F';
    if (tcp->rst)
        *at++ = 'R';
    if (at == text)
        *at++ = '-';
    *at = '\0';
}

/* What follows the IP header. */
static void print_transport(int protocol, const uint8_t *data, size_t length, const char *from,
                            const char *to)
{
    char flags[8];
    const struct tcphdr *tcp = (const void *)data;
    const struct udphdr *udp = (const void *)data;
    if (protocol == IPPROTO_TCP && length >= sizeof *tcp) {
        size_t head = (size_t)tcp->doff * 4;
        flags_of(tcp, flags);
        printf("tcp %s %s %u %s %zu\n", from, to, ntohs(tcp->dest), flags,
               length > head ? length - head : 0);
    } else if (protocol == IPPROTO_UDP && length >= sizeof *udp) {
        printf("udp %s %s %u - %zu\n", from, to, ntohs(udp->dest), length - sizeof *udp);
    } else if (protocol == IPPROTO_ICMP && length > 0) {
        printf("icmp %s %s %u - %zu\n", from, to, data[0], length);
    } else if (protocol == IPPROTO_ICMPV6 && length > 0) {
        if (data[0] >= ND_ROUTER_SOLICIT && data[0] <= ND_REDIRECT)
            printf("nd %s %s %u - 0\n", from, to, data[0]);
        else if (data[0] == MLD2_REPORT)
            printf("mld %s %s %u - 0\n", from, to, data[0]);
        else
            printf("icmp %s %s %u - %zu\n", from, to, data[0], length);
    } else {
        printf("protocol-%d %s %s 0 - %zu\n", protocol, from, to, length);
    }
}

static void print_v4(const uint8_t *data, size_t length)
{
    char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
    const struct iphdr *ip = (const void *)data;
    if (length < sizeof *ip || ntohs(ip->tot_len) > length)
        return;
    size_t head = (size_t)ip->ihl * 4;
    inet_ntop(AF_INET, &ip->saddr, from, sizeof from);
    inet_ntop(AF_INET, &ip->daddr, to, sizeof to);
    print_transport(ip->protocol, data + head, ntohs(ip->tot_len) - head, from, to);
}

static void print_v6(const uint8_t *data, size_t length)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    const struct ip6_hdr *ip = (const void *)data;
    if (length < sizeof *ip)
        return;
    size_t head = sizeof *ip;
    int protocol = ip->ip6_nxt;
    inet_ntop(AF_INET6, &ip->ip6_src, from, sizeof from);
    inet_ntop(AF_INET6, &ip->ip6_dst, to, sizeof to);
    if (protocol == IPPROTO_HOPOPTS && length >= head + 8) { /* MLD has one */
        protocol = data[head];
        head += ((size_t)data[head + 1] + 1) * 8;
    }
    if (length >= head)
        print_transport(protocol, data + head, length - head, from, to);
}

static void print_frames(int fd)
{
    static uint8_t frame[65536];
    struct sockaddr_ll from = {0};
    socklen_t from_length = sizeof from;
    ssize_t n;
    while ((n = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &from_length)) >
           ETH_HLEN) {
        const uint8_t *data = frame + ETH_HLEN;
        size_t length = (size_t)n - ETH_HLEN;
        if (from.sll_pkttype == PACKET_OUTGOING)
            continue;
        switch (frame[12] << 8 | frame[13]) {
        case ETH_P_IP:
            print_v4(data, length);
            break;
        case ETH_P_IPV6:
            print_v6(data, length);
            break;
        case ETH_P_ARP:
            puts("arp - - 0 - 0");
            break;
        case BARRIER_TYPE:
            printf("barrier %.*s\n", (int)strnlen((const char *)data, length), data);
            break;
        default:
            printf("ethertype-%x - - 0 - 0\n", frame[12] << 8 | frame[13]);
            break;
        }
    }
    fflush(stdout);
}

static void take_peer(int listener, enum kind kind)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        add(fd, kind);
}

/* False once the peer is gone. */
static int echo_stream(int fd)
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EAGAIN)
        return 1;
    return n > 0 && write(fd, bytes, (size_t)n) == n;
}

/* Back to where they came from, from the address they were sent to. */
static void echo_datagrams(int fd)
{
    char bytes[2048];
    _Alignas(struct cmsghdr) char control[64];
    struct sockaddr_in6 peer;
    ssize_t n;
    for (;;) {
        struct iovec data = {.iov_base = bytes, .iov_len = sizeof bytes};
        struct msghdr message = {.msg_name = &peer,
                                 .msg_namelen = sizeof peer,
                                 .msg_iov = &data,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        if ((n = recvmsg(fd, &message, 0)) < 0)
            return;
        data.iov_len = (size_t)n;
        (void)sendmsg(fd, &message, 0);
    }
}

static int alive(nfds_t i)
{
    int fd = sockets[i].fd;
    if (kinds[i] == PUSH_PEER)
        return send(fd, "x", 1, MSG_NOSIGNAL) == 1 || errno == EAGAIN;
    if (!sockets[i].revents)
        return 1;
    if (kinds[i] == FRAMES)
        print_frames(fd);
    else if (kinds[i] == ECHO_LISTENER)
        take_peer(fd, ECHO_PEER);
    else if (kinds[i] == PUSH_LISTENER)
        take_peer(fd, PUSH_PEER);
    else if (kinds[i] == UDP_ECHO)
        echo_datagrams(fd);
    else
        return echo_stream(fd);
    return 1;
}

int main(int argc, char **argv)
{
    need(argc == 2, "usage");
    (void)signal(SIGPIPE, SIG_IGN);
    add(open_frames(argv[1]), FRAMES);
    add(open_port(SOCK_STREAM, ECHO_PORT), ECHO_LISTENER);
    add(open_port(SOCK_STREAM, PUSH_PORT), PUSH_LISTENER);
    add(open_port(SOCK_DGRAM, ECHO_PORT), UDP_ECHO);
    puts("ready");
    fflush(stdout);
    for (;;) {
        need(poll(sockets, count, PUSH_MS) >= 0 || errno == EINTR, "poll");
        for (nfds_t i = 0; i < count;) {
            if (alive(i)) {
                i++;
                continue;
            }
            close(sockets[i].fd);
            sockets[i] = sockets[--count];
            kinds[i] = kinds[count];
        }
    }
}
