import type { HookCatalog } from '../hook/catalog';
import type { Store } from '../store/store';
import { scheduleEvent } from './schedule';

/**
 * Makes the hooks of stored schedules known when a process attaches, so that it does not warn about their listeners. Another hook of the
 * same name stays.
 */
export async function knowSchedules(
  { schedules }: Pick<Store, 'schedules'>,
  catalog: Pick<HookCatalog, 'find' | 'open'>,
): Promise<void> {
  const events = (await schedules.names()).map(scheduleEvent);
  for (const event of events) if (!catalog.find(event)) catalog.open(event);
}
