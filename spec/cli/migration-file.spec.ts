import fc from 'fast-check';
import ts from 'typescript';
import { migrationText } from '../../lib/cli/migration-file';

type Runner = { query(statement: string): Promise<void> };
type Migration = new () => Record<'up' | 'down', (runner: Runner) => Promise<void>>;

/** The statements that a migration runs. */
async function run(text: string, direction: 'up' | 'down'): Promise<readonly string[]> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports: { Add1?: Migration } = {};
  new Function('exports', outputText)(exports);
  const statements: string[] = [];
  const migration = new (exports.Add1 as Migration)();
  await migration[direction]({ query: async (statement) => void statements.push(statement) });
  return statements;
}

describe('migrationText', () => {
  it('The migration runs exactly the statements that it was written from', async () => {
    const statement = fc.string({
      unit: fc.constantFrom('`', '$', '{', '}', '\\', '\n', '\r', "'", 'a', 'ü', ' ', 'n', 'u'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(statement), fc.array(statement), async (up, down) => {
        const text = migrationText({ up, down }, 'Add1');
        expect(await run(text, 'up')).toEqual(up);
        expect(await run(text, 'down')).toEqual(down);
      }),
      { numRuns: 50 },
    );
  });
});
