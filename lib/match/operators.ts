import type { FieldKind } from './field-kind';
import { OPERATORS, type Operator } from './matcher';

const TEXTS: readonly FieldKind[] = ['text'];
const ORDERED: readonly FieldKind[] = ['text', 'number', 'exact', 'instant', 'date', 'time'];
const BOOLEANS: readonly FieldKind[] = ['boolean'];

/** The kinds of fields that an operator can judge, beside `json` and `unknown`. Left out: all. */
const JUDGED: Partial<Record<Operator, readonly FieldKind[]>> = {
  isTrue: BOOLEANS,
  isFalse: BOOLEANS,
  startsWith: TEXTS,
  endsWith: TEXTS,
  contains: TEXTS,
  like: TEXTS,
  gt: ORDERED,
  gte: ORDERED,
  lt: ORDERED,
  lte: ORDERED,
  between: ORDERED,
};

/** The kinds that `operator` needs, if the field has another one. Null if the operator can judge the field. */
export function kindsNeeded(operator: Operator, kind: FieldKind): readonly FieldKind[] | null {
  const kinds = JUDGED[operator];
  const isJudged = kinds === undefined || kind === 'json' || kind === 'unknown';
  return isJudged || kinds.includes(kind) ? null : kinds;
}

/** The operators that a condition on a field of this kind can have. */
export function operatorsOf(kind: FieldKind): readonly Operator[] {
  return OPERATORS.filter((operator) => kindsNeeded(operator, kind) === null);
}
