import Big from 'big.js';
import { canonicalJson, type JsonValue } from '../../base/json';
import { MAX_OPERAND_LENGTH } from '../../match/operand';
import { instantMs, isNumericText } from '../../match/readings';

/**
 * One text for all values that are equal in a column of any kind: numbers and numeric texts by their value, date-times by their instant.
 * Null for values longer than any allowed operand. Values that are equal in some kinds only are distinguished when conditions are checked.
 */
export function equalityText(value: JsonValue): string | null {
  switch (typeof value) {
    case 'string':
      return textEquality(value);
    case 'number':
      return `n${numberText(String(value))}`;
    case 'boolean':
      return `b${value}`;
    default:
      return value === null ? 'z' : within(`j${canonicalJson(value)}`);
  }
}

function textEquality(text: string): string | null {
  if (isNumericText(text)) return `n${numberText(text)}`;
  const ms = instantMs(text);
  return ms === null ? within(`s${text}`) : `d${ms}`;
}

function within(text: string): string | null {
  return text.length <= MAX_OPERAND_LENGTH + 1 ? text : null;
}

const SMALL_INTEGER = /^-?[1-9]\d{0,14}$/;

function numberText(text: string): string {
  if (SMALL_INTEGER.test(text)) return text;
  const canonical = new Big(text).toString();
  return canonical === '-0' ? '0' : canonical;
}
