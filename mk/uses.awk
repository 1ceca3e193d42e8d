# SPDX-License-Identifier: GPL-2.0-or-later
# From the sources of test programs to make rules: which objects each program is linked with.
#
# A source says so in comments of their own near its top (they may run over several lines):
#     /* uses: init/net/rules.c plugin/session/spec.c */     these beside all of shared/
#     /* wraps: open fsync */                        calls that go to __wrap_open etc.

FNR == 1 {
    finish()
    source = FILENAME
    collecting = ""
    said["uses"] = said["wraps"] = ""
}

FNR <= 40 && match($0, /^\/\* *(uses|wraps): /) {
    collecting = $0 ~ /^\/\* *uses: / ? "uses" : "wraps"
    $0 = substr($0, RLENGTH + 1)
}

collecting != "" {
    ended = sub(/\*\/.*/, "")
    sub(/^ *\*/, "")
    said[collecting] = said[collecting] " " $0
    if (ended)
        collecting = ""
}

END { finish() }

function finish(    name, folder, objects, program, i, n, words)
{
    if (source == "")
        return
    name = source
    sub(/^.*\//, "", name)
    sub(/\.c$/, "", name)
    folder = source ~ /^tests\/fuzz\// ? "fuzz" : "unit"
    objects = "$(BUILD)/test/" (folder == "fuzz" ? "fuzz-obj/" : "obj/")
    program = "$(BUILD)/test/" folder "/" name
    n = split(shared " " said["uses"], words)
    for (i = 1; i <= n; i++)
        if (sub(/\.c$/, ".o", words[i]))
            print program ": " objects words[i]
        else
            print "$(warning " source ": uses: " words[i] " is no source)"
    n = split(said["wraps"], words)
    for (i = 1; i <= n; i++)
        print program ": private WRAP += -Wl,--wrap=" words[i]
}
