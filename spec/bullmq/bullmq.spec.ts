import type { Chunk } from '../../lib';
import { bullmq } from '../../lib/bullmq';
import { chunkJob, DUE, dueJob } from '../../lib/bullmq/jobs';

const CHUNK: Chunk = {
  id: 'a-chunk',
  token: '3',
  eventIds: ['e'],
  listenerIds: ['l'],
  label: 'person.created ×1',
};

describe('chunkJob', () => {
  it('A job has the id of its chunk, a readable name, and ids only', () => {
    expect(chunkJob(CHUNK, undefined)).toEqual({
      name: 'person.created ×1',
      data: { id: 'a-chunk', token: '3' },
      opts: expect.objectContaining({
        jobId: 'a-chunk',
        removeOnComplete: true,
        removeOnFail: true,
      }),
    });
  });

  it('Options of the application are added, but not another id', () => {
    const kept = { jobId: 'another', removeOnComplete: false, removeOnFail: { count: 100 } };
    expect(chunkJob(CHUNK, { priority: 7, ...kept }).opts).toMatchObject({
      priority: 7,
      jobId: 'a-chunk',
      removeOnComplete: true,
      removeOnFail: true,
    });
  });
});

describe('dueJob', () => {
  it('Deliveries that are due within one second share a job, which comes after all of them', () => {
    const [first, second] = [dueJob(10_100, 5_000, undefined), dueJob(10_900, 5_800, undefined)];
    expect(first.name).toBe(DUE);
    expect(first.opts.jobId).toBe(second.opts.jobId);
    // Now is 5.1 s on the clock of both.
    expect([first.opts.delay, second.opts.delay]).toEqual([6_150, 6_150]);
  });

  it('A later second has a job of its own', () => {
    const ids = [10_100, 11_100].map((atMs) => dueJob(atMs, 0, undefined).opts.jobId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('bullmq', () => {
  const connection = { host: 'redis.invalid' };

  /** What the error names, and what is given. */
  const WRONG = [
    ['bullmq.connection', {}],
    ['bullmq.connection', { connection: 6379 }],
    ['bullmq.connection', { connection: '' }],
    ['bullmq.connection', { connection: 'redis://redis.invalid' }],
    ['bullmq.queue', { connection, queue: '' }],
    ['bullmq.queue', { connection, queue: 'a:b' }],
    ['bullmq.prefix', { connection, prefix: 1 }],
    ['bullmq.chunkSize', { connection, chunkSize: 0 }],
    ['bullmq.chunkSize', { connection, chunkSize: 501 }],
    ['bullmq.chunkSize', { connection, chunkSize: 1.5 }],
    ['bullmq.concurrency', { connection, concurrency: 0 }],
    ['bullmq.jobOptions', { connection, jobOptions: 'high' }],
    ['bullmq.jobOptions.priority', { connection, jobOptions: { priority: -1 } }],
    ['bullmq.jobOptions.delay', { connection, jobOptions: { delay: 1 } }],
    ['bullmq.jobOptions.jobId', { connection, jobOptions: { jobId: 'x' } }],
    ['bullmq.jobOptions.deduplication', { connection, jobOptions: { deduplication: { id: 'x' } } }],
    ['bullmq.jobOptions.removeOnComplete', { connection, jobOptions: { removeOnComplete: 9 } }],
    ['bullmq.backend', { connection, backend: {} }],
    ['bullmq.consume', { connection, consume: 'yes' }],
    ['bullmq.chunksize', { connection, chunksize: 10 }],
  ] as const;

  it.each(WRONG)('The option %s is refused in %j', (option, given) => {
    const refusal = expect.objectContaining({ code: 'OPTION_INVALID', option });
    expect(() => bullmq(given as never)).toThrow(refusal);
  });

  it('Chunks hold ten deliveries, and ten times as many of a backlog', () => {
    expect(bullmq({ connection })).toMatchObject({ chunkSize: 10, backlogChunkSize: 100 });
    expect(bullmq({ connection, chunkSize: 200 })).toMatchObject({ backlogChunkSize: 500 });
  });

  it('Nothing is connected before it is started', () => {
    expect(() => bullmq({ connection })).not.toThrow();
  });

  it('Chunks go back if it was not started', async () => {
    await expect(bullmq({ connection }).dispatch([CHUNK])).rejects.toThrow('not been started');
  });
});
