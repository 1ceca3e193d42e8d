// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of the fake internet. An answer is a list of records, or a function of how often
// the name was asked for before, and for which type, that returns one; null: none comes at all. A record is
// [type, data, ttl]. What is not here, and no `*.` entry covers, does not exist.
//
// 11.0.0.0/8 and 2600:c1a::/32 stand for the internet at large: to the gate they are addresses
// like any other, and no test's packet gets as far as those who own them. 11.0.9.0/24 and
// 2600:dead::/32 are where nobody answers, where a test made such routes.

'use strict';

const HOME4 = '11.0.0.1', HOME6 = '2600:c1a::1';
const both = (n) => [['A', `11.0.0.${n}`], ['AAAA', `2600:c1a::${n}`]];
const many = Array.from({ length: 1000 }, (_, i) => ['A', `11.1.${i >> 8}.${i & 255}`]);

const names = {
    // One address, several sites: a shared host.
    'www.test': both(1),
    'shop.test': both(1),
    'api.test': both(1),
    'registry.test': both(1),
    'git.test': both(1),
    'evil.test': both(1),
    // An attacker's own address.
    'attacker.test': both(66),
    // A name that ends like an allowed one, or begins so.
    'www.test.evil.test': both(66),
    'evilwww.test': both(66),
    '*.wild.test': both(5),
    'wild.test': both(5),
    'v4.test': [['A', '11.0.0.4']],
    'v6.test': [['AAAA', '2600:c1a::6']],
    'alias.test': [['CNAME', 'www.test']],
    // Where no name may lead.
    'metadata.test': [['A', '169.254.169.254']],
    'metadata-alias.test': [['CNAME', 'metadata.test']],
    'private.test': [['A', '10.99.0.1'], ['AAAA', 'fd99::1']],
    'private-172.test': [['A', '172.16.0.1']],
    'private-192.test': [['A', '192.168.0.1']],
    'cgnat.test': [['A', '100.64.0.1']],
    'zero.test': [['A', '0.0.0.0'], ['AAAA', '::']],
    'loopback.test': [['A', '127.0.0.1'], ['AAAA', '::1']],
    'linklocal.test': [['AAAA', 'fe80::99']],
    'multicast.test': [['A', '224.0.0.251'], ['AAAA', 'ff02::fb']],
    'broadcast.test': [['A', '255.255.255.255']],
    'synthetic.test': [['A', '198.18.0.1']],
    'mapped.test': [['AAAA', '::ffff:10.99.0.1']],
    'mapped-metadata.test': [['AAAA', '::ffff:169.254.169.254']],
    'nat64.test': [['AAAA', '64:ff9b::a63:1']],
    'sixtofour.test': [['AAAA', '2002:a63:1::1']],
    'teredo.test': [['AAAA', '2001:0:a63:1::1']],
    // Some of it may be dialled, some not.
    'mixed.test': [['A', '10.99.0.1'], ['A', '169.254.169.254'], ['A', '11.0.0.7']],
    // A name of one label, as compose's services have.
    'db': [['A', '10.99.0.1']],
    // As Docker Desktop's name server has it.
    'host.docker.internal': [['A', '10.99.0.1']],
    // The first of the addresses is dead.
    'half-dead.test': [['AAAA', '2600:dead::1'], ['A', '11.0.0.8']],
    'other-half-dead.test': [['A', '11.0.9.1'], ['AAAA', '2600:c1a::8']],
    'dead.test': [['A', '11.0.9.1'], ['AAAA', '2600:dead::1']],
    // Answers that are odd.
    'many.test': many,
    'brief.test': [['A', '11.0.0.11', 0]],
    // So late, in milliseconds, that many can wait for it.
    'late.test': Object.assign([['A', '11.0.0.14', 0]], { late: 1000 }),
    'moving.test': (asked) => [['A', `11.0.2.${1 + asked}`, 0]],
    // Rebinding: the first answer is harmless.
    'rebinding.test': (asked) => [['A', asked === 0 ? '11.0.0.12' : '10.99.0.1', 0]],
    'silent.test': null,
    '*.silent.test': null,
    // The kind of name server that knows nothing of IPv6.
    'half-silent.test': (asked, type) => (type === 'AAAA' ? null : [['A', '11.0.0.13']]),
    'failing.test': { rcode: 2 },
    'garbled.test': { garbage: true },
};

function lookup(name, asked, type) {
    let answer = names[name];
    for (let at = name.indexOf('.'); answer === undefined && at >= 0; at = name.indexOf('.', at + 1))
        answer = names[`*${name.slice(at)}`];
    return typeof answer === 'function' ? answer(asked, type) : answer;
}

module.exports = { names, lookup, HOME4, HOME6 };
