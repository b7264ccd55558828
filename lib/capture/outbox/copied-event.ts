import type { JsonRecord } from '../../base/json';
import type { Operation } from '../../hook/operation';
import type { CapturePlan, RowKey } from '../entity/hooked-entity';

/** An event whose values the database copies from the row itself, as it stands in the same transaction. */
export interface CopiedEvent {
  readonly id: string;
  readonly plan: CapturePlan;
  readonly operation: Operation;
  readonly key: RowKey;
  readonly previous: JsonRecord | null;
}

/** Events whose values are copied alike. */
export interface EventGroup {
  readonly plan: CapturePlan;
  readonly operation: Operation;
  readonly events: CopiedEvent[];
}

/** In the order of their first events. */
export function eventGroups(events: readonly CopiedEvent[]): EventGroup[] {
  const byPlan = new Map<CapturePlan, Map<Operation, EventGroup>>();
  for (const event of events) {
    const { plan, operation } = event;
    const ofPlan = byPlan.get(plan) ?? new Map<Operation, EventGroup>();
    byPlan.set(plan, ofPlan);
    const group = ofPlan.get(operation) ?? { plan, operation, events: [] };
    ofPlan.set(operation, group);
    group.events.push(event);
  }
  return [...byPlan.values()].flatMap((ofPlan) => [...ofPlan.values()]);
}
