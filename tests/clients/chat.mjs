// Drives the gateway with OpenAI's SDK for JavaScript and the AI SDK. Prints one JSON line per case; the test project judges them.
// Arguments: the gateway's address, a client key, and which vendors answer: chat, of OpenAI's dialect, or claude, of Anthropic's.
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { generateText, streamText, tool, jsonSchema, stepCountIs, Output } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { z } from 'zod';

const [address, key, vendor] = process.argv.slice(2);
const model = `gpt-4o-mini-by-${vendor}`;
const client = (options = {}) => new OpenAI({ apiKey: key, baseURL: `${address}v1`, maxRetries: 0, ...options });
const user = (content) => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const report = z.object({ city: z.string(), degrees: z.number(), winds: z.array(z.string()) });
const isReport = (value) => report.safeParse(value).success;

async function run(name, body) {
  try {
    console.log(JSON.stringify({ name, ...(await body()) }));
  } catch (error) {
    console.log(JSON.stringify({ name, error: { kind: error.constructor.name, status: error.status ?? error.statusCode, code: error.code, param: error.param, message: error.message, requestId: error.requestID } }));
  }
}

await run('openai chat', async () => {
  const { data, response } = await client().chat.completions.create({ model, messages: user('echo: moored 🚢') }).withResponse();
  return { text: data.choices[0].message.content, finish: data.choices[0].finish_reason, usage: data.usage.prompt_tokens > 0, target: response.headers.get('x-fairlead-target'), mode: response.headers.get('x-fairlead-body-mode'), reason: response.headers.get('x-fairlead-reason') };
});

await run('openai chat without v1', async () => {
  const data = await client({ baseURL: address.replace(/\/$/, '') }).chat.completions.create({ model, messages: user('echo: moored') });
  return { text: data.choices[0].message.content };
});

await run('openai stream', async () => {
  const stream = await client().chat.completions.create({ model, stream: true, stream_options: { include_usage: true }, messages: user('echo: one two 😀') });
  let text = '', finish = null, usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, finish, usage: usage?.completion_tokens > 0 };
});

await run('openai stream without usage', async () => {
  const stream = await client().chat.completions.create({ model, stream: true, messages: user('echo: one two') });
  let chunksWithoutChoice = 0, text = '';
  for await (const chunk of stream) {
    if (chunk.choices.length === 0) chunksWithoutChoice++;
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  return { text, chunksWithoutChoice };
});

await run('openai tools', async () => {
  const messages = user('Please call get_weather.');
  const first = await client().chat.completions.create({ model, messages, tools: [weather] });
  const call = first.choices[0].message.tool_calls[0];
  messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'Sunny.' });
  const second = await client().chat.completions.create({ model, messages, tools: [weather] });
  return { tool: call.function.name, city: typeof JSON.parse(call.function.arguments).city, finish: first.choices[0].finish_reason, text: second.choices[0].message.content };
});

await run('openai stream tools', async () => {
  const cities = [];
  const runner = client().chat.completions.runTools({
    model, stream: true, messages: user('Please call get_weather.'),
    tools: [{ type: 'function', function: { ...weather.function, parse: JSON.parse, function: ({ city }) => cities.push(typeof city) && 'Sunny.' } }],
  });
  return { text: await runner.finalContent(), cities, roles: runner.messages.map((message) => message.role) };
});

await run('openai schema', async () => {
  const answer = await client().chat.completions.parse({ model, messages: user('Report the weather.'), response_format: zodResponseFormat(report, 'report') });
  return { valid: isReport(answer.choices[0].message.parsed) };
});
await run('openai stream schema', async () => {
  const answer = await client().chat.completions.stream({ model, messages: user('Report the weather.'), response_format: zodResponseFormat(report, 'report') }).finalChatCompletion();
  return { valid: isReport(answer.choices[0].message.parsed) };
});

await run('openai bad request', () => client().chat.completions.create({ model: `${vendor}-refused`, messages: user('Hello') }));
await run('openai unknown model', () => client().chat.completions.create({ model: 'no-such-model', messages: user('Hello') }));
await run('openai wrong key', () => client({ apiKey: 'wrong' }).chat.completions.create({ model, messages: user('Hello') }));
// With retries on: the answer says that our own failover is exhausted, so the SDK must not repeat it.
await run('openai exhausted', () => client({ maxRetries: 3 }).chat.completions.create({ model: `${vendor}-dead`, messages: user('Hello') }));
await run('openai broken stream', async () => {
  const stream = await client().chat.completions.create({ model: `${vendor}-broken`, stream: true, messages: user('Tell me a long story.') });
  for await (const _ of stream);
  return { ended: 'as if whole' };
});
await run('openai models', async () => {
  const ids = [];
  for await (const model of client().models.list()) ids.push(model.id);
  return { ids };
});
await run('openai abort', async () => {
  const stream = await client().chat.completions.create({ model, stream: true, messages: user('Tell me a long story.') });
  for await (const _ of stream) break;
  return { aborted: stream.controller.signal.aborted };
});

const sdk = createOpenAI({ apiKey: key, baseURL: `${address}v1` });
const compatible = createOpenAICompatible({ name: 'fairlead', apiKey: key, baseURL: `${address}v1`, supportsStructuredOutputs: true });
const tools = { get_weather: tool({ description: 'Weather of a city.', inputSchema: jsonSchema(weather.function.parameters), execute: async () => 'Sunny.' }) };

for (const [name, chat] of [['ai sdk', sdk.chat(model)], ['ai sdk compatible', compatible(model)]]) {
  await run(`${name} chat`, async () => ({ text: (await generateText({ model: chat, prompt: 'echo: from the sdk', maxRetries: 0 })).text }));
  await run(`${name} stream`, async () => {
    const result = streamText({ model: chat, prompt: 'echo: streamed 😀', maxRetries: 0 });
    let text = '';
    for await (const part of result.textStream) text += part;
    return { text, finish: await result.finishReason };
  });
  await run(`${name} tools`, async () => {
    const result = await generateText({ model: chat, prompt: 'Please call get_weather.', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    return { steps: result.steps.length, called: result.steps[0].toolCalls[0]?.toolName, text: result.text };
  });
  await run(`${name} stream tools`, async () => {
    const result = streamText({ model: chat, prompt: 'Please call get_weather.', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    const [steps, text] = [await result.steps, await result.text];
    return { steps: steps.length, called: steps[0].toolCalls[0]?.toolName, text };
  });
  await run(`${name} schema`, async () => ({ valid: isReport((await generateText({ model: chat, prompt: 'Report the weather.', output: Output.object({ schema: report }), maxRetries: 0 })).output) }));
}

await run('ai sdk bad request', () => generateText({ model: sdk.chat(`${vendor}-refused`), prompt: 'Hello', maxRetries: 0 }));
