// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: git-server.js FOLDER LOG   the repositories of FOLDER over HTTPS, by git http-backend
//
// FOLDER has server.key and server.pem. Prints its port into LOG.port, a line a request into LOG.
// What is asked for below /stall/ gets no answer.
'use strict';
const fs = require('fs');
const https = require('https');
const { spawn } = require('child_process');

const [folder, log] = process.argv.slice(2);
const options = {
  key: fs.readFileSync(`${folder}/server.key`), cert: fs.readFileSync(`${folder}/server.pem`),
};

// A CGI's answer: header lines, an empty one, the body.
function pass(child, response) {
  let head = Buffer.alloc(0);
  child.stdout.on('data', (bytes) => {
    if (!head) {
      response.write(bytes);
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name, value] = line.split(/: (.*)/s);
      if (name === 'Status') response.statusCode = parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = null;
  });
  child.on('close', () => response.end());
}

const server = https.createServer(options, (request, response) => {
  const [path, query] = request.url.split('?');
  fs.appendFileSync(log, `${request.method} ${request.url}\n`);
  if (path.startsWith('/stall/')) return;
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*',
      GIT_CONFIG_KEY_1: 'uploadpack.allowReachableSHA1InWant', GIT_CONFIG_VALUE_1: 'true',
      PATH_INFO: path, QUERY_STRING: query || '', REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] || '', REMOTE_ADDR: '127.0.0.1',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] || '',
      GIT_PROTOCOL: request.headers['git-protocol'] || '',
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  pass(child, response);
});
server.listen(0, '0.0.0.0', () => fs.writeFileSync(`${log}.port`, `${server.address().port}\n`));
