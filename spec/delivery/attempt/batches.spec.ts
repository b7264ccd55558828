import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { batchesOf } from '../../../lib/delivery/attempt/batches';
import type { UrlDelivery } from '../../../lib/delivery/attempt/pending';
import { event, recipientOf } from './pending-delivery';

const OWN_OPTIONS = [undefined, { timeoutMs: 1 }];

describe('batchesOf', () => {
  it('Each delivery is in exactly one batch, in the order of the events, with those of its listener only', () => {
    const listeners = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 });
    const of = fc.record({ listener: fc.nat(), options: fc.nat(1), ms: fc.nat(50) });
    fc.assert(
      fc.property(listeners, fc.array(of, { maxLength: 300 }), (sizes, pairs) => {
        const recipients = sizes.map((maxEvents) =>
          recipientOf({ batch: { maxEvents, maxWaitMs: 0 } }),
        );
        const deliveries = pairs.map(({ listener, options, ms }) => ({
          deliveryId: randomUUID(),
          event: event({ id: randomUUID(), occurredAt: new Date(ms) }),
          recipient: recipients[listener % recipients.length],
          hook: { declared: { delivery: OWN_OPTIONS[options] } },
        })) as unknown as readonly UrlDelivery[];
        const batches = batchesOf(deliveries);
        expect(ids(batches.flat())).toEqual(ids(deliveries));
        for (const batch of batches) {
          const [first] = batch;
          const times = batch.map((one) => one.event.occurredAt.getTime());
          expect(batch.length).toBeLessThanOrEqual(first.recipient.batch?.maxEvents ?? 0);
          expect(times).toEqual([...times].sort((a, b) => a - b));
          expect(new Set(batch.map((one) => one.recipient)).size).toBe(1);
          expect(new Set(batch.map((one) => one.hook.declared.delivery)).size).toBe(1);
        }
      }),
    );
  });
});

function ids(deliveries: readonly UrlDelivery[]): readonly string[] {
  return deliveries.map(({ deliveryId }) => deliveryId).sort();
}
