import { compiled } from '../../match/regex';

/** Texts that a value must contain for a regular expression to match: one text, all of several, or any of several. */
export type Texts =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'all' | 'any'; readonly members: readonly Texts[] };

/** The form in which RE2JS keeps them, to skip texts that cannot match. */
interface Prefilter {
  readonly type: number;
  readonly str: string;
  readonly subs: readonly Prefilter[];
}

const KINDS = ['none', 'text', 'all', 'any'] as const;

/** Null if none are known, as for `(?i)` and `a*`. */
export function requiredTexts(pattern: string): Texts | null {
  const prefilter: Prefilter | null | undefined = compiled(pattern).re2().prefilter;
  return prefilter ? textsOf(prefilter) : null;
}

function textsOf({ type, str, subs }: Prefilter): Texts | null {
  const kind = KINDS[type] ?? 'none';
  if (kind === 'none') return null;
  if (kind === 'text') return str === '' ? null : { kind, text: str };
  const members = subs.map(textsOf);
  const known = members.filter((member) => member !== null);
  if (kind === 'any' && known.length < members.length) return null;
  return known.length > 0 ? { kind, members: known } : null;
}
