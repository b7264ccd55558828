import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** Where SQL may stand: the statements on our own tables, and those that read the tables of the user. */
const SQL_FOLDERS = [
  'lib/store/',
  'lib/capture/entity/',
  'lib/capture/statement/',
  'lib/capture/triggers/',
];
/** What puts the store together. */
const COMPOSITION_ROOT = ['lib/model-hooks.ts', 'lib/attach/'];

const SQL =
  /\b(SELECT\b[^.]*\bFROM|SELECT (EXISTS|count|\$)|INSERT INTO|UPDATE\b.*\bSET|DELETE FROM|WITH\b.*\bAS \(|TRUNCATE|SET LOCAL|LOCK TABLE|CREATE (TABLE|INDEX))\b/s;

const FILES = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  .map((path) => relative(ROOT, join(ROOT, 'lib', path)))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, source: parsed(readFileSync(join(ROOT, path), 'utf8')) }));

describe('the store', () => {
  it('Only the store, and the part of capture that reads entities, contain SQL', () => {
    const offenders = outside(SQL_FOLDERS).flatMap(({ path, source }) =>
      nodesOf(source)
        .filter((node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node))
        .filter((node) => !isImported(node) && SQL.test(node.getText()))
        .map((node) => placeOf(path, source, node)),
    );
    expect(offenders).toEqual([]);
  });

  it('Only the store, and the part of capture that reads entities, run statements', () => {
    const offenders = outside(SQL_FOLDERS).flatMap(({ path, source }) =>
      nodesOf(source)
        .filter(
          (node) => ts.isCallExpression(node) && /(^|\.)query$/.test(node.expression.getText()),
        )
        .map((node) => placeOf(path, source, node)),
    );
    expect(offenders).toEqual([]);
  });

  it('Only the composition root and the store itself know its connections and table names', () => {
    const offenders = outside([...SQL_FOLDERS, ...COMPOSITION_ROOT]).flatMap(({ path, source }) =>
      nodesOf(source)
        .filter(
          (node) =>
            ts.isImportSpecifier(node) && ['Database', 'Query', 'Tables'].includes(node.name.text),
        )
        .map((node) => placeOf(path, source, node)),
    );
    expect(offenders).toEqual([]);
  });

  it.each([
    '`SELECT id FROM event`',
    '"INSERT INTO event (id)"',
    '`UPDATE event t SET active = false`',
    "'DELETE FROM event'",
    '`WITH old AS (SELECT 1)`',
  ])('The SQL %s would be found', (literal) => {
    expect(SQL.test(literal)).toBe(true);
  });
});

function outside(folders: readonly string[]): typeof FILES {
  return FILES.filter(({ path }) => !folders.some((folder) => path.startsWith(folder)));
}

function parsed(text: string): ts.SourceFile {
  return ts.createSourceFile('file.ts', text, ts.ScriptTarget.ES2022, true);
}

function nodesOf(node: ts.Node): readonly ts.Node[] {
  return node.getChildren().flatMap((child) => [child, ...nodesOf(child)]);
}

function isImported({ parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);
}

function placeOf(path: string, source: ts.SourceFile, node: ts.Node): string {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${path}:${line + 1}: ${node.getText().replace(/\s+/g, ' ').slice(0, 80)}`;
}
