# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts share. Sourced, never run; the sourcing script sets `self` (its own name).
#
# Results go to stdout, everything else to stderr; a failure of ours exits 125 (docs: cli).

say() { printf '%s: %s\n' "${self:-claudex}" "$*" >&2; }

# die WHAT [REMEDY]
die()
{
    say "$1"
    if [ $# -gt 1 ]; then
        printf '%*s  %s\n' "${#self}" '' "$2" >&2
    fi
    exit 125
}

usage_error() { say "$1"; printf 'Try: %s --help\n' "$self" >&2; exit 2; }

# need_root WHY: ends with the command that would work where we are not root.
need_root()
{
    [ "$(id -u)" = 0 ] || die "needs root: $1" "try: sudo $0 $2"
}

have() { command -v "$1" >/dev/null 2>&1; }

# apt_install PACKAGE…: installs what is missing; waits for another apt instead of failing.
apt_install()
{
    have apt-get || die "missing here: $*" "this is no Debian-like machine; install them and try again"
    need_root "to install $*" ''
    say "installing $*"
    # The lists of a fresh machine are empty or stale: what the first try says is of no interest.
    if ! apt_get install -y --no-install-recommends "$@" >/dev/null 2>&1; then
        apt_get update >&2 || die "apt-get update failed" "see above; is the mirror reachable?"
        apt_get install -y --no-install-recommends "$@" >/dev/null ||
            die "cannot install $*" "apt-get's messages are above"
    fi
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }

# wait_until SECONDS COMMAND…: polls ten times a second; 1 once the time is over.
wait_until()
{
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debian_mirror=${CLAUDEX_DEBIAN_MIRROR:-http://deb.debian.org/debian}

# apt_foreign DIR RELEASE: prepares an apt world of another Debian release below DIR, which
# reads and writes nothing of the machine's own, and points APT_CONFIG at it. Signatures are
# checked as ever.
apt_foreign()
{
    local dir=$1 release=$2
    if ! have apt-get || ! have dpkg-deb; then
        die "apt-get and dpkg-deb are not here" "see https://docs.docker.com/engine/install/"
    fi
    [ -r "$debian_keyring" ] ||
        die "no $debian_keyring" "install the package debian-archive-keyring"
    mkdir -p "$dir/lists/partial" "$dir/archives/partial"
    cat >"$dir/debian.sources" <<EOF
Types: deb
URIs: $debian_mirror
Suites: $release $release-updates
Components: main
Signed-By: $debian_keyring
EOF
    # The user _apt may not be able to enter our folder; what arrives is verified all the same.
    cat >"$dir/apt.conf" <<EOF
Dir::Etc::sourcelist "$dir/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
Acquire::Languages "none";
APT::Sandbox::User "root";
EOF
    : >"$dir/status"
    export APT_CONFIG=$dir/apt.conf
}
