import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, Repository } from 'typeorm';
import { attach, connectHooked, connectPlain, withDatabase } from './application';
import {
  type Customer,
  type CustomerClass,
  customer,
  customers,
  ExactCustomer,
  HookedCustomer,
  PlainCustomer,
} from './customers';
import { atMost, explains, type Figure, rounded } from './figure';
import { cpuMs, median, nowMs, quantile } from './numbers';

const ROUNDS = 40;
const WARM_UP_ROUNDS = 3;
/** Number of saves of one entity that are timed together, because one alone is too short. */
const SINGLES = 40;
const MANY = 1_000;

interface Work {
  readonly write: 'insert' | 'update';
  readonly size: 'one' | 'many';
}

const INSERT_ONE: Work = { write: 'insert', size: 'one' };
const INSERT_MANY: Work = { write: 'insert', size: 'many' };
const UPDATE_ONE: Work = { write: 'update', size: 'one' };
const UPDATE_MANY: Work = { write: 'update', size: 'many' };

interface Variant {
  readonly name: string;
  readonly entity: CustomerClass;
  /** Whether the process also plans events while the next `save()` runs. */
  readonly plans: boolean;
  readonly works: readonly Work[];
  /** The goals for one entity and for 1,000, or null if the variant only explains another one. */
  readonly goals: Readonly<Record<Work['size'], number>> | null;
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'hooked',
    entity: HookedCustomer,
    plans: true,
    works: [INSERT_ONE, UPDATE_ONE, INSERT_MANY, UPDATE_MANY],
    goals: { one: 1.3, many: 1.25 },
  },
  {
    name: 'exactPrevious',
    entity: ExactCustomer,
    plans: true,
    works: [UPDATE_ONE, UPDATE_MANY],
    goals: { one: 1.45, many: 1.45 },
  },
  {
    name: 'hooked, `work: false`',
    entity: HookedCustomer,
    plans: false,
    works: [INSERT_ONE, UPDATE_ONE, INSERT_MANY],
    goals: null,
  },
];

/** The cost of `save()` of a hooked entity for its caller, relative to an equal entity without the package. */
export async function saveCost(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const variant of VARIANTS)
    figures.push(...(await withDatabase((url) => figuresOf(variant, url))));
  return figures;
}

async function figuresOf(variant: Variant, url: string): Promise<readonly Figure[]> {
  const plain = await connectPlain(url, PlainCustomer);
  const hooked = await connectHooked(url, variant.entity);
  const hooks = await attach(hooked, { work: variant.plans });
  await plain.getRepository(PlainCustomer).save(customers(PlainCustomer, MANY));
  await hooked.getRepository(variant.entity).save(customers(variant.entity, MANY));
  const sides: Sides = {
    plain: sideOf(plain, PlainCustomer, () => Promise.resolve()),
    hooked: sideOf(hooked, variant.entity, () => hooks.idle()),
  };
  const figures: Figure[] = [];
  for (const work of variant.works) figures.push(figureOf(variant, work, await duel(sides, work)));
  await hooked.destroy();
  await plain.destroy();
  return figures;
}

interface Side {
  readonly repository: Repository<Customer>;
  readonly entity: CustomerClass;
  /** Resolves when no background work is left. */
  readonly settle: () => Promise<void>;
}

interface Sides {
  readonly plain: Side;
  readonly hooked: Side;
}

/** The times of one turn of one side. */
interface Turn {
  /** Time until the last `save()` resolved. */
  readonly elapsedMs: number;
  /** CPU time until the end of the background work. */
  readonly cpuMs: number;
}

interface Round {
  readonly plain: Turn;
  readonly hooked: Turn;
}

function sideOf(dataSource: DataSource, entity: CustomerClass, settle: () => Promise<void>): Side {
  return { repository: dataSource.getRepository<Customer>(entity), entity, settle };
}

/** The sides take turns in the order A B B A. Neither runs during the background work of the other. */
async function duel({ plain, hooked }: Sides, work: Work): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1) {
    const isPlainFirst = n % 2 === 0;
    const first = await turn(isPlainFirst ? plain : hooked, work, n);
    const second = await turn(isPlainFirst ? hooked : plain, work, n);
    rounds.push(isPlainFirst ? { plain: first, hooked: second } : { plain: second, hooked: first });
  }
  return rounds.slice(WARM_UP_ROUNDS);
}

async function turn(side: Side, work: Work, round: number): Promise<Turn> {
  const { repository, settle } = side;
  const rows = await prepared(side, work, round);
  await settle();
  // Let sockets and timers of the other side finish before the clock starts.
  await sleep(1);
  const cpuAtStart = cpuMs();
  const startedAt = nowMs();
  if (work.size === 'many') await repository.save(rows);
  else for (const row of rows) await repository.save(row);
  const elapsedMs = nowMs() - startedAt;
  await settle();
  return { elapsedMs, cpuMs: cpuMs() - cpuAtStart };
}

/** The rows to save: new ones, or stored ones with a changed provided field. */
async function prepared(
  { repository, entity }: Side,
  { write, size }: Work,
  round: number,
): Promise<Customer[]> {
  const count = size === 'many' ? MANY : SINGLES;
  if (write === 'insert') return customers(entity, count);
  const rows = await repository.find({ order: { id: 'ASC' }, take: count });
  if (rows.length < count) throw new Error(`Expected ${count} rows to update, got ${rows.length}.`);
  return rows.map((row, n) => Object.assign(row, { name: customer(entity, n).name + round }));
}

function figureOf({ name, goals }: Variant, work: Work, rounds: readonly Round[]): Figure {
  const ratio = median(rounds.map(({ plain, hooked }) => hooked.elapsedMs / plain.elapsedMs));
  const figure = `save(): ${work.write}, ${work.size === 'one' ? 'one entity' : '1,000 entities'}, ${name}`;
  const note = noteOf(work, rounds);
  if (!goals) return explains(figure, `${rounded(ratio)}×`, note);
  return atMost(goals[work.size], ratio, { figure, note, unit: '×' });
}

function noteOf({ size }: Work, rounds: readonly Round[]): string {
  const plain = rounds.map((round) => round.plain.elapsedMs);
  const hooked = rounds.map((round) => round.hooked.elapsedMs);
  const saves = size === 'one' ? SINGLES : 1;
  const cpu = median(rounds.map((round) => round.hooked.cpuMs / round.plain.cpuMs));
  const fastest = quantile(hooked, 0.1) / quantile(plain, 0.1);
  return (
    `at p10 ${rounded(fastest)}×, CPU with background ${rounded(cpu)}×, ` +
    `${rounded(median(plain) / saves)} → ${rounded(median(hooked) / saves)} ms a save()`
  );
}
