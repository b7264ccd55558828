import { becomes, type Condition, changed, is, isNull, not, type Operation, was } from '../../lib';
import { type ChangedValues, meets } from '../../lib/capture/when';
import { asMatcher } from '../../lib/match/matcher';
import { toStored } from '../../lib/match/operand';

const field = {
  path: 'status',
  kind: 'text',
  column: null,
  relation: null,
  related: null,
} as const;
const meetsAll = (judged: ChangedValues, ...conditions: readonly Condition[]) =>
  meets(
    conditions.map((condition) => ({
      field,
      matcher: toStored(field.path, field.kind, asMatcher(condition)),
    })),
    judged,
  );

const CONDITIONS = {
  is: is('b'),
  changed: changed(),
  was: was('a'),
  becomes: becomes('b'),
  notWas: not(was('a')),
};

describe('meets', () => {
  it.each<{ operation: Operation; before: string | null; holds: readonly string[] }>([
    { operation: 'insert', before: null, holds: ['is', 'changed', 'becomes', 'notWas'] },
    { operation: 'update', before: 'a', holds: ['is', 'changed', 'was', 'becomes'] },
    { operation: 'update', before: 'b', holds: ['is', 'notWas'] },
    { operation: 'softRemove', before: 'a', holds: ['is', 'changed', 'was', 'becomes'] },
    { operation: 'recover', before: 'b', holds: ['is', 'notWas'] },
    { operation: 'remove', before: null, holds: ['is', 'notWas'] },
  ])(
    'The conditions that hold for a value "b" after $before by $operation are $holds',
    ({ operation, before, holds }) => {
      const judged: ChangedValues = {
        operation,
        now: { status: 'b' },
        before: before === null ? null : { status: before },
      };
      const held = Object.entries(CONDITIONS).filter(([, condition]) =>
        meetsAll(judged, condition),
      );
      expect(held.map(([name]) => name)).toEqual(holds);
    },
  );

  it('The value of a removed row counts as the previous value', () => {
    const judged: ChangedValues = { operation: 'remove', now: { status: 'a' }, before: null };
    expect(meetsAll(judged, was('a'))).toBe(true);
    expect(meetsAll(judged, not(becomes('a')), not(changed()))).toBe(true);
  });

  it('All conditions must hold, and a missing field counts as absent', () => {
    const judged: ChangedValues = { operation: 'insert', now: { status: 'b' }, before: null };
    expect(meetsAll(judged)).toBe(true);
    expect(meetsAll(judged, 'b', changed())).toBe(true);
    expect(meetsAll(judged, 'b', 'c')).toBe(false);
    const nothing: ChangedValues = { operation: 'insert', now: {}, before: null };
    for (const condition of [isNull(), not('b'), changed(), becomes('b')])
      expect(meetsAll(nothing, condition)).toBe(false);
  });
});
