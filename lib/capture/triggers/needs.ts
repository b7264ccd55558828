import type { Hook } from '../../hook/hook';

/** The functions and conditions of a hook that are evaluated when its events are planned, by the names of their options. */
export function needsOf({ declared, when }: Hook): readonly string[] {
  const { compute, ref, sender, headers, resolve } = declared;
  const needs: Readonly<Record<string, boolean>> = {
    when: when.length > 0,
    compute: compute !== undefined,
    ref: ref !== undefined,
    sender: sender !== undefined,
    headers: typeof headers === 'function',
    resolve: resolve !== undefined,
  };
  return Object.keys(needs).filter((name) => needs[name]);
}
