import {
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  registerDecorator,
  type ValidationError,
  validateSync,
} from 'class-validator';
import { isPlainObject, isWithin, storable } from '../../base/json';
import { DigestUnsupportedError, ListenerInvalidError } from '../../errors/listener-errors';
import type { BodyFormat } from '../../options/body-format';
import type { AttemptOptions } from '../../options/delivery';
import { textOf } from '../../options/header-value';
import { CONTENT_TYPES, DIGESTS, type ListenerOptions } from '../../options/listener';

const FORMATS = ['fields', 'envelope', 'standard', 'cloudevents'] satisfies BodyFormat[];
const MAX_URL_LENGTH = 2_048;
const MAX_TEXT_LENGTH = 255;
const MAX_CONFIG_LENGTH = 16_384;
const MAX_CONFIG_LEVELS = 64;
const MAX_HEADERS = 32;
const MAX_HEADER_LENGTH = 1_024;
/** Of all names and values together: many servers take no more than 8 kB. */
const MAX_HEADERS_LENGTH = 8_192;
/** Attempts a second. The lowest is one a day. */
const MIN_RATE = 1 / 86_400;
const MAX_RATE = 100_000;

/** What we set ourselves, what would let a header change where or how the request goes, and what no object should be given. */
const RESERVED_HEADER =
  /^(host|content-.*|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|hook-.*|webhook-.*|__proto__)$/i;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
// Visible characters, spaces and tabs: no line break in any code page, hence no further header.
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** Throws `LISTENER_INVALID` with every failing field, or `DIGEST_UNSUPPORTED`. */
export function validateOptions(options: ListenerOptions): void {
  const { digest } = options;
  if (digest !== undefined && !DIGESTS.includes(digest)) throw new DigestUnsupportedError(digest);
  for (const key of NO_OPTIONS)
    if (Object.hasOwn(options, key))
      throw new ListenerInvalidError({ [key]: [`property ${key} should not exist`] });
  const input = Object.assign(new ListenerInput(), options);
  const failures = validateSync(input, { whitelist: true, forbidNonWhitelisted: true });
  if (failures.length > 0) throw new ListenerInvalidError(reasons(failures));
}

/** Of parsed JSON they are members like others, but assigned they would change what the input is, and so what it is checked for. */
const NO_OPTIONS = ['__proto__', 'constructor'];

/** The URL of a target. Throws `LISTENER_INVALID`. */
export function targetUrl(target: string): URL {
  if (!URL.canParse(target)) throw new ListenerInvalidError({ url: [MALFORMED_URL] });
  return new URL(target);
}

const MALFORMED_URL = 'must be an absolute URL like https://example.com/hooks';

const UNKEYED = 'must be base64 after whsec_';

const UNSTORABLE = 'must hold no NUL and no half of a surrogate pair';

class ListenerInput {
  @Must((value) => typeof value === 'string' && URL.canParse(value), MALFORMED_URL)
  @Length(1, MAX_URL_LENGTH)
  @Must(isStorable, UNSTORABLE)
  url!: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_HEADER_LENGTH)
  @Must(isStorable, UNSTORABLE)
  @Must(hasKey, UNKEYED)
  secret?: string;

  @IsOptional()
  digest?: string;

  @IsOptional()
  @IsIn(CONTENT_TYPES)
  contentType?: string;

  @IsOptional()
  @IsIn(FORMATS)
  format?: string;

  @IsOptional()
  @Must(
    areHeaders,
    `must be at most ${MAX_HEADERS} valid header names, none of them reserved, with text of one line or secret(text), at most ${MAX_HEADERS_LENGTH} characters in all; a secret value that was read is null: name it again`,
  )
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
  @Must(isConfig, 'must be a JSON object of at most 16,384 characters, nested at most 64 deep')
  config?: unknown;

  @IsOptional()
  @IsBoolean()
  replies?: boolean;

  @IsOptional()
  @Must(
    isDelivery,
    'may hold timeoutMs, maxResponseBytes, maxPayloadBytes, disableAfterMs and the retry options, as numbers, and recipients',
  )
  delivery?: unknown;

  @IsOptional()
  @IsBoolean()
  ordered?: boolean;

  @IsOptional()
  @Must(isRate, `must be a number above 0, at most ${MAX_RATE}`)
  maxPerSecond?: unknown;
}

function isRate(value: unknown): boolean {
  return typeof value === 'number' && value >= MIN_RATE && value <= MAX_RATE;
}

function isStorable(value: unknown): boolean {
  return typeof value !== 'string' || storable(value) === value;
}

/** What is no base64 would be read as a shorter key, or none, and differently by others. */
function hasKey(secret: unknown): boolean {
  if (typeof secret !== 'string' || !secret.startsWith('whsec_')) return true;
  const text = secret.slice('whsec_'.length);
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text;
}

function isConfig(value: unknown): boolean {
  if (!isPlainObject(value) || !isWithin(value, MAX_CONFIG_LEVELS)) return false;
  try {
    return JSON.stringify(value).length <= MAX_CONFIG_LENGTH;
  } catch {
    // A bigint.
    return false;
  }
}

function areHeaders(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const headers = Object.entries(value).map(([name, said]) => [name, textOf(said)] as const);
  return sendable(headers).length === headers.length;
}

/** Those of some headers that may be sent beside ours; what is too much in number or length is left out. */
export function sendable(
  headers: readonly (readonly [string, unknown])[],
): readonly (readonly [string, string])[] {
  let left = MAX_HEADERS_LENGTH;
  const fitting = headers.filter(isHeader).filter(([name, value]) => {
    left -= name.length + value.length;
    return left >= 0;
  });
  return fitting.slice(0, MAX_HEADERS);
}

function isHeader(header: readonly [string, unknown]): header is readonly [string, string] {
  const [name, value] = header;
  return (
    HEADER_NAME.test(name) &&
    !RESERVED_HEADER.test(name) &&
    typeof value === 'string' &&
    value.length <= MAX_HEADER_LENGTH &&
    HEADER_VALUE.test(value)
  );
}

const ATTEMPT_OPTIONS: Readonly<Record<keyof AttemptOptions, { min: number; max: number }>> = {
  timeoutMs: { min: 1, max: 300_000 },
  maxResponseBytes: { min: 0, max: 16_777_216 },
  maxPayloadBytes: { min: 1, max: 268_435_456 },
  disableAfterMs: { min: 0, max: Number.MAX_SAFE_INTEGER },
  retries: { min: 0, max: 1_000 },
  retryDelayMs: { min: 0, max: Number.MAX_SAFE_INTEGER },
  retryFactor: { min: 1, max: 100 },
  retryMaxDelayMs: { min: 0, max: Number.MAX_SAFE_INTEGER },
  jitter: { min: 0, max: 1 },
};

/** What `recipients` holds is checked beside the policy that it narrows. */
function isDelivery(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { recipients, ...attempts } = value;
  return areAttemptOptions(attempts);
}

/** Whether all of it are known options within their bounds. */
export function areAttemptOptions(value: unknown): value is AttemptOptions {
  return (
    isPlainObject(value) &&
    Object.entries(value).every(([option, number]) => {
      const bounds = Object.hasOwn(ATTEMPT_OPTIONS, option)
        ? ATTEMPT_OPTIONS[option as keyof AttemptOptions]
        : undefined;
      return (
        bounds !== undefined &&
        typeof number === 'number' &&
        number >= bounds.min &&
        number <= bounds.max
      );
    })
  );
}

function Must(accepts: (value: unknown) => boolean, message: string): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'must',
      target: target.constructor,
      propertyName: String(property),
      options: { message },
      validator: { validate: accepts },
    });
}

function reasons(failures: readonly ValidationError[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    failures.map(({ property, constraints }) => [property, Object.values(constraints ?? {})]),
  );
}
