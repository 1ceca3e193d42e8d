// SPDX-License-Identifier: GPL-2.0-or-later
//
// What both fake APIs share: command line, scenario, record, server-sent events.
//
// A scenario is a JSON file:
//
//     { "turns": [ ["id -u", "touch made-by-agent"], ["cat made-by-agent"] ], "text": "done" }
//
// Each turn is a list of shell commands that the agent is made to run with its own tool, all of
// one turn in one answer; after the last turn the agent gets `text` and finishes.
//
// The servers keep no state: the turn follows from how many results the conversation already
// holds, so that retries and side requests of an agent do not disturb it.
//
// Every request becomes one line of the record:
//
//     {"method", "path", "headers", "body", "results": ["what the agent's tool said", …]}

'use strict';

const fs = require('fs');
const http = require('http');
const { parseArgs } = require('util');

const BODY_MAX = 64 << 20;

function fail(program, message) {
    process.stderr.write(`${program}: ${message}\n`);
    process.exit(2);
}

function options(program) {
    let values;
    try {
        ({ values } = parseArgs({
            options: {
                host: { type: 'string', default: '127.0.0.1' },
                port: { type: 'string', default: '0' },
                scenario: { type: 'string' },
                record: { type: 'string' },
            },
        }));
    } catch (error) {
        fail(program, error.message);
    }
    for (const name of ['scenario', 'record']) {
        if (!values[name]) {
            fail(program, `--${name} FILE is missing`);
        }
    }
    return values;
}

function readScenario(program, file) {
    const scenario = JSON.parse(fs.readFileSync(file, 'utf8'));
    const sound =
        Array.isArray(scenario.turns) &&
        scenario.turns.every(
            (turn) =>
                Array.isArray(turn) &&
                turn.length > 0 &&
                turn.every((command) => typeof command === 'string'),
        );
    if (!sound) {
        fail(program, `${file}: "turns" must be a list of lists of commands, none empty`);
    }
    return { text: 'done', ...scenario };
}

// The commands of the turn that follows `count` results, or null when all turns are over.
function turnAfter(scenario, count) {
    let before = 0;
    for (const turn of scenario.turns) {
        if (count <= before) {
            return turn;
        }
        before += turn.length;
    }
    return null;
}

// One event of an event stream (HTML Living Standard, 9.2.5).
function sendEvent(response, data) {
    response.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendEvents(response, events) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    for (const event of events) {
        sendEvent(response, event);
    }
    response.end();
}

function sendJson(response, status, data) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(data));
}

// api: { name, results(body) → [text], answer(request, body, scenario, response) }.
// Prints the base URL once it listens; ends on SIGTERM.
function serve(api) {
    const values = options(api.name);
    const scenario = readScenario(api.name, values.scenario);
    const record = fs.openSync(values.record, 'a');

    const server = http.createServer((request, response) => {
        const chunks = [];
        let size = 0;
        request.on('data', (chunk) => {
            size += chunk.length;
            if (size > BODY_MAX) {
                request.destroy();
            } else {
                chunks.push(chunk);
            }
        });
        request.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            let body = null;
            try {
                body = text === '' ? null : JSON.parse(text);
            } catch (error) {
                body = { unparsed: text };
            }
            const results = body === null ? [] : api.results(body);
            const { method, url: path, headers } = request;
            const line = JSON.stringify({ method, path, headers, body, results });
            fs.writeSync(record, line + '\n');
            api.answer(request, body, scenario, response);
        });
    });
    server.listen(Number(values.port), values.host, () => {
        const { address, port, family } = server.address();
        const host = family === 'IPv6' ? `[${address}]` : address;
        process.stdout.write(`http://${host}:${port}\n`);
    });
    process.on('SIGTERM', () => process.exit(0));
}

module.exports = { serve, turnAfter, sendEvents, sendJson };
