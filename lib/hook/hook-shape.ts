import { LONGEST_TIMER_MS } from '../base/deadline';
import { isObjectLiteral } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import { BODY_FORMATS } from '../options/body-format';
import { checkedOptions } from '../options/checked';
import { CRITERIA_MODES } from '../options/criteria';
import { DELIVERY_SHAPE } from '../options/delivery-shape';
import {
  ANYTHING,
  BOOLEAN,
  FUNCTION,
  isListOf,
  isOptions,
  listOf,
  numberFrom,
  oneOf,
  optionsOf,
  type Rule,
  required,
  type Shape,
  STORABLE,
  TEXT,
} from '../options/rules';
import { isConfigClass } from './config-class';
import type { DeclaredHook } from './model-hook';
import {
  CAPTURE_KINDS,
  COALESCE_SCOPES,
  type DefinedHookOptions,
  type InteractiveHookOptions,
  TRUNCATE_ACTIONS,
} from './options';

const FORMAT = oneOf(...BODY_FORMATS);

const PROVIDES: Rule = {
  accepts: (value) => value === '*' || isListOf(isText, value),
  expected: "'*' or a list of field paths",
  repeatsText: true,
  isRequired: true,
};

/** Names of operations are checked by `resolveHook`, which throws `HOOK_UNKNOWN_OPERATION`. */
const EVENT: Rule = {
  accepts: (value) => isText(value) || isRecordOf(isText, value),
  expected: 'an event name, or an object of event names by operation',
};

const HEADERS: Rule = {
  accepts: (value) => isFunction(value) || isRecordOf(isText, value),
  expected: 'an object of texts by header name, or a function',
};

const CONFIG: Rule = {
  accepts: isConfigClass,
  expected: 'a class whose properties have decorators of class-validator',
};

const SHARED_SHAPE = {
  resolve: FUNCTION,
  config: CONFIG,
  format: FORMAT,
  context: BOOLEAN,
  title: TEXT,
  description: TEXT,
  delivery: optionsOf(DELIVERY_SHAPE),
} as const;

const HOOK_SHAPE: Shape<DeclaredHook> = {
  provides: PROVIDES,
  name: TEXT,
  on: ANYTHING,
  event: EVENT,
  when: ANYTHING,
  compute: {
    accepts: (value) =>
      isRecordOf(isFunction, value) && Object.keys(value).every((name) => STORABLE.accepts(name)),
    expected: 'an object of functions by field name',
  },
  ref: {
    accepts: (value) => (isText(value) && value !== '') || isFunction(value),
    expected: 'a URL template or a function',
  },
  sender: {
    accepts: (value) => isText(value) || isFunction(value),
    expected: 'a field path or a function',
  },
  headers: HEADERS,
  exactPrevious: BOOLEAN,
  criteria: oneOf(...CRITERIA_MODES),
  coalesce: oneOf(...COALESCE_SCOPES),
  capture: oneOf(...CAPTURE_KINDS),
  truncate: oneOf(...TRUNCATE_ACTIONS),
  ...SHARED_SHAPE,
};

const DEFINED_SHAPE: Shape<DefinedHookOptions> = {
  provides: required(
    listOf(
      (value) => STORABLE.accepts(value) && value !== '*',
      "a list of field paths without '*'",
    ),
  ),
  ...SHARED_SHAPE,
};

const { resolve: _resolve, ...INTERACTIVE_SHAPE } = {
  ...DEFINED_SHAPE,
  timeoutMs: numberFrom(1, LONGEST_TIMER_MS),
} satisfies Shape<DefinedHookOptions & InteractiveHookOptions>;

/** The options of `@ModelHook`, checked. Throws `OPTION_INVALID`, which names the hook. */
export function checkedHook(given: unknown, defaultName: string): DeclaredHook {
  const owner = `hook "${nameOf(given) ?? defaultName}"`;
  const options = checkedOptions<DeclaredHook>(given, HOOK_SHAPE, { owner });
  const { provides, compute = {} } = options;
  if (provides.length === 0 && Object.keys(compute).length === 0)
    throw new OptionInvalidError(
      'provides',
      { option: 'provides', text: 'must name a field, unless `compute` does; got an empty list' },
      owner,
    );
  return options;
}

/** The options of `hooks.define`, checked. An event without data is allowed. Throws `OPTION_INVALID`, which names the hook. */
export function checkedDefinition(given: unknown, name: string): DefinedHookOptions {
  return checkedOptions<DefinedHookOptions>(given, DEFINED_SHAPE, { owner: `hook "${name}"` });
}

/** The options of `hooks.interactive`, checked. Throws `OPTION_INVALID`, which names the hook. */
export function checkedInteractive(given: unknown, name: string): InteractiveHookOptions {
  return checkedOptions<InteractiveHookOptions>(given, INTERACTIVE_SHAPE, {
    owner: `hook "${name}"`,
  });
}

function nameOf(given: unknown): string | null {
  return isOptions(given) && typeof given.name === 'string' ? given.name : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFunction(value: unknown): boolean {
  return FUNCTION.accepts(value);
}

function isRecordOf(accepts: (value: unknown) => boolean, value: unknown): value is object {
  return (
    isObjectLiteral(value) && Object.values(value).every((one) => one === undefined || accepts(one))
  );
}
