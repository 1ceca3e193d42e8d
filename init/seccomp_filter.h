/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a system call filter, and its installation: for init/seccomp*.c alone, which are all
 * that use libseccomp. Each returns 0 or a negative errno, as libseccomp does.
 */
#ifndef CLAUDEX_INIT_SECCOMP_FILTER_H
#define CLAUDEX_INIT_SECCOMP_FILTER_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

/* Allowed values of an int argument as ranges; what lies between is denied. */
struct range {
    uint32_t first, last;
};

/*
 * Compares arguments the way the kernel reads them: an int's upper 32 bits are garbage that it
 * ignores, so a filter that looked at them could be walked around.
 */
#define LOW_BITS_EQUAL(argument, mask, value)                                                  \
    SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, (uint64_t)(mask)&UINT32_MAX, (uint64_t)(value))

/* The call fails with `error` where all of the arguments are so. */
int filter_refuse(scmp_filter_ctx filter, int error, int number, unsigned count,
                  const struct scmp_arg_cmp *arguments);
/* Denies what none of the ranges, in ascending order, allows; `also`, or NULL, has to be so. */
int filter_allow_only(scmp_filter_ctx filter, int error, int number, unsigned argument,
                      const struct range *ranges, size_t count,
                      const struct scmp_arg_cmp *also);

int filter_allow(scmp_filter_ctx filter, const int *calls, size_t count);
/* Where its argument is so. */
int filter_allow_where(scmp_filter_ctx filter, int call, const struct scmp_arg_cmp *argument);
/* mmap or mprotect, of memory that holds no code. */
int filter_allow_data(scmp_filter_ctx filter, int call);

/* Makes a filter of the parts and installs it in this process, for good: `otherwise` is what
 * becomes of a call that none of them is about. 0, or -1 with *err. */
typedef int filter_part(scmp_filter_ctx filter);
int filter_install(uint32_t otherwise, filter_part *const *parts, size_t count,
                   struct error *err);

#endif
