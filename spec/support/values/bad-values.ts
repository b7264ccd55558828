import { randomUUID } from 'node:crypto';

/** Values that a variable can have by mistake, or that somebody sends who wants to see an error of the database. */
export function badValues(): readonly unknown[] {
  const cyclic: Record<string, unknown> = { name: 'a' };
  cyclic.self = cyclic;
  class Instance {
    name = 'a';
  }
  return [
    undefined,
    null,
    true,
    0,
    7,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e308,
    2 ** 53,
    10n,
    '',
    ' ',
    'text',
    '*',
    'a\0b',
    '\0',
    '\ud800',
    'a\ndrop table',
    'x'.repeat(100_000),
    randomUUID(),
    `${randomUUID()}\0`,
    '00000000-0000-0000-0000-00000000000g',
    Symbol('a'),
    () => 'a',
    async () => 'a',
    Promise.resolve('a'),
    [],
    [null],
    [undefined],
    ['a\0b'],
    [[]],
    new Array(3),
    {},
    { name: 'a\0b' },
    { 'a\0b': 'a' },
    { name: '\udfff' },
    { name: undefined },
    { name: 10n },
    { name: Symbol('a') },
    { name: () => 1 },
    { name: new Date(Number.NaN) },
    { name: Number.NaN },
    { name: nested(2_000) },
    { name: new Map([['a', 1]]) },
    { [Symbol('a')]: 1 },
    { id: 1, limit: '7' },
    { length: 1 },
    cyclic,
    Object.create(null),
    JSON.parse('{"__proto__":{"name":"a"}}'),
    new Map([['name', 'a']]),
    new Set(['a']),
    new WeakMap(),
    new Date(),
    new Date(Number.NaN),
    new Date(8.64e15),
    new Date(-8.64e15),
    /a/,
    new Error('a'),
    new Instance(),
    Instance,
    Buffer.from('a\0b'),
    new Uint8Array(2),
    new ArrayBuffer(2),
    new URL('https://example.com'),
    new Number(7),
    new String('a'),
    ...CURSORS,
  ];
}

const forged = (value: unknown): string => Buffer.from(`${value}`).toString('base64url');

/** Cursors that no page gave. */
const CURSORS: readonly string[] = [
  forged(''),
  forged('null'),
  forged('{}'),
  forged('[]'),
  forged('["2026-01-01T00:00:00.000Z"]'),
  forged('["2026-02-31T00:00:00.000Z","00000000-0000-4000-8000-000000000000"]'),
  forged('["2026-01-01T00:00:60.000Z","00000000-0000-4000-8000-000000000000"]'),
  forged('["0000-01-01T00:00:00.000Z","00000000-0000-4000-8000-000000000000"]'),
  forged('["2026-01-01T00:00:00.000Z","\\u0000"]'),
  forged('["2026-01-01T00:00:00.000Z",7]'),
  forged('[7,"00000000-0000-4000-8000-000000000000"]'),
  forged('["2026-01-01T00:00:00.000Z","00000000-0000-4000-8000-000000000000","more"]'),
  `${forged('["2026-01-01T00:00:00.000Z","00000000-0000-4000-8000-000000000000"]')}==`,
  `${forged('["2026-01-01T00:00:00.000Z","00000000-0000-4000-8000-000000000000"]')}!`,
  forged(`["${'2'.repeat(50_000)}","a"]`),
  forged(`${'['.repeat(20_000)}`),
];

function nested(levels: number): unknown {
  let value: unknown = 'a';
  for (let n = 0; n < levels; n += 1) value = { a: value };
  return value;
}
