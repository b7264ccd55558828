import type { HookField } from '../../attach/attached-hook';
import { isPlainObject, type JsonValue } from '../../base/json';
import type { FieldKind } from '../../match/field-kind';
import type { Operator } from '../../match/matcher';
import type { MatchJson } from '../match-json';

/** A condition as a row of the form has it: one choice, and a text. */
export interface Row {
  readonly choice: string;
  readonly text: string;
}

interface Choice {
  /** Name in the form, and what the user reads. */
  readonly name: string;
  readonly needs: Operator;
  /** Whether it takes a text. */
  readonly takes: 'one' | 'two' | 'list' | 'nothing';
  /** The condition, from its operand. */
  readonly json: (operand: JsonValue) => JsonValue;
}

const operatorChoice = (needs: Operator, takes: Choice['takes'] = 'one'): Choice => ({
  name: needs,
  needs,
  takes,
  json: (operand) => ({ [needs]: takes === 'nothing' ? true : operand }),
});

/** Everything else can be written as JSON. */
const CHOICES: readonly Choice[] = [
  { name: 'is', needs: 'is', takes: 'one', json: (operand) => ({ is: operand }) },
  { name: 'is not', needs: 'not', takes: 'one', json: (operand) => ({ not: { is: operand } }) },
  operatorChoice('oneOf', 'list'),
  operatorChoice('startsWith'),
  operatorChoice('endsWith'),
  operatorChoice('contains'),
  operatorChoice('like'),
  operatorChoice('gt'),
  operatorChoice('gte'),
  operatorChoice('lt'),
  operatorChoice('lte'),
  operatorChoice('between', 'two'),
  operatorChoice('isTrue', 'nothing'),
  operatorChoice('isFalse', 'nothing'),
  operatorChoice('isNull', 'nothing'),
  { name: 'is not null', needs: 'not', takes: 'nothing', json: () => ({ not: { isNull: true } }) },
  operatorChoice('changed', 'nothing'),
  {
    name: 'becomes',
    needs: 'becomes',
    takes: 'one',
    json: (operand) => ({ becomes: { is: operand } }),
  },
  { name: 'was', needs: 'was', takes: 'one', json: (operand) => ({ was: { is: operand } }) },
];

/** What the form offers for a field. */
export function choicesFor({ operators }: HookField): readonly string[] {
  return CHOICES.filter(({ needs }) => operators.includes(needs)).map(({ name }) => name);
}

/** The condition of a row; undefined for a row without a choice. */
export function conditionOf({ kind }: HookField, { choice, text }: Row): JsonValue | undefined {
  const found = CHOICES.find(({ name }) => name === choice);
  if (!found) return undefined;
  switch (found.takes) {
    case 'nothing':
      return found.json(null);
    case 'one':
      return found.json(operandOf(kind, text));
    case 'two':
    case 'list':
      return found.json(text.split(',').map((one) => operandOf(kind, one.trim())));
  }
}

/** The operand that a text stands for. What is no value of the kind stays a text, and is refused by name when it is saved. */
function operandOf(kind: FieldKind, text: string): JsonValue {
  switch (kind) {
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'json':
    case 'list':
    case 'unknown':
      return jsonOr(text);
    default:
      return text;
  }
}

function jsonOr(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** The conditions of a listener as rows, and those that no row can show. */
export function rowsOf(
  match: MatchJson,
  fields: readonly HookField[],
): { readonly rows: ReadonlyMap<string, Row>; readonly others: MatchJson } {
  const rows = new Map<string, Row>();
  const others: Record<string, JsonValue> = {};
  for (const [path, json] of Object.entries(match)) {
    const field = fields.find((one) => one.path === path);
    const row = field && rowOf(field, json);
    if (row) rows.set(path, row);
    else others[path] = json;
  }
  return { rows, others };
}

/** Found by trying: a row that gives this condition again. */
function rowOf(field: HookField, json: JsonValue): Row | undefined {
  const whole = isPlainObject(json) ? json : { is: json };
  const wanted = JSON.stringify(whole);
  for (const { name } of CHOICES)
    for (const text of textsIn(whole)) {
      const row = { choice: name, text };
      if (JSON.stringify(conditionOf(field, row)) === wanted) return row;
    }
  return undefined;
}

/** The texts that could have been typed for a condition: its innermost operand. */
function textsIn(json: JsonValue): readonly string[] {
  if (Array.isArray(json)) return [json.map(String).join(', ')];
  if (!isPlainObject(json)) return [String(json), JSON.stringify(json)];
  const [inner] = Object.values(json as { readonly [key: string]: JsonValue });
  return inner === undefined ? [''] : [JSON.stringify(inner), ...textsIn(inner)];
}
