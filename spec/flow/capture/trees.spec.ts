import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const TREES = ['materialized-path', 'closure-table', 'nested-set'] as const;
const nameOf = (tree: string): string => tree.replace('-', '_');
const entities = TREES.map((tree) => {
  const name = nameOf(tree);
  const schema = new EntitySchema({
    name,
    tableName: name,
    trees: [{ type: tree }],
    columns: {
      id: { type: 'int', primary: true, generated: true },
      label: { type: 'varchar' },
    },
    relations: {
      parent: { type: 'many-to-one', treeParent: true, target: name, nullable: true },
      children: { type: 'one-to-many', treeChildren: true, target: name, cascade: true },
    },
  } as never);
  ModelHook({ provides: ['label', 'parent.id'] } as never)(schema);
  return schema;
});

const warn = jest.fn();
const error = jest.fn();
const logger = { debug: jest.fn(), info: jest.fn(), warn, error };

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: entities as never, attach: { logger } });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.forget();
  for (const mock of [warn, error]) mock.mockClear();
});

describe('a tree', () => {
  it.each(TREES)('A save() of a node of a %s tree has its events and no warning', async (tree) => {
    const repository = flow.dataSource.getTreeRepository(nameOf(tree));
    const root = await repository.save({ label: 'root' });
    const child = await repository.save({ label: 'child', parent: root });
    await repository.save({ ...child, label: 'renamed' });
    const told = await flow.received();
    expect(told.map(({ operation, data }) => [operation, data.label])).toEqual([
      ['insert', 'root'],
      ['insert', 'child'],
      ['update', 'renamed'],
    ]);
    expect(warn).not.toHaveBeenCalled();
    expect(error).not.toHaveBeenCalled();
  });

  it.each(TREES)('An update of a %s tree by criteria has its events', async (tree) => {
    await flow.dataSource.manager.update(nameOf(tree), { label: 'root' }, { label: 'other' });
    const told = await flow.received();
    expect(told.map(({ operation, data }) => [operation, data.label])).toEqual([
      ['update', 'other'],
    ]);
  });
});
