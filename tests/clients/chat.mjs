// Drives the gateway with OpenAI's SDK for JavaScript and the AI SDK. Prints one JSON line per case; the test project judges them.
// Arguments: the gateway's address, a client key.
import OpenAI from 'openai';
import { generateText, streamText, tool, jsonSchema, stepCountIs } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';

const [address, key] = process.argv.slice(2);
const client = (options = {}) => new OpenAI({ apiKey: key, baseURL: `${address}v1`, maxRetries: 0, ...options });
const user = (content) => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

async function run(name, body) {
  try {
    console.log(JSON.stringify({ name, ...(await body()) }));
  } catch (error) {
    console.log(JSON.stringify({ name, error: { kind: error.constructor.name, status: error.status, code: error.code, param: error.param, message: error.message, requestId: error.requestID } }));
  }
}

await run('openai chat', async () => {
  const { data, response } = await client().chat.completions.create({ model: 'gpt-4o-mini', messages: user('echo: moored 🚢') }).withResponse();
  return { text: data.choices[0].message.content, finish: data.choices[0].finish_reason, usage: data.usage.prompt_tokens > 0, target: response.headers.get('x-fairlead-target'), reason: response.headers.get('x-fairlead-reason') };
});

await run('openai chat without v1', async () => {
  const data = await client({ baseURL: address.replace(/\/$/, '') }).chat.completions.create({ model: 'gpt-4o-mini', messages: user('echo: moored') });
  return { text: data.choices[0].message.content };
});

await run('openai stream', async () => {
  const stream = await client().chat.completions.create({ model: 'gpt-4o-mini', stream: true, stream_options: { include_usage: true }, messages: user('echo: one two 😀') });
  let text = '', finish = null, usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, finish, usage: usage?.completion_tokens > 0 };
});

await run('openai stream without usage', async () => {
  const stream = await client().chat.completions.create({ model: 'gpt-4o-mini', stream: true, messages: user('echo: one two') });
  let chunksWithoutChoice = 0, text = '';
  for await (const chunk of stream) {
    if (chunk.choices.length === 0) chunksWithoutChoice++;
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  return { text, chunksWithoutChoice };
});

await run('openai tools', async () => {
  const messages = user('Please call get_weather.');
  const first = await client().chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [weather] });
  const call = first.choices[0].message.tool_calls[0];
  messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'Sunny.' });
  const second = await client().chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [weather] });
  return { tool: call.function.name, city: typeof JSON.parse(call.function.arguments).city, finish: first.choices[0].finish_reason, text: second.choices[0].message.content };
});

await run('openai bad request', () => client().chat.completions.create({ model: 'refused', messages: user('Hello') }));
await run('openai unknown model', () => client().chat.completions.create({ model: 'no-such-model', messages: user('Hello') }));
await run('openai wrong key', () => client({ apiKey: 'wrong' }).chat.completions.create({ model: 'gpt-4o-mini', messages: user('Hello') }));
// With retries on: the answer says that our own failover is exhausted, so the SDK must not repeat it.
await run('openai exhausted', () => client({ maxRetries: 3 }).chat.completions.create({ model: 'dead', messages: user('Hello') }));
await run('openai broken stream', async () => {
  const stream = await client().chat.completions.create({ model: 'broken', stream: true, messages: user('Tell me a long story.') });
  for await (const _ of stream);
  return { ended: 'as if whole' };
});
await run('openai models', async () => {
  const ids = [];
  for await (const model of client().models.list()) ids.push(model.id);
  return { ids };
});
await run('openai abort', async () => {
  const stream = await client().chat.completions.create({ model: 'gpt-4o-mini', stream: true, messages: user('Tell me a long story.') });
  for await (const _ of stream) break;
  return { aborted: stream.controller.signal.aborted };
});

const sdk = createOpenAI({ apiKey: key, baseURL: `${address}v1` });
const compatible = createOpenAICompatible({ name: 'fairlead', apiKey: key, baseURL: `${address}v1` });
const tools = { get_weather: tool({ description: 'Weather of a city.', inputSchema: jsonSchema(weather.function.parameters), execute: async () => 'Sunny.' }) };

await run('ai sdk chat', async () => ({ text: (await generateText({ model: sdk.chat('gpt-4o-mini'), prompt: 'echo: from the sdk', maxRetries: 0 })).text }));
await run('ai sdk stream', async () => {
  const result = streamText({ model: sdk.chat('gpt-4o-mini'), prompt: 'echo: streamed 😀', maxRetries: 0 });
  let text = '';
  for await (const part of result.textStream) text += part;
  return { text, finish: await result.finishReason };
});
await run('ai sdk compatible stream', async () => {
  const result = streamText({ model: compatible('gpt-4o-mini'), prompt: 'echo: compatible', maxRetries: 0 });
  let text = '';
  for await (const part of result.textStream) text += part;
  return { text };
});
await run('ai sdk tools', async () => {
  const result = await generateText({ model: sdk.chat('gpt-4o-mini'), prompt: 'Please call get_weather.', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
  return { steps: result.steps.length, called: result.steps[0].toolCalls[0]?.toolName, text: result.text };
});
