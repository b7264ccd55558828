import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../../lib';
import { ReceivingFlow } from '../../../support/application/receiving-flow';
import { BY_TRIGGERS } from '../../../support/application/triggers-flow';
import { until } from '../../../support/application/waiting';

@Entity()
class Parent {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity()
@ModelHook({ provides: ['name'] })
class Child {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @ManyToOne(() => Parent, { onDelete: 'CASCADE', nullable: true })
  parent!: Parent | null;
}

/** No sweep comes to the help of a wake-up that is missing. */
const HOUR_MS = 3_600_000;

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: [Parent, Child],
    attach: { ...BY_TRIGGERS, sweepMs: HOUR_MS },
  });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

const arrived = (count: number) =>
  until(`${count} events are sent`, () => flow.names().length === count);

describe('the wake-up after writes that triggers capture', () => {
  it('A statement outside a transaction is sent at once', async () => {
    await flow.query(`INSERT INTO child (name) VALUES ('raw')`);
    await arrived(1);
    await flow.dataSource.getRepository(Child).update({ name: 'raw' }, { name: 'changed' });
    await arrived(2);
    expect(flow.names()).toEqual(['changed', 'raw']);
  });

  it('A transaction is sent when it commits', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(Object.assign(new Child(), { name: 'saved' }));
      expect(flow.names()).toEqual([]);
    });
    await arrived(1);
  });

  it('A transaction of raw statements is sent when it commits', async () => {
    const runner = flow.dataSource.createQueryRunner();
    for (const sql of ['BEGIN', `INSERT INTO child (name) VALUES ('begun')`, 'COMMIT'])
      await runner.query(sql);
    await runner.release();
    await arrived(1);
  });

  it('A cascade of another table is sent at once', async () => {
    const parent = await flow.dataSource.manager.save(new Parent());
    await flow.dataSource.manager.save(Object.assign(new Child(), { name: 'c', parent }));
    await arrived(1);
    await flow.dataSource.manager.remove(parent);
    await arrived(2);
  });
});
