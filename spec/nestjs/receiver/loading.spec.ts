import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');

const PROGRAM = `
  require(process.argv[1]);
  console.log(JSON.stringify(Object.keys(require.cache)));
`;

describe('typeorm-model-hooks/nestjs/receiver', () => {
  it('The entry for receivers loads neither TypeORM nor what sends', async () => {
    const entry = join(ROOT, 'lib/nestjs/receiver/index.ts');
    const args = ['--require', 'tsx/cjs', '--eval', PROGRAM, entry];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const loaded: readonly string[] = JSON.parse(stdout);
    const packages = /node_modules\/(typeorm|pg|undici|class-validator|hono|zod)\//;
    expect(loaded.filter((path) => packages.test(path))).toEqual([]);
    expect(loaded.some((path) => path.endsWith('lib/nestjs/receiver/index.ts'))).toBe(true);
  });
});
