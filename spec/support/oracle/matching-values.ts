import type { ColumnType } from './oracle';

/** Small pools of close values and common prefixes. Events and conditions draw from them, so that they often match. */

// biome-ignore format: one pool on a few lines
const TEXTS = [
  '', 'a', 'ab', 'abc', 'abcd', 'b', 'bc', 'c', 'joe', 'Joe', 'jo', ' ', '%', '_', 'a.b', '\n', '\u0000a',
  // One letter in two spellings, because texts are not normalised.
  '\u00e9', 'e\u0301',
  // Surrogate pairs, their halves, and a character that is above halves in UTF-16 but below pairs as a code point.
  '\u{1f600}', '\u{1f600}a', 'a\u{1f600}b', '\ud83d', '\ude00', 'a\ud83d', '\uffff', '\ue000', '\u{10000}',
  'the quick brown fox jumps over it', 'quick brown', 'fox jumps', 'over', 'a'.repeat(40), 'a'.repeat(39),
  '5', '05', '2024-02-29', '2024-02-29T12:00:00.000Z', 'true', 'null',
];
// biome-ignore format: one pool on a few lines
const PATTERNS = [
  'ab', '^a', 'c$', '(?i)joe', 'a.*b', 'fox|joe', '[0-9]+', '', '^$', '\\p{L}', 'qu[i]ck brown', '(?:abc)+', 'b{2,}',
  '\u00e9', '^.$', 'quick .* jumps', '(?:over)?', 'a{3,}$', '\\x{1F600}', '(?s)^.a', 'fo+x', '[^a]b',
];
// biome-ignore format: one pool on a few lines
const NUMBERS = [
  0, -0, 1, -1, 1.5, 1 + Number.EPSILON, 2, 5, 0.1, 0.3, 0.1 + 0.2, 1e-7, 5e-324, 1e300, -1e300, Number.MAX_VALUE,
  2 ** 53, 2 ** 53 + 2, -(2 ** 53), 100, 101, 99.99,
];
const INTEGERS = NUMBERS.filter((number) => Number.isInteger(number) && Math.abs(number) < 2 ** 31);
// biome-ignore format: one pool on a few lines
const EXACTS = [
  '0', '0.00', '1', '1.0', '-1', '1.5', '1.50', '5', '9007199254740992', '9007199254740993', '-9007199254740993',
  '12345678901234567890.1', '12345678901234567890.10000000000000000001', `1${'0'.repeat(50)}`, '0.1',
  'NaN', 'Infinity', '-Infinity',
];
const BIGINTS = EXACTS.filter((text) => /^-?\d{1,18}$/.test(text));
// biome-ignore format: one pool on a few lines
const INSTANTS = [
  '2024-02-29T12:00:00.000Z', '2024-02-29T12:00:00.001Z', '2024-02-29T00:00:00.000Z', '1970-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z', '-000043-03-15T12:00:00.000Z', '0099-01-01T00:00:00.000Z', '+012345-01-01T00:00:00.000Z',
];
// biome-ignore format: one pool on a few lines
const DAYS = ['2024-02-29', '2024-03-01', '2024-02-28', '0001-01-01', '9999-12-31', '10000-01-01', '0044-03-15'];
// Further forms that PostgreSQL writes.
const RARE_DAYS = ['0044-03-15 BC', '0044-03-16 BC', '0001-12-31 BC', 'infinity', '-infinity'];
const HOURS = [
  '00:00:00',
  '12:00:00',
  '12:00:00.5',
  '12:00:00.000001',
  '23:59:59.999999',
  '24:00:00',
];
// biome-ignore format: one pool on a few lines
const DOCUMENTS = [
  true, false, [], {}, { a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, { b: [2, 1], a: 1 }, [1], ['1'], [[]], [null], { a: null },
];
const LISTS = [[], ['a'], ['a', 'b'], ['b', 'a'], [null], [''], ['a', null]];

/** The values of a column type besides null, as they are in events. */
export const VALUES: Readonly<Record<ColumnType, readonly unknown[]>> = {
  varchar: TEXTS,
  int: INTEGERS,
  float8: NUMBERS,
  bigint: BIGINTS,
  numeric: EXACTS,
  boolean: [true, false],
  timestamptz: INSTANTS,
  date: [...DAYS, ...RARE_DAYS],
  time: HOURS,
  jsonb: [...DOCUMENTS, ...TEXTS, ...NUMBERS],
  'text[]': LISTS,
  computed: [...DOCUMENTS, ...TEXTS, ...NUMBERS],
};

/** The values that `is` can compare it with. */
export const OPERANDS: Readonly<Record<ColumnType, readonly unknown[]>> = {
  ...VALUES,
  bigint: [...BIGINTS, 9_007_199_254_740_993n, 5n, 1, 5, '1.0', '1.5'],
  numeric: [...EXACTS, 9_007_199_254_740_993n, 1.5, 0, 1e50, '1e50'],
  timestamptz: [
    ...INSTANTS.map((text) => new Date(text)),
    '2024-02-29T13:00:00+01:00',
    '2024-02-29',
  ],
  date: DAYS,
};

/** The values that `gt` and similar matchers can compare it with, one list for each ordered family. */
export const ORDERED: Readonly<Record<ColumnType, readonly (readonly unknown[])[]>> = {
  varchar: [TEXTS],
  int: [NUMBERS],
  float8: [NUMBERS],
  bigint: [OPERANDS.bigint],
  numeric: [OPERANDS.numeric.filter((operand) => operand !== 'NaN')],
  boolean: [],
  timestamptz: [OPERANDS.timestamptz],
  date: [DAYS],
  time: [[...HOURS, '12:00:00.000', '11:59:59']],
  jsonb: [TEXTS, NUMBERS],
  'text[]': [],
  computed: [TEXTS, NUMBERS],
};

export { PATTERNS, TEXTS };
