import { pick, type Random, randomFrom, upTo } from '../../spec/support/values/random';
import type { PaymentValues } from './payment';
import type { Wanted } from './wanted';
import { accountId, FIRST_UNWANTED, GREAT_AMOUNT, REGEXES, type Wish, wish } from './wishes';
import { code, text, WORDS } from './words';

/** A payment that exactly one listener wants. */
export interface WantedPayment {
  readonly values: PaymentValues;
  /** The number of the listener that wants it. */
  readonly by: number;
}

export interface Draw {
  readonly count: number;
  /** Approximate number of characters of a note. */
  readonly noteLength: number;
  readonly seed: number;
}

/** Payments for listeners drawn at random. Only that listener wants the payment; nine in ten want it for its account. */
export function drawn(wanted: Wanted, { count, noteLength, seed }: Draw): readonly WantedPayment[] {
  const random = randomFrom(seed);
  const payments: WantedPayment[] = [];
  while (payments.length < count) {
    const by = REGEXES + upTo(wanted.size - REGEXES, random);
    const values = fulfilled(wish(by), unwanted(noteLength, random), random);
    if (isOnly(by, wanted.by(values))) payments.push({ values, by });
  }
  return payments;
}

/** Values that usually no listener wants. */
export function unwanted(noteLength: number, random: Random): PaymentValues {
  return {
    account: accountId(FIRST_UNWANTED + upTo(1_000_000_000, random)),
    name: `${pick(WORDS, random)} ${pick(WORDS, random)}`,
    note: `${text(noteLength - 6, random)} ${code(random)}`,
    amount: upTo(GREAT_AMOUNT, random),
  };
}

function isOnly(n: number, found: readonly number[]): boolean {
  return found.length === 1 && found[0] === n;
}

/** The values, changed so that they fulfil a wish. */
function fulfilled(wanted: Wish, values: PaymentValues, random: Random): PaymentValues {
  const { name, note } = values;
  switch (wanted.kind) {
    case 'account': {
      const [low, high] = wanted.amount ?? [0, GREAT_AMOUNT];
      return { ...values, account: wanted.account, amount: low + upTo(high - low, random) };
    }
    case 'accounts':
      return { ...values, account: pick(wanted.accounts, random) };
    case 'prefix':
      return { ...values, name: `${wanted.name}${name}` };
    case 'suffix':
      return { ...values, name: `${name}${wanted.name}` };
    case 'part':
      return { ...values, note: replaced(note, wanted.note, random) };
    case 'range':
      return { ...values, amount: wanted.amount[0] };
    case 'above':
      return { ...values, amount: wanted.amount + 1 };
    case 'regex':
      return values;
  }
}

/** A note of the same length that contains the part. */
function replaced(note: string, part: string, random: Random): string {
  const at = upTo(Math.max(note.length - part.length, 1), random);
  return `${note.slice(0, at)}${part}${note.slice(at + part.length)}`;
}
