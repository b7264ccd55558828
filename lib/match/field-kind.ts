/**
 * How the values of a field compare, whatever the type of its column. They are values of an event, hence JSON:
 * `exact` (bigint, decimal) numeric text, `instant` ISO 8601, `date` and `time` text, `bytes` base64,
 * `unknown` anything: a transformed column, a computed or a defined field.
 */
export type FieldKind =
  | 'text'
  | 'number'
  | 'exact'
  | 'boolean'
  | 'instant'
  | 'date'
  | 'time'
  | 'json'
  | 'list'
  | 'bytes'
  | 'unknown';
