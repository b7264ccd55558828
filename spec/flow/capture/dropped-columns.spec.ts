import { Client } from 'pg';
import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

interface Document {
  readonly id: number;
  readonly label: string;
}
/** TypeORM writes and reads it only where it is asked to. */
const HIDDEN = {
  type: 'varchar',
  nullable: true,
  select: false,
  insert: false,
  update: false,
} as const;
const DocumentSchema = new EntitySchema<Document>({
  name: 'document',
  columns: {
    id: { type: 'int', primary: true },
    label: { type: 'varchar' },
    hidden: HIDDEN,
  } as never,
});
ModelHook({ provides: ['label', 'hidden'] } as never)(DocumentSchema);

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };

let flow: ReceivingFlow;
let other: Client;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [DocumentSchema] as never, attach: { logger } });
  other = new Client({ connectionString: flow.url });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await flow.stop();
});
beforeEach(async () => {
  await flow.query('DELETE FROM document');
  await flow.query('ALTER TABLE document ADD COLUMN IF NOT EXISTS hidden varchar');
  await documents().save({ id: 1, label: 'one' });
  await flow.forget();
});

const DROP = 'ALTER TABLE document DROP COLUMN hidden';
const documents = () => flow.dataSource.getRepository(DocumentSchema);
const labels = async () => (await flow.received()).map(({ data }) => data);

describe('a provided column that was dropped', () => {
  it('A save() passes after this process dropped the column, and its event leaves it out', async () => {
    await flow.query(DROP);
    await documents().save({ id: 2, label: 'two' });
    expect(await labels()).toEqual([{ label: 'two' }]);
  });

  it('A write without a transaction passes after another process dropped the column', async () => {
    await other.query(DROP);
    await documents().update(1, { label: 'changed' });
    expect(await labels()).toEqual([{ label: 'changed' }]);
  });

  it('A transaction that fails on the dropped column passes when it is tried again', async () => {
    await other.query(DROP);
    const save = () => documents().save({ id: 2, label: 'two' });
    await expect(save()).rejects.toMatchObject({ code: '42703' });
    await save();
    expect(await labels()).toEqual([{ label: 'two' }]);
  });

  it('The error of a column that the write itself names is its own', async () => {
    await other.query('ALTER TABLE document RENAME COLUMN label TO renamed');
    const update = documents().update(1, { label: 'changed' });
    await expect(update).rejects.toMatchObject({ code: '42703' });
    await other.query('ALTER TABLE document RENAME COLUMN renamed TO label');
  });
});
