// SPDX-License-Identifier: GPL-2.0-or-later
//
// The other servers of the fake internet.
//
//     7      TCP: sends back what comes, also after the client's end; UDP likewise
//     9      TCP: takes everything, says nothing; at the client's end, how many bytes
//     10     TCP: accepts, and never reads
//     19     TCP: sends until nobody takes it
//     22     TCP: an SSH server's first line, then as 7
//     25     TCP: resets at once
//     26     TCP: says "bye" and ends its half; goes on reading and counts
//     5432   TCP: as 7, for a port without a name inside

'use strict';

const dgram = require('dgram');
const net = require('net');

const ZEROS = Buffer.alloc(64 * 1024);

function pour(socket) {
    const more = () => {
        while (socket.writable && socket.write(ZEROS))
            continue;
    };
    socket.on('drain', more);
    socket.resume();
    more();
}

function count(log, port, socket, farewell) {
    let length = 0;
    if (farewell)
        socket.end(farewell);
    socket.on('data', (part) => { length += part.length; });
    socket.on('end', () => {
        log('received', port, length);
        if (!farewell)
            socket.end(`${length}\n`);
    });
}

const ports = {
    7: (log, port, socket) => socket.pipe(socket),
    9: count,
    10: (log, port, socket) => socket.pause(),
    19: (log, port, socket) => pour(socket),
    22: (log, port, socket) => {
        socket.write('SSH-2.0-fake_internet\r\n');
        socket.pipe(socket);
    },
    25: (log, port, socket) => socket.resetAndDestroy(),
    26: (log, port, socket) => count(log, port, socket, 'bye\n'),
    5432: (log, port, socket) => socket.pipe(socket),
};
const UDP_PORTS = [7, 123, 443, 853, 5353];

function serve(log, wanted = Object.keys(ports)) {
    const listening = wanted.map((port) => new Promise((done) => {
        const server = net.createServer({ allowHalfOpen: true }, (socket) => {
            log('tcp', port, socket.localAddress);
            socket.on('error', (error) => log('broken', port, error.code));
            ports[port](log, port, socket);
        });
        server.listen({ port: Number(port), host: '::', backlog: 4096 }, done);
    }));
    const datagrams = UDP_PORTS.map((port) => new Promise((done) => {
        const socket = dgram.createSocket({ type: 'udp6', ipv6Only: false });
        socket.on('message', (message, from) => {
            log('udp', port, message.length);
            socket.send(message, from.port, from.address);
        });
        socket.bind(port, '::', done);
    }));
    return Promise.all([...listening, ...datagrams]);
}

module.exports = { serve };
