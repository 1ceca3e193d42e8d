/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_probe: tries to get something out of the box.
 *
 *     net_probe try [NAME…]     every way there is, or these, once; a line "NAME PORT RESULT"
 *                               for each
 *     net_probe names           the names and ports, trying nothing
 *     net_probe hold HOST PORT tcp|udp
 *                               one connection; at once and for each line of stdin sends one
 *                               byte, prints "echo" if it comes back within a second, else why
 *     net_probe listen PORT     TCP and UDP, echoing, every address; prints "ready"
 *     net_probe ask HOST PORT tcp|udp
 *                               one byte there and back within a second: "echo" or why not
 *     net_probe flood SECONDS   new flows, TCP and UDP, v4 and v6, as fast as it can
 *     net_probe loop            the same for ever
 *     net_probe barrier DEVICE TEXT
 *                               as root: a frame past all firewalls
 *
 * The far side is 10.99.0.1 and fd99::1 behind eth0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_PORT = 20000,
    WAIT_MS = 300, /* for a connection that nobody refuses */
    DNS_PORT = 53,
    BARRIER_TYPE = 0x88b5,
    UDPLITE = 136,
    EXPERIMENTAL = 253, /* RFC 3692 */
};
#define DEVICE "eth0"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t address_of(const char *host, uint16_t port, union address *a)
{
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(port);
        return sizeof a->v4;
    }
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(port);
    /* Link-local and multicast addresses need the device. */
    if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) != 1)
        exit(99);
    if (a->v6.sin6_addr.s6_addr[0] >= 0xfe)
        a->v6.sin6_scope_id = if_nametoindex(DEVICE);
    return sizeof a->v6;
}

static int open_socket(const union address *to, int type, int protocol)
{
    return socket(to->any.sa_family, type | SOCK_CLOEXEC, protocol);
}

static int bind_device(int fd)
{
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, DEVICE, sizeof DEVICE);
}

static int unicast_device(int fd, int family)
{
    uint32_t index = htonl(if_nametoindex(DEVICE));
    return family == AF_INET
               ? setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof index)
               : setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, &index, sizeof index);
}

/* Waits for a connection in progress. 0 or -1 with errno. */
static int settle(int fd, int ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;
    if (poll(&ready, 1, ms) == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    errno = error;
    return error ? -1 : 0;
}

enum how {
    PLAIN,
    BOUND,     /* SO_BINDTODEVICE */
    UNICAST,   /* IP_UNICAST_IF */
    PKTINFO,   /* the device in a control message */
    CONNECTED, /* UDP that is connected first */
    FAST_OPEN, /* data in the SYN */
    BROADCAST,
};

static int try_tcp(const char *host, uint16_t port, enum how how)
{
    union address to;
    socklen_t length = address_of(host, port, &to);
    int fd = open_socket(&to, SOCK_STREAM | SOCK_NONBLOCK, 0), result = -1;
    if (fd >= 0 && (how != BOUND || bind_device(fd) == 0) &&
        (how != UNICAST || unicast_device(fd, to.any.sa_family) == 0)) {
        if (how == FAST_OPEN)
            result = (int)sendto(fd, "probe", 5, MSG_FASTOPEN, &to.any, length);
        else
            result = connect(fd, &to.any, length);
        if (result != 0 && errno == EINPROGRESS)
            result = settle(fd, WAIT_MS);
        if (result == 0)
            (void)send(fd, "probe", 5, MSG_NOSIGNAL);
    }
    int number = errno;
    if (fd >= 0)
        close(fd);
    errno = number;
    return result;
}

static int send_with_device(int fd, const union address *to, socklen_t length)
{
    struct in_pktinfo v4 = {.ipi_ifindex = (int)if_nametoindex(DEVICE)};
    struct in6_pktinfo v6 = {.ipi6_ifindex = if_nametoindex(DEVICE)};
    _Alignas(struct cmsghdr) char control[64] = {0};
    struct iovec data = {.iov_base = (char[]){"probe"}, .iov_len = 5};
    union address name = *to;
    struct msghdr message = {.msg_name = &name,
                             .msg_namelen = length,
                             .msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control};
    int six = to->any.sa_family == AF_INET6;
    size_t size = six ? sizeof v6 : sizeof v4;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
    c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), six ? (void *)&v6 : (void *)&v4, size);
    return (int)sendmsg(fd, &message, 0);
}

static int try_datagram(const char *host, uint16_t port, enum how how, int type, int protocol,
                        const void *data, size_t size)
{
    union address to;
    socklen_t length = address_of(host, port, &to);
    int fd = open_socket(&to, type, protocol), result = -1, on = 1;
    if (type == SOCK_RAW)
        to.v6.sin6_port = 0;
    if (fd >= 0 && (how != BOUND || bind_device(fd) == 0) &&
        (how != UNICAST || unicast_device(fd, to.any.sa_family) == 0) &&
        (how != BROADCAST || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0)) {
        if (how == PKTINFO)
            result = send_with_device(fd, &to, length);
        else if (how == CONNECTED)
            result = connect(fd, &to.any, length) == 0 ? (int)send(fd, data, size, 0) : -1;
        else
            result = (int)sendto(fd, data, size, 0, &to.any, length);
    }
    int number = errno;
    if (fd >= 0)
        close(fd);
    errno = number;
    return result;
}

static int try_udp(const char *host, uint16_t port, enum how how)
{
    return try_datagram(host, port, how, SOCK_DGRAM, 0, "probe", 5);
}

static int try_udplite(const char *host, uint16_t port, enum how how)
{
    return try_datagram(host, port, how, SOCK_DGRAM, UDPLITE, "probe", 5);
}

static int try_echo_request(const char *host, uint16_t port, enum how how)
{
    static const uint8_t v4[64] = {8}, v6[64] = {128};
    int six = strchr(host, ':') != NULL;
    (void)port;
    return try_datagram(host, 0, how, SOCK_DGRAM, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
                        six ? v6 : v4, sizeof v4);
}

static int try_raw(const char *host, uint16_t port, enum how how)
{
    (void)port;
    return try_datagram(host, 0, how, SOCK_RAW, EXPERIMENTAL, "probe", 5);
}

static int try_raw_echo(const char *host, uint16_t port, enum how how)
{
    static const uint8_t v4[64] = {8, 0, 0xf7, 0xff}, v6[64] = {128};
    int six = strchr(host, ':') != NULL;
    (void)port;
    return try_datagram(host, 0, how, SOCK_RAW, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
                        six ? v6 : v4, sizeof v4);
}

static int try_sctp(const char *host, uint16_t port, enum how how)
{
    union address to;
    socklen_t length = address_of(host, port, &to);
    int fd = open_socket(&to, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
    (void)how;
    if (fd < 0)
        return -1;
    int result = connect(fd, &to.any, length);
    if (result != 0 && errno == EINPROGRESS)
        result = settle(fd, WAIT_MS);
    int number = errno;
    close(fd);
    errno = number;
    return result;
}

static int send_frame(const char *device, uint16_t type, const void *data, size_t size)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(type),
                             .sll_ifindex = (int)if_nametoindex(device),
                             .sll_halen = 6,
                             .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    ssize_t sent = sendto(fd, data, size, 0, (struct sockaddr *)&to, sizeof to);
    close(fd);
    return sent < 0 ? -1 : 0;
}

static int try_frame(const char *host, uint16_t port, enum how how)
{
    (void)host, (void)port, (void)how;
    return send_frame(DEVICE, 0x88b6, "probe", 5);
}

static int try_vsock(const char *host, uint16_t port, enum how how)
{
    struct sockaddr_vm to = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port};
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)host, (void)how;
    if (fd < 0)
        return -1;
    int result = connect(fd, (struct sockaddr *)&to, sizeof to);
    close(fd);
    return result;
}

/* The reply to a connection over lo, whose source is a stranger's address: it would go to that
 * stranger, as part of an established connection. */
static int try_freebind(const char *host, uint16_t port, enum how how)
{
    union address server, stranger;
    int on = 1, result = -1;
    socklen_t length = address_of("fd99::2", port, &server);
    int listener = open_socket(&server, SOCK_STREAM, 0);
    int fd = open_socket(&server, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)how;
    address_of(host, port, &stranger);
    if (listener >= 0 && fd >= 0 && bind(listener, &server.any, length) == 0 &&
        listen(listener, 1) == 0 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) == 0 &&
        bind(fd, &stranger.any, length) == 0) {
        result = connect(fd, &server.any, length);
        if (result != 0 && errno == EINPROGRESS)
            result = settle(fd, WAIT_MS);
    }
    int number = errno;
    close(listener);
    close(fd);
    errno = number;
    return result;
}

#define FAR4   "10.99.0.1"
#define FAR6   "fd99::1"
#define LINK6  "fe80::99"
#define OTHER4 "192.0.2.77"
#define OTHER6 "2001:db8::77"

/* A port of FIRST_PORT + the place in the table, unless one is said. */
static const struct {
    const char *name;
    int (*attempt)(const char *host, uint16_t port, enum how how);
    const char *host;
    enum how how;
    uint16_t port;
} attempts[] = {
    {"tcp4", try_tcp, FAR4, PLAIN, 0},
    {"tcp6", try_tcp, FAR6, PLAIN, 0},
    {"tcp4-elsewhere", try_tcp, OTHER4, PLAIN, 0},
    {"tcp6-elsewhere", try_tcp, OTHER6, PLAIN, 0},
    {"tcp4-device", try_tcp, FAR4, BOUND, 0},
    {"tcp6-device", try_tcp, FAR6, BOUND, 0},
    {"tcp4-unicast", try_tcp, FAR4, UNICAST, 0},
    {"tcp6-unicast", try_tcp, FAR6, UNICAST, 0},
    {"tcp4-fastopen", try_tcp, FAR4, FAST_OPEN, 0},
    {"tcp6-linklocal", try_tcp, LINK6, PLAIN, 0},
    {"tcp4-dns", try_tcp, FAR4, PLAIN, DNS_PORT},
    {"tcp6-dns", try_tcp, FAR6, PLAIN, DNS_PORT},
    {"udp4", try_udp, FAR4, PLAIN, 0},
    {"udp6", try_udp, FAR6, PLAIN, 0},
    {"udp4-elsewhere", try_udp, OTHER4, PLAIN, 0},
    {"udp6-elsewhere", try_udp, OTHER6, PLAIN, 0},
    {"udp4-connected", try_udp, FAR4, CONNECTED, 0},
    {"udp6-connected", try_udp, FAR6, CONNECTED, 0},
    {"udp4-device", try_udp, FAR4, BOUND, 0},
    {"udp6-device", try_udp, FAR6, BOUND, 0},
    {"udp4-unicast", try_udp, FAR4, UNICAST, 0},
    {"udp6-unicast", try_udp, FAR6, UNICAST, 0},
    {"udp4-pktinfo", try_udp, FAR4, PKTINFO, 0},
    {"udp6-pktinfo", try_udp, FAR6, PKTINFO, 0},
    {"udp6-linklocal", try_udp, LINK6, PLAIN, 0},
    {"udp4-dns", try_udp, FAR4, PLAIN, DNS_PORT},
    {"udp6-dns", try_udp, FAR6, PLAIN, DNS_PORT},
    {"udp4-quic", try_udp, FAR4, PLAIN, 443},
    {"udp4-mdns", try_udp, "224.0.0.251", PLAIN, 5353},
    {"udp6-mdns", try_udp, "ff02::fb", PLAIN, 5353},
    {"udp6-llmnr", try_udp, "ff02::1:3", PLAIN, 5355},
    {"udp4-broadcast", try_udp, "255.255.255.255", BROADCAST, 0},
    {"ping4", try_echo_request, FAR4, PLAIN, 0},
    {"ping6", try_echo_request, FAR6, PLAIN, 0},
    /* These need what the agent does not have; as root they show what the firewall does. */
    {"udplite4", try_udplite, FAR4, PLAIN, 0},
    {"udplite6", try_udplite, FAR6, PLAIN, 0},
    {"raw4", try_raw, FAR4, PLAIN, 0},
    {"raw6", try_raw, FAR6, PLAIN, 0},
    {"rawping4", try_raw_echo, FAR4, PLAIN, 0},
    {"rawping6", try_raw_echo, FAR6, PLAIN, 0},
    {"sctp4", try_sctp, FAR4, PLAIN, 0},
    {"vsock", try_vsock, "", PLAIN, 0},
    /* These must never arrive, whatever the mode. */
    {"tcp4-loopback-device", try_tcp, "127.0.0.1", BOUND, 0},
    {"udp4-loopback-device", try_udp, "127.0.0.1", BOUND, 0},
    {"udp4-loopback-pktinfo", try_udp, "127.0.0.1", PKTINFO, 0},
    {"udp6-loopback-device", try_udp, "::1", BOUND, 0},
    {"tcp6-freebind", try_freebind, OTHER6, PLAIN, 0},
    {"frame", try_frame, "", PLAIN, 0},
};
enum { ATTEMPTS = sizeof attempts / sizeof attempts[0] };

static uint16_t port_of(size_t i)
{
    return attempts[i].port ? attempts[i].port : (uint16_t)(FIRST_PORT + i);
}

/* Is it one of the names, or are there none? */
static int wanted(const char *name, char *const *names)
{
    if (!*names)
        return 1;
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return 1;
    return 0;
}

static int try_all(int really, char *const *names)
{
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (!wanted(attempts[i].name, names))
            continue;
        errno = 0;
        int result =
            really ? attempts[i].attempt(attempts[i].host, port_of(i), attempts[i].how) : 0;
        printf("%s %u %s\n", attempts[i].name, port_of(i),
               result < 0 ? strerrorname_np(errno) : "sent");
    }
    return 0;
}

/* One byte there and back. */
static int ask(int fd)
{
    char byte;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (send(fd, "?", 1, MSG_NOSIGNAL) != 1)
        return -1;
    if (poll(&ready, 1, 1000) == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    errno = ECONNABORTED;
    return recv(fd, &byte, 1, 0) == 1 ? 0 : -1;
}

static void say(int result)
{
    puts(result == 0 ? "echo" : strerrorname_np(errno));
    fflush(stdout);
}

/* `from`: the source address, or NULL for any. */
static int connected(const char *host, const char *port, int type, const char *from)
{
    union address to, source;
    socklen_t length = address_of(host, (uint16_t)atoi(port), &to);
    int fd = open_socket(&to, type | SOCK_NONBLOCK, 0);
    if (from && bind(fd, &source.any, address_of(from, 0, &source)) != 0)
        return -1;
    if (fd >= 0 && connect(fd, &to.any, length) != 0 &&
        (errno != EINPROGRESS || settle(fd, 1000) != 0))
        return -1;
    return fd;
}

static int type_of(const char *protocol)
{
    return strcmp(protocol, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
}

static int hold(const char *host, const char *port, const char *protocol)
{
    char line[16];
    int fd = connected(host, port, type_of(protocol), NULL);
    say(fd < 0 ? -1 : ask(fd));
    while (fd >= 0 && fgets(line, sizeof line, stdin))
        say(ask(fd));
    return fd < 0;
}

static int ask_once(const char *host, const char *port, const char *protocol, const char *from)
{
    int fd = connected(host, port, type_of(protocol), from);
    say(fd < 0 ? -1 : ask(fd));
    return 0;
}

static int listening(int type, const char *port)
{
    union address any;
    int off = 0, on = 1;
    socklen_t length = address_of("::", (uint16_t)atoi(port), &any);
    int fd = open_socket(&any, type, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, &any.any, length) != 0 || (type == SOCK_STREAM && listen(fd, 64) != 0)) {
        perror("listen");
        exit(99);
    }
    return fd;
}

/* Back to where it came from, from the address it was sent to. */
static void echo_datagram(int fd)
{
    char bytes[512];
    _Alignas(struct cmsghdr) char control[64];
    union address peer;
    struct iovec data = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0)
        return;
    data.iov_len = (size_t)n;
    (void)sendmsg(fd, &message, 0);
}

static int serve(const char *port)
{
    enum { PEERS = 32 };
    struct pollfd ready[PEERS] = {{.fd = listening(SOCK_STREAM, port), .events = POLLIN},
                                  {.fd = listening(SOCK_DGRAM, port), .events = POLLIN}};
    nfds_t count = 2;
    char byte;
    int on = 1;
    (void)setsockopt(ready[1].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    puts("ready");
    fflush(stdout);
    while (poll(ready, count, -1) > 0) {
        if (ready[1].revents)
            echo_datagram(ready[1].fd);
        for (nfds_t i = 2; i < count;) {
            if (!ready[i].revents || (recv(ready[i].fd, &byte, 1, 0) == 1 &&
                                      send(ready[i].fd, &byte, 1, MSG_NOSIGNAL) == 1)) {
                i++;
                continue;
            }
            close(ready[i].fd);
            ready[i] = ready[--count];
        }
        if (ready[0].revents && count < PEERS)
            ready[count++] =
                (struct pollfd){.fd = accept(ready[0].fd, NULL, NULL), .events = POLLIN};
    }
    return 1;
}

static int flood(int seconds)
{
    enum { SOCKETS = 512 };
    static int ring[SOCKETS];
    time_t end = time(NULL) + seconds;
    unsigned long sent = 0;
    for (size_t i = 0; i < SOCKETS; i++)
        ring[i] = -1;
    while (seconds < 0 || time(NULL) < end) {
        for (size_t i = 0; i < SOCKETS; i++, sent++) {
            union address to;
            /* v4 and v6, TCP and UDP, in turn. */
            socklen_t length = address_of(i & 1 ? FAR6 : FAR4, (uint16_t)(FIRST_PORT + i), &to);
            if (ring[i] >= 0)
                close(ring[i]);
            ring[i] = open_socket(&to, (i & 2 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
            if (ring[i] < 0)
                continue;
            if (connect(ring[i], &to.any, length) == 0)
                (void)send(ring[i], "flood", 5, MSG_NOSIGNAL);
        }
    }
    printf("%lu\n", sent);
    return 0;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    (void)signal(SIGPIPE, SIG_IGN);
    if (strcmp(verb, "try") == 0)
        return try_all(1, argv + 2);
    if (strcmp(verb, "names") == 0)
        return try_all(0, argv + 2);
    if (strcmp(verb, "hold") == 0 && argc == 5)
        return hold(argv[2], argv[3], argv[4]);
    if (strcmp(verb, "ask") == 0 && (argc == 5 || argc == 6))
        return ask_once(argv[2], argv[3], argv[4], argv[5]);
    if (strcmp(verb, "listen") == 0 && argc == 3)
        return serve(argv[2]);
    if (strcmp(verb, "flood") == 0 && argc == 3)
        return flood(atoi(argv[2]));
    if (strcmp(verb, "loop") == 0)
        return flood(-1);
    if (strcmp(verb, "barrier") == 0 && argc == 4)
        return send_frame(argv[2], BARRIER_TYPE, argv[3], strlen(argv[3]) + 1) == 0 ? 0 : 99;
    fprintf(stderr, "net_probe: what?\n");
    return 99;
}
