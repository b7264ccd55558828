import type { Context } from 'hono';
import type { Variables } from '../api/api';
import type { ResolvedAdminOptions } from '../options';
import { Problem, problemOf } from '../problem';
import type { FormValues } from './form-values';
import type { Shell } from './layout';
import type { Wording } from './wording';

export type PageContext = Context<{ Variables: Variables }>;

export function shellOf(options: ResolvedAdminOptions, context?: PageContext): Shell {
  return { options, t: options.wording, desk: context?.get('desk') };
}

/** The fields of a form. Of a field that is given several times, all values. */
export async function formOf({ req }: PageContext): Promise<FormValues> {
  const form = new URLSearchParams(await req.text());
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const all = form.getAll(name);
      return [name, all.length > 1 ? all : (all[0] ?? '')];
    }),
  );
}

/** The filters of a list that are set, by name. */
export function queryOf({ req }: PageContext, names: readonly string[]): Record<string, string> {
  const given = new URL(req.url).searchParams;
  const set = names.map((name) => [name, given.get(name)?.trim() ?? ''] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** Inputs of times have no zone; the page says that they are in UTC. */
export function timeIn(text: string | undefined): Date | undefined {
  if (text === undefined || text === '') return undefined;
  const time = new Date(`${text}Z`);
  if (Number.isNaN(time.getTime())) throw new Problem(422, `"${text}" is not a time.`);
  return time;
}

/** What a person reads about an error of the request. Other errors are thrown again. */
export function reasonsOf(error: unknown): readonly string[] {
  const problem = problemOf(error);
  if (!problem || problem.status === 404) throw error;
  const { faults = [] } = problem.facts;
  return faults.length > 0
    ? faults.map(({ path, detail }) => (path === '' ? detail : `${path}: ${detail}`))
    : [problem.message];
}

const DONE = {
  created: 'doneCreated',
  saved: 'doneSaved',
  paused: 'donePaused',
  resumed: 'doneResumed',
  removed: 'doneRemoved',
  retried: 'doneRetried',
} as const satisfies Readonly<Record<string, keyof Wording>>;

export type Done = keyof typeof DONE;

/** The text about what was just done, which the redirect after a form names. */
export function doneIn({ req }: PageContext, t: Wording): string | undefined {
  const name = new URL(req.url).searchParams.get('done') ?? '';
  return Object.hasOwn(DONE, name) ? t[DONE[name as Done]] : undefined;
}
