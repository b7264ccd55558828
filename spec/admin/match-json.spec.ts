import fc from 'fast-check';
import { conditionsOf, matchJson } from '../../lib/admin/match-json';
import type { JsonValue } from '../../lib/base/json';
import { asMatcher, type Condition, type StoredMatcher } from '../../lib/match/matcher';
import { toStored } from '../../lib/match/operand';

/** Any condition as the API writes it, on a field of a kind that accepts all operators. */
const condition: fc.Arbitrary<JsonValue> = fc.letrec<{ condition: JsonValue }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.string().map((is) => ({ is: { startsWith: is } })),
    fc.constantFrom('isNull', 'isTrue', 'isFalse', 'any').map((name) => ({ [name]: true })),
    fc.string().map((startsWith) => ({ startsWith })),
    fc.array(fc.string()).map((oneOf) => ({ oneOf })),
    fc.tuple(fc.integer(), fc.nat()).map(([low, more]) => ({ between: [low, low + more] })),
    tie('condition').map((not) => ({ not })),
    fc.array(tie('condition'), { maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(tie('condition'), { maxLength: 3 }).map((allOf) => ({ allOf })),
  ),
})).condition;

function stored(json: JsonValue): readonly (StoredMatcher & { readonly field: string })[] {
  const { field } = conditionsOf({ field: json });
  return [toStored('field', 'json', asMatcher(field as Condition))];
}

describe('matchJson()', () => {
  it('Every condition that is written and stored reads as the same condition', () => {
    fc.assert(
      fc.property(condition, (json) => {
        const first = stored(json);
        const read = matchJson(first);
        expect(stored(read.field as JsonValue)).toEqual(first);
      }),
    );
  });

  it.each<{ json: JsonValue; operator: string; operand: JsonValue }>([
    { json: 'Joe', operator: 'is', operand: 'Joe' },
    { json: null, operator: 'is', operand: null },
    { json: { is: 'Joe' }, operator: 'is', operand: 'Joe' },
    { json: { city: 'Rome' }, operator: 'is', operand: { city: 'Rome' } },
    { json: { is: { not: 'Rome' } }, operator: 'is', operand: { not: 'Rome' } },
    { json: { startsWith: 'J' }, operator: 'startsWith', operand: 'J' },
    { json: { isNull: true }, operator: 'isNull', operand: null },
    { json: { changed: null }, operator: 'changed', operand: null },
    { json: { not: 'Joe' }, operator: 'not', operand: { operator: 'is', operand: 'Joe' } },
    {
      json: { becomes: { gt: 3 } },
      operator: 'becomes',
      operand: { operator: 'gt', operand: 3 },
    },
  ])('The condition $json means $operator', ({ json, operator, operand }) => {
    expect(stored(json)).toEqual([{ field: 'field', operator, operand }]);
  });

  it('Several conditions on one field are one `allOf`', () => {
    const match = [
      { field: 'name', operator: 'startsWith', operand: 'J' },
      { field: 'name', operator: 'endsWith', operand: 'e' },
    ] as const;
    expect(matchJson(match)).toEqual({ name: { allOf: [{ startsWith: 'J' }, { endsWith: 'e' }] } });
  });
});
