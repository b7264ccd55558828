import { readdirSync } from 'node:fs';
import ts from 'typescript';
import { ROOT, read } from './documents';
import type { Snippet } from './type-check';

export interface Example extends Snippet {
  /** The exported function or class that it belongs to, or whose method it does. */
  readonly of: string;
}

/** Every `@example` of a docstring in `lib/` and `migrations/`. */
export function examples(): readonly Example[] {
  const paths = ['lib', 'migrations'].flatMap((folder) =>
    readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `${folder}/${path}`),
  );
  return paths.flatMap(examplesOf);
}

function examplesOf(path: string): readonly Example[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
  return source.statements.flatMap((statement) => [
    ...examplesAt(source, statement, nameOf(statement)),
    ...(ts.isClassDeclaration(statement) ? statement.members : []).flatMap((member) =>
      examplesAt(source, member, nameOf(statement)),
    ),
  ]);
}

function examplesAt(source: ts.SourceFile, node: ts.Node, of: string): readonly Example[] {
  return ts
    .getJSDocTags(node)
    .filter(({ tagName }) => tagName.text === 'example')
    .map((tag) => {
      const text = ts.getTextOfJSDocComment(tag.comment) ?? '';
      const { line } = source.getLineAndCharacterOfPosition(tag.getStart());
      const place = `${source.fileName}:${line + 1}`;
      return { of, place, text: text.replaceAll(/^```(ts)?$/gm, '') };
    });
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations[0]?.name.getText() ?? '';
  const { name } = statement as { readonly name?: ts.Identifier };
  return name?.text ?? '';
}
