// SPDX-License-Identifier: GPL-2.0-or-later
//
// The name server of the fake internet: UDP and TCP, authoritative for everything. Written here
// and not taken from a library, so that it can answer what no decent server would.

'use strict';

const dgram = require('dgram');
const net = require('net');
const { lookup } = require('./zone.js');

const TYPES = {
    A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, SVCB: 64, HTTPS: 65,
    NULL: 10, AXFR: 252, ANY: 255,
};
const UDP_MAX = 1232; // bytes of an answer before it is cut short
const TTL = 60;

function typeName(number) {
    return Object.keys(TYPES).find((name) => TYPES[name] === number) ?? `TYPE${number}`;
}

function v4Bytes(text) {
    return Buffer.from(text.split('.').map(Number));
}

function v6Bytes(text) {
    const mapped = text.match(/^(.*:)(\d+\.\d+\.\d+\.\d+)$/);
    if (mapped) {
        const [a, b, c, d] = mapped[2].split('.').map(Number);
        text = `${mapped[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    }
    const [head, tail] = text.split('::').map((part) => (part ? part.split(':') : []));
    const zeros = tail ? Array(8 - head.length - tail.length).fill('0') : [];
    const words = [...head, ...zeros, ...(tail ?? [])];
    return Buffer.from(words.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]));
}

function nameBytes(name) {
    const labels = name.split('.').filter(Boolean).map((label) => {
        const bytes = Buffer.from(label, 'latin1');
        return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    });
    return Buffer.concat([...labels, Buffer.from([0])]);
}

function parse(message) {
    const labels = [];
    let at = 12;
    while (at < message.length && message[at] > 0 && message[at] < 64) {
        labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
        at += 1 + message[at];
    }
    if (message.length < at + 5)
        return null;
    return {
        name: labels.join('.'),
        type: typeName(message.readUInt16BE(at + 1)),
        question: message.subarray(12, at + 5),
    };
}

// The records that answer, behind those of the aliases on the way.
function collect(name, type, ask) {
    const found = ask(name);
    if (!Array.isArray(found))
        return found;
    const alias = found.find((record) => record[0] === 'CNAME');
    if (!alias)
        return found.filter((record) => record[0] === type).map((record) => [name, ...record]);
    const rest = collect(alias[1], type, ask);
    return [[name, ...alias], ...(Array.isArray(rest) ? rest : [])];
}

function recordBytes([name, type, data, ttl]) {
    const value = type === 'A' ? v4Bytes(data) : type === 'AAAA' ? v6Bytes(data) : nameBytes(data);
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(TYPES[type], 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(ttl ?? TTL, 4);
    fixed.writeUInt16BE(value.length, 8);
    return Buffer.concat([nameBytes(name), fixed, value]);
}

function answerBytes(message, query, records, rcode, most) {
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    const bodies = records.map(recordBytes);
    let size = 12 + query.question.length, count = 0;
    while (count < bodies.length && size + bodies[count].length <= most)
        size += bodies[count++].length;
    const cut = count < bodies.length ? 0x0200 : 0;
    head.writeUInt16BE(0x8580 | cut | rcode, 2); // an authoritative answer
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(cut ? 0 : count, 6);
    return Buffer.concat([head, query.question, ...(cut ? [] : bodies.slice(0, count))]);
}

// When it is sent, in milliseconds.
function lateness(message, answers) {
    const query = parse(message);
    return (query && answers(query.name.toLowerCase(), 0, query.type)?.late) || 0;
}

// The answer, or null: none.
function answer(message, most, answers, asked) {
    const query = parse(message);
    if (!query)
        return null;
    const counted = (name) => {
        const key = `${query.type} ${name}`;
        const before = asked.get(key) ?? 0;
        asked.set(key, before + 1);
        return answers(name, before, query.type);
    };
    const records = collect(query.name.toLowerCase(), query.type, counted);
    if (records === null)
        return null;
    if (records === undefined)
        return answerBytes(message, query, [], 3, most);
    if (records.garbage)
        return Buffer.concat([message.subarray(0, 2), Buffer.alloc(40, 0xc0)]);
    if (records.rcode)
        return answerBytes(message, query, [], records.rcode, most);
    return answerBytes(message, query, records, 0, most);
}

function serve(log, answers = lookup, port = 53) {
    const asked = new Map();
    const note = (transport, message) => {
        const query = parse(message);
        log('dns', transport, query?.type ?? '-', query?.name || '.');
    };
    const udp = dgram.createSocket({ type: 'udp6', ipv6Only: false });
    udp.on('message', (message, from) => {
        note('udp', message);
        const reply = answer(message, UDP_MAX, answers, asked);
        if (reply)
            setTimeout(() => udp.send(reply, from.port, from.address), lateness(message, answers));
    });
    const tcp = net.createServer((socket) => {
        let have = Buffer.alloc(0);
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
            have = Buffer.concat([have, bytes]);
            while (have.length >= 2 && have.length >= 2 + have.readUInt16BE(0)) {
                const message = have.subarray(2, 2 + have.readUInt16BE(0));
                have = have.subarray(2 + message.length);
                note('tcp', message);
                const reply = answer(message, 65535, answers, asked);
                if (!reply)
                    continue;
                const size = Buffer.alloc(2);
                size.writeUInt16BE(reply.length);
                socket.write(Buffer.concat([size, reply]));
            }
        });
    });
    return Promise.all([
        new Promise((done) => udp.bind(port, '::', done)),
        new Promise((done) => tcp.listen(port, '::', done)),
    ]);
}

module.exports = { serve };
