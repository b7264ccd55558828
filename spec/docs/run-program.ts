import ts from 'typescript';

/** Runs a program of a document. `load` is the `require` of the spec, so that the program gets the library under test. */
export async function runProgram(text: string, load: NodeJS.Require): Promise<void> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      useDefineForClassFields: false,
      esModuleInterop: true,
    },
  });
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  await new AsyncFunction('require', 'exports', outputText)(load, {});
}
