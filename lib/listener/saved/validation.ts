import {
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  registerDecorator,
  type ValidationError,
  type ValidationOptions,
  validateSync,
} from 'class-validator';
import { isJson, isObjectLiteral, storable } from '../../base/json';
import { DigestUnsupportedError, ListenerInvalidError } from '../../errors/listener-errors';
import { BATCH_SHAPE } from '../../options/batch';
import { BODY_FORMATS } from '../../options/body-format';
import { problemsOf } from '../../options/checked';
import { LISTENER_DELIVERY_SHAPE } from '../../options/delivery-shape';
import {
  CONTENT_TYPES,
  DIGESTS,
  type ListenerOptions,
  SIGNATURE_KINDS,
} from '../../options/listener';
import { ANYTHING, optionsOf, type Shape } from '../../options/rules';
import { secretProblem } from '../../signing/secret';
import { isTarget, MALFORMED_TARGET } from '../declared/target';
import { headersProblem } from './headers';

const MAX_URL_LENGTH = 2_048;
const MAX_TEXT_LENGTH = 255;
/** Fields that a listener can select. */
const MAX_SELECTED = 256;
const MAX_SECRET_LENGTH = 1_024;
const MAX_CONFIG_LENGTH = 16_384;
const MAX_CONFIG_LEVELS = 64;
/** Attempts per second. The lowest rate is one per day. */
const MIN_RATE = 1 / 86_400;
const MAX_RATE = 100_000;

/** Throws `LISTENER_INVALID` with every failing field, or `DIGEST_UNSUPPORTED`. */
export function validateOptions(options: ListenerOptions): void {
  const { digest } = options;
  if (digest !== undefined && !DIGESTS.includes(digest)) throw new DigestUnsupportedError(digest);
  const unknown = unknownOptions(options);
  const known = Object.entries(options).filter(([option]) => Object.hasOwn(LISTENER_SHAPE, option));
  const input = Object.assign(new ListenerInput(), Object.fromEntries(known));
  const failing = { ...unknown, ...reasons(validateSync(input)), ...optionReasons(options) };
  if (Object.keys(failing).length > 0) throw new ListenerInvalidError(failing);
}

type Reasons = Readonly<Record<string, readonly string[]>>;

/** The names of the options. Their values are checked by the decorators of `ListenerInput`. */
const LISTENER_SHAPE: Shape<ListenerOptions> = {
  url: ANYTHING,
  secret: ANYTHING,
  digest: ANYTHING,
  signature: ANYTHING,
  contentType: ANYTHING,
  format: ANYTHING,
  headers: ANYTHING,
  owner: ANYTHING,
  key: ANYTHING,
  config: ANYTHING,
  replies: ANYTHING,
  delivery: optionsOf(LISTENER_DELIVERY_SHAPE),
  ordered: ANYTHING,
  maxPerSecond: ANYTHING,
  batch: optionsOf(BATCH_SHAPE),
  select: ANYTHING,
};

function unknownOptions(options: ListenerOptions): Reasons {
  const unknown = Object.entries(options).filter(
    ([option]) => !Object.hasOwn(LISTENER_SHAPE, option),
  );
  const problems = problemsOf(Object.fromEntries(unknown), LISTENER_SHAPE);
  return Object.fromEntries(problems.map(({ option, text }) => [option, [`${option} ${text}`]]));
}

function optionReasons(options: ListenerOptions): Reasons {
  return { ...deliveryReasons(options), ...batchReasons(options) };
}

/** A form cannot hold a list of events. */
function batchReasons({ batch, contentType }: ListenerOptions): Reasons {
  if (batch == null) return {};
  const problems = problemsOf(batch, BATCH_SHAPE, 'batch').map(
    ({ option, text }) => `${option} ${text}`,
  );
  const isForm = contentType != null && contentType !== 'application/json';
  if (isForm) problems.push('batch is only for the content type application/json');
  return problems.length === 0 ? {} : { batch: problems };
}

/** Null takes the option back to its default. */
function deliveryReasons({ delivery = null }: { readonly delivery?: unknown }): Reasons {
  if (delivery === null) return {};
  const problems = problemsOf(delivery, LISTENER_DELIVERY_SHAPE, 'delivery');
  if (problems.length === 0) return {};
  return { delivery: problems.map(({ option, text }) => `${option} ${text}`) };
}

export const CONFIG_EXPECTED =
  'must be a JSON object of at most 16,384 characters, nested at most 64 deep';
const UNSTORABLE = 'must have no NUL and no unpaired surrogate';

class ListenerInput {
  @Must(isTarget, MALFORMED_TARGET)
  @Length(1, MAX_URL_LENGTH)
  @Must(isStorable, UNSTORABLE)
  url!: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_SECRET_LENGTH)
  @Must(isStorable, UNSTORABLE)
  @Must(isUsable, ({ value }) => secretProblem(value) ?? '')
  secret?: string;

  @IsOptional()
  digest?: string;

  @IsOptional()
  @IsIn(SIGNATURE_KINDS)
  signature?: string;

  @IsOptional()
  @IsIn(CONTENT_TYPES)
  contentType?: string;

  @IsOptional()
  @IsIn(BODY_FORMATS)
  format?: string;

  @IsOptional()
  @Must(areHeaders, ({ value }) => headersProblem(value) ?? '')
  headers?: unknown;

  @IsOptional()
  @IsString()
  @Length(1, MAX_TEXT_LENGTH)
  @Must(isStorable, UNSTORABLE)
  owner?: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_TEXT_LENGTH)
  @Must(isStorable, UNSTORABLE)
  key?: string;

  @IsOptional()
  @Must(isConfig, CONFIG_EXPECTED)
  config?: unknown;

  @IsOptional()
  @IsBoolean()
  replies?: boolean;

  /** Checked by `deliveryReasons`. */
  @IsOptional()
  delivery?: unknown;

  @IsOptional()
  @IsBoolean()
  ordered?: boolean;

  @IsOptional()
  @Must(isRate, `must be a number above 0, at most ${MAX_RATE}`)
  maxPerSecond?: unknown;

  /** Checked by `batchReasons`. */
  @IsOptional()
  batch?: unknown;

  @IsOptional()
  @Must(isSelection, `must be a list of 1 to ${MAX_SELECTED} field paths`)
  select?: unknown;
}

function isSelection(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SELECTED) return false;
  return value.every((path) => typeof path === 'string' && path !== '' && isStorable(path));
}

function isRate(value: unknown): boolean {
  return typeof value === 'number' && value >= MIN_RATE && value <= MAX_RATE;
}

function isStorable(value: unknown): boolean {
  return typeof value !== 'string' || storable(value) === value;
}

/** Texts only: other values have a reason of their own. */
function isUsable(secret: unknown): boolean {
  return typeof secret !== 'string' || secretProblem(secret) === null;
}

function areHeaders(headers: unknown): boolean {
  return headersProblem(headers) === null;
}

/** Whether a listener can be stored with this `config`. */
export function isConfig(value: unknown): boolean {
  if (!isObjectLiteral(value) || !isJson(value, MAX_CONFIG_LEVELS)) return false;
  try {
    return JSON.stringify(value).length <= MAX_CONFIG_LENGTH;
  } catch {
    // JSON.stringify throws for a bigint.
    return false;
  }
}

function Must(
  accepts: (value: unknown) => boolean,
  message: NonNullable<ValidationOptions['message']>,
): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'must',
      target: target.constructor,
      propertyName: String(property),
      options: { message },
      validator: { validate: accepts },
    });
}

function reasons(failures: readonly ValidationError[]): Reasons {
  return Object.fromEntries(
    failures.map(({ property, constraints }) => [property, Object.values(constraints ?? {})]),
  );
}
