// SPDX-License-Identifier: GPL-2.0-or-later
//
// ssh_agent.js SOCKET WAY: an ssh agent of no keys that treats the first who asks it anything
// as WAY says, and everybody else well. What it was asked is written to stdout, a type a line.
'use strict';
const net = require('net');

const [socket, way] = process.argv.slice(2);
const list = Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]);
const ways = {
  silent: () => {},
  garbage: (c) => c.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  huge: (c) => c.write(Buffer.from([255, 255, 255, 255, 12])),
  empty: (c) => c.write(Buffer.from([0, 0, 0, 0])),
  another: (c) => c.write(Buffer.from([0, 0, 0, 5, 14, 0, 0, 0, 0])),
  lies: (c) => c.write(Buffer.from([0, 0, 0, 5, 12, 255, 255, 255, 255])),
  half: (c) => c.end(list.subarray(0, 6)),
  dies: (c) => c.destroy(),
  twice: (c) => c.write(Buffer.concat([list, list])),
  slowly: (c) => [...list].forEach((byte, i) => setTimeout(() => c.write(Buffer.from([byte])), 20 * i)),
  well: (c) => c.write(list),
};

let first = true;
net.createServer((client) => {
  const treat = {};
  client.on('error', () => {});
  client.on('data', (data) => {
    console.log(data[4]);
    if (!treat.how) {
      treat.how = first ? ways[way] : ways.well;
      first = false;
    }
    treat.how(client);
  });
}).listen(socket);
