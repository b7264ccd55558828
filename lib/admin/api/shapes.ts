import { z } from 'zod';
import { OPERATIONS } from '../../hook/operation';
import { BODY_FORMATS } from '../../options/body-format';
import { CONTENT_TYPES, DIGESTS, SIGNATURE_KINDS } from '../../options/listener';
import { DELIVERY_STATUSES } from '../../store/deliveries';

const Id = z.uuid();
const Time = z.iso.datetime();
const Anything = z.unknown();
const Bag = z.record(z.string(), Anything);

/** A listener in answers. */
export const ListenerShape = z
  .object({
    id: Id,
    hook: z.string().optional(),
    pattern: z.string().optional(),
    operations: z.array(z.enum(OPERATIONS)).nullable(),
    url: z.string().optional(),
    handler: z.string().optional(),
    match: Bag,
    format: z.enum(BODY_FORMATS).nullable(),
    contentType: z.enum(CONTENT_TYPES),
    digest: z.enum(DIGESTS),
    signature: z.enum(SIGNATURE_KINDS),
    headers: Bag,
    owner: z.string().nullable(),
    key: z.string().nullable(),
    config: Bag,
    replies: z.boolean(),
    delivery: Bag,
    ordered: z.boolean(),
    maxPerSecond: z.number().nullable(),
    batch: Bag.nullable(),
    select: z.array(z.string()).nullable(),
    active: z.boolean(),
    inactiveReason: z.string().nullable(),
    inactiveSince: Time.nullable(),
    pausedUntil: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
    secret: z.string().optional().meta({ description: 'Only in the answer that made it.' }),
  })
  .meta({ id: 'Listener' });

export const TestShape = z.object({
  deliveryId: Id,
  outcome: z.enum(DELIVERY_STATUSES),
  reason: z.string().nullable(),
  httpStatus: z.int().nullable(),
  durationMs: z.number(),
  response: z.string().nullable(),
});

const DELIVERY = {
  id: Id,
  eventId: Id,
  event: z.string(),
  listenerId: Id,
  status: z.enum(DELIVERY_STATUSES),
  attempt: z.int(),
  nextAt: Time.nullable(),
  httpStatus: z.int().nullable(),
  reason: z.string().nullable(),
  response: z.string().nullable(),
  retval: Anything,
  durationMs: z.number().nullable(),
  createdAt: Time,
  updatedAt: Time,
};

export const DeliveryShape = z.object(DELIVERY).meta({ id: 'Delivery' });

const AttemptShape = z.object({
  number: z.int(),
  outcome: z.enum(DELIVERY_STATUSES),
  httpStatus: z.int().nullable(),
  reason: z.string().nullable(),
  response: z.string().nullable(),
  detail: z.string().nullable().meta({ description: 'For operators. Null for owners.' }),
  durationMs: z.number(),
  at: Time,
});

const RequestShape = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

export const WholeDeliveryShape = z
  .object({ ...DELIVERY, attempts: z.array(AttemptShape), request: RequestShape.nullable() })
  .meta({ id: 'DeliveryWithAttempts' });

const FieldShape = z.object({
  path: z.string(),
  kind: z.string(),
  isList: z.boolean(),
  members: z.array(z.string()).nullable(),
  operators: z.array(z.string()),
});

export const HookShape = z
  .object({
    hook: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    operations: z.array(z.enum(OPERATIONS)),
    fields: z.array(FieldShape),
    events: z.array(
      z.object({
        name: z.string(),
        sample: Anything.meta({ description: 'A body with invented values.' }),
        schema: Bag.meta({ description: 'JSON Schema of the body.' }),
      }),
    ),
  })
  .meta({ id: 'Hook' });

export const BulkShape = z.object({
  count: z.int(),
  cursor: z.string().nullable().meta({ description: 'Goes on where this ended. Null: done.' }),
});

const BacklogShape = z.object({ waiting: z.number(), oldestAt: Time.nullable() });

export const StatsShape = z.object({
  events: BacklogShape.optional().meta({ description: 'For operators.' }),
  deliveries: BacklogShape.optional().meta({ description: 'For operators.' }),
  foreign: z.record(z.string(), z.number()).optional().meta({ description: 'For operators.' }),
  rates: z.record(z.string(), z.number()).optional().meta({ description: 'For operators.' }),
  history: Bag.meta({ description: 'The last hour, by minutes.' }),
});

/** What all lists are asked with. */
export const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  cursor: z.string().optional().meta({ description: '`nextCursor` of the page before.' }),
};

export function pageOf(items: z.ZodType) {
  return z.object({ items: z.array(items), nextCursor: z.string().nullable() });
}

/** Problem details, RFC 9457. */
export const ProblemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().optional(),
    errors: z
      .array(z.object({ path: z.string(), pointer: z.string(), detail: z.string() }))
      .optional(),
    id: z.string().optional().meta({ description: 'With 409: the listener that exists.' }),
  })
  .meta({ id: 'Problem' });
