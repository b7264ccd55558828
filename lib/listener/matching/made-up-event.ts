import { type JsonRecord, toJson } from '../../base/json';
import type { HookEvent } from '../../hook/event';
import { OPERATIONS } from '../../hook/operation';
import { checkArgument } from '../../options/checked';
import { withoutUndefined } from '../../options/delivery-defaults';
import { isListOf, isOptions, type Rule, STORABLE, STORABLE_OR_NULL } from '../../options/rules';

const OPERATION: Rule = {
  accepts: (value) => value === null || OPERATIONS.some((operation) => operation === value),
  expected: `null or one of ${OPERATIONS.join(', ')}`,
  repeatsText: true,
};

const VALUES: Rule = { accepts: isOptions, expected: 'an object of values by field' };

const VALUES_OR_NULL: Rule = {
  accepts: (value) => value === null || isOptions(value),
  expected: 'an object of values by field, or null',
};

const FIELDS: Rule = {
  accepts: (value) => isListOf((one) => typeof one === 'string', value),
  expected: 'a list of field paths',
};

/** What listeners are matched by. Other members of an event may have any value. */
const MEMBERS = {
  hook: STORABLE,
  name: STORABLE,
  operation: OPERATION,
  sender: STORABLE_OR_NULL,
  data: VALUES,
  previous: VALUES_OR_NULL,
  changed: FIELDS,
  context: VALUES_OR_NULL,
} as const;

/** An event that a caller made up: with what may be left out, and its values in JSON. Throws `OPTION_INVALID`. */
export function madeUpEvent(given: HookEvent): HookEvent {
  const event = { ...NOTHING_SAID, ...withoutUndefined(given) } as HookEvent;
  for (const [name, rule] of Object.entries(MEMBERS))
    checkArgument(`event.${name}`, event[name as keyof typeof MEMBERS], rule);
  const { context, ...others } = event;
  return {
    ...others,
    data: jsonValues(event.data),
    previous: event.previous && jsonValues(event.previous),
    ...(context && { context: jsonValues(context) }),
  };
}

const NOTHING_SAID = {
  hook: '',
  operation: null,
  sender: null,
  previous: null,
  changed: [],
  context: null,
};

function jsonValues(values: Readonly<Record<string, unknown>>): JsonRecord {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([field, value]) => [field, toJson(value)]));
}
