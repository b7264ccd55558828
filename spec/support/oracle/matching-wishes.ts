import fc from 'fast-check';
import { OPERANDS, ORDERED, PATTERNS, TEXTS } from './matching-values';
import type { ColumnType, Term } from './oracle';
import { order } from './oracle-values';

/** Any condition on a column of a type, nested up to a depth. */
export function conditions(type: ColumnType, depth: number): fc.Arbitrary<Term> {
  return nested(type, depth, true);
}

function nested(type: ColumnType, depth: number, withTransitions: boolean): fc.Arbitrary<Term> {
  const leaf = leaves(type, withTransitions);
  if (depth === 0) return leaf;
  const inner = nested(type, depth - 1, withTransitions);
  const members = fc.array(inner, { maxLength: 3 });
  const combined: fc.Arbitrary<Term>[] = [
    fc.record({ op: fc.constant('not' as const), operand: inner }),
    fc.record({ op: fc.constantFrom('allOf' as const, 'anyOf' as const), operand: members }),
  ];
  // A transition cannot be inside a transition.
  const transitions = fc.record({
    op: fc.constantFrom('was' as const, 'becomes' as const),
    operand: nested(type, depth - 1, false),
  });
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 2, arbitrary: fc.oneof(...combined) },
    ...(withTransitions ? [{ weight: 1, arbitrary: transitions }] : []),
  );
}

function leaves(type: ColumnType, withTransitions: boolean): fc.Arbitrary<Term> {
  const operand = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...OPERANDS[type]) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const isLike = ['varchar', 'jsonb', 'computed'].includes(type);
  const isTruth = ['boolean', 'jsonb', 'computed'].includes(type);
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ op: fc.constant('is' as const), operand }) },
    { weight: 2, arbitrary: oneOf(operand) },
    ...ORDERED[type].flatMap((pool) => [
      { weight: 3, arbitrary: comparison(pool) },
      { weight: 2, arbitrary: range(pool, type) },
    ]),
    ...(isLike ? [{ weight: 5, arbitrary: textual() }] : []),
    ...(isTruth ? [{ weight: 1, arbitrary: unary('isTrue', 'isFalse') }] : []),
    ...(withTransitions ? [{ weight: 1, arbitrary: unary('changed') }] : []),
    { weight: 1, arbitrary: unary('any', 'isNull') },
  );
}

type Unary = Exclude<Term, { readonly operand: unknown }>['op'];

function unary(...ops: readonly Unary[]): fc.Arbitrary<Term> {
  return fc.record({ op: fc.constantFrom(...ops) });
}

function oneOf(operand: fc.Arbitrary<unknown>): fc.Arbitrary<Term> {
  return fc.record({
    op: fc.constant('oneOf' as const),
    operand: fc.array(operand, { maxLength: 4 }),
  });
}

function comparison(pool: readonly unknown[]): fc.Arbitrary<Term> {
  return fc.record({
    op: fc.constantFrom('gt' as const, 'gte' as const, 'lt' as const, 'lte' as const),
    operand: fc.constantFrom(...pool),
  });
}

function range(pool: readonly unknown[], type: ColumnType): fc.Arbitrary<Term> {
  const end = fc.constantFrom(...pool);
  return fc
    .tuple(end, end)
    .map(([a, b]): readonly [unknown, unknown] => ((order(a, b, type) ?? 0) > 0 ? [b, a] : [a, b]))
    .map((operand) => ({ op: 'between' as const, operand }));
}

function textual(): fc.Arbitrary<Term> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constantFrom('startsWith' as const, 'endsWith' as const, 'contains' as const),
        operand: fc.constantFrom(...TEXTS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('like' as const),
        operand: fc.constantFrom(...PATTERNS),
      }),
    },
  );
}
