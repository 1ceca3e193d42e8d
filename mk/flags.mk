# SPDX-License-Identifier: GPL-2.0-or-later
# Compilers, flags, and how a command shows itself.

ifeq ($(origin CC),default)
CC := gcc
endif
OBJCOPY ?= objcopy
STRIP   ?= strip

# V=1 shows whole commands, otherwise one word and the target. $(call show,CC) stands in
# front of a recipe.
ifeq ($(V),1)
Q    :=
show :=
else
Q    := @
show = @printf '  %-8s%s\n' '$1' '$(or $2,$@)';
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2
# Who works on it stops at a warning. Who builds the box from an installed copy must not be
# stopped by a warning that a newer compiler has learnt.
ifneq ($(wildcard .git),)
WARNINGS += -Werror
endif
CFLAGS   ?= -O2 -g

# Fortification needs an optimiser; the sanitizers bring checks of their own instead.
HARDENING := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE \
             -D_FORTIFY_SOURCE=2
ifneq ($(filter x86_64% i386% i486% i586% i686%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
HARDENING += -fcf-protection
endif
LD_HARDENING := -Wl,-z,relro,-z,now,-z,noexecstack

# The libraries' headers are not ours to mend: -isystem silences them.
CPPFLAGS_OURS = -D_GNU_SOURCE -I. -isystem $(DEPS)/include -DCLAUDEX_VERSION='"$(VERSION)"'
CFLAGS_OURS   = -std=gnu11 $(WARNINGS) -MMD -MP

# $(call remember,FILE,TEXT): FILE changes exactly when TEXT does; what depends on it is made
# anew when a flag, a compiler or the version changes.
define remember
$1: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' $(call quote,$2) | cmp -s - $$@ || printf '%s\n' $(call quote,$2) >$$@
endef
quote = '$(subst ','\'',$(subst $$,$$$$,$1))'

.PHONY: FORCE
FORCE:
