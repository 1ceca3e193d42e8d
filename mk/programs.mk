# SPDX-License-Identifier: GPL-2.0-or-later
# docker-claudex and claudex-init.

.PHONY: init plugin
init: $(BUILD)/claudex-init
plugin: $(BUILD)/docker-claudex

SHARED_SOURCES := $(wildcard shared/*.c)
PLUGIN_SOURCES := $(wildcard plugin/*.c plugin/*/*.c)
INIT_SOURCES   := $(wildcard init/*.c init/*/*.c)

# Both programs' parts as objects, position independent.
COMPILE = $(CC) $(CPPFLAGS_OURS) $(CPPFLAGS) $(CFLAGS_OURS) -fPIE $(HARDENING) $(CFLAGS) \
          -ffunction-sections -fdata-sections -ffile-prefix-map='$(subst ','\'',$(CURDIR))'=.

$(eval $(call remember,$(BUILD)/flags,$(COMPILE)))

# A purpose is seen to again when scripts/deps changes; objects only when it made a library anew,
# which is when the stamp of that library is new ("@:" has make look).
$(DEPS)/stamp/%: scripts/deps $(wildcard scripts/patches/*/*.patch)
	$QCLAUDEX_DEPS=$(DEPS) CC='$(CC)' scripts/deps $*
$(DEPS)/stamp/lib-inih: $(DEPS)/stamp/shared
	@:
$(DEPS)/stamp/lib-libiptc $(DEPS)/stamp/lib-libgit2: $(DEPS)/stamp/init
	@:

$(BUILD)/obj/shared/%.o: shared/%.c $(BUILD)/flags $(DEPS)/stamp/lib-inih
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) -c $< -o $@

$(BUILD)/obj/init/%.o: init/%.c $(BUILD)/flags $(addprefix $(DEPS)/stamp/lib-,inih libiptc libgit2)
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) -c $< -o $@

# Where the plugin finds what it builds the image from (plugin/image/image.h): one compiled for the
# checkout knows the checkout only, one to be installed the installed folder only.
$(BUILD)/obj/plugin/%.o: plugin/%.c $(BUILD)/flags $(DEPS)/stamp/lib-inih | $(DEPS)/stamp/plugin
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) $(call data_dir,$(CURDIR)) -c $< -o $@

data_dir = -DCLAUDEX_DATA_DIR='"$(subst ','\'',$1)"' -DCLAUDEX_SOURCE_DIR='"$(subst ','\'',$1)"'

objects = $(patsubst %.c,$(BUILD)/$1/%.o,$2)
SHARED_OBJECTS := $(call objects,obj,$(SHARED_SOURCES))
PLUGIN_OBJECTS := $(call objects,obj,$(PLUGIN_SOURCES))
INIT_OBJECTS   := $(call objects,obj,$(INIT_SOURCES))

# libcurl, libarchive and libidn2 are not here: the plugin loads them when it first needs them, for
# linking libcurl alone would cost 6 ms of every start. The small ones go in where they have a
# static form: a tenth of the start was ld.so looking for the two.
archive = $(if $(filter /%,$(shell $(CC) -print-file-name=lib$1.a)),-l:lib$1.a,-l$1)
PLUGIN_LIBS := $(DEPS)/lib/libinih.a $(call archive,jansson) $(call archive,md) -ldl
INIT_LIBS   := $(addprefix $(DEPS)/lib/,libip4tc.a libip6tc.a libgit2.a libinih.a) -ljansson -lmd \
               -lseccomp -lhttp_parser -lcares -lmbedtls -lmbedx509 -lmbedcrypto -lz -lyaml

LINK = $(CC) $(CFLAGS) $(LDFLAGS) $(LD_HARDENING) -Wl,--gc-sections -Wl,--as-needed

$(BUILD)/docker-claudex: $(PLUGIN_OBJECTS) $(SHARED_OBJECTS)
	$(call show,LINK)$(LINK) -pie $^ $(PLUGIN_LIBS) -o $@

# Static, so that it runs in any image of this CPU; position independent all the same. Its
# symbols go into a file beside it, where gdb and valgrind find them.
$(BUILD)/claudex-init: $(INIT_OBJECTS) $(SHARED_OBJECTS)
	$(call show,LINK)$(LINK) -static-pie $^ $(INIT_LIBS) -o $@.debug
	$Q$(STRIP) -o $@.new $@.debug
	$Q$(OBJCOPY) --add-gnu-debuglink=$@.debug $@.new && mv $@.new $@

-include $(patsubst %.o,%.d,$(SHARED_OBJECTS) $(PLUGIN_OBJECTS) $(INIT_OBJECTS))
