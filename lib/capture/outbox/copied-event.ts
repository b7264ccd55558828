import type { Operation } from '../../hook/operation';
import type { HookedEntity } from '../entity/hooked-entity';
import type { RowKey } from '../entity/row-key';
import type { StoredPrevious } from '../old-values';

/** An event whose values the database copies from the row itself, in the same transaction. */
export interface CopiedEvent {
  readonly id: string;
  readonly hooked: HookedEntity;
  readonly operation: Operation;
  readonly key: RowKey;
  readonly previous: StoredPrevious | null;
}

/** Events of one hook, one class and one operation: one SELECT copies all of them. */
export interface EventGroup {
  readonly hooked: HookedEntity;
  readonly operation: Operation;
  readonly events: CopiedEvent[];
}

/** The groups are in the order of their first events. */
export function eventGroups(events: readonly CopiedEvent[]): EventGroup[] {
  const groups = new Map<HookedEntity, Map<Operation, EventGroup>>();
  for (const event of events) {
    const { hooked, operation } = event;
    const own = groups.get(hooked) ?? new Map<Operation, EventGroup>();
    groups.set(hooked, own);
    const group = own.get(operation) ?? { hooked, operation, events: [] };
    own.set(operation, group);
    group.events.push(event);
  }
  return [...groups.values()].flatMap((own) => [...own.values()]);
}
