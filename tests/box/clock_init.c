/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock_init: claudex-init, linked so that the time of day (CLOCK_REALTIME, time(2)) is the
 * machine's and as many seconds more as the 8 bytes of /opt/clock say, a number of this
 * machine's. Who writes to that file makes the clock of PID 1 and its workers jump, and no
 * other. Other clocks are the machine's.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
time_t __wrap_time(time_t *out);

static const volatile int64_t *jump;

/* Before main() shares what it has mapped with nobody: workers are forked. */
__attribute__((constructor)) static void map(void)
{
    int fd = open("/opt/clock", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    void *page = mmap(NULL, sizeof *jump, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        jump = page;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = __real_clock_gettime(clock, now);
    if (!failed && jump && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *jump;
    return failed;
}

time_t __wrap_time(time_t *out)
{
    struct timespec now;
    (void)__wrap_clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
