import { secret } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { type Answer, answering } from '../../support/receivers/answers';

const SECRET = `whsec_${Buffer.from('the key that nobody else may see').toString('base64')}`;
const OLD = `whsec_${Buffer.from('the key of the time before it was').toString('base64')}`;
const TOKEN = 'Bearer tok_0123456789abcdefghij';
const LIMIT = 2_000;

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

/** All that is stored and reported of a delivery with this answer. */
async function traces(answer: Answer): Promise<string> {
  const reports: unknown[] = [];
  const stops = (['attempt', 'outcome'] as const).map((name) =>
    flow.hooks.on(name, (report) => reports.push(report)),
  );
  const { listener } = await flow.listen(answering(answer), {
    secret: OLD,
    headers: { authorization: secret(TOKEN) },
    delivery: { maxResponseBytes: LIMIT },
  });
  await flow.hooks.listeners.rotateSecret(listener.id, { secret: SECRET, graceMs: 60_000 });
  await flow.savePeople(1);
  await flow.hooks.idle();
  const test = await flow.hooks.listeners.test(listener.id);
  for (const stop of stops) stop();
  return JSON.stringify([await flow.deliveryOf(listener.id), reports, test]);
}

const SECRETS = [SECRET, OLD, TOKEN].map((text) => text.slice(6));

/** Six characters in a row of any secret. */
function leaks(text: string): readonly string[] {
  return SECRETS.flatMap((one) =>
    Array.from({ length: one.length - 5 }, (_, at) => one.slice(at, at + 6)),
  ).filter((piece) => text.includes(piece));
}

describe('a reply that repeats the secrets of its listener', () => {
  it.each(
    [SECRET, OLD, TOKEN].flatMap((text) =>
      [4, 9, 20, text.length - 1].flatMap((before) =>
        [200, 500].map((status) => ({ name: text.slice(0, 7), text, before, status })),
      ),
    ),
  )(
    'The part of $name before the cut, $before characters, is removed from a reply with HTTP $status',
    async ({ text, before, status }) => {
      const body = `${'.'.repeat(LIMIT - before)}${text} and more`;
      expect(leaks(await traces({ status, body }))).toEqual([]);
    },
  );

  it.each<{ name: string; answer: Answer }>([
    { name: 'where a 2xx reply is cut', answer: { body: `${'.'.repeat(1_010)}${SECRET}` } },
    {
      name: 'where a reason is cut',
      answer: { body: { status: 'failure', reason: `${'.'.repeat(1_010)}${SECRET}` } },
    },
    {
      name: 'in a reason that is an object',
      answer: { body: { status: 'failure', reason: { key: SECRET, old: [OLD] } } },
    },
    {
      name: 'where the output of a skip is cut',
      answer: { body: { status: 'skip', output: `${'.'.repeat(1_000)}${TOKEN}` } },
    },
    {
      name: 'in a retval',
      answer: { body: { status: 'success', retval: { [TOKEN]: [SECRET, { old: OLD }] } } },
    },
    { name: 'with escapes', answer: { status: 400, body: escaped(`${SECRET} ${OLD} ${TOKEN}`) } },
  ])('A secret is removed $name', async ({ answer }) => {
    const text = await traces(answer);
    expect(leaks(text)).toEqual([]);
    expect(text).toContain('[secret]');
  });
});

function escaped(text: string): string {
  const units = [...text].map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}
