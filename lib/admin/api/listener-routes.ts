import { z } from 'zod';
import { ListenerInput, ListenerPatch, ListenerReplacement, replacing } from '../listener-input';
import { etagOf, listenerJson } from '../listener-json';
import { defined } from './defined';
import { type Answer, type Route, route } from './route';
import { ListenerShape, PAGE_QUERY, pageOf, TestShape } from './shapes';

const tag = 'Listeners';

const ListenerQuery = z.strictObject({
  ...PAGE_QUERY,
  hook: z.string().optional().meta({ description: 'Name of its hook.' }),
  pattern: z.string().optional().meta({ description: 'Its event name or wildcard.' }),
  owner: z.string().optional(),
  key: z.string().optional(),
  url: z.string().optional().meta({ description: 'Its URL, exactly as stored.' }),
  active: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
});

const PauseInput = z.strictObject({ reason: z.string().min(1).max(1_024) });
const RotateInput = z.strictObject({
  secret: z.string().optional(),
  graceMs: z.number().optional().meta({ description: 'How long the old secret stays valid.' }),
});

export const listenerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/listeners',
    operationId: 'listListeners',
    summary: 'Lists listeners, the newest first.',
    tag,
    query: ListenerQuery,
    answer: { status: 200, schema: pageOf(ListenerShape), is: 'A page of listeners.' },
    async answers({ desk, query: { limit, cursor, url, ...where } }) {
      const given = { ...where, ...(url !== undefined && { target: url }) };
      const page = await desk.listeners(defined(given), defined({ limit, cursor }));
      const { items, nextCursor } = page;
      return { body: { items: items.map(listenerJson), nextCursor } };
    },
  }),
  route({
    method: 'POST',
    path: '/listeners',
    operationId: 'createListener',
    summary: 'Creates a listener. Only this answer has its secret.',
    tag,
    body: ListenerInput,
    answer: { status: 201, schema: ListenerShape, is: 'The listener that was created.' },
    async answers({ desk, body }) {
      const listener = await desk.create(body);
      return {
        ...shown(listener),
        status: 201,
        headers: { etag: etagOf(listener), location: `listeners/${listener.id}` },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/listeners/{id}',
    operationId: 'getListener',
    summary: 'Gives one listener.',
    tag,
    answer: { status: 200, schema: ListenerShape, is: 'The listener.' },
    answers: async ({ desk, id }) => shown(await desk.listener(id)),
  }),
  route({
    method: 'PATCH',
    path: '/listeners/{id}',
    operationId: 'changeListener',
    summary: 'Changes what the body names. Null resets a member to its default.',
    tag,
    body: ListenerPatch,
    needsMatch: true,
    answer: { status: 200, schema: ListenerShape, is: 'The listener as it is now.' },
    answers: async ({ desk, id, body, ifMatch }) => shown(await desk.edit(id, body, ifMatch)),
  }),
  route({
    method: 'PUT',
    path: '/listeners/{id}',
    operationId: 'replaceListener',
    summary: 'Replaces everything but the secret. What is left out gets its default.',
    tag,
    body: ListenerReplacement,
    needsMatch: true,
    answer: { status: 200, schema: ListenerShape, is: 'The listener as it is now.' },
    answers: async ({ desk, id, body, ifMatch }) =>
      shown(await desk.edit(id, replacing(body, desk), ifMatch)),
  }),
  route({
    method: 'DELETE',
    path: '/listeners/{id}',
    operationId: 'removeListener',
    summary: 'Removes a listener.',
    tag,
    needsMatch: true,
    answer: { status: 204, is: 'The listener was removed.' },
    async answers({ desk, id, ifMatch }) {
      await desk.remove(id, ifMatch);
      return { status: 204 };
    },
  }),
  route({
    method: 'POST',
    path: '/listeners/{id}/test',
    operationId: 'testListener',
    summary: 'Sends a sample event at once. Nothing is stored or retried.',
    tag,
    answer: { status: 200, schema: TestShape, is: 'What the recipient answered.' },
    answers: async ({ desk, id }) => ({ body: { ...(await desk.test(id)) } }),
  }),
  route({
    method: 'POST',
    path: '/listeners/{id}/rotate-secret',
    operationId: 'rotateSecret',
    summary: 'Gives a listener a new secret. Only this answer has it.',
    tag,
    body: RotateInput,
    isBodyOptional: true,
    answer: { status: 200, schema: ListenerShape, is: 'The listener with its new secret.' },
    answers: async ({ desk, id, body }) => shown(await desk.rotateSecret(id, defined(body))),
  }),
  route({
    method: 'POST',
    path: '/listeners/{id}/pause',
    operationId: 'pauseListener',
    summary: 'Deactivates a listener. Events no longer match it.',
    tag,
    body: PauseInput,
    answer: { status: 200, schema: ListenerShape, is: 'The listener as it is now.' },
    async answers({ desk, id, body }) {
      await desk.pause(id, body.reason);
      return shown(await desk.listener(id));
    },
  }),
  route({
    method: 'POST',
    path: '/listeners/{id}/resume',
    operationId: 'resumeListener',
    summary: 'Activates a listener again, and clears its failures.',
    tag,
    answer: { status: 200, schema: ListenerShape, is: 'The listener as it is now.' },
    async answers({ desk, id }) {
      await desk.resume(id);
      return shown(await desk.listener(id));
    },
  }),
];

function shown(listener: Parameters<typeof listenerJson>[0]): Answer {
  return { body: listenerJson(listener), headers: { etag: etagOf(listener) } };
}
