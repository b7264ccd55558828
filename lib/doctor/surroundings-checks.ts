import { monotonicMs } from '../base/clock';
import { endsWithin } from '../base/deadline';
import { arePooledByTransaction } from '../store/pooling';
import type { Check } from './check';
import { finding } from './finding';

const MAX_DIFFERENCE_MS = 5_000;
/** A pool that is in use may have no two connections for the question. */
const POOLING_MS = 3_000;

/** The clocks of the process and of the database. */
export const clocks: Check = {
  name: 'the clocks',
  async find({ store: { inspection } }) {
    const [before, from] = [Date.now(), monotonicMs()];
    const databaseMs = await inspection.clockMs();
    const tookMs = monotonicMs() - from;
    // The database read its clock at some time between the question and the answer.
    const differenceMs = Math.abs(databaseMs - before - tookMs / 2) - tookMs / 2;
    if (differenceMs <= MAX_DIFFERENCE_MS) return [];
    const seconds = Math.round(differenceMs / 1_000);
    return [
      finding(
        null,
        'CLOCK_DIFFERENCE',
        `The clocks of this process and of the database differ by ${seconds} s. Times of rows and signatures are those of the database.`,
      ),
    ];
  },
};

/** What is between this process and the database. */
export const pooling: Check = {
  name: 'the pooling of connections',
  async find({ dataSource }) {
    // Whether the database can be reached is the question of other checks.
    const asking = arePooledByTransaction(dataSource).catch(() => false);
    if (!(await endsWithin(asking, POOLING_MS)) || !(await asking)) return [];
    return [
      finding(
        null,
        'POOLED_BY_TRANSACTION',
        'A pooler gives each transaction another connection to the database. This package works with it; settings of a session ' +
          'do not outlive their transaction there.',
      ),
    ];
  },
};
