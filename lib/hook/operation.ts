/** What can happen to a row. */
export const OPERATIONS = ['insert', 'update', 'remove', 'softRemove', 'recover'] as const;

/** The kind of a change of a row. */
export type Operation = (typeof OPERATIONS)[number];

/** Last part of the default event names: `person.created`. */
export const EVENT_SUFFIX = {
  insert: 'created',
  update: 'updated',
  remove: 'removed',
  softRemove: 'softRemoved',
  recover: 'recovered',
} as const satisfies Readonly<Record<Operation, string>>;

export function isOperation(value: unknown): value is Operation {
  return OPERATIONS.some((operation) => operation === value);
}
