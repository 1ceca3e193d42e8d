#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# What is in the image, and what is not. Without claudex-init: as the image lies there.

load lib.bash

setup() { docker image inspect "$image" >/dev/null; }
teardown() { :; }

# as_root COMMAND…, as_node COMMAND…: in a container of the image that has no network.
as_root() { inside 0:0 "$@"; }
as_node() { inside 1000:1000 "$@"; }
inside()
{
    docker run --rm --network none --user "$1" --entrypoint "$2" \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" "$image" "${@:3}"
}

config() { docker image inspect --format "{{json .Config.$1}}" "$image" | jq -r "${2:-.}"; }
label() { config Labels ".[\"io.claudex.$1\"]"; }
pinned() { sed -n "s/^$1=//p" "$top/image/versions"; }

@test "the agents are there in the pinned versions, for an agent's user" {
    equal "$(as_node claude --version)" "$(pinned CLAUDE_CODE_VERSION) (Claude Code)"
    equal "$(as_node codex --version)" "codex-cli $(pinned CODEX_VERSION)"
    equal "$(as_node npm --version)" "$(pinned NPM_VERSION)"
}

@test "the labels say what is in it" {
    equal "$(label version)" "$version"
    equal "$(label claude-code)" "$(pinned CLAUDE_CODE_VERSION)"
    equal "$(label codex)" "$(pinned CODEX_VERSION)"
}

@test "the compose file takes the image of this version" {
    has "$(<"$top/compose/compose.yaml")" "image: \${CLAUDEX_IMAGE:-claudex:$version}"
}

@test "the tools are there and start" {
    for tool in git curl wget rg fd jq fzf tree less node npm npx python3 pip ps claude codex; do
        as_node "$tool" --version >/dev/null
    done
    as_node ssh -V
    as_node python3 -m venv /tmp/venv
}

@test "nothing to become another user with, no relay, no firewall tool, no compiler" {
    for tool in sudo doas pkexec socat iptables ip6tables iptables-legacy nft gcc make dockerd docker; do
        run -127 as_node sh -c "$tool --version"
    done
}

# Files that would give their caller another user, group or capability.
privileged='find / -xdev -type f -perm /6000 && python3 - <<EOF
import os
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev")):
        continue
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.islink(path) and "security.capability" in os.listxattr(path):
            print(path)
EOF'

@test "no setuid, no setgid file, no file capability" {
    equal "$(as_root sh -c "$privileged")" ""
}

@test "control: that search finds each" {
    found=$(as_root sh -c 'cp /bin/true /opt/u && chmod u+s /opt/u && cp /bin/true /opt/g &&
        chmod g+s /opt/g && cp /bin/true /opt/c && python3 -c "import os
os.setxattr(\"/opt/c\", \"security.capability\", bytes.fromhex(\"0100000200200000000000000000000000000000\"))" &&
        '"$privileged")
    equal "$(sort <<<"$found" | xargs)" "/opt/c /opt/g /opt/u"
}

@test "an agent's user can write to its home and the temporary folders, nowhere else" {
    found=$(as_node find / -xdev -writable ! -type l ! -type c -not -path '/proc/*' \
        -not -path '/home/node*' -not -path '/dev/*' 2>/dev/null) || true
    equal "$(sort <<<"$found" | xargs)" "/run/lock /tmp /var/tmp"
}

@test "PID 1 is claudex-init as root, static, and nothing else starts" {
    equal "$(config Entrypoint '.[]')" /usr/local/bin/claudex-init
    equal "$(config User)" ""
    equal "$(config Cmd)" null
    equal "$(config WorkingDir)" /workspace
    equal "$(as_root stat -c '%a %U:%G' /usr/local/bin/claudex-init)" "755 root:root"
    # A dynamic program names its interpreter in a header of type 3 (elf(5)).
    types=$(as_root python3 -c 'import struct
elf = open("/usr/local/bin/claudex-init", "rb").read()
start, size, count = *struct.unpack_from("<Q", elf, 32), *struct.unpack_from("<HH", elf, 54)
print(*(struct.unpack_from("<I", elf, start + i * size)[0] for i in range(count)))')
    has " $types " " 1 "
    lacks " $types " " 3 "
}

@test "user and folders" {
    equal "$(as_root getent passwd 1000)" "node:x:1000:1000::/home/node:/bin/bash"
    equal "$(as_root getent group 1000 | cut -d: -f1,3)" "node:1000"
    equal "$(as_root stat -c '%n %a %U:%G' /workspace /context /run/claudex /run/claudex/private)" \
        "/workspace 755 root:root
/context 755 root:root
/run/claudex 755 root:root
/run/claudex/private 700 root:root"
}

@test "after the agents' layer comes nothing but the skills and claudex-init" {
    after=$(docker history --no-trunc --format '{{.Size}}|{{.CreatedBy}}' "$image" |
        sed '/install-agents *\(#.*\)\{0,1\}$/,$d' | grep -v '^0B|')
    # The smallest is the link that is called `claudex`.
    equal "$(wc -l <<<"$after")" 3
    has "$after" /usr/local/bin/claudex-init
    has "$after" /usr/local/share/claudex/skills
    has "$after" "ln -s claudex-init"
}

@test "nothing of the build stays: proxies, package lists, logs, manuals" {
    run ! grep -i _proxy <<<"$(config Env)"
    equal "$(as_root find /tmp /var/tmp /var/log /var/cache/apt /var/lib/apt/lists /root /build \
        -type f -not -name '.bashrc' -not -name '.profile' 2>/dev/null || true)" ""
    equal "$(as_root find /usr/share/man /usr/share/locale -type f -name '*.gz' -o -name '*.mo')" ""
}

@test "an authority in the system's store holds for every tool" {
    as_root bash /e2e/trust-check
}
