import type { PaymentValues } from './payment';
import {
  ALTERNATIVES,
  accountNumber,
  FIRST_ALTERNATIVE,
  FIRST_UNWANTED,
  type Range,
  SHARERS,
  type Wish,
  wish,
} from './wishes';

/** Length of the shortest part of a note that a listener wants. Parts are found by their first characters. */
const HEAD = 5;

/** Decides which of the first `size` listeners want a payment, without the package. */
export class Wanted {
  readonly #prefixes = new Map<string, number>();
  readonly #suffixes = new Map<string, number>();
  readonly #parts = new Map<string, (readonly [note: string, n: number])[]>();
  readonly #ranges: (readonly [range: Range, n: number])[] = [];

  constructor(readonly size: number) {
    for (let n = 0; n < size; n += 1) this.#note(wish(n), n);
  }

  by({ account, name, note, amount }: PaymentValues): readonly number[] {
    const found = [...this.#byAccount(account, amount), ...this.#byName(name)];
    for (const n of this.#byNote(note)) found.push(n);
    for (const [range, n] of this.#ranges) if (isWithin(amount, range)) found.push(n);
    return [...new Set(found)];
  }

  // The number of the listener is part of its account.
  #byAccount(account: string, amount: number): readonly number[] {
    const number = accountNumber(account);
    if (number >= FIRST_UNWANTED) return [];
    if (number >= FIRST_ALTERNATIVE)
      return [Math.floor((number - FIRST_ALTERNATIVE) / ALTERNATIVES)];
    return Array.from({ length: SHARERS }, (_, sharer) => number + sharer).filter((n) => {
      const wanted = wish(n);
      if (n >= this.size || wanted.kind !== 'account' || wanted.account !== account) return false;
      return wanted.amount === null || isWithin(amount, wanted.amount);
    });
  }

  *#byName(name: string): Iterable<number> {
    for (let at = 0; at <= name.length; at += 1) {
      const n = this.#prefixes.get(name.slice(0, at));
      if (n !== undefined) yield n;
      const m = this.#suffixes.get(name.slice(at));
      if (m !== undefined) yield m;
    }
  }

  *#byNote(note: string): Iterable<number> {
    for (let at = 0; at + HEAD <= note.length; at += 1)
      for (const [part, n] of this.#parts.get(note.slice(at, at + HEAD)) ?? [])
        if (note.startsWith(part, at)) yield n;
  }

  #note(wanted: Wish, n: number): void {
    switch (wanted.kind) {
      case 'prefix':
        this.#prefixes.set(wanted.name, n);
        break;
      case 'suffix':
        this.#suffixes.set(wanted.name, n);
        break;
      case 'part': {
        const head = wanted.note.slice(0, HEAD);
        this.#parts.set(head, [...(this.#parts.get(head) ?? []), [wanted.note, n]]);
        break;
      }
      case 'range':
        this.#ranges.push([wanted.amount, n]);
        break;
      case 'above':
        this.#ranges.push([[wanted.amount + 1, Number.POSITIVE_INFINITY], n]);
        break;
      case 'account':
      case 'accounts':
      case 'regex':
        break;
    }
  }
}

function isWithin(amount: number, [low, high]: Range): boolean {
  return amount >= low && amount <= high;
}
