// SPDX-License-Identifier: GPL-2.0-or-later
//
// ssh_client.js SOCKET CASE...: what a hostile or clumsy client sends; each prints "CASE: what
// came back", in short: L a list, F a failure, . the end.
'use strict';
const net = require('net');

const [socket, ...wanted] = process.argv.slice(2);
const list = Buffer.from([0, 0, 0, 1, 11]);
const kinds = { 5: 'F', 12: 'L', 14: 'S' };
const frame = (length, ...contents) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  return Buffer.concat([head, Buffer.from(contents)]);
};
const many = (count, part) => Buffer.concat(Array(count).fill(part));

// What was answered, one letter a frame.
function letters(data) {
  let text = '';
  for (let at = 0; at + 4 < data.length; at += 4 + data.readUInt32BE(at)) {
    text += kinds[data[at + 4]] || '?';
  }
  return text;
}

// Sends, then waits for so many letters or the end.
function talk(send, letters_wanted, end = true) {
  return new Promise((resolve) => {
    let data = Buffer.alloc(0);
    const c = net.connect({ path: socket, allowHalfOpen: true });
    const done = (text) => { c.destroy(); resolve(text); };
    c.on('error', (e) => done(letters(data) + e.code));
    c.on('end', () => done(letters(data) + '.'));
    c.on('data', (more) => {
      data = Buffer.concat([data, more]);
      if (letters(data).length >= letters_wanted) done(letters(data));
    });
    send(c);
    if (end) c.end();
  });
}

const once = (bytes) => (c) => c.write(bytes);
const cases = {
  list: () => talk(once(list), 1, false),
  'half closed': () => talk(once(list), 99),
  'zero length': () => talk(once(frame(0)), 99, false),
  '4 GiB': () => talk(once(frame(0xffffffff, 11)), 99, false),
  'a byte too long': () => talk(once(frame(256 * 1024 + 1, 11)), 99, false),
  'the longest': () => talk(once(Buffer.concat([frame(256 * 1024), Buffer.alloc(256 * 1024, 1)])), 1, false),
  'no agent': () => talk(once('GET / HTTP/1.1\r\n\r\n'), 99, false),
  'cut in the length': () => talk(once(Buffer.from([0, 0])), 99),
  'cut in the frame': () => talk(once(frame(5, 11)), 99),
  nothing: () => talk(() => {}, 99),
  'unknown, then a list': () => talk(once(Buffer.concat([frame(1, 99), list])), 2, false),
  'add, remove, lock': () => talk(once(Buffer.concat([17, 18, 19, 20, 21, 22, 23, 25, 26, 1, 3, 7, 8, 9]
    .map((type) => frame(1, type)))), 14, false),
  'many at once': () => talk(once(many(200, list)), 200, false),
  'byte by byte': () => talk((c) => [...list].forEach((byte, i) =>
    setTimeout(() => c.write(Buffer.from([byte])), 10 * i)), 1, false),
  // Asks and does not read; then somebody else asks.
  'never reads': () => new Promise((resolve) => {
    const c = net.connect({ path: socket });
    c.pause();
    c.on('error', () => {});
    c.write(many(100000, list), () => {});
    setTimeout(() => resolve(talk(once(list), 1, false)), 300);
  }),
  'ten thousand': async () => {
    const open = [];
    for (let i = 0; i < 9900; i += 1) {
      open.push(await new Promise((resolve, reject) => {
        const c = net.connect({ path: socket }, () => resolve(c));
        c.on('error', reject);
      }));
    }
    const answers = await Promise.all(open.filter((c, i) => i % 20 === 0).map((c) => new Promise((resolve) => {
      c.once('data', (data) => resolve(letters(data)));
      c.write(list);
    })));
    return `${answers.length} ${[...new Set(answers)].join('')} ${await talk(once(list), 1, false)}`;
  },
  // With the key that is listed first. Says how many were refused while nobody had answered.
  'a thousand signatures': async () => {
    const keys = await new Promise((resolve) => {
      let data = Buffer.alloc(0);
      const c = net.connect({ path: socket });
      c.write(list);
      c.on('data', (more) => {
        data = Buffer.concat([data, more]);
        if (data.length >= 4 && data.length === 4 + data.readUInt32BE(0)) { c.destroy(); resolve(data); }
      });
    });
    const key = keys.subarray(9, 13 + keys.readUInt32BE(9));
    const rest = Buffer.concat([Buffer.from([13]), key, Buffer.from([0, 0, 0, 1, 120, 0, 0, 0, 0])]);
    const ask = Buffer.concat([frame(rest.length), rest]);
    let refused = 0;
    const all = await Promise.all(Array.from({ length: 1000 }, () => talk(once(ask), 1, false).then((letter) => {
      refused += letter === 'F';
      if (refused === 984 && letter === 'F') console.log('refused 984');
      return letter;
    })));
    return all.sort().join('').replace(/(F+)(S)/, '$1 $2');
  },
};

(async () => {
  for (const name of wanted.length ? wanted : Object.keys(cases)) {
    const result = await cases[name]();
    console.log(`${name}: ${result.replace(/(.)\1{3,}/g, (all, letter) => letter + all.length)}`);
  }
  process.exit(0);
})();
