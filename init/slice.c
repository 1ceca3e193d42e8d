/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/slice.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

void slice_shorten(void)
{
    struct sched_attr attributes = {.size = sizeof attributes};
    /* The rest, such as what the engine runs its containers with, stays. */
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0)
        return;
    attributes.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
    attributes.sched_runtime = SLICE_NS;
    (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
