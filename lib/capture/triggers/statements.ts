/** What a statement means for the transaction of its connection. */
export type StatementKind = 'begins' | 'ends' | 'rollsBack' | 'controls' | 'reads' | 'writes';

/** Judged by its first words. A statement that cannot be judged is one that writes. */
export function kindOf(sql: string): StatementKind {
  const [, first = '', second = ''] = /^\s*(\w+)(?:\s+(\w+))?/.exec(sql) ?? [];
  const kind = KINDS[first.toUpperCase()] ?? 'writes';
  return kind === 'ends' && second.toUpperCase() === 'TO' ? 'rollsBack' : kind;
}

const KINDS: Readonly<Record<string, StatementKind>> = {
  BEGIN: 'begins',
  START: 'begins',
  COMMIT: 'ends',
  END: 'ends',
  ABORT: 'ends',
  ROLLBACK: 'ends',
  SAVEPOINT: 'controls',
  RELEASE: 'controls',
  SET: 'controls',
  SHOW: 'reads',
  SELECT: 'reads',
};
