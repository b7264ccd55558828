import { z } from 'zod';
import type { JsonValue } from '../base/json';
import { OPERATIONS } from '../hook/operation';
import type { ListenerChanges } from '../listener/saved/changes';
import { BODY_FORMATS } from '../options/body-format';
import { HandlerRef } from '../options/handler-ref';
import { CONTENT_TYPES, DIGESTS, type ListenerOptions, SIGNATURE_KINDS } from '../options/listener';
import { conditionsOf, type MatchJson } from './match-json';

/** Bodies come from JSON, so a member can be nothing else. */
const Json = z.unknown() as z.ZodType<JsonValue>;

const Match = z.record(z.string(), Json).meta({
  description:
    'Conditions by field: a value, which means `is`, or `{ "operator": operand }`, nested for `not`, `allOf`, `anyOf`, `was` and `becomes`.',
  example: { name: { startsWith: 'J' } },
}) as z.ZodType<MatchJson>;

const Headers = z
  .record(z.string(), z.union([z.string(), z.strictObject({ secret: z.string().nullable() })]))
  .meta({
    description:
      'Extra request headers. A secret value is written as `{ "secret": "…" }` and read as `{ "secret": null }`, which keeps it in an edit.',
  });

/** What a listener can be created with and edited to. Null stands for the default. */
const OPTIONAL = {
  operations: z.array(z.enum(OPERATIONS)).min(1).nullish(),
  match: Match.nullish(),
  format: z.enum(BODY_FORMATS).nullish(),
  contentType: z.enum(CONTENT_TYPES).nullish(),
  digest: z.enum(DIGESTS).nullish(),
  signature: z.enum(SIGNATURE_KINDS).nullish(),
  headers: Headers.nullish(),
  owner: z.string().nullish(),
  key: z.string().nullish(),
  config: z.record(z.string(), Json).nullish(),
  replies: z.boolean().nullish(),
  delivery: z.record(z.string(), Json).nullish().meta({
    description: 'Overrides of the delivery options; docs/delivery.md describes them.',
  }),
  ordered: z.boolean().nullish(),
  maxPerSecond: z.number().nullish(),
  batch: z
    .strictObject({ maxEvents: z.number().optional(), maxWaitMs: z.number().optional() })
    .nullish(),
  select: z.array(z.string()).min(1).nullish().meta({
    description: 'The fields that the listener gets of those which the hook provides. Null: all.',
  }),
};

const ADDRESS = {
  hook: z.string().optional(),
  pattern: z.string().optional(),
  url: z.string().optional(),
  handler: z.string().optional(),
};

type Address = { readonly [Name in keyof typeof ADDRESS]?: string | undefined };

/** A listener to create. */
export const ListenerInput = z
  .strictObject({ ...ADDRESS, ...OPTIONAL, secret: z.string().optional() })
  .superRefine((input, context) => {
    exactlyOne(context, input, ['hook', 'pattern']);
    exactlyOne(context, input, ['url', 'handler']);
  });

/** A whole listener: what is left out gets its default. */
export const ListenerReplacement = z
  .strictObject({ ...ADDRESS, ...OPTIONAL })
  .superRefine((input, context) => exactlyOne(context, input, ['url', 'handler']));

/** Changes of a listener: what is left out stays as it is. */
export const ListenerPatch = z
  .strictObject({ ...ADDRESS, ...OPTIONAL })
  .superRefine((input, context) => {
    if (input.url !== undefined && input.handler !== undefined)
      exactlyOne(context, input, ['url', 'handler']);
  });

export type ListenerInput = z.infer<typeof ListenerInput>;
export type EditInput = z.infer<typeof ListenerPatch>;

function exactlyOne(
  context: z.RefinementCtx,
  input: Address,
  [one, other]: readonly [keyof Address, keyof Address],
): void {
  if ((input[one] === undefined) !== (input[other] === undefined)) return;
  context.addIssue({ code: 'custom', path: [one], message: `must be given, or else \`${other}\`` });
}

/** An edit that replaces everything: what it leaves out is reset. The owner is left to operators. */
export function replacing(
  input: z.infer<typeof ListenerReplacement>,
  { isOperator }: { readonly isOperator: boolean },
): EditInput {
  const names = Object.keys(OPTIONAL).filter((name) => isOperator || name !== 'owner');
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...input };
}

/** What builds the target of a new listener. */
export function optionsOf(input: ListenerInput): ListenerOptions {
  const { hook: _hook, pattern: _pattern, operations: _operations, match: _match, ...rest } = input;
  const { handler, url, ...options } = rest;
  const given = Object.entries(options).filter(([, value]) => value != null);
  return {
    ...(Object.fromEntries(given) as Omit<ListenerOptions, 'url'>),
    url: targetOf({ url, handler }) ?? '',
  };
}

/** What `listeners.update` takes. */
export function changesOf(input: EditInput): ListenerChanges {
  const { hook: _hook, pattern: _pattern, operations, match, handler, url, ...options } = input;
  const target = targetOf({ url, handler });
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(given) as ListenerChanges),
    ...(target !== undefined && { url: target }),
    ...(operations !== undefined && { on: operations }),
    ...(match !== undefined && { match: conditionsOf(match ?? {}) }),
  };
}

function targetOf({ url, handler }: Pick<Address, 'url' | 'handler'>): string | undefined {
  return handler === undefined ? url : new HandlerRef(handler).target;
}
