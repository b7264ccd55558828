import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..');

/** Every file that a process has loaded which requires but this one. */
const PROGRAM = `
  require(process.argv[1]);
  console.log(JSON.stringify(Object.keys(require.cache)));
`;

describe('typeorm-model-hooks/receiver', () => {
  it('The receiver entry loads no package and no module that sends', async () => {
    const entry = join(ROOT, 'lib/receiver/index.ts');
    const args = ['--require', 'tsx/cjs', '--eval', PROGRAM, entry];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const loaded: readonly string[] = JSON.parse(stdout);
    const ours = loaded.filter((path) => !/node_modules\/(tsx|esbuild|get-tsconfig)\//.test(path));
    expect(ours.map((path) => path.slice(ROOT.length + 1)).sort()).toEqual([
      'lib/base/base64.ts',
      'lib/base/clock.ts',
      'lib/base/deadline.ts',
      'lib/base/json.ts',
      'lib/base/nearest.ts',
      'lib/base/one-line.ts',
      'lib/base/remember.ts',
      'lib/errors/model-hook-error.ts',
      'lib/errors/option-errors.ts',
      'lib/errors/receiver-errors.ts',
      'lib/options/checked.ts',
      'lib/options/rules.ts',
      'lib/receiver/index.ts',
      'lib/receiver/jwks.ts',
      'lib/receiver/key-set.ts',
      'lib/receiver/keys.ts',
      'lib/receiver/memory-store.ts',
      'lib/receiver/received-headers.ts',
      'lib/receiver/verified.ts',
      'lib/receiver/verify-once.ts',
      'lib/receiver/verify.ts',
      'lib/signing/key-pair.ts',
      'lib/signing/secret-keys.ts',
      'lib/signing/secret.ts',
      'lib/signing/signature.ts',
    ]);
  });
});
