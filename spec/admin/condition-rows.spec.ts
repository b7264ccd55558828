import fc from 'fast-check';
import { choicesFor, conditionOf, rowsOf } from '../../lib/admin/page/condition-rows';
import type { HookField } from '../../lib/attach/attached-hook';
import type { FieldKind } from '../../lib/match/field-kind';
import { operatorsOf } from '../../lib/match/operators';

const KINDS: readonly FieldKind[] = [
  'text',
  'number',
  'exact',
  'boolean',
  'instant',
  'date',
  'json',
];

function fieldOf(kind: FieldKind): HookField {
  return { path: 'field', kind, isList: false, members: null, operators: operatorsOf(kind) };
}

/** A text that a user may type for a field of this kind. */
function typed(kind: FieldKind): fc.Arbitrary<string> {
  switch (kind) {
    case 'number':
      return fc.integer().map(String);
    case 'boolean':
      return fc.constantFrom('true', 'false');
    case 'json':
      return fc.jsonValue().map((value) => JSON.stringify(value));
    default:
      return fc.string();
  }
}

describe('rowsOf()', () => {
  it.each(KINDS)('A condition of a row on a field of kind %s is shown as a row again', (kind) => {
    const field = fieldOf(kind);
    const row = fc.tuple(fc.constantFrom(...choicesFor(field)), typed(kind));
    fc.assert(
      fc.property(row, ([choice, text]) => {
        const condition = conditionOf(field, { choice, text });
        if (condition === undefined) throw new Error(`${choice} makes no condition.`);
        const { rows, others } = rowsOf({ field: condition }, [field]);
        const again = rows.get('field');
        const shown = again ? conditionOf(field, again) : others.field;
        expect(shown).toEqual(condition);
      }),
    );
  });

  it('A condition that no row can show stays JSON', () => {
    const match = { field: { anyOf: ['a', { startsWith: 'b' }] } };
    const { rows, others } = rowsOf(match, [fieldOf('text')]);
    expect([rows.size, others]).toEqual([0, match]);
  });

  it('A condition on a field that is not provided any more stays JSON', () => {
    const { rows, others } = rowsOf({ gone: 'x' }, [fieldOf('text')]);
    expect([rows.size, others]).toEqual([0, { gone: 'x' }]);
  });
});
