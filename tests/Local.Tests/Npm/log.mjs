// What an app with Braintrust's own SDK does, configured by the two variables that braintrust-local prints.
import { initLogger, Attachment } from 'braintrust';

const logger = initLogger({ projectName: 'From JavaScript' });

let link;
const id = await logger.traced(async span => {
  span.log({ input: 'When is tea?', tags: ['web'] });
  await span.traced(async llm => {
    llm.log({
      input: [{ role: 'user', content: 'When is tea?' }],
      output: { role: 'assistant', content: 'At four.' },
      metadata: { model: 'gpt-4o-mini', provider: 'openai' },
      metrics: { prompt_tokens: 42, completion_tokens: 7 },
    });
  }, { name: 'ask the model', type: 'llm' });
  span.log({
    output: { picture: new Attachment({ data: new Blob(['picture bytes']), filename: 'cup.png', contentType: 'image/png' }) },
    metadata: { large: 'x'.repeat(7_000_000) },
  });
  link = await span.permalink();
  return span.id;
}, { name: 'answer', type: 'task' });

await logger.traced(async () => { throw new Error('The kettle is cold.'); }, { name: 'pour' }).catch(() => {});
await logger.flush();
logger.logFeedback({ id, scores: { helpful: 0.75 }, comment: 'Prompt!', source: 'app', metadata: { user_id: 'u1' } });
await logger.flush();
console.log(JSON.stringify({ id, link }));
