# SPDX-License-Identifier: GPL-2.0-or-later
# Tests; tests/README.md says how they are laid out. T=PATTERN (a shell pattern) picks some.

TEST_CC ?= clang

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMPILE_TEST = $(TEST_CC) $(CPPFLAGS_OURS) $(CPPFLAGS) $(CFLAGS_OURS) -O1 -g $(SANITIZE) \
               $(call data_dir,$(CURDIR))
COMPILE_FUZZ = $(COMPILE_TEST) -fsanitize=fuzzer-no-link
TEST_LIBS    = $(addprefix $(DEPS)/lib/,libinih.a libip4tc.a libip6tc.a) -ljansson -lmd \
               -lseccomp -ldl -lutil

$(eval $(call remember,$(BUILD)/test/flags,$(COMPILE_TEST) $(TEST_LIBS)))

$(BUILD)/test/obj/%.o: %.c $(BUILD)/test/flags $(DEPS)/stamp/test
	@mkdir -p $(@D)
	$(call show,TEST CC)$(COMPILE_TEST) -c $< -o $@

$(BUILD)/test/fuzz-obj/%.o: %.c $(BUILD)/test/flags $(DEPS)/stamp/test
	@mkdir -p $(@D)
	$(call show,FUZZ CC)$(COMPILE_FUZZ) -c $< -o $@

UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/test/unit/%,$(UNIT_SOURCES))
FUZZ_TESTS   := $(patsubst tests/fuzz/%.c,$(BUILD)/test/fuzz/%,$(FUZZ_SOURCES))

# The rules of the programs, from what each source says it uses. Read only where a goal needs
# them.
ifneq ($(filter test% fuzz% bench $(BUILD)/test/%,$(MAKECMDGOALS)),)
include $(BUILD)/test/programs.mk
-include $(shell find $(BUILD)/test -name '*.d' 2>/dev/null)
endif

$(BUILD)/test/programs.mk: mk/uses.awk $(UNIT_SOURCES) $(FUZZ_SOURCES)
	@mkdir -p $(@D)
	@awk -v shared='$(SHARED_SOURCES)' -f mk/uses.awk $(UNIT_SOURCES) $(FUZZ_SOURCES) \
		</dev/null >$@

$(BUILD)/test/unit/%: $(BUILD)/test/obj/tests/unit/%.o
	@mkdir -p $(@D)
	$(call show,LINK)$(TEST_CC) $(SANITIZE) $(filter %.o,$^) $(WRAP) -lcmocka $(TEST_LIBS) -o $@

$(BUILD)/test/fuzz/%: $(BUILD)/test/fuzz-obj/tests/fuzz/%.o
	@mkdir -p $(@D)
	$(call show,LINK)$(TEST_CC) $(SANITIZE) -fsanitize=fuzzer $(filter %.o,$^) $(WRAP) $(TEST_LIBS) -o $@

.PHONY: test-unit-build
test-unit-build: $(filter $(BUILD)/test/unit/test_$(subst *,%,$(or $(T),*)),$(UNIT_TESTS))

.PHONY: test-unit
test-unit: test-unit-build
	$Qfor t in $(filter $(BUILD)/test/unit/test_$(subst *,%,$(or $(T),*)),$(UNIT_TESTS)); do echo "$$t"; "$$t" || exit 1; done
