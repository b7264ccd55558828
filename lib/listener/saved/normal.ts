import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson, isObjectLiteral, type JsonValue } from '../../base/json';
import { UnknownOperationError } from '../../errors/hook-errors';
import {
  FieldNotProvidedError,
  ListenerInvalidError,
  NoSenderError,
} from '../../errors/listener-errors';
import type { HookCatalog } from '../../hook/catalog';
import { conditionField } from '../../hook/event-context';
import { type Field, membersOf } from '../../hook/field';
import { type Hook, isInteractive, namesSender } from '../../hook/hook';
import { keyFields, RECHECK_NEEDS } from '../../hook/key-fields';
import { OPERATIONS } from '../../hook/operation';
import type { FieldKind } from '../../match/field-kind';
import { asMatcher, type Condition, type Matcher } from '../../match/matcher';
import { type StoredCondition, toStored } from '../../match/operand';
import type { ListenerOptions } from '../../options/listener';
import { narrowed } from '../../recipient/narrowing';
import type { RecipientPolicy } from '../../recipient/policy';
import type { ListenerValues } from '../../store/listener-columns';
import type { ListenerDraft } from '../declared/builder';
import { hooksOf, isPattern } from '../declared/pattern';
import { canonicalText, parseTarget } from '../declared/target';
import { checkedConfig, validateOptions } from './loaded-late';
import { checkSelection } from './selection';

/** A listener whose declaration was checked, with the values of its columns. */
export interface NormalListener {
  readonly identity: string;
  /** Its identity among several. Set if its hook can have one listener only, which then all have the same identity. */
  readonly only: string | null;
  readonly row: ListenerValues;
  /** The columns that change if the listener exists already. */
  readonly named: readonly (keyof ListenerValues)[];
  readonly match: readonly StoredCondition[];
  /** Whether the conditions are replaced if the listener exists already. */
  readonly namesMatch: boolean;
}

/** Maximum number of conditions of a listener. */
export const MAX_CONDITIONS = 64;

/** Checks a draft against its hook and the recipient policy. Throws the errors that `ListenerBuilder.save` names. */
export function normalise(
  draft: ListenerDraft,
  catalog: HookCatalog,
  policy: RecipientPolicy,
): NormalListener {
  const { options, operations } = draft;
  validateOptions(options);
  checkBatch(draft, catalog);
  checkRecipient(options, policy);
  const hooks = draft.pattern === null ? [] : hooksMatching(draft.pattern, catalog);
  const own = draft.hook === null ? null : catalog.get(draft.hook);
  checkOperations(own, operations ?? []);
  if (own && options.owner !== undefined && !namesSender(own)) throw new NoSenderError(own.name);
  if (own && !draft.keepsDelivery) checkRecheckable(options, own);
  checkSelection(draft, own ? [own] : hooks);
  const match = conditions(draft, own ? [own] : hooks);
  const ofHook = own?.declared.config;
  const row = values(draft, ofHook ? checkedConfig(ofHook, options.config ?? {}) : options.config);
  const identity = identityOf({ ...row, match });
  const isOnly = own !== null && isInteractive(own);
  return {
    identity: isOnly ? identityHash(canonicalJson(['interactive', own.name])) : identity,
    only: isOnly ? identity : null,
    row,
    named: namedColumns(draft),
    match,
    namesMatch: draft.match !== undefined,
  };
}

/** Throws `LISTENER_INVALID` if deliveries of this listener cannot be sent together. */
function checkBatch({ hook, options: { url, batch } }: ListenerDraft, catalog: HookCatalog): void {
  if (batch == null) return;
  if (parseTarget(url).kind === 'handler')
    throw new ListenerInvalidError({
      batch: ['batch is only for URLs: a handler gets each event'],
    });
  if (hook !== null && isInteractive(catalog.get(hook)))
    throw new ListenerInvalidError({ batch: ['batch cannot be used with an interactive hook'] });
}

/** The policy of the hook comes first, because a listener's own rules can only narrow it. */
function checkRecipient({ url, delivery }: ListenerOptions, policy: RecipientPolicy): void {
  const target = parseTarget(url);
  if (target.kind === 'handler') return;
  policy.checkTarget(target.url);
  if (delivery?.recipients !== undefined)
    narrowed(policy, delivery.recipients).checkTarget(target.url);
}

/** Throws `LISTENER_INVALID` if the rows of the hook cannot be read again. */
function checkRecheckable({ delivery }: ListenerOptions, hook: Hook): void {
  if (delivery?.recheck === true && keyFields(hook) === null)
    throw new ListenerInvalidError({ delivery: [`delivery.recheck ${RECHECK_NEEDS}`] });
}

function hooksMatching(pattern: string, catalog: HookCatalog): readonly Hook[] {
  if (!isPattern(pattern))
    throw new ListenerInvalidError({
      pattern: ['must be an event name, "*", "<first part>.*" or "*.<rest>"'],
    });
  return hooksOf({ hook: null, pattern }, catalog);
}

function checkOperations(hook: Hook | null, operations: readonly string[]): void {
  const known: readonly string[] = hook?.operations ?? OPERATIONS;
  for (const operation of operations)
    if (!known.includes(operation))
      throw new UnknownOperationError(hook?.name ?? '', operation, known);
}

function conditions(draft: ListenerDraft, hooks: readonly Hook[]): readonly StoredCondition[] {
  const matches = draft.match ?? [];
  if (!matches.every(isObjectLiteral))
    throw new ListenerInvalidError({ match: ['must be a plain object of conditions by field'] });
  const entries = matches.flatMap((conditions) => Object.entries(conditions));
  if (entries.length > MAX_CONDITIONS)
    throw new ListenerInvalidError({ match: [`may hold at most ${MAX_CONDITIONS} conditions`] });
  return entries.map(([field, condition]) => storedCondition(draft, hooks, field, condition));
}

function storedCondition(
  draft: ListenerDraft,
  hooks: readonly Hook[],
  path: string,
  condition: Condition,
): StoredCondition {
  const fields = judgedBy(hooks).flatMap((hook) => conditionField(hook, path) ?? []);
  if (fields.length > 0) return fittingCondition(path, fields, asMatcher(condition));
  const provided = new Set(hooks.flatMap((hook) => [...hook.fields.keys()]));
  throw new FieldNotProvidedError(draft.hook ?? draft.pattern ?? '', path, [...provided]);
}

/** Open hooks have any field, so beside others they would make a mistyped field of a wildcard pass. */
function judgedBy(hooks: readonly Hook[]): readonly Hook[] {
  const others = hooks.filter(({ isOpen }) => !isOpen);
  return others.length > 0 ? others : hooks;
}

/** Fields of one name may have different kinds in the hooks of a wildcard. A condition must fit one of them. */
function fittingCondition(
  path: string,
  fields: readonly Field[],
  matcher: Matcher,
): StoredCondition {
  const kinds = new Set(fields.map(({ kind }) => kind));
  const comparable = { members: commonMembers(fields) };
  let refusal: unknown;
  for (const kind of kinds.size > 1 ? leastChangingFirst(kinds) : kinds)
    try {
      return toStored(path, kind, matcher, comparable);
    } catch (error) {
      refusal ??= error;
    }
  throw refusal;
}

/** The members of the enums, if all of the fields are enums. */
function commonMembers(fields: readonly Field[]): readonly string[] | null {
  const members = fields.map(membersOf);
  return members.some((one) => one === null) ? null : members.flatMap((one) => one ?? []);
}

/** Decimals and date-times store an operand in a form that other kinds do not recognise, so they come last. They recognise the other forms. */
function leastChangingFirst(kinds: ReadonlySet<FieldKind>): readonly FieldKind[] {
  const others = [...kinds].filter((kind) => kind !== 'exact' && kind !== 'instant');
  const exact = kinds.has('exact') ? (['number', 'exact'] as const) : [];
  return [...others, ...exact, ...(kinds.has('instant') ? (['instant'] as const) : [])];
}

function values(
  { hook, pattern, options, operations }: ListenerDraft,
  config: ListenerOptions['config'] = {},
): ListenerValues {
  return {
    hook,
    operations: operations ? [...new Set(operations)].sort() : null,
    pattern,
    target: options.url,
    content_type: options.contentType ?? 'application/json',
    format: options.format ?? null,
    secret: options.secret ?? newSecret(),
    digest: options.digest ?? 'sha256',
    signature: options.signature ?? 'v1',
    headers: options.headers ?? {},
    owner: options.owner ?? null,
    key: options.key ?? null,
    config,
    replies: options.replies ?? true,
    delivery: { ...options.delivery } as { [option: string]: JsonValue },
    ordered: options.ordered ?? false,
    max_per_second: options.maxPerSecond ?? null,
    batch: options.batch ? { ...options.batch } : null,
    selected: options.select ? [...new Set(options.select)] : null,
  };
}

/** In the format of Standard Webhooks. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

const COLUMN_OF_OPTION = {
  secret: 'secret',
  digest: 'digest',
  signature: 'signature',
  contentType: 'content_type',
  format: 'format',
  headers: 'headers',
  config: 'config',
  replies: 'replies',
  delivery: 'delivery',
  ordered: 'ordered',
  maxPerSecond: 'max_per_second',
  batch: 'batch',
  select: 'selected',
} as const;

function namedColumns({ options, operations }: ListenerDraft): readonly (keyof ListenerValues)[] {
  const named = Object.entries(COLUMN_OF_OPTION)
    .filter(([option]) => options[option as keyof typeof COLUMN_OF_OPTION] !== undefined)
    .map(([, column]) => column);
  // Without a `key` these columns are the identity: a save finds the row by them and cannot change them.
  if (options.key === undefined) return named;
  return [...named, 'hook', 'pattern', 'target', ...(operations ? (['operations'] as const) : [])];
}

type Identified = Pick<
  ListenerValues,
  'owner' | 'key' | 'hook' | 'operations' | 'pattern' | 'target'
> & { readonly match: readonly StoredCondition[] };

/** The identity is (owner, key). Without a `key` it is the owner, the wanted events and the target. */
export function identityOf({
  owner,
  key,
  hook,
  operations,
  pattern,
  target,
  match,
}: Identified): string {
  const parts: JsonValue =
    key !== null
      ? [owner, key]
      : [
          owner,
          hook,
          operations,
          pattern,
          canonicalText(parseTarget(target)),
          sortedConditions(match),
        ];
  return identityHash(canonicalJson(parts));
}

export function identityHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sortedConditions(match: readonly StoredCondition[]): readonly string[] {
  return match
    .map(({ field, operator, operand }) => canonicalJson([field, operator, operand]))
    .sort();
}
