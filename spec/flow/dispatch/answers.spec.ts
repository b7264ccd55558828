import {
  BackgroundResponse,
  type Dispatcher,
  type Engine,
  type HandlerFunction,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';

/** Hands each chunk back to the engine, as a queue would. */
function handingBack(): Dispatcher {
  let engine: Engine | undefined;
  return {
    start: (given) => {
      engine = given;
    },
    dispatch: (chunks) => {
      for (const chunk of chunks) setImmediate(() => void engine?.deliver(chunk));
    },
  };
}

interface Row {
  readonly says: string;
  /** Null: the handler throws, and the URL replies with 500. */
  readonly answer: object | null;
  readonly status: string;
  readonly reason?: string;
}

/** The reply table. A handler returns what a URL replies as JSON. */
const ROWS: readonly Row[] = [
  { says: 'success', answer: { status: 'success', retval: [1] }, status: 'done' },
  { says: 'failure', answer: { status: 'failure', reason: 'no' }, status: 'failed', reason: 'no' },
  { says: 'fail', answer: BackgroundResponse.fail('no'), status: 'failed', reason: 'no' },
  { says: 'skip', answer: BackgroundResponse.skip('old'), status: 'skipped', reason: 'old' },
  { says: 'reschedule', answer: BackgroundResponse.reschedule(), status: 'rescheduled' },
  {
    says: 'slow_process_reschedule',
    answer: { status: 'slow_process_reschedule', countdown: 400 },
    status: 'rescheduled',
  },
  { says: 'trouble', answer: null, status: 'retrying' },
];

describe.each([
  { name: 'default', dispatcher: () => 'default' as const },
  { name: 'inline', dispatcher: () => 'inline' as const },
  { name: 'of the application', dispatcher: handingBack },
])('the answers, with the dispatcher $name', ({ dispatcher }) => {
  let flow: Flow;

  beforeAll(async () => {
    flow = await Flow.start({ attach: { dispatcher: dispatcher(), sweepMs: 100 } });
  });
  afterEach(() => flow.clear());
  afterAll(() => flow?.stop());

  it.each(ROWS)('A handler and a URL that answer $says have the same outcome', async (row) => {
    const { answer, status, reason } = row;
    const fn = () => {
      if (answer === null) throw new Error('down');
      return answer;
    };
    const handler = flow.hooks.handler(row.says, fn as HandlerFunction);
    const called = await flow.hooks.for(Person).listener(handler).save();
    const { listener: sent } = await flow.listen(
      answering(answer === null ? { status: 500 } : { body: answer }),
    );
    await flow.savePeople(1);
    const ids = [called.id, sent.id];
    await until('both were tried', async () => {
      const { items } = await flow.hooks.deliveries.find();
      return items.filter((one) => ids.includes(one.listenerId) && one.attempt === 1).length === 2;
    });
    for (const id of ids)
      expect(await flow.deliveryOf(id)).toMatchObject({ status, ...(reason && { reason }) });
  });
});
