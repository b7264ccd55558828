import type { JobsOptions } from 'bullmq';
import type { Chunk } from '../delivery/chunk/chunk';
import type { BullmqOptions } from './options';

/** Ids only: what is sent, and secrets, are read from the tables by the worker. */
export type JobData = Pick<Chunk, 'id' | 'token'> | { readonly dueAt: string };

export interface NewJob {
  readonly name: string;
  readonly data: JobData;
  readonly opts: JobsOptions;
}

/** Name of a job that says that deliveries are due. */
export const DUE = 'due deliveries';

/** Deliveries that are due within this time share a job. */
const BUCKET_MS = 1_000;
/** The job comes a little later than the delivery is due: clocks differ. */
const MARGIN_MS = 250;

const DEFAULTS: JobsOptions = { attempts: 3, backoff: { type: 'fixed', delay: 1_000 } };
/** An ended job leaves nothing behind, so that its id can be used again: BullMQ adds no job whose id it has. */
const LEAVING_NOTHING: JobsOptions = { removeOnComplete: true, removeOnFail: true };

/** Under the id of its chunk, so that a second hand-over changes nothing while the first one is on its way. */
export function chunkJob(
  { id, token, label }: Chunk,
  options: BullmqOptions['jobOptions'],
): NewJob {
  const opts = { ...DEFAULTS, ...options, ...LEAVING_NOTHING, jobId: id };
  return { name: label ?? 'deliveries', data: { id, token }, opts };
}

/** Deliveries are due at `atMs`, in `afterMs`. Many that are due at about one time have one job. */
export function dueJob(
  atMs: number,
  afterMs: number,
  options: BullmqOptions['jobOptions'],
): NewJob {
  const bucket = Math.ceil(atMs / BUCKET_MS);
  const delay = Math.round(afterMs + bucket * BUCKET_MS - atMs + MARGIN_MS);
  const opts = { ...DEFAULTS, ...options, ...LEAVING_NOTHING, jobId: `due-${bucket}`, delay };
  return { name: DUE, data: { dueAt: new Date(bucket * BUCKET_MS).toISOString() }, opts };
}
