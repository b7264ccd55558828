import { Converter, ReflectionKind } from 'typedoc';
import ts from 'typescript';

/**
 * A plugin of TypeDoc: shows `(typeof DIGESTS)[number]` as the texts that it stands for, as its tag `@useDeclaredType` does.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.TypeAlias)) return;
    const declarations = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    if (declarations.some(isMemberOfList)) reflection.comment?.modifierTags.add('@useDeclaredType');
  });
}

/** @param {import('typescript').Node} declaration */
function isMemberOfList(declaration) {
  if (!ts.isTypeAliasDeclaration(declaration)) return false;
  const { type } = declaration;
  if (!ts.isIndexedAccessTypeNode(type) || !ts.isParenthesizedTypeNode(type.objectType))
    return false;
  return ts.isTypeQueryNode(type.objectType.type);
}
