import { z } from 'zod';
import { DELIVERY_STATUSES, ENDED_STATUSES } from '../../store/deliveries';
import { deliveryJson, wholeDeliveryJson } from '../delivery-json';
import { defined } from './defined';
import { type Route, route } from './route';
import { BulkShape, DeliveryShape, PAGE_QUERY, pageOf, WholeDeliveryShape } from './shapes';

const tag = 'Deliveries';

/** Deliveries that one request sends again at most. Its answer has a cursor for the next request. */
const MAX_REPLAYED = 1_000;

const Time = z.iso.datetime({ offset: true });
const Times = {
  since: Time.optional().meta({ description: 'Created then or later.' }),
  until: Time.optional().meta({ description: 'Created before.' }),
};

const DeliveryQuery = z.strictObject({
  ...PAGE_QUERY,
  ...Times,
  listener: z.string().optional().meta({ description: 'Id of the listener.' }),
  event: z.string().optional().meta({ description: 'Name or id of the event.' }),
  status: z.enum(DELIVERY_STATUSES).optional(),
});

const ReplayInput = z.strictObject({
  ...Times,
  listener: z.string().optional().meta({ description: 'Id of the listener.' }),
  status: z.enum(ENDED_STATUSES).optional(),
  newId: z.boolean().optional().meta({ description: 'Send each as a new event.' }),
  limit: z.int().min(1).max(MAX_REPLAYED).optional().meta({ default: MAX_REPLAYED }),
  cursor: z.string().nullish().meta({ description: '`cursor` of the answer before.' }),
});

export const deliveryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/deliveries',
    operationId: 'listDeliveries',
    summary: 'Lists deliveries, the newest first.',
    tag,
    query: DeliveryQuery,
    answer: { status: 200, schema: pageOf(DeliveryShape), is: 'A page of deliveries.' },
    async answers({ desk, query }) {
      const { items, nextCursor } = await desk.deliveries(withTimes(query));
      return { body: { items: items.map(deliveryJson), nextCursor } };
    },
  }),
  route({
    method: 'GET',
    path: '/deliveries/{id}',
    operationId: 'getDelivery',
    summary: 'Gives one delivery with its attempts and its request.',
    tag,
    answer: { status: 200, schema: WholeDeliveryShape, is: 'The delivery.' },
    async answers({ desk, id }) {
      const delivery = await desk.delivery(id);
      return { body: wholeDeliveryJson(delivery, await desk.request(id)) };
    },
  }),
  route({
    method: 'POST',
    path: '/deliveries/{id}/retry',
    operationId: 'retryDelivery',
    summary: 'Sends a delivery again, soon: same id, next attempt, all its retries.',
    tag,
    answer: { status: 202, schema: DeliveryShape, is: 'The delivery, which waits.' },
    async answers({ desk, id }) {
      await desk.retry(id);
      return { status: 202, body: deliveryJson(await desk.delivery(id)) };
    },
  }),
  route({
    method: 'POST',
    path: '/replay',
    operationId: 'replay',
    summary: 'Sends ended deliveries again, the oldest first.',
    tag,
    body: ReplayInput,
    isBodyOptional: true,
    answer: { status: 200, schema: BulkShape, is: 'How many wait now, and where to go on.' },
    async answers({ desk, body }) {
      const options = withTimes({ limit: MAX_REPLAYED, ...body });
      const { count, cursor } = await desk.replay(options);
      return { body: { count, cursor } };
    },
  }),
];

interface TimeTexts {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The same without undefined members, and with times as dates. */
function withTimes<Given extends TimeTexts>({ since, until, ...others }: Given) {
  return {
    ...defined(others),
    ...(since !== undefined && { since: new Date(since) }),
    ...(until !== undefined && { until: new Date(until) }),
  };
}
