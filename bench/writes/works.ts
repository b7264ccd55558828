import { LessThanOrEqual, type Repository } from 'typeorm';
import { type Customer, type CustomerClass, customer, customers } from '../customers';

/** Number of writes of one row that are timed together, because one alone is too short. */
const SINGLES = 40;
export const MANY = 1_000;

/** A table with `MANY` rows to write to. */
export interface Table {
  readonly repository: Repository<Customer>;
  readonly entity: CustomerClass;
}

export interface Work {
  readonly name: string;
  /** Number of calls in a turn. */
  readonly calls: number;
  readonly goals: { readonly subscribers: number; readonly triggers: number };
  /** Prepares a turn, outside of the time. What it returns is timed. */
  readonly prepare: (table: Table, round: number) => Promise<() => Promise<unknown>>;
}

export const WORKS: readonly Work[] = [
  {
    name: 'save() of one, insert',
    calls: SINGLES,
    goals: { subscribers: 1.5, triggers: 1.2 },
    prepare: async ({ repository, entity }) => {
      const rows = customers(entity, SINGLES);
      return () => one(rows, (row) => repository.save(row));
    },
  },
  {
    name: 'save() of one, update',
    calls: SINGLES,
    goals: { subscribers: 1.5, triggers: 1.2 },
    prepare: async (table, round) => {
      const rows = await changed(table, SINGLES, round);
      return () => one(rows, (row) => table.repository.save(row));
    },
  },
  {
    name: 'save() of 1,000, insert',
    calls: 1,
    goals: { subscribers: 1.35, triggers: 1.35 },
    prepare: async ({ repository, entity }) => {
      const rows = customers(entity, MANY);
      return () => repository.save(rows);
    },
  },
  {
    name: 'save() of 1,000, update',
    calls: 1,
    goals: { subscribers: 1.15, triggers: 1.4 },
    prepare: async (table, round) => {
      const rows = await changed(table, MANY, round);
      return () => table.repository.save(rows);
    },
  },
  {
    name: 'insert() of 1,000',
    calls: 1,
    goals: { subscribers: 1.4, triggers: 1.4 },
    prepare: async ({ repository, entity }) => {
      const rows = customers(entity, MANY);
      return () => repository.insert(rows);
    },
  },
  {
    name: 'update(criteria) of one row',
    calls: SINGLES,
    goals: { subscribers: 2, triggers: 1.3 },
    prepare: async ({ repository }, round) => {
      const ids = Array.from({ length: SINGLES }, (_, n) => n + 1);
      return () => one(ids, (id) => repository.update(id, { points: MANY + round }));
    },
  },
  {
    name: 'update(criteria) of 1,000 rows',
    calls: 1,
    goals: { subscribers: 7, triggers: 6 },
    prepare: async ({ repository }, round) => {
      const first = { id: LessThanOrEqual(MANY) };
      return () => repository.update(first, { points: MANY + round });
    },
  },
];

async function one<T>(items: readonly T[], write: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await write(item);
}

/** Stored rows with a changed provided field. */
async function changed({ repository, entity }: Table, count: number, round: number) {
  const rows = await repository.find({ order: { id: 'ASC' }, take: count });
  if (rows.length < count) throw new Error(`Expected ${count} rows to update, got ${rows.length}.`);
  return rows.map((row, n) => Object.assign(row, { name: customer(entity, n).name + round }));
}
