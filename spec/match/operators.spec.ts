import type { FieldKind } from '../../lib/match/field-kind';
import { OPERATORS, type Operator, storedMatcher } from '../../lib/match/matcher';
import { toStored } from '../../lib/match/operand';
import { operatorsOf } from '../../lib/match/operators';

/** A value that each kind of field can have. */
const VALUES: Readonly<Record<FieldKind, unknown>> = {
  text: 'a',
  number: 1,
  exact: '1',
  boolean: true,
  instant: '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '10:00:00',
  json: 'a',
  list: [1],
  bytes: 'YQ==',
  unknown: 'a',
};

function operandFor(operator: Operator, value: unknown): unknown {
  switch (operator) {
    case 'oneOf':
      return [value];
    case 'between':
      return [value, value];
    case 'not':
    case 'was':
    case 'becomes':
      return { operator: 'any', operand: null };
    case 'allOf':
    case 'anyOf':
      return [{ operator: 'any', operand: null }];
    default:
      return value;
  }
}

describe('operatorsOf()', () => {
  it.each(Object.keys(VALUES) as FieldKind[])(
    'The operators of the kind %s are those that can be saved for it',
    (kind) => {
      const savable = OPERATORS.filter((operator) => {
        const operand = operandFor(operator, VALUES[kind]) as never;
        try {
          toStored('field', kind, storedMatcher({ operator, operand }));
          return true;
        } catch {
          return false;
        }
      });
      expect(operatorsOf(kind)).toEqual(savable);
    },
  );
});
