# SPDX-License-Identifier: GPL-2.0-or-later
#
# The only way in: `make help` lists what there is. Sources are found by themselves: a new
# .c file in a room (shared/, plugin/, init/…), in tests/unit or in tests/fuzz needs no line here.
#
# The checkout may lie on a path with spaces, so paths are relative throughout.

ifneq ($(firstword $(sort 4.3 $(MAKE_VERSION))),4.3)
$(error GNU make 4.3 or newer is needed, this is $(MAKE_VERSION))
endif

BUILD ?= build
ifneq ($(words $(BUILD)),1)
$(error BUILD=$(BUILD): a folder without spaces, please; the checkout itself may have them)
endif

# What scripts/deps builds, shared by all BUILD folders.
DEPS ?= build/deps

VERSION := $(file < VERSION)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

.PHONY: all
all: init plugin

include mk/flags.mk
include mk/programs.mk
include mk/install.mk
include mk/tests.mk

.PHONY: run
run: plugin
	$Qscripts/run

# What was downloaded and built by scripts/deps and scripts/engine stays: `make` would only
# have to get it again.
.PHONY: clean distclean
clean:
	$Qfind $(BUILD) -mindepth 1 -maxdepth 1 ! -name deps ! -name engine -exec rm -rf {} +
distclean:
	$Qrm -rf $(BUILD)

.PHONY: help
help:
	@cat mk/help.txt
