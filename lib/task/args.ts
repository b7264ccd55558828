import { isJson, isObjectLiteral, MAX_LEVELS, toJson } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';

/** What an argument of a remote task can be. `undefined` is left out. */
export type TaskValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | Uint8Array
  | {
      /** What JSON holds instead. */
      toJSON(): unknown;
    }
  | readonly TaskValue[]
  | { readonly [name: string]: TaskValue };

/** The arguments of a remote task, by name. */
export type TaskArgs = Readonly<Record<string, TaskValue>>;

type Pair = readonly [name: string, text: string];

/**
 * The arguments as texts: `null` is an empty text, booleans, numbers and bigints are written out, a Date is ISO 8601, bytes are base64,
 * objects and lists are JSON. Throws `OPTION_INVALID` for what JSON cannot hold.
 */
export function argumentPairs(args: unknown): readonly Pair[] {
  if (!isObjectLiteral(args))
    throw new OptionInvalidError('args', 'a plain object of arguments by name');
  return Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (isJson(value, MAX_LEVELS)) return [name, argumentText(value)];
      throw new OptionInvalidError(
        `args.${name}`,
        'a text, a finite number, a boolean, a bigint, null, a Date, bytes, or an object or a list of them',
      );
    });
}

function argumentText(given: unknown): string {
  const value = toJson(given);
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The arguments as the body of a form, in UTF-8. */
export function formBody(pairs: readonly Pair[]): string {
  return new URLSearchParams(
    pairs.map(([name, text]): [string, string] => [name, text]),
  ).toString();
}

/** The URL with the arguments in its query. They replace its own parameters of the same name; the others stay as they are written. */
export function withQuery(url: URL, pairs: readonly Pair[]): URL {
  if (pairs.length === 0) return url;
  const names = new Set(pairs.map(([name]) => name.toWellFormed()));
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !names.has(nameIn(part)));
  const merged = new URL(url);
  merged.search = [...kept, formBody(pairs)].join('&');
  return merged;
}

function nameIn(part: string): string {
  const [name = ''] = new URLSearchParams(part).keys();
  return name;
}
