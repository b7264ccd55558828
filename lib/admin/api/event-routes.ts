import type { AttachedHook } from '../../attach/attached-hook';
import type { JsonValue } from '../../base/json';
import { type Route, route } from './route';
import { HookShape, pageOf } from './shapes';

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/events',
    operationId: 'listEvents',
    summary: 'Lists the hooks with their events, fields, operators and samples.',
    tag: 'Events',
    answer: { status: 200, schema: pageOf(HookShape), is: 'All hooks that can have listeners.' },
    answers: async ({ desk }) => ({
      body: { items: desk.catalogue.map(hookJson), nextCursor: null },
    }),
  }),
];

function hookJson(hook: AttachedHook): JsonValue {
  const { name, title, description, operations, fields } = hook;
  return {
    hook: name,
    title,
    description,
    operations,
    fields: fields.map((field) => ({ ...field })),
    events: hook.events.map((event) => ({
      name: event,
      sample: JSON.parse(hook.sample(event).body) as JsonValue,
      schema: hook.schema(event),
    })),
  };
}
