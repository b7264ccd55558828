/**
 * How the values of a field compare, whatever the database calls its type. Values are those of an event, hence JSON:
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
