/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/seccomp_filter.h"

#include <errno.h>
#include <sys/mman.h>

#include "shared/cleanup.h"

int filter_refuse(scmp_filter_ctx filter, int error, int number, unsigned count,
                  const struct scmp_arg_cmp *arguments)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint16_t)error), number, count,
                                  arguments);
}

/* Denies first..last, cut into aligned blocks as a CIDR list is: each is one masked compare. */
static int refuse_range(scmp_filter_ctx filter, int error, int number, unsigned argument,
                        uint64_t first, uint64_t last, const struct scmp_arg_cmp *also)
{
    while (first <= last) {
        uint64_t size = first ? first & -first : (uint64_t)1 << 32;
        while (first + size - 1 > last)
            size /= 2;
        struct scmp_arg_cmp compare[2] = {LOW_BITS_EQUAL(argument, ~(size - 1), first)};
        if (also)
            compare[1] = *also;
        int failed = filter_refuse(filter, error, number, also ? 2 : 1, compare);
        if (failed)
            return failed;
        first += size;
    }
    return 0;
}

int filter_allow_only(scmp_filter_ctx filter, int error, int number, unsigned argument,
                      const struct range *ranges, size_t count, const struct scmp_arg_cmp *also)
{
    uint64_t next = 0;
    for (size_t i = 0; i <= count; i++) {
        uint64_t until = i < count ? ranges[i].first : (uint64_t)UINT32_MAX + 1;
        int failed = until > next
                         ? refuse_range(filter, error, number, argument, next, until - 1, also)
                         : 0;
        if (failed)
            return failed;
        if (i < count)
            next = (uint64_t)ranges[i].last + 1;
    }
    return 0;
}

int filter_allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count && !failed; i++)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
    return failed;
}

int filter_allow_where(scmp_filter_ctx filter, int call, const struct scmp_arg_cmp *argument)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, argument);
}

int filter_allow_data(scmp_filter_ctx filter, int call)
{
    struct scmp_arg_cmp data = LOW_BITS_EQUAL(2, PROT_EXEC, 0);
    return filter_allow_where(filter, call, &data);
}

static void release(scmp_filter_ctx *filter)
{
    seccomp_release(*filter);
}

/* Only the native calls: the other tables (32 bits, x32) have numbers of their own for
 * everything above. Killed, not refused: a process whose every call fails, exit included, would
 * do what nobody can foresee; SIGSYS says what happened. no_new_privs is set by privs, which is
 * checked; libseccomp need not do it again. */
static int set_attributes(scmp_filter_ctx filter)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    return failed ? failed : seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
}

int filter_install(uint32_t otherwise, filter_part *const *parts, size_t count,
                   struct error *err)
{
    cleanup_with(release) scmp_filter_ctx filter = seccomp_init(otherwise);
    if (!filter)
        return error_set(err, "cannot make a seccomp filter: out of memory");
    int failed = set_attributes(filter);
    for (size_t i = 0; i < count && !failed; i++)
        failed = parts[i](filter);
    if (!failed)
        failed = seccomp_load(filter);
    if (failed) {
        errno = -failed;
        return error_errno(err, "cannot install the seccomp filter");
    }
    return 0;
}
