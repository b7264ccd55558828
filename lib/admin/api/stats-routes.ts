import type { Backlog } from '../../attach/stats';
import type { JsonValue } from '../../base/json';
import { type Route, route } from './route';
import { StatsShape } from './shapes';

export const statsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/stats',
    operationId: 'getStats',
    summary: 'Gives the backlog, and events and deliveries of the last hour.',
    tag: 'Overview',
    answer: { status: 200, schema: StatsShape, is: 'Owners get the history of their own only.' },
    async answers({ desk }) {
      const [backlog, history] = [await desk.backlog(), await desk.history()];
      return {
        body: {
          ...(backlog && {
            events: backlogJson(backlog.events),
            deliveries: backlogJson(backlog.deliveries),
            foreign: backlog.foreign,
            rates: { ...backlog.rates },
          }),
          history: JSON.parse(JSON.stringify(history)) as JsonValue,
        },
      };
    },
  }),
];

function backlogJson({ waiting, oldestAt }: Backlog): JsonValue {
  return { waiting, oldestAt: oldestAt?.toISOString() ?? null };
}
