import {
  Column,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { changed, ModelHook } from '../../../lib';
import { type Envelope, ReceivingFlow } from '../../support/application/receiving-flow';

@Entity()
@ModelHook({
  name: 'computing',
  provides: ['title'],
  compute: { loud: (row: Job) => row.title.toUpperCase() },
  ref: (row: Job) => `https://jobs.test/${row.id}`,
  sender: (row: Job) => row.owner,
  headers: (row: Job) => ({ 'x-rank': String(row.rank) }),
})
@ModelHook({ name: 'ranked', provides: ['title'], when: { rank: changed() } })
@ModelHook({ name: 'mine', provides: ['title', 'rank'], when: { owner: 'me' }, sender: 'owner' })
class Job {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  title!: string;

  @Column({ type: 'int', default: 0 })
  rank!: number;

  @Column({ type: 'varchar', default: 'me' })
  owner!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

/** Each write, with the events that it has: hook, operation, data, sender and ref. */
const WRITES: readonly (readonly [
  name: string,
  write: (m: EntityManager) => Promise<unknown>,
  events: readonly string[],
])[] = [
  [
    'insert()',
    (m) => m.insert(Job, { id: 1, title: 'a' }),
    [
      'computing insert {"title":"a","loud":"A"} me https://jobs.test/1',
      'mine insert {"title":"a","rank":0} me null',
      'ranked insert {"title":"a"} null null',
    ],
  ],
  [
    'update() of what is provided',
    (m) => m.update(Job, { title: 'a' }, { title: 'b' }),
    [
      'computing update {"title":"b","loud":"B"} me https://jobs.test/1',
      'mine update {"title":"b","rank":0} me null',
    ],
  ],
  [
    'increment()',
    (m) => m.increment(Job, { title: 'b' }, 'rank', 1),
    ['mine update {"title":"b","rank":1} me null'],
  ],
  [
    'save() with another owner',
    (m) => m.save(Job, { id: 1, owner: 'you', title: 'c', rank: 2 }),
    [
      'computing update {"title":"c","loud":"C"} you https://jobs.test/1',
      'ranked update {"title":"c"} null null',
    ],
  ],
  [
    'softDelete()',
    (m) => m.softDelete(Job, { title: 'c' }),
    ['computing softRemove {"title":"c","loud":"C"} you https://jobs.test/1'],
  ],
  [
    'restore()',
    (m) => m.restore(Job, { title: 'c' }),
    ['computing recover {"title":"c","loud":"C"} you https://jobs.test/1'],
  ],
  [
    'delete()',
    (m) => m.delete(Job, { title: 'c' }),
    ['computing remove {"title":"c","loud":"C"} you https://jobs.test/1'],
  ],
];

const line = ({ event, operation, data, sender, ref }: Envelope): string =>
  `${event.split('.')[0]} ${operation} ${JSON.stringify(data)} ${sender} ${ref}`;

describe.each(['subscribers', 'triggers'] as const)(
  'functions and conditions, captured by %s',
  (capture) => {
    let flow: ReceivingFlow;
    beforeAll(async () => {
      flow = await ReceivingFlow.start({
        entities: [Job],
        attach: { capture, installTriggers: capture === 'triggers' },
      });
    });
    afterAll(() => flow?.stop());

    it('Each write by criteria has the events that functions and conditions of its hooks give it', async () => {
      for (const [name, write, events] of WRITES) {
        await flow.forget();
        await write(flow.dataSource.manager);
        expect([name, (await flow.received()).map(line).sort()]).toEqual([name, events]);
      }
    });
  },
);
