#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
//
// As much of the OpenAI Responses API as Codex needs to run given commands by its exec tool
// (platform.openai.com/docs/api-reference/responses-streaming).
//
// usage: openai.js --scenario FILE --record FILE [--host ADDRESS] [--port PORT]

'use strict';

const { serve, turnAfter, sendEvents, sendJson } = require('./common.js');

// How Codex calls its tool has changed between versions; each takes the command its own way.
const TOOLS = {
    exec_command: (command) => ({ cmd: command, yield_time_ms: 30000 }),
    shell_command: (command) => ({ command }),
    shell: (command) => ({ command: ['bash', '-c', command] }),
};

function textOf(output) {
    if (Array.isArray(output)) {
        return output.map((part) => part.text || '').join('');
    }
    return typeof output === 'string' ? output : JSON.stringify(output);
}

function results(body) {
    return (Array.isArray(body.input) ? body.input : [])
        .filter((item) => item.type === 'function_call_output')
        .map((item) => textOf(item.output));
}

function itemsFor(body, scenario) {
    const offered = (body.tools || []).map((tool) => tool.name);
    const tool = Object.keys(TOOLS).find((name) => offered.includes(name));
    const first = results(body).length;
    const turn = tool ? turnAfter(scenario, first) : null;
    if (turn === null) {
        return [
            {
                type: 'message',
                role: 'assistant',
                id: 'msg_fake',
                content: [{ type: 'output_text', text: scenario.text, annotations: [] }],
            },
        ];
    }
    return turn.map((command, index) => ({
        type: 'function_call',
        id: `fc_${first + index}`,
        call_id: `call_${first + index}`,
        name: tool,
        arguments: JSON.stringify(TOOLS[tool](command)),
    }));
}

function answer(request, body, scenario, response) {
    const path = request.url.split('?')[0];
    if (request.method === 'POST' && path === '/v1/responses') {
        const id = 'resp_fake';
        const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
        sendEvents(response, [
            { type: 'response.created', response: { id } },
            ...itemsFor(body, scenario).map((item, output_index) => ({
                type: 'response.output_item.done',
                output_index,
                item,
            })),
            { type: 'response.completed', response: { id, status: 'completed', usage } },
        ]);
    } else {
        sendJson(response, 404, { error: { message: `no ${path} here` } });
    }
}

serve({ name: 'fake-openai', results, answer });
