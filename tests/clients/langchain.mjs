// Drives the gateway with LangChain over OpenAI's SDK. Prints one JSON line per case; the test project judges them.
// Arguments: the gateway's address, a client key, and which vendors answer: chat, of OpenAI's dialect, or claude, of Anthropic's.
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';

const [address, key, vendor] = process.argv.slice(2);
const chat = (options = {}) => new ChatOpenAI({ model: `gpt-4o-mini-by-${vendor}`, apiKey: key, maxRetries: 0, configuration: { baseURL: `${address}v1` }, ...options });
const report = z.object({ city: z.string(), degrees: z.number(), winds: z.array(z.string()) });
const loop = { messages: [{ role: 'user', content: 'Please call get_weather.' }] };
const cities = [];
const weather = tool(async ({ city }) => cities.push(typeof city) && 'Sunny.', { name: 'get_weather', description: 'Weather of a city.', schema: z.object({ city: z.string() }) });
const agent = createAgent({ model: chat(), tools: [weather] });

async function run(name, body) {
  try {
    console.log(JSON.stringify({ name, ...(await body()) }));
  } catch (error) {
    console.log(JSON.stringify({ name, error: { kind: error.constructor.name, status: error.status, code: error.code, message: error.message } }));
  }
}

await run('chat', async () => {
  const message = await chat().invoke('echo: moored 🚢');
  return { text: message.text, finish: message.response_metadata.finish_reason, usage: message.usage_metadata.input_tokens > 0 };
});

await run('stream', async () => {
  let whole = null, pieces = 0;
  for await (const chunk of await chat().stream('echo: one two 😀')) {
    whole = whole ? whole.concat(chunk) : chunk;
    pieces++;
  }
  return { text: whole.text, pieces, finish: whole.response_metadata.finish_reason, usage: whole.usage_metadata.output_tokens > 0 };
});

await run('agent', async () => {
  const { messages } = await agent.invoke(loop);
  return { kinds: messages.map((message) => message.type), cities: cities.splice(0), text: messages.at(-1).text };
});

await run('agent stream', async () => {
  const kinds = [];
  let text = '';
  for await (const [message] of await agent.stream(loop, { streamMode: 'messages' })) {
    if (kinds.at(-1) !== message.type) kinds.push(message.type);
    if (message.type === 'ai') text += message.text;
  }
  return { kinds, cities: cities.splice(0), text };
});

await run('schema', async () => ({ valid: report.safeParse(await chat().withStructuredOutput(report).invoke('Report the weather.')).success }));
await run('bad request', () => chat({ model: `${vendor}-refused` }).invoke('Hello'));
