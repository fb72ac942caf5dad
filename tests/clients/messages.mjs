// Drives the gateway with both generations of Anthropic's SDK for JavaScript and the AI SDK's Anthropic provider. Prints one JSON line
// per case; the test project judges them. Arguments: the gateway's address, a client key, and which vendors answer: claude, of
// Anthropic's dialect, or chat, of OpenAI's.
import Sdk1 from '@anthropic-ai/sdk';
import Sdk0 from 'anthropic-sdk-0';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { zodOutputFormat as zodOutputFormat0 } from 'anthropic-sdk-0/helpers/zod';
import { generateText, streamText, tool, jsonSchema, stepCountIs, Output } from 'ai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { z } from 'zod';

const [address, key, vendor] = process.argv.slice(2);
const model = `claude-sonnet-4-5-by-${vendor}`;
const root = address.replace(/\/$/, '');
const user = (content) => [{ role: 'user', content }];
const weather = { name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };
const report = z.object({ city: z.string(), degrees: z.number(), winds: z.array(z.string()) });
const isReport = (value) => report.safeParse(value).success;
const text = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');

async function run(name, body) {
  try {
    console.log(JSON.stringify({ name, ...(await body()) }));
  } catch (error) {
    console.log(JSON.stringify({
      name,
      error: { kind: error.constructor.name, status: error.status ?? error.statusCode, type: error.error?.error?.type, code: error.error?.error?.details?.error_code, message: error.message, requestId: error.requestID },
    }));
  }
}

for (const [sdk, Anthropic, format] of [['sdk 1', Sdk1, zodOutputFormat], ['sdk 0', Sdk0, zodOutputFormat0]]) {
  const client = (options = {}) => new Anthropic({ apiKey: key, baseURL: root, maxRetries: 0, ...options });
  const ask = { model, max_tokens: 100 };

  await run(`${sdk} message`, async () => {
    const { data, response } = await client().messages.create({ ...ask, messages: user('echo: moored 🚢') }).withResponse();
    return { text: text(data), stop: data.stop_reason, usage: data.usage.input_tokens > 0, target: response.headers.get('x-fairlead-target'), mode: response.headers.get('x-fairlead-body-mode'), reason: response.headers.get('x-fairlead-reason'), requestId: data._request_id };
  });

  await run(`${sdk} token`, async () => {
    const data = await client({ apiKey: null, authToken: key }).messages.create({ ...ask, messages: user('echo: moored') });
    return { text: text(data) };
  });

  await run(`${sdk} beta`, async () => {
    const data = await client().beta.messages.create({ ...ask, betas: ['one-2025-01-01'], messages: user('echo: in beta') });
    return { text: text(data) };
  });

  await run(`${sdk} stream`, async () => {
    const message = await client().messages.stream({ ...ask, messages: user('echo: one two 😀') }).finalMessage();
    return { text: text(message), stop: message.stop_reason, usage: message.usage.output_tokens > 0 };
  });

  await run(`${sdk} tools`, async () => {
    const messages = user('Please call get_weather.');
    const first = await client().messages.stream({ ...ask, messages, tools: [weather] }).finalMessage();
    const call = first.content.find((block) => block.type === 'tool_use');
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny.' }] });
    const second = await client().messages.create({ ...ask, messages, tools: [weather] });
    return { stop: first.stop_reason, tool: call.name, city: typeof call.input.city, text: text(second) };
  });

  // From 1.x on the runner asks the vendor to keep the conversation and sends but what is new.
  await run(`${sdk} runner`, async () => {
    const cities = [];
    const run = ({ city }) => cities.push(typeof city) && 'Sunny.';
    const runner = client().beta.messages.toolRunner({ ...ask, stream: true, messages: user('Please call get_weather.'), tools: [{ ...weather, run, parse: (input) => input }] });
    return { text: text(await runner.runUntilDone()), cities };
  });

  await run(`${sdk} schema`, async () => {
    const message = await client().messages.parse({ ...ask, messages: user('Report the weather.'), output_config: { format: format(report) } });
    return { valid: isReport(message.parsed_output) };
  });

  await run(`${sdk} stream schema`, async () => {
    const message = await client().messages.stream({ ...ask, messages: user('Report the weather.'), output_config: { format: format(report) } }).finalMessage();
    return { valid: isReport(message.parsed_output) };
  });

  await run(`${sdk} count`, async () => ({ tokens: (await client().messages.countTokens({ model, messages: user('How many?') })).input_tokens }));

  await run(`${sdk} bad request`, async () => client().messages.create({ ...ask, model: `${vendor}-refused`, messages: user('x') }));
  await run(`${sdk} unknown model`, async () => client().messages.create({ ...ask, model: 'nobody/knows', messages: user('x') }));
  await run(`${sdk} wrong key`, async () => client({ apiKey: 'wrong' }).messages.create({ ...ask, messages: user('x') }));
  await run(`${sdk} exhausted`, async () => client().messages.create({ ...ask, model: `${vendor}-dead`, messages: user('x') }));

  await run(`${sdk} broken stream`, async () => {
    let received = '';
    for await (const event of await client().messages.create({ ...ask, model: `${vendor}-broken`, stream: true, messages: user('tokens: 50') })) received += event.delta?.text ?? '';
    return { received };
  });

  await run(`${sdk} models`, async () => {
    const ids = [];
    for await (const model of client().models.list()) ids.push(model.id);
    return { ids };
  });
}

const anthropic = createAnthropic({ apiKey: key, baseURL: `${root}/v1` });

await run('ai sdk message', async () => {
  const { text, usage } = await generateText({ model: anthropic(model), prompt: 'echo: from the sdk' });
  return { text, usage: usage.outputTokens > 0 };
});

await run('ai sdk stream', async () => {
  const result = streamText({ model: anthropic(model), prompt: 'echo: streamed 😀' });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  return { text, finish: await result.finishReason };
});

const cities = [];
const tools = { get_weather: tool({ inputSchema: jsonSchema(weather.input_schema), execute: async ({ city }) => cities.push(typeof city) && 'Sunny.' }) };
const loop = { model: anthropic(model), prompt: 'Please call get_weather.', stopWhen: stepCountIs(3), tools };

await run('ai sdk tools', async () => {
  const result = await generateText(loop);
  return { steps: result.steps.length, called: result.steps[0].toolCalls[0]?.toolName, text: result.text };
});

await run('ai sdk stream tools', async () => {
  const result = streamText(loop);
  const [steps, text] = [await result.steps, await result.text];
  return { steps: steps.length, called: steps[0].toolCalls[0]?.toolName, text, cities };
});

await run('ai sdk schema', async () => ({ valid: isReport((await generateText({ model: anthropic(model), prompt: 'Report the weather.', output: Output.object({ schema: report }) })).output) }));
await run('ai sdk bad request', () => generateText({ model: anthropic(`${vendor}-refused`), prompt: 'Hello', maxRetries: 0 }));
