# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the tests' to use
#
# The fake internet (internet.js) for tests. $internet is its folder: ca.pem, log, and www, which
# is the root of its sites. What arrived is asked of its log, never of the client alone.

internet_source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# internet_prepare FOLDER: certificates for every name, and an empty log.
internet_prepare()
{
    internet=$1
    mkdir -p "$internet/www"
    # GnuTLS believes no wildcard right below the top.
    "$internet_source/certificates" "$internet" {www,shop,api,git,registry,evil}.test '*.test' '*.wild.test' \
        db registry.npmjs.org pypi.org files.pythonhosted.org github.com deb.debian.org
    : >"$internet/log"
    internet_mark=0
}

# internet_forget: what arrived until now does not count.
internet_forget() { internet_mark=$(wc -l <"$internet/log"); }

# internet_log: what counts of the log.
internet_log() { tail -n +$((internet_mark + 1)) "$internet/log"; }

# internet_saw REGEX: waits until a whole line of the log matches.
internet_saw()
{
    local end=$((SECONDS + 10))
    until internet_log | grep -qxE -- "$1"; do
        [ "$SECONDS" -lt "$end" ] || {
            echo "the internet never saw: $1; but:"
            internet_log
            return 1
        }
        sleep 0.02
    done
}

# internet_never REGEX: no line of the log matches as a whole. Await an event behind it first.
internet_never()
{
    ! internet_log | grep -xE -- "$1" || {
        echo "and that should never have arrived: $1"
        return 1
    }
}

# internet_count REGEX: how many lines match.
internet_count() { internet_log | grep -cxE -- "$1" || :; }
