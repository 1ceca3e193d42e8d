# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 17: allowed names that lead to special addresses
#
# bare: +
# open: .
# allowlist: -
# api: -
# lockdown: -

names=(metadata metadata-alias private private-172 private-192 cgnat mapped mapped-metadata nat64 sixtofour)
for name in "${names[@]}"; do
    trace+=("http $name.test GET /17 ")
done
never=('(http|https) ' 'tcp [^ ]+ (169|10|172|192|100|fd|fe|64:|2002:)[^ ]+ 80 ')
throw()
{
    for name in "${names[@]}"; do
        client get "http://$name.test/17"
    done
}
