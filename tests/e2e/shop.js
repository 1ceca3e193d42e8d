// SPDX-License-Identifier: GPL-2.0-or-later
// A small site: greets by name on ports 80 and 8080, over TLS on 443 (with a key and a
// certificate that nobody signed, `shop.pem`), has a download that does not end by itself, and a
// package for npm.
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');

function answer(request, response) {
  if (request.url === '/tiny') {
    const version = { name: 'tiny', version: '1.2.3', dist: { tarball: 'http://shop.example.com/x' } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.2.3' }, versions: { '1.2.3': version } }));
    return;
  }
  if (request.url !== '/slow') {
    response.end(`hello from ${request.headers.host}\n`);
    return;
  }
  response.writeHead(200);
  const timer = setInterval(() => response.write('tick\n'), 100);
  response.on('close', () => clearInterval(timer));
}

const pem = fs.readFileSync('/world/shop.pem');
https.createServer({ key: pem, cert: pem }, answer).listen(443);
http.createServer(answer).listen(8080);
http.createServer(answer).listen(80, () => fs.writeFileSync('/world/shop.ready', ''));
