# SPDX-License-Identifier: GPL-2.0-or-later
# Tests; tests/README.md says how they are laid out. T=PATTERN (a shell pattern) picks some.

TEST_CC ?= clang

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMPILE_TEST = $(TEST_CC) $(CPPFLAGS_OURS) $(CPPFLAGS) $(CFLAGS_OURS) -O1 -g $(SANITIZE) \
               $(call data_dir,$(CURDIR))
LINK_TEST    = $(TEST_CC) -g $(SANITIZE)
TEST_LIBS   := $(addprefix $(DEPS)/lib/,libinih.a libip4tc.a libip6tc.a libgit2.a) -ljansson -lmd \
               -lseccomp -lhttp_parser -lmbedtls -lmbedx509 -lmbedcrypto -lz -ldl -lutil -lyaml

LIBRARIES   := $(addprefix $(DEPS)/stamp/lib-,inih libiptc libgit2)

$(eval $(call remember,$(BUILD)/test/flags,$(COMPILE_TEST) $(TEST_LIBS)))

$(BUILD)/test/obj/%.o: %.c $(BUILD)/test/flags $(LIBRARIES) | $(DEPS)/stamp/test
	@mkdir -p $(@D)
	$(call show,TEST CC)$(COMPILE_TEST) -c $< -o $@

$(BUILD)/test/fuzz-obj/%.o: %.c $(BUILD)/test/flags $(LIBRARIES) | $(DEPS)/stamp/test
	@mkdir -p $(@D)
	$(call show,FUZZ CC)$(COMPILE_TEST) -fsanitize=fuzzer-no-link -c $< -o $@

UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
# Small programs that the other tests run, one file each: static, for they run in boxes too.
TOOL_SOURCES := $(wildcard tests/box/*.c tests/e2e/*.c tests/bench/*.c)

# $(call chosen,FOLDER,PREFIX,SOURCES): programs of the sources that T names, all without T.
chosen = $(filter $(BUILD)/test/$1/$2$(subst *,%,$(or $(T),*)),\
         $(patsubst tests/$1/%.c,$(BUILD)/test/$1/%,$3))

# libFuzzer takes 0 for ever, and more than an int of seconds for nothing.
MINUTES ?= 10
ifneq ($(filter fuzz,$(MAKECMDGOALS)),)
ifeq ($(shell expr '$(MINUTES)' : '[1-9][0-9]\{0,5\}$$'),0)
$(error MINUTES=$(MINUTES): a whole number of minutes, please, from 1 on)
endif
endif

# Which objects a program is made of, as its source says. Read only where a goal needs it.
ifneq ($(filter test% attack% fuzz% bench% $(BUILD)/test/%,$(MAKECMDGOALS)),)
include $(BUILD)/test/uses.mk
-include $(shell find $(BUILD)/test -name '*.d' 2>/dev/null)
endif

$(BUILD)/test/uses.mk: mk/uses.awk $(UNIT_SOURCES) $(FUZZ_SOURCES)
	@mkdir -p $(@D)
	@awk -v shared='$(SHARED_SOURCES)' -f mk/uses.awk $(UNIT_SOURCES) $(FUZZ_SOURCES) \
		</dev/null >$@

$(BUILD)/test/unit/%: $(BUILD)/test/obj/tests/unit/%.o
	@mkdir -p $(@D)
	$(call show,LINK)$(LINK_TEST) $(filter %.o,$^) $(WRAP) -lcmocka $(TEST_LIBS) -o $@

$(BUILD)/test/fuzz/%: $(BUILD)/test/fuzz-obj/tests/fuzz/%.o
	@mkdir -p $(@D)
	$(call show,LINK)$(LINK_TEST) -fsanitize=fuzzer $(filter %.o,$^) $(WRAP) $(TEST_LIBS) -o $@

define tool
$(BUILD)/test/$1/%: tests/$1/%.c $(BUILD)/flags | $(DEPS)/stamp/test
	@mkdir -p $$(@D)
	$$(call show,CC)$(COMPILE) $$< $(LDFLAGS) -static-pie -o $$@
endef
$(foreach folder,box e2e bench,$(eval $(call tool,$(folder))))

# Measure PID 1's own code, so they are linked with that.
$(addprefix $(BUILD)/test/bench/,toggle ready policy trail): $(BUILD)/test/bench/%: tests/bench/%.c \
                            $(filter-out %/init/main.o,$(INIT_OBJECTS)) $(SHARED_OBJECTS)
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) $(LDFLAGS) -static-pie -Wl,--gc-sections $^ $(INIT_LIBS) -o $@

# claudex-init as it is, but for its clock.
$(BUILD)/test/box/clock_init: tests/box/clock_init.c $(INIT_OBJECTS) $(SHARED_OBJECTS)
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) $(LDFLAGS) -static-pie -Wl,--gc-sections \
		-Wl,--wrap=clock_gettime,--wrap=time $^ $(INIT_LIBS) -o $@

# What scripts/test runs, built; it calls these itself, so that a program that does not
# compile is one failed test and not the end of all of them.
.PHONY: test-unit-programs test-fuzz-programs test-tools
test-unit-programs: $(call chosen,unit,test_,$(UNIT_SOURCES))
test-fuzz-programs: $(call chosen,fuzz,fuzz_,$(FUZZ_SOURCES))
test-tools: $(patsubst tests/%.c,$(BUILD)/test/%,$(TOOL_SOURCES))

# A test run calls make for what it needs, so this make must not build the same meanwhile.
SUITES := unit lint fuzz box attack e2e engines
ifneq ($(filter test attack attack-engines $(SUITES:%=test-%),$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# "+" lends the job server to it, but would also run it under `make -n`.
RUN_TESTS = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),,+)$QBUILD=$(BUILD) MAKE='$(MAKE)' scripts/test $(if $(T),--only '$(T)')

.PHONY: test $(SUITES:%=test-%)
test:
	$(RUN_TESTS) $(SUITES)
$(SUITES:%=test-%): test-%:
	$(RUN_TESTS) $*

.PHONY: attack
attack:
	$(if $(findstring n,$(firstword -$(MAKEFLAGS))),,+)$QBUILD=$(BUILD) MAKE='$(MAKE)' scripts/test $(if $(N),--only '$(N)') attack

.PHONY: attack-engines
attack-engines:
	$(if $(findstring n,$(firstword -$(MAKEFLAGS))),,+)$QBUILD=$(BUILD) MAKE='$(MAKE)' scripts/test --only '$(or $(N),all)' engines

.PHONY: fuzz fuzz-keep coverage
fuzz: test-fuzz-programs
	$QBUILD=$(BUILD) scripts/fuzz $$(($(MINUTES) * 60)) $(call chosen,fuzz,fuzz_,$(FUZZ_SOURCES))
	$Q$(MAKE) coverage
# What the kept corpus reaches, by fuzzers of a build of their own: the sanitizers' checks would
# be counted as branches of the code.
coverage: $(DEPS)/stamp/coverage
	$Q$(MAKE) -s BUILD=$(BUILD)/coverage DEPS=$(DEPS) \
		SANITIZE='-fprofile-instr-generate -fcoverage-mapping' test-fuzz-programs
	$QBUILD=$(BUILD)/coverage scripts/coverage \
		$(patsubst $(BUILD)/%,$(BUILD)/coverage/%,$(call chosen,fuzz,fuzz_,$(FUZZ_SOURCES)))
fuzz-keep: test-fuzz-programs
	$QBUILD=$(BUILD) scripts/fuzz --keep $(call chosen,fuzz,fuzz_,$(FUZZ_SOURCES))

.PHONY: lint
lint: $(DEPS)/stamp/lint $(DEPS)/stamp/test
	$QDEPS=$(DEPS) scripts/lint

.PHONY: bench
bench: all test-tools $(DEPS)/stamp/bench
	$QBUILD=$(BUILD) tests/bench/run $(ROWS)
