import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Seen } from './typeorm-0-3/flow';

const MAIN = join(__dirname, 'typeorm-0-3', 'main.ts');

/** In a process of its own: this one has loaded another TypeORM already. */
async function runOn03(): Promise<Seen> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: join(__dirname, '..'),
    timeout: 25_000,
  });
  return JSON.parse(stdout) as Seen;
}

describe('typeorm-model-hooks on TypeORM 0.3.20', () => {
  it('The package captures and delivers on TypeORM 0.3.20 as on the newest release', async () => {
    expect(await runOn03()).toEqual({
      version: '0.3.20',
      told: [
        { event: 'person.created', data: { name: 'Joe', address: 'Rome' } },
        { event: 'person.created', data: { name: 'Ann', address: null } },
        { event: 'person.updated', data: { name: 'Jo', address: 'Rome' } },
        { event: 'person.removed', data: { name: 'Ann', address: null } },
      ],
      rejected: ['insert', 'update', 'remove', 'insert'],
      migrationsLeft: false,
      warnings: [],
    });
  });
});
