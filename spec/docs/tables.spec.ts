import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DOCUMENTS, ROOT, read } from './documents';
import { exportedNames } from './exports';

/** Names of the option interfaces that an entry of the package exports. */
function optionsOf(entry: string): readonly string[] {
  return exportedNames(entry).filter((name) => /(Options|Where|Rights)$/.test(name));
}

/** A part of another interface, by `Pick`. */
const PARTS = ['ListenerRecipientOptions'];

const tabled = DOCUMENTS.flatMap((path) =>
  [...read(path).matchAll(/^<!-- options: ([\w ]+) -->$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  ),
);

describe('the tables of docs/', () => {
  it('The tables are as scripts/docs-tables.mjs writes them from the docstrings', async () => {
    const script = join(ROOT, 'scripts', 'docs-tables.mjs');
    const run = promisify(execFile)(process.execPath, [script, '--check']);
    await expect(run).resolves.toMatchObject({ stderr: '' });
  }, 120_000);

  it('Each exported interface of options is in exactly one table', () => {
    const entries = [
      '',
      'admin/',
      'bullmq/',
      'nestjs/',
      'nestjs/admin/',
      'receiver/',
      'testing/',
    ].map((top) => `lib/${top}index.ts`);
    const exported = entries.flatMap(optionsOf);
    const expected = exported.filter((name) => !PARTS.includes(name));
    expect([...tabled].sort()).toEqual([...expected].sort());
  });
});
