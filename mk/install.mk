# SPDX-License-Identifier: GPL-2.0-or-later
# `make install` for the user alone; PREFIX=/usr/local for all. DESTDIR stages a package.
# `make uninstall`, with the same PREFIX, removes exactly what was installed.

# Where docker-claudex looks for its data when it is not beside it (plugin/image/image.h): the one
# in build/ knows the checkout only, the installed one the installed folder only. So the few
# objects that say it are compiled once more.
ifdef PREFIX
DATA_DIR := $(PREFIX)/share/claudex
else
DATA_DIR := $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/claudex
endif

WHERE_SOURCES := $(shell grep -l 'CLAUDEX_\(DATA\|SOURCE\)_DIR' $(PLUGIN_SOURCES) /dev/null)
WHERE_OBJECTS := $(patsubst %.c,$(BUILD)/installed/%.o,$(WHERE_SOURCES))

$(eval $(call remember,$(BUILD)/installed/flags,$(COMPILE) $(DATA_DIR)))

$(BUILD)/installed/plugin/%.o: plugin/%.c $(BUILD)/installed/flags $(DEPS)/stamp/lib-inih | $(DEPS)/stamp/plugin
	@mkdir -p $(@D)
	$(call show,CC)$(COMPILE) $(call data_dir,$(DATA_DIR)) -c $< -o $@

$(BUILD)/installed/docker-claudex: $(WHERE_OBJECTS) $(SHARED_OBJECTS) \
        $(filter-out $(patsubst %.c,$(BUILD)/obj/%.o,$(WHERE_SOURCES)),$(PLUGIN_OBJECTS))
	@mkdir -p $(@D)
	$(call show,LINK)$(LINK) -s -pie $^ $(PLUGIN_LIBS) -o $@

-include $(WHERE_OBJECTS:.o=.d)

.PHONY: install uninstall
install: $(BUILD)/installed/docker-claudex
	$Qscripts/install $< '$(subst ','\'',$(PREFIX))' '$(subst ','\'',$(DESTDIR))'
uninstall:
	$Qscripts/install --remove '$(subst ','\'',$(PREFIX))' '$(subst ','\'',$(DESTDIR))'
