// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: listener.js FILE
//
// Listens on one port of all addresses, TCP and UDP, and writes a line "tcp ADDRESS" or
// "udp ADDRESS" to FILE for whatever arrives there. FILE.port holds the port once both listen.
// A TCP client gets "hello\n", so that it knows a connection from a silence.

'use strict';

const dgram = require('dgram');
const fs = require('fs');
const net = require('net');

const file = process.argv[2];
fs.writeFileSync(file, '');

function arrived(protocol, address) {
    fs.appendFileSync(file, `${protocol} ${address}\n`);
}

const tcp = net.createServer((socket) => {
    arrived('tcp', socket.remoteAddress);
    socket.on('error', () => {});
    socket.end('hello\n');
});
tcp.listen(0, '::', () => {
    const { port } = tcp.address();
    const udp = dgram.createSocket('udp6');
    udp.on('message', (message, from) => arrived('udp', from.address));
    udp.bind(port, '::', () => {
        fs.writeFileSync(`${file}.new`, String(port));
        fs.renameSync(`${file}.new`, `${file}.port`);
    });
});

process.on('SIGTERM', () => process.exit(0));
