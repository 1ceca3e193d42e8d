# SPDX-License-Identifier: GPL-2.0-or-later
# From the sources of test programs to make rules: which objects each program is linked with.
#
# A source says so in a comment near its top (it may run over several lines):
#     /* uses: init/net/rules.c plugin/spec.c */     these beside all of shared/
#     /* wraps: open fsync */                        calls that go to __wrap_open etc.

FNR == 1 {
    finish()
    source = FILENAME
    collecting = ""
    uses = wraps = ""
}

FNR <= 40 {
    line = $0
    if (!collecting && match(line, /^(\/\*| \*) *(uses|wraps): /)) {
        collecting = line ~ /uses: / ? "uses" : "wraps"
        sub(/^.*(uses|wraps): */, "", line)
    }
    if (collecting) {
        ended = line ~ /\*\//
        sub(/\*\/.*/, "", line)
        sub(/^ *\*/, "", line)
        if (collecting == "uses")
            uses = uses " " line
        else
            wraps = wraps " " line
        if (ended)
            collecting = ""
    }
}

END { finish() }

function finish(    name, folder, objects, program, i, n, parts)
{
    if (source == "")
        return
    name = source
    sub(/^.*\//, "", name)
    sub(/\.c$/, "", name)
    folder = source ~ /^tests\/fuzz\// ? "fuzz" : "unit"
    objects = folder == "fuzz" ? "$(BUILD)/test/fuzz-obj/" : "$(BUILD)/test/obj/"
    program = "$(BUILD)/test/" folder "/" name
    n = split(shared " " uses, parts, /[ \t]+/)
    for (i = 1; i <= n; i++) {
        if (parts[i] == "")
            continue
        sub(/\.c$/, ".o", parts[i])
        print program ": " objects parts[i]
    }
    n = split(wraps, parts, /[ \t]+/)
    for (i = 1; i <= n; i++)
        if (parts[i] != "")
            print program ": private WRAP += -Wl,--wrap=" parts[i]
}
