import { like, startsWith } from '../../../lib';
import { MatchingFlow } from '../../support/application/matching-flow';
import { rowEvent } from '../../support/entities/matching-rows';
import type { Term } from '../../support/oracle/oracle';

const URL = 'http://127.0.0.1:9';
/** Of its 8,192, two are quotes. */
const LONGEST_PATTERN = 1_024;
const LONGEST = 8_190;

let flow: MatchingFlow;

beforeAll(async () => {
  flow = await MatchingFlow.start();
});
afterAll(() => flow?.stop());
beforeEach(() => flow.clear());

describe('long texts', () => {
  const megabyte = `begin ${'lorem ipsum '.repeat(90_000)} end`;

  it('Texts of 1 MB are matched correctly', async () => {
    await save([
      { op: 'startsWith', operand: 'begin lorem' },
      { op: 'startsWith', operand: 'begins' },
      { op: 'endsWith', operand: 'ipsum  end' },
      { op: 'contains', operand: 'm lorem ipsum lorem i' },
      { op: 'contains', operand: 'ipsum ipsum' },
      { op: 'like', operand: 'ipsum +end$' },
      { op: 'like', operand: 'ipsum{2}' },
      { op: 'gt', operand: 'begin' },
      { op: 'not', operand: { op: 'is', operand: 'begin' } },
      { op: 'is', operand: 'begin' },
    ]);
    await expectAgreement([megabyte, megabyte.slice(0, -4), 'begin']);
  });

  it('A text of 100 kB is matched correctly against many `contains` conditions', async () => {
    const text = words(100_000, 7);
    const parts = Array.from({ length: 300 }, (_, n) =>
      text.slice(n * 331, n * 331 + 1 + (n % 45)),
    );
    const others = Array.from({ length: 300 }, (_, n) => words(1 + (n % 45), n + 1_000));
    await save([...parts, ...others].map((operand) => ({ op: 'contains', operand })));
    await expectAgreement([text, words(100_000, 8), words(1_000, 9), '']);
  });

  it('A regular expression with nested repetition is answered for long texts', async () => {
    await save(
      ['(a+)+$', '^(a|aa)+$', '(.*)*b', '(?:a?){9}a{9}$'].map((operand) => ({
        op: 'like',
        operand,
      })),
    );
    const many = 'a'.repeat(100_000);
    await expectAgreement([many, `${many}!`, `!${many}b`]);
  });
});

describe('large conditions', () => {
  it('Conditions of the greatest length are matched correctly', async () => {
    const long = words(LONGEST, 3);
    const emoji = '\u{1f600}'.repeat(LONGEST / 2);
    for (const operand of [long, emoji])
      await save([
        { op: 'is', operand },
        { op: 'startsWith', operand },
        { op: 'endsWith', operand },
        { op: 'contains', operand },
        { op: 'like', operand: operand.slice(0, LONGEST_PATTERN) },
      ]);
    await expectAgreement([
      long,
      `${long}x`,
      `x${long}`,
      long.slice(1),
      emoji,
      `${emoji}\u{1f601}`,
    ]);
  });

  it.each([
    {
      name: 'a text that is too long',
      condition: startsWith('a'.repeat(LONGEST + 1)),
      code: 'FILTER_OPERAND_INVALID',
    },
    {
      name: 'a plain value that is too long',
      condition: 'a'.repeat(1_000_000),
      code: 'FILTER_OPERAND_INVALID',
    },
    {
      name: 'a pattern that is too long',
      condition: like('a'.repeat(100_000)),
      code: 'FILTER_OPERAND_INVALID',
    },
    {
      name: 'a pattern of too many states',
      condition: like('((a{100}){100}){100}'),
      code: 'FILTER_REGEX_UNSUPPORTED',
    },
    {
      name: 'a pattern that is no regular',
      condition: like('(?=a)b'),
      code: 'FILTER_REGEX_UNSUPPORTED',
    },
  ])('A condition with $name is refused', async ({ condition, code }) => {
    const saving: Promise<unknown> = flow.hooks
      .get('everything')
      .listener(URL)
      .match({ text: condition })
      .save();
    await expect(saving).rejects.toMatchObject({ code });
  });

  it('A listener may have 64 conditions, but not 65', async () => {
    const match = Array.from({ length: 64 }, (_, n) => ({
      field: 'text',
      term: { op: 'contains', operand: `${n}` } as const,
    }));
    const draft = { hook: 'everything', pattern: null, operations: null, owner: null };
    await flow.save([
      { ...draft, match },
      { ...draft, match: [...match.slice(1), { field: 'whole', term: { op: 'gt', operand: 4 } }] },
    ]);
    const all = match.map((_, n) => n).join();
    await expectAgreement([all, all.slice(1), all.slice(0, -1)]);
    const builder = flow.builder({ ...draft, match: [...match, ...match.slice(0, 1)] });
    await expect(builder.save()).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
  });

  it('A condition may have a thousand values and may be nested deeply', async () => {
    const values = Array.from({ length: 1_000 }, (_, n) => `v${n}`);
    const deep = Array.from({ length: 16 }).reduce<Term>((term) => ({ op: 'not', operand: term }), {
      op: 'is',
      operand: 'v7',
    });
    await save([
      { op: 'oneOf', operand: values },
      { op: 'anyOf', operand: values.slice(0, 100).map((operand) => ({ op: 'is', operand })) },
      deep,
    ]);
    await expectAgreement(['v7', 'v99', 'v100', 'v999', 'v1000']);
  });
});

describe('a key or range that many listeners share', () => {
  it('Each of 2,300 listeners with the same key or range is found once', async () => {
    const kinds: readonly Term[] = [
      { op: 'gt', operand: 10 },
      { op: 'is', operand: 50 },
      { op: 'between', operand: [49, 51] },
    ];
    for (const term of kinds)
      await save(
        Array.from({ length: 2_300 }, () => term),
        'whole',
      );
    await expectAgreement([50, 49, 11, 10], 'whole');
  });
});

/** Listeners that ask so of one field. */
async function save(conditions: readonly Term[], field = 'text'): Promise<void> {
  await flow.save(
    conditions.map((term) => ({
      hook: 'everything',
      pattern: null,
      operations: null,
      owner: null,
      match: [{ field, term }],
    })),
  );
}

/** That exactly those are told of each value whom the oracle names; also of all values at once. */
async function expectAgreement(
  values: readonly (string | number)[],
  field = 'text',
): Promise<void> {
  const events = values.map((value, n) =>
    rowEvent('insert', `event ${n}`, { whole: 5, [field]: value }, null),
  );
  const together = await flow.matched(events);
  for (const [n, event] of events.entries()) {
    const [alone = []] = await flow.matched([event]);
    // Without the event, whose text is long.
    const nameless = (lines: readonly string[]) => lines.map((line) => line.slice(0, 1_000));
    expect(nameless(flow.disagreements(event, alone))).toEqual([]);
    expect(nameless(flow.disagreements(event, together[n] ?? []))).toEqual([]);
  }
}

/** Made-up words, always the same for a seed. */
function words(length: number, seed: number): string {
  let state = seed;
  let text = '';
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += `${WORDS[state % WORDS.length]}${state % 5 === 0 ? ' ' : ''}`;
  }
  return text.slice(0, length);
}

const WORDS = [
  'la',
  'ra',
  'mo',
  'tu',
  'ti',
  'ne',
  'so',
  'ku',
  'be',
  'xa',
  'fi',
  'do',
  'zu',
  'pe',
  'qui',
  'h\u00e4',
];
