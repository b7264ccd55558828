import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import * as own from '../../lib';
import { newDataSource, SPEC_KEYS } from '../support/application/application';
import { Flow } from '../support/application/flow';

type Package = typeof own;

const root = join(__dirname, '../..');
let folder: string;
let physical: Package;
let again: Package;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'model-hooks-copy-'));
  for (const part of ['lib', 'migrations'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"copy"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  physical = require(join(folder, 'lib')) as Package;
  jest.isolateModules(() => {
    again = require('../../lib') as Package;
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const copies: readonly (readonly [string, () => Package])[] = [
  ['of a copied folder', () => physical],
  ['that was loaded anew', () => again],
];

function entityWith(declaring: Package) {
  @Entity()
  class Visit {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    page!: string;
  }
  declaring.ModelHook({ provides: ['page'], when: { page: declaring.startsWith('/') } })(Visit);
  return Visit;
}

describe.each(copies)('a second copy of the package %s', (_, copy) => {
  it('The copy is another one', () => {
    expect(copy().ModelHooks).not.toBe(own.ModelHooks);
  });

  it('A hook that the copy declared is attached, and its changes become events', async () => {
    const Visit = entityWith(copy());
    const flow = await Flow.start({ entities: [Visit], attach: { work: false } });
    try {
      const visits = flow.dataSource.getRepository(Visit);
      await visits.save([{ page: '/home' }, { page: 'none' }]);
      const events = await flow.query('SELECT data FROM model_hook_event');
      expect(events).toEqual([{ data: { page: '/home' } }]);
    } finally {
      await flow.stop();
    }
  });

  it('The copy attaches a hook that this one declared', async () => {
    const Visit = entityWith(own);
    const flow = await Flow.start({ entities: [Visit], attach: { work: false } });
    const dataSource = newDataSource(flow.url, { entities: [Visit] });
    try {
      const hooks = await copy().ModelHooks.attach(await dataSource.initialize(), {
        work: false,
        encryptionKeys: SPEC_KEYS,
      });
      expect(hooks).toBeInstanceOf(copy().ModelHooks);
      expect(hooks.for(Visit).name).toBe('visit');
    } finally {
      await dataSource.destroy();
      await flow.stop();
    }
  });

  it('A DataSource that both copies attach captures each change once', async () => {
    const Visit = entityWith(own);
    const flow = await Flow.start({ entities: [Visit], attach: { work: false } });
    try {
      const attached: unknown = await copy().ModelHooks.attach(flow.dataSource, { work: false });
      expect(attached).toBe(flow.hooks);
      await flow.dataSource.getRepository(Visit).save({ page: '/home' });
      expect(await flow.pendingEvents()).toBe(1);
      await expect(copy().ModelHooks.attach(flow.dataSource, { work: true })).rejects.toMatchObject(
        { code: 'OPTION_INVALID', option: 'work' },
      );
    } finally {
      await flow.stop();
    }
  });
});
