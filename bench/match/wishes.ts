import { pick, randomFrom, upTo } from '../../spec/support/values/random';
import { code, DISTINCT_WORDS, WORDS } from './words';

/** What one listener wants, in a form that yields both its conditions and the expected answers. */
export type Wish =
  | { readonly kind: 'account'; readonly account: string; readonly amount: Range | null }
  | { readonly kind: 'accounts'; readonly accounts: readonly string[] }
  | { readonly kind: 'prefix' | 'suffix'; readonly name: string }
  | { readonly kind: 'part'; readonly note: string }
  | { readonly kind: 'range'; readonly amount: Range }
  | { readonly kind: 'above'; readonly amount: number }
  | { readonly kind: 'regex'; readonly field: 'name' | 'note'; readonly regex: string };

export type Range = readonly [low: number, high: number];

/** Ordinary amounts are lower. Some listeners want greater ones. */
export const GREAT_AMOUNT = 1_000_000_000;
export const REGEXES = 20;
/** Number of listeners that share one account by ranges of the amount. */
export const SHARERS = 4;
const SHARE = GREAT_AMOUNT / SHARERS;
/** Number of accounts in an alternative. */
export const ALTERNATIVES = 5;
/** First numbers of the accounts in alternatives and of the accounts that no listener wants. */
export const FIRST_ALTERNATIVE = 1_000_000_000;
export const FIRST_UNWANTED = 8_000_000_000;

/**
 * What listener number `n` wants, the same at each size. Of a hundred listeners, 90 want one account (16 of them with a range), 4 a
 * prefix, 2 a part, 2 a suffix, 1 a range and 1 one of five accounts. The first twenty have regular expressions.
 */
export function wish(n: number): Wish {
  if (n < REGEXES) return regex(n);
  const place = n % 100;
  const turn = Math.floor(n / 100);
  if (place < 16) return shared(n);
  if (place < 90) return { kind: 'account', account: accountId(n), amount: null };
  if (place < 94) return { kind: 'prefix', name: prefix(turn * 4 + place - 90) };
  if (place < 96) return { kind: 'part', note: part(turn * 2 + place - 94) };
  if (place < 98) return { kind: 'suffix', name: suffix(turn * 2 + place - 96) };
  return place === 98 ? range(turn) : alternatives(n);
}

export function accountId(number: number): string {
  return `acct_${String(number).padStart(10, '0')}`;
}

export function accountNumber(account: string): number {
  return Number(account.slice('acct_'.length));
}

/** No name has two digits in a row and no note has six, so these patterns are tried for each event and never match. */
function regex(n: number): Wish {
  if (n % 2 === 0) return { kind: 'regex', field: 'name', regex: `^\\p{Lu}*[0-9]{${n + 2}}` };
  return { kind: 'regex', field: 'note', regex: `[0-9]{${n + 6},}` };
}

function shared(n: number): Wish {
  const sharer = n % SHARERS;
  const amount: Range = [sharer * SHARE, (sharer + 1) * SHARE - 1];
  return { kind: 'account', account: accountId(n - sharer), amount };
}

function alternatives(n: number): Wish {
  const first = FIRST_ALTERNATIVE + n * ALTERNATIVES;
  const accounts = Array.from({ length: ALTERNATIVES }, (_, at) => accountId(first + at));
  return { kind: 'accounts', accounts };
}

/** A word and the beginning of the next one, such as 'Guinea Bi'. The second part changes after each pass over the words, so no prefix repeats. */
function prefix(k: number): string {
  return `${distinct(k)} ${BEGINNINGS[Math.floor(k / DISTINCT_WORDS.length)]}`;
}

function suffix(k: number): string {
  return `${ENDINGS[Math.floor(k / DISTINCT_WORDS.length)]} ${distinct(k)}`;
}

const BEGINNINGS = ['Re', 'Sai', 'Isl', 'Ko', 'Guin', 'No', 'Ar', 'Marsh'];
const ENDINGS = ['ka', 'lic', 'ské', 'an', 'ique', 'sland'];

/** Two words, of which one is rare, or in one case of four a code. */
function part(k: number): string {
  const random = randomFrom(k);
  if (k % 4 === 0) return code(random);
  const words = `${pick(WORDS, random)} ${distinct(k)}`;
  const round = Math.floor(k / DISTINCT_WORDS.length);
  return round === 0 ? words : `${words} ${BEGINNINGS[round]}`;
}

/** Ranges that are 10 to 10,000 wide. One in five has no upper end. */
function range(k: number): Wish {
  const random = randomFrom(k);
  const low = upTo(GREAT_AMOUNT, random);
  if (k % 5 === 0) return { kind: 'above', amount: GREAT_AMOUNT + low };
  return { kind: 'range', amount: [low, low + Math.floor(10 ** (1 + 3 * random()))] };
}

/** 3,001 and the number of words have no common factor, so each word is used. */
function distinct(k: number): string {
  return DISTINCT_WORDS[(k * 3_001) % DISTINCT_WORDS.length] as string;
}
