# SPDX-License-Identifier: GPL-2.0-or-later
# The walls between the rooms, and the habits that a machine can check.
# shellcheck shell=bash

setup()
{
    cd -- "$BATS_TEST_DIRNAME/../.." || return
}

# none TEXT LINE...: fails and lists the lines, if there are any.
none()
{
    local what=$1
    shift
    [ -n "$*" ] || return 0
    printf '%s:\n%s\n' "$what" "$*"
    return 1
}

# includes PATTERN FOLDER...: where a matching file is included below the folders.
includes()
{
    local pattern=$1
    shift
    grep -rnE --include='*.[ch]' "^[ \t]*#[ \t]*include[ \t]*[<\"]($pattern)" "$@" || [ $? = 1 ]
}

# files PATTERN: the sources of the programs that include it.
files() { includes "$1" shared plugin init | cut -d : -f 1 | sort -u; }

# The C sources of everything.
sources() { find shared plugin init tests -name '*.[ch]' | sort; }

@test "plugin/ does not look into init/" {
    none 'includes' "$(includes '(\.\./)*init/' plugin)"
}

@test "init/ does not look into plugin/" {
    none 'includes' "$(includes '(\.\./)*plugin/' init)"
}

@test "shared/ looks into neither" {
    none 'includes' "$(includes '(\.\./)*(init|plugin)/' shared)"
}

@test "includes are rooted at the repository" {
    none 'includes' "$(includes '\.\.?/' shared plugin init tests)"
    # A name in quotes has a folder; a bare one would depend on where the includer lies.
    none 'includes' "$(grep -rnE --include='*.[ch]' '^[ \t]*#[ \t]*include[ \t]*"[^/"]*"' shared plugin init || [ $? = 1 ])"
}

@test "each dangerous library has one user" {
    local header users
    for header in 'libiptc/' 'curl/' 'archive(_entry)?\.h' 'seccomp\.h' 'ini\.h' 'libmnl/' 'libnftnl/' 'linux/landlock\.h' 'http_parser\.h'; do
        users=$(files "$header")
        [ "$(echo "$users" | wc -l)" -le 1 ] || none "$header is included from" "$users"
    done
}

@test "libgit2 has one room" {
    none 'includes' "$(includes 'git2' shared plugin init | grep -v '^init/git/' || [ $? = 1 ])"
    none 'headers' "$(includes 'git2' init/git | grep '\.h:' || [ $? = 1 ])"
}

@test "nothing prints or exits behind shared/log's back" {
    # Results go to stdout by printf; a message on stderr has one form.
    none 'stderr' "$(grep -rnE --include='*.c' '\b(perror|vfprintf|fprintf)[ ]*\(.*stderr' shared plugin init |
        grep -v '^shared/log\.c:' || [ $? = 1 ])"
}

@test "functions that cannot report an error or a bound are not called" {
    none 'calls' "$(grep -rnE --include='*.[ch]' \
        '\b(atoi|atol|atoll|atof|gets|sprintf|vsprintf|strtok|system|popen|tmpnam|mktemp)[ ]*\(' \
        shared plugin init || [ $? = 1 ])"
}

@test "every source starts with its licence" {
    local file first bad=
    while read -r file; do
        IFS= read -r first <"$file" || :
        case $first in
        '/* SPDX-License-Identifier: GPL-2.0-or-later */') ;;
        *) bad+=" $file" ;;
        esac
    done < <(sources)
    while read -r file; do
        head -n 2 "$file" | grep -qF 'SPDX-License-Identifier: GPL-2.0-or-later' || bad+=" $file"
    done < <(find Makefile Dockerfile mk scripts .ci compose tests -type f \
        \( -name Makefile -o -name Dockerfile -o -name '*.mk' -o -name '*.awk' -o -name '*.bats' \
        -o -name '*.bash' -o -name '*.sh' -o -name '*.js' -o -name '*.yaml' -o -perm -u+x \) 2>/dev/null)
    none 'without SPDX in its first lines' "$bad"
}

@test "every header is guarded by its path" {
    local file guard bad=
    while read -r file; do
        guard=CLAUDEX_$(echo "${file%.h}" | tr 'a-z/-' 'A-Z__')_H
        # The last two parts of a deeper path are enough: init/net/rules.h is CLAUDEX_NET_RULES_H.
        short=CLAUDEX_$(echo "${file%.h}" | sed 's,.*/\([^/]*/[^/]*\)$,\1,' | tr 'a-z/-' 'A-Z__')_H
        grep -qE "^#ifndef ($guard|$short)$" "$file" || bad+=" $file"
    done < <(sources | grep '\.h$')
    none 'without its guard' "$bad"
}

@test "no file left behind half done" {
    none 'TODO' "$(grep -rnE '\b(TODO|FIXME|XXX)\b' shared plugin init scripts mk Makefile || [ $? = 1 ])"
}

@test "a pure file does no I/O" {
    # They decide and nothing else: bytes in, verdict out (and so fuzzers can eat them).
    local file bad=
    for file in init/net/rules.c init/net/rules_print.c plugin/session/spec.c plugin/image/recipe.c plugin/image/trace.c shared/parse.c \
        shared/control.c init/ssh/wire.c init/ssh/frame.c init/ssh/identities.c init/ssh/key.c \
        init/ssh/signed.c init/ssh/message.c init/net/dns.c init/net/hello.c init/net/host.c \
        init/net/http_fields.c init/net/http_request.c init/net/http_head.c init/net/names.c \
        init/net/siphash.c init/home/toml.c init/home/settings.c init/home/token_file.c init/home/skill_text.c \
        shared/login.c shared/skill_source.c; do
        [ -e "$file" ] || continue
        bad+=$(grep -nE '^#include <(unistd|fcntl|sys/socket|sys/ioctl|dirent)\.h>|\b(open|openat|socket|fopen|ioctl|getenv)[ ]*\(' "$file" |
            sed "s,^,$file:,")
    done
    none 'I/O' "$bad"
}

@test "the compose file adds the capabilities of the one table" {
    local table compose
    table=$(sed -n 's/^    {[0-9]*, "\([A-Z_]*\)", .*/\1/p' shared/capabilities.c | paste -s -d ' ')
    compose=$(sed -n 's/^ *cap_add: \[\(.*\)\]/\1/p' compose/compose.yaml | tr -d ,)
    [ -n "$table" ]
    [ "$compose" = "$table" ] || none 'table and compose/compose.yaml differ' "$table / $compose"
}
