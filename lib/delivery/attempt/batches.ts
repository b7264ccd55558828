import { originOf } from '../../listener/declared/target';
import type { TargetLanes } from '../origins/target-lanes';
import type { Admission } from './admission';
import type { Batch } from './batch-attempt';
import { BatchTry, sameFor } from './batch-try';
import type { ChunkInWork } from './chunk-in-work';
import type { AttemptRecord, PendingDelivery, UrlDelivery } from './pending';
import type { TryParts } from './try';

export interface BatchesParts extends TryParts {
  readonly admission: Pick<Admission, 'refusalOf' | 'refusalAtTurn' | 'postpone' | 'learn'>;
  readonly lanes: Pick<TargetLanes, 'add'>;
}

/** Sends the deliveries of batching listeners: several of a chunk with one request. */
export class Batches {
  #further = 0;

  constructor(private readonly parts: BatchesParts) {}

  /** Deliveries of batches in flight, without the first of each. */
  get further(): number {
    return this.#further;
  }

  /** Begins with the batches of a chunk. Returns the other deliveries. */
  begin<Other extends AttemptRecord>(
    work: ChunkInWork,
    deliveries: readonly (PendingDelivery | Other)[],
  ): readonly (PendingDelivery | Other)[] {
    const batched = deliveries.filter(isBatched);
    if (batched.length === 0) return deliveries;
    for (const batch of batchesOf(batched)) this.#add(work, batch);
    return deliveries.filter((delivery) => !isBatched(delivery));
  }

  #add(work: ChunkInWork, batch: Batch): void {
    const { admission, lanes } = this.parts;
    const refusal = admission.refusalOf(batch[0], originOf(batch[0].target));
    if (refusal) {
      for (const record of sameFor(batch, refusal)) work.record(record);
      return;
    }
    this.#further += batch.length - 1;
    const ended = (_: Batch, rest: readonly UrlDelivery[]) => {
      this.#further -= batch.length - 1;
      const [first, ...others] = rest;
      if (first) this.#add(work, [first, ...others]);
    };
    lanes.add(new BatchTry(batch, work, { ...this.parts, ended }));
  }
}

function isBatched(delivery: PendingDelivery | AttemptRecord): delivery is UrlDelivery {
  if ('outcome' in delivery) return false;
  const { recipient, target } = delivery;
  // An earlier release may have changed the content type of a batching listener.
  return (
    recipient.batch !== null &&
    target.kind === 'url' &&
    recipient.contentType === 'application/json'
  );
}

/** Cuts deliveries into batches: those of one listener whose hooks have the same delivery options, in the order of their events. */
export function batchesOf(deliveries: readonly UrlDelivery[]): readonly Batch[] {
  const groups = new Map<string, Map<unknown, UrlDelivery[]>>();
  for (const delivery of [...deliveries].sort(byOrder)) {
    const { recipient, hook } = delivery;
    const ofListener = groups.get(recipient.id) ?? new Map<unknown, UrlDelivery[]>();
    groups.set(recipient.id, ofListener);
    const group = ofListener.get(hook.declared.delivery) ?? [];
    ofListener.set(hook.declared.delivery, group);
    group.push(delivery);
  }
  return [...groups.values()].flatMap((ofListener) => [...ofListener.values()].flatMap(cut));
}

function cut(group: readonly UrlDelivery[]): readonly Batch[] {
  const batches: Batch[] = [];
  const most = Math.max(1, group[0]?.recipient.batch?.maxEvents ?? 1);
  for (let start = 0; start < group.length; start += most) {
    const [first, ...others] = group.slice(start, start + most);
    if (first) batches.push([first, ...others]);
  }
  return batches;
}

/** By the order in which the events were stored. One that was not read from the database has only its time and id. */
function byOrder(a: UrlDelivery, b: UrlDelivery): number {
  const [first, second] = [a.late?.sequence, b.late?.sequence];
  if (first != null && second != null) return Number(BigInt(first) - BigInt(second));
  const ms = a.event.occurredAt.getTime() - b.event.occurredAt.getTime();
  if (ms !== 0) return ms;
  return a.event.id < b.event.id ? -1 : 1;
}
