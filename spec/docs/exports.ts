import { dirname, join } from 'node:path';
import ts from 'typescript';
import { read } from './documents';

/** The names that a file exports, those that it re-exports included. */
export function exportedNames(path: string): readonly string[] {
  const { statements } = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
  return statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return reexported(path, statement);
    const isExported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false;
    const { name } = statement as { readonly name?: ts.Identifier };
    return isExported && name ? [name.text] : [];
  });
}

function reexported(
  path: string,
  { exportClause, moduleSpecifier }: ts.ExportDeclaration,
): readonly string[] {
  if (exportClause && ts.isNamedExports(exportClause))
    return exportClause.elements.map(({ name }) => name.text);
  if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
  return exportedNames(`${join(dirname(path), moduleSpecifier.text)}.ts`);
}
