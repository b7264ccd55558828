import { randomUUID } from 'node:crypto';
import type { ModelHooks, TaskResult } from '../../lib';
import * as everything from '../../lib';
import { AttachedHook, DefinedHook } from '../../lib/attach/attached-hook';
import { InteractiveHook } from '../../lib/attach/interactive-hook';
import { Testing } from '../../lib/attach/testing';
import { Worker } from '../../lib/attach/worker';
import { Declarations } from '../../lib/declarations';
import { Deliveries } from '../../lib/delivery/log/deliveries';
import { EventLog } from '../../lib/delivery/log/event-log';
import { ListenerBuilder } from '../../lib/listener/declared/builder';
import { Listeners } from '../../lib/listener/listeners';
import * as receiver from '../../lib/receiver';
import { Schedules } from '../../lib/schedule/schedules';
import { TaskResult as Result } from '../../lib/task/result';
import { DefinedTask, Tasks } from '../../lib/task/tasks';
import { Article } from '../listener/saved/article';
import { type Application, startApplication } from '../support/application/application';
import { BODY, SECRET, signed } from '../support/receivers/signed';
import { doors, foreignErrors, methodsOf, type NamedDoor } from '../support/values/doors';

const TARGET = 'https://example.com/hooks';

let application: Application;
/** Without events, so that its workers send nothing. */
let quiet: Application;
let hooks: ModelHooks;
let id: string;
let ended: TaskResult;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
  quiet = await startApplication({
    entities: [Article],
    attach: { work: false, notify: false },
  });
  hooks = application.hooks;
  hooks.define('order', { provides: ['name'] });
  id = (await hooks.for(Article).listener(TARGET).save()).id;
  ended = await hooks.tasks.get(TARGET);
  await application.dataSource.query(
    `UPDATE model_hook_task SET status = 'success', ready_at = NULL, retval = '1'`,
  );
});
afterAll(async () => {
  await quiet.stop();
  await application.stop();
});

const article = () => hooks.for(Article);
const listener = (options: object = {}) => article().listener({ url: TARGET, ...options });
const done = () => everything.BackgroundResponse.done();
const ordering = () => hooks.define(randomUUID(), { provides: ['name'] });
const calling = () => hooks.interactive(randomUUID(), { provides: ['name'] });
const event = () => ({
  id: randomUUID(),
  hook: 'article',
  name: 'article.created',
  operation: 'insert' as const,
  ref: null,
  sender: null,
  headers: {},
  occurredAt: new Date(),
  data: { title: 'a' },
  previous: null,
  changed: ['title'],
});

const TASK = 'timeoutMs retries headers parse onSuccess onFailure resultTtlMs manager typo'.split(
  ' ',
);
const task = () => hooks.tasks.define(randomUUID(), () => 1);
class Task extends everything.HttpTask {
  readonly url = TARGET;
}

const BULK = ['limit', 'cursor', 'signal', 'onProgress', 'typo'];
const WHERE = ['hook', 'pattern', 'owner', 'key', 'target', 'active', 'typo'] as const;
const LISTENER = [
  'url secret digest contentType format headers owner key config replies delivery ordered',
  'maxPerSecond batch select signature typo',
]
  .join(' ')
  .split(' ');
const DELIVERY = [
  'timeoutMs maxResponseBytes maxPayloadBytes disableAfterMs retries retryDelayMs retryFactor',
  'retryMaxDelayMs jitter recipients typo',
]
  .join(' ')
  .split(' ');
const ATTACH = [
  'dispatcher delivery work notify waitMs sweepMs leaseMs connections retention onCaptureError',
  'encryptionKeys signingKeys deliveryLimits logger telemetry capture truncate installTriggers criteria typo',
]
  .join(' ')
  .split(' ');
const HOOK = [
  'provides name on event when compute ref sender headers resolve format exactPrevious title',
  'capture truncate context coalesce criteria description delivery typo',
]
  .join(' ')
  .split(' ');

const DAILY = { cron: '@daily' };
const SCHEDULE = ['cron', 'everyMs', 'timezone', 'data', 'enabled', 'catchUp', 'typo'] as const;

const MATCHERS = [
  ...['is', 'oneOf', 'startsWith', 'endsWith', 'contains', 'like', 'gt', 'gte', 'lt', 'lte'],
  ...['not', 'allOf', 'anyOf', 'was', 'becomes', 'between'],
] as const;
const FIELDS = [
  'title',
  'stock',
  'price',
  'visible',
  'createdAt',
  'day',
  'opensAt',
  'details',
  'tags',
  'image',
  'shout',
  'id',
  'typo',
];

const DOORS: readonly NamedDoor[] = [
  ...doors('hooks.attach', 'dataSource', [], (bad) => everything.ModelHooks.attach(bad)),
  ...doors('hooks.attach', 'options', ATTACH, (bad) =>
    everything.ModelHooks.attach(application.dataSource, bad),
  ),
  ...doors('hooks.attach', 'signingKeys', ['k1', 'whsk_a', ''], (bad) =>
    everything.ModelHooks.attach(application.dataSource, { signingKeys: bad }),
  ),
  ...doors('hooks.attach', 'telemetry', ['traceparent', 'typo'], (bad) =>
    everything.ModelHooks.attach(application.dataSource, { telemetry: bad }),
  ),
  ...doors('hooks.triggers', 'dataSource', [], (bad) => everything.ModelHooks.triggers(bad)),
  ...doors('hooks.triggers', 'options', ATTACH, (bad) =>
    everything.ModelHooks.triggers(application.dataSource, bad),
  ),
  ...doors('hooks.for', 'entity', [], (bad) => hooks.for(bad)),
  ...doors('hooks.get', 'name', [], (bad) => hooks.get(bad)),
  ['hooks.list', () => hooks.list()],
  ...doors('hooks.define', 'name', [], (bad) => hooks.define(bad, { provides: ['name'] })),
  ...doors('hooks.define', 'options', HOOK, (bad) => hooks.define(randomUUID(), bad)),
  ...HOOK.map(
    (name): NamedDoor => [
      `hooks.define options.${name} beside provides`,
      (bad) => hooks.define(randomUUID(), { provides: ['name'], [name]: bad }),
    ],
  ),
  [
    'hooks.define field',
    async (bad) => {
      const hook = hooks.define(randomUUID(), { provides: [bad] });
      await hook.send({ [bad as string]: 'a' });
      await hook
        .listener(TARGET)
        .match({ [bad as string]: 'a' })
        .save();
    },
  ],
  ...doors('hooks.interactive', 'name', [], (bad) => hooks.interactive(bad)),
  ...doors(
    'hooks.interactive',
    'options',
    ['provides', 'timeoutMs', 'format', 'title', 'description', 'delivery', 'resolve', 'typo'],
    (bad) => hooks.interactive(randomUUID(), bad),
  ),
  ...doors('interactive.call', 'data', ['name'], (bad) => calling().call(bad)),
  ...doors('interactive.call', 'options', ['sender', 'ref', 'headers', 'typo'], (bad) =>
    calling().call({}, bad),
  ),
  ...doors('hooks.send', 'name', [], (bad) => hooks.send(bad, {})),
  ...doors('hooks.send', 'data', ['name'], (bad) => hooks.send('order', bad)),
  ...doors('hooks.send', 'options', ['sender', 'ref', 'headers', 'manager', 'typo'], (bad) =>
    hooks.send('order', {}, bad),
  ),
  ['hooks.send header', (bad) => hooks.send('order', {}, { headers: { 'X-A': bad } })],
  ...doors('hooks.listen', 'pattern', [], (bad) => hooks.listen(bad, TARGET).save()),
  ...doors('hooks.listen', 'target', LISTENER, (bad) => hooks.listen('*', bad).save()),
  ...doors('hooks.handler', 'name', [], (bad) => hooks.handler(bad, done)),
  ...doors('hooks.handler', 'fn', [], (bad) => hooks.handler(randomUUID(), bad)),
  ...doors('hooks.handler', 'options', ['timeoutMs', 'typo'], (bad) =>
    hooks.handler(randomUUID(), done, bad),
  ),
  ...doors('hooks.schedule', 'name', [], (bad) => hooks.schedule(bad, DAILY)),
  ...doors('hooks.schedule', 'options', SCHEDULE, (bad) => hooks.schedule('daily', bad)),
  ...SCHEDULE.map(
    (name): NamedDoor => [
      `hooks.schedule options.${name} beside cron`,
      (bad) => hooks.schedule('daily', { ...DAILY, [name]: bad }),
    ],
  ),
  ['hooks.schedule data.name', (bad) => hooks.schedule('daily', { ...DAILY, data: { name: bad } })],
  ...doors('hooks.schedule', 'handler', [], (bad) => hooks.schedule('daily', DAILY, bad)),
  ...doors('hooks.at', 'date', [], (bad) => hooks.at(bad, 'daily')),
  ...doors('hooks.at', 'name', [], (bad) => hooks.at(new Date(), bad)),
  ...doors('hooks.at', 'data', ['name'], (bad) => hooks.at(new Date(), 'daily', bad)),
  ...doors('hooks.at', 'options', ['manager', 'typo'], (bad) =>
    hooks.at(new Date(), 'daily', {}, bad),
  ),
  ...doors('schedules.save', 'name', [], (bad) => hooks.schedules.save(bad, DAILY)),
  ...doors('schedules.at', 'date', [], (bad) => hooks.schedules.at(bad, 'daily')),
  ...doors('schedules.cancel', 'id', [], (bad) => hooks.schedules.cancel(bad)),
  ...doors('schedules.find', 'where', ['enabled', 'typo'], (bad) => hooks.schedules.find(bad)),
  ...doors('schedules.get', 'name', [], (bad) => hooks.schedules.get(bad)),
  ...doors('schedules.update', 'name', [], (bad) => hooks.schedules.update(bad, {})),
  ...doors('schedules.update', 'changes', SCHEDULE, (bad) => hooks.schedules.update('daily', bad)),
  ...doors('schedules.pause', 'name', [], (bad) => hooks.schedules.pause(bad)),
  ...doors('schedules.resume', 'name', [], (bad) => hooks.schedules.resume(bad)),
  ...doors('schedules.remove', 'name', [], (bad) => hooks.schedules.remove(bad)),
  ...doors('hooks.work', 'options', ['concurrency', 'onStart', 'onStop', 'typo'], async (bad) => {
    const worker = await quiet.hooks.work(bad);
    await worker.stop();
  }),
  ...doors('worker.stop', 'options', ['deadlineMs', 'typo'], async (bad) => {
    const worker = await quiet.hooks.work();
    await worker.stop(bad);
  }),
  ...doors('testing.deliver', 'options', ['retries', 'deadlineMs', 'typo'], (bad) =>
    quiet.hooks.testing.deliver(bad),
  ),
  ...doors('hooks.runOnce', 'options', ['deadlineMs', 'typo'], (bad) => quiet.hooks.runOnce(bad)),
  ...doors('hooks.idle', 'options', ['timeoutMs'], (bad) =>
    bad === Number.POSITIVE_INFINITY ? undefined : hooks.idle(bad),
  ),
  ...doors('hooks.on', 'name', [], (bad) => hooks.on(bad, () => undefined)),
  ...doors('hooks.on', 'fn', [], (bad) => hooks.on('outcome', bad)()),
  ['hooks.stats', () => hooks.stats()],
  ...doors('hooks.history', 'options', ['since', 'buckets', 'owner', 'typo'], (bad) =>
    hooks.history(bad),
  ),
  ['hooks.doctor', () => hooks.doctor()],
  ...doors('ModelHooks.doctor', 'dataSource', [], (bad) => everything.ModelHooks.doctor(bad)),
  ...doors('ModelHooks.doctor', 'options', ATTACH, (bad) =>
    everything.ModelHooks.doctor(application.dataSource, bad),
  ),
  ...doors('ModelHooks.doctor', 'register', [], (bad) =>
    everything.ModelHooks.doctor(application.dataSource, {}, bad),
  ),
  ...doors('hooks.withContext', 'context', ['actor'], (bad) =>
    hooks.withContext(bad, () => undefined),
  ),
  ...doors('hooks.withContext', 'fn', [], (bad) => hooks.withContext({}, bad)),
  ...doors('hooks.silence', 'fn', [], (bad) => hooks.silence(bad)),
  ...doors('hooks.buffer', 'fn', [], (bad) => hooks.buffer(bad)),
  ...doors('hooks.buffer', 'options', ['flushFreq', 'flushTimeoutMs'], (bad) =>
    hooks.buffer(() => undefined, bad),
  ),
  ...doors('hooks.criteria', 'mode', [], (bad) => hooks.criteria(bad, () => undefined)),
  ...doors('hooks.criteria', 'fn', [], (bad) => hooks.criteria('expand', bad)),
  ...doors('hooks.reencrypt', 'options', ['onProgress'], (bad) => hooks.reencrypt(bad)),
  ...doors('hook.listener', 'target', LISTENER, (bad) => article().listener(bad).save()),
  ...LISTENER.map(
    (name): NamedDoor => [
      `hook.listener target.${name} beside url`,
      (bad) => listener({ [name]: bad }).save(),
    ],
  ),
  ...doors('hook.listener', 'delivery', DELIVERY, (bad) => listener({ delivery: bad }).save()),
  ...doors('hook.listener', 'recipients', ['ports', 'protocols', 'deny', 'allow', 'typo'], (bad) =>
    listener({ delivery: { recipients: bad } }).save(),
  ),
  ['hook.listener header', (bad) => listener({ headers: { 'X-A': bad } }).save()],
  ...doors('hook.sample', 'event', [], (bad) => article().sample(bad)),
  ...doors('hook.sample', 'format', [], (bad) => article().sample('article.created', bad)),
  ...doors('hook.schema', 'event', [], (bad) => article().schema(bad)),
  ...doors('hook.schema', 'format', [], (bad) => article().schema('article.created', bad)),
  ...doors('hook.interactive', 'operation', [], (bad) =>
    article().interactive(bad, () => ({ status: 'success' })),
  ),
  ...doors('hook.interactive', 'veto', [], (bad) => article().interactive('insert', bad)),
  ...doors('hook.interactive', 'options', ['timeoutMs', 'onUnavailable', 'typo'], (bad) =>
    article().interactive('insert', 'handler:veto', bad),
  ),
  [
    'hook.listener secret header',
    (bad) => listener({ headers: { a: everything.secret(bad) } }).save(),
  ],
  ['hook.listener config', (bad) => listener({ config: { a: bad } }).save()],
  [
    'builder.select, one',
    (bad) =>
      listener()
        .select([bad] as never)
        .save(),
  ],
  ['builder.select', (bad) => listener().select(bad).save()],
  ...doors('builder.match', 'conditions', FIELDS, (bad) => listener().match(bad).save()),
  ...MATCHERS.flatMap((matcher) =>
    ['title', 'stock', 'details', 'createdAt', 'price', 'tags'].map(
      (field): NamedDoor => [
        `${matcher} of ${field}`,
        (bad) => {
          const build = Reflect.get(everything, matcher) as (bad: unknown) => never;
          return listener()
            .match({ [field]: build(bad) } as never)
            .save();
        },
      ],
    ),
  ),
  [
    'between, second',
    (bad) =>
      listener()
        .match({ stock: everything.between(1, bad) })
        .save(),
  ],
  ['builder.on', (bad) => listener().on(bad).save()],
  ...doors('builder.save', 'options', ['manager', 'typo'], (bad) => listener().save(bad)),
  ...doors('listeners.build', 'of', ['hook', 'pattern'], (bad) =>
    hooks.listeners.build(bad, TARGET).save(),
  ),
  ...doors('listeners.save', 'draft', ['hook', 'options'], (bad) => hooks.listeners.save(bad, {})),
  ...doors('listeners.saveMany', 'builders', [], (bad) => hooks.listeners.saveMany(bad)),
  ['listeners.saveMany, one', (bad) => hooks.listeners.saveMany([bad])],
  ['listeners.saveMany, draft', (bad) => hooks.listeners.saveMany([{ draft: bad } as never])],
  ...doors('listeners.saveMany', 'options', ['manager', 'onProgress', 'typo'], (bad) =>
    hooks.listeners.saveMany([], bad),
  ),
  ...doors('listeners.reindex', 'options', ['onProgress'], (bad) => hooks.listeners.reindex(bad)),
  ...doors('listeners.reencrypt', 'options', ['onProgress'], (bad) =>
    hooks.listeners.reencrypt(bad),
  ),
  ...doors('listeners.matching', 'event', [], (bad) => hooks.listeners.matching(bad)),
  ...Object.keys(event()).map(
    (name): NamedDoor => [
      `listeners.matching event.${name}`,
      (bad) => hooks.listeners.matching({ ...event(), [name]: bad }),
    ],
  ),
  [
    'listeners.matching event.data.title',
    (bad) => hooks.listeners.matching({ ...event(), data: { title: bad } }),
  ],
  ...doors('listeners.explain', 'event', [], (bad) => hooks.listeners.explain(bad, id)),
  ...doors('listeners.explain', 'listener', ['id'], (bad) => hooks.listeners.explain(event(), bad)),
  ...Object.keys(event()).map(
    (name): NamedDoor => [
      `listeners.explain event.${name}`,
      (bad) => hooks.listeners.explain({ ...event(), [name]: bad }, id),
    ],
  ),
  ...doors('listeners.test', 'id', [], (bad) => hooks.listeners.test(bad)),
  ...doors('listeners.backfill', 'id', [], (bad) => hooks.listeners.backfill(bad)),
  ...doors('listeners.backfill', 'options', ['maxPerSecond', ...BULK], (bad) =>
    hooks.listeners.backfill(id, bad),
  ),
  ...doors('listeners.find', 'where', WHERE, (bad) => hooks.listeners.find(bad)),
  ...doors('listeners.page', 'where', WHERE, (bad) => hooks.listeners.page(bad)),
  ...doors('listeners.page', 'options', ['limit', 'cursor', 'typo'], (bad) =>
    hooks.listeners.page({}, bad),
  ),
  ...doors('listeners.get', 'id', [], (bad) => hooks.listeners.get(bad)),
  ...doors('listeners.update', 'id', [], (bad) => hooks.listeners.update(bad, {})),
  ...doors('listeners.update', 'changes', [...LISTENER, 'match', 'on'], (bad) =>
    hooks.listeners.update(id, bad),
  ),
  ...doors('listeners.rotateSecret', 'id', [], (bad) => hooks.listeners.rotateSecret(bad)),
  ...doors('listeners.rotateSecret', 'options', ['graceMs', 'secret', 'typo'], (bad) =>
    hooks.listeners.rotateSecret(id, bad),
  ),
  ...doors('listeners.pause', 'id', [], (bad) => hooks.listeners.pause(bad, 'a')),
  ...doors('listeners.pause', 'why', [], (bad) => hooks.listeners.pause(id, bad)),
  ...doors('listeners.resume', 'id', [], (bad) => hooks.listeners.resume(bad)),
  ...doors('listeners.remove', 'id', [], (bad) => hooks.listeners.remove(bad)),
  ...doors('listeners.remove', 'check', [], (bad) => hooks.listeners.remove(id, bad)),
  ['listeners.stale', () => hooks.listeners.stale()],
  ...doors(
    'deliveries.find',
    'where',
    ['listener', 'owner', 'event', 'status', 'since', 'until', 'limit', 'cursor', 'typo'],
    (bad) => hooks.deliveries.find(bad),
  ),
  ...doors('deliveries.get', 'id', [], (bad) => hooks.deliveries.get(bad)),
  ...doors('deliveries.request', 'id', [], (bad) => hooks.deliveries.request(bad)),
  ...doors('deliveries.get', 'where', ['owner', 'typo'], (bad) => hooks.deliveries.get(id, bad)),
  ...doors('deliveries.retry', 'id', [], (bad) => hooks.deliveries.retry(bad)),
  ...doors('deliveries.retry', 'where', ['owner', 'typo'], (bad) =>
    hooks.deliveries.retry(id, bad),
  ),
  ...doors(
    'deliveries.replay',
    'options',
    ['listener', 'owner', 'since', 'until', 'status', 'newId', 'maxPerSecond', ...BULK],
    (bad) => hooks.deliveries.replay(bad),
  ),
  ...doors('deliveries.prune', 'options', ['eventsMs', 'deliveriesMs', ...BULK], (bad) =>
    hooks.deliveries.prune(bad),
  ),
  ...doors(
    'events.find',
    'where',
    ['event', 'hook', 'owner', 'since', 'until', 'limit', 'cursor', 'typo'],
    (bad) => hooks.events.find(bad),
  ),
  ...doors('events.get', 'id', [], (bad) => hooks.events.get(bad)),
  ...doors('tasks.get', 'url', [], (bad) => hooks.tasks.get(bad)),
  ...doors('tasks.get', 'args', ['x'], (bad) => hooks.tasks.get(TARGET, bad)),
  ...doors('tasks.get', 'options', TASK, (bad) => hooks.tasks.get(TARGET, {}, bad)),
  ...doors('tasks.post', 'url', [], (bad) => hooks.tasks.post(bad)),
  ...doors('tasks.post', 'args', ['x'], (bad) => hooks.tasks.post(TARGET, bad)),
  ...doors('tasks.post', 'options', TASK, (bad) => hooks.tasks.post(TARGET, {}, bad)),
  ...doors('tasks.call', 'options', ['url', 'method', 'args', ...TASK], (bad) =>
    hooks.tasks.call(bad),
  ),
  ...['method', 'args', ...TASK].map(
    (name): NamedDoor => [
      `tasks.call options.${name} beside url`,
      (bad) => hooks.tasks.call({ url: TARGET, [name]: bad }),
    ],
  ),
  [
    'tasks.call header',
    (bad) => hooks.tasks.call({ url: TARGET, headers: { 'X-A': bad, a: everything.secret(bad) } }),
  ],
  ...doors('tasks.result', 'id', [], (bad) => hooks.tasks.result(bad)),
  ...doors('tasks.define', 'name', [], (bad) => hooks.tasks.define(bad, () => 1)),
  ...doors('tasks.define', 'fn', [], (bad) => hooks.tasks.define(randomUUID(), bad)),
  ...doors('tasks.define', 'options', ['timeoutMs', 'resultTtlMs', 'typo'], (bad) =>
    hooks.tasks.define(randomUUID(), () => 1, bad),
  ),
  ...doors('tasks.gateway', 'options', ['authenticate', 'basePath', 'maxBodyBytes'], (bad) =>
    hooks.tasks.gateway(bad),
  ),
  ...['basePath', 'maxBodyBytes', 'typo'].map(
    (name): NamedDoor => [
      `tasks.gateway options.${name} beside authenticate`,
      (bad) => hooks.tasks.gateway({ authenticate: () => true, [name]: bad }),
    ],
  ),
  ...doors('definedTask.apply', 'args', ['x'], (bad) => task().apply(bad)),
  ...doors('definedTask.apply', 'options', ['manager', 'typo'], (bad) => task().apply({}, bad)),
  ...doors('taskResult.get', 'options', ['timeoutMs', 'typo'], (bad) => ended.get(bad)),
  ['taskResult.status', () => ended.status()],
  ...doors('httpTask.constructor', 'hooks', ['tasks'], (bad) => new Task(bad)),
  ...doors('httpTask.call', 'args', ['x'], (bad) => new Task(hooks).call(bad)),
  ...doors('httpTask.call', 'options', TASK, (bad) => new Task(hooks).call({}, bad)),
  ...doors('taskWebhook', 'fn', [], (bad) => everything.taskWebhook(bad)),
  ...doors('taskWebhook', 'options', ['maxBodyBytes', 'typo'], (bad) =>
    everything.taskWebhook(() => 1, bad),
  ),
  ...doors('defined.send', 'data', ['name'], (bad) => ordering().send(bad)),
  ...doors('defined.send', 'options', ['sender', 'ref', 'headers', 'manager', 'typo'], (bad) =>
    ordering().send({}, bad),
  ),
  ...doors('verify', 'headers', [], (bad) => receiver.verify(bad, BODY, SECRET)),
  ['verify webhook-id', (bad) => receiver.verify({ ...signed(), 'webhook-id': bad }, BODY, SECRET)],
  [
    'verify webhook-timestamp',
    (bad) => receiver.verify({ ...signed(), 'webhook-timestamp': bad }, BODY, SECRET),
  ],
  [
    'verify webhook-signature',
    (bad) => receiver.verify({ ...signed(), 'webhook-signature': bad }, BODY, SECRET),
  ],
  ...doors('verify', 'rawBody', [], (bad) => receiver.verify(signed(), bad, SECRET)),
  ...doors('verify', 'secret', [], (bad) => receiver.verify(signed(), BODY, bad)),
  ...doors('verify', 'options', ['toleranceMs', 'now'], (bad) =>
    receiver.verify(signed(), BODY, SECRET, bad),
  ),
  ...doors('verifyOnce', 'options', ['store', 'ttlMs', 'toleranceMs', 'now'], (bad) =>
    receiver.verifyOnce(signed(), BODY, SECRET, bad),
  ),
  ...doors('jwks', 'url', [], (bad) => receiver.jwks(bad)),
  ...doors(
    'jwks',
    'options',
    ['maxAgeMs', 'maxStaleMs', 'minDelayMs', 'timeoutMs', 'fetch', 'now', 'typo'],
    (bad) => receiver.jwks(TARGET, bad),
  ),
  ...doors('verify', 'secret of a list', [], (bad) => receiver.verify(signed(), BODY, [bad])),
  ...doors('contextMiddleware', 'hooks', ['withContext'], (bad) =>
    everything.contextMiddleware(bad, () => null),
  ),
  ...doors('contextMiddleware', 'contextOf', [], (bad) => everything.contextMiddleware(hooks, bad)),
  ...doors('contextHook', 'hooks', ['withContext'], (bad) =>
    everything.contextHook(bad, () => null),
  ),
  ...doors('contextHook', 'contextOf', [], (bad) => everything.contextHook(hooks, bad)),
  ['generateSigningKey', () => everything.generateSigningKey()],
  ...doors('memoryStore', 'options', ['max', 'now'], (bad) => receiver.memoryStore(bad)),
  ...doors('blockCidrNetwork', 'cidrs', [], (bad) => everything.blockCidrNetwork(bad)),
  ...doors('ensurePort', 'ports', [], (bad) => everything.ensurePort(bad)),
  ...doors('ensureProtocol', 'protocols', [], (bad) => everything.ensureProtocol(bad)),
  ...doors('secret', 'text', [], (bad) => everything.secret(bad)),
];

/** The classes of public objects, by the name of the object. */
const OBJECTS: readonly (readonly [string, { readonly prototype: object }])[] = [
  ['hooks', everything.ModelHooks],
  ['hooks', Declarations],
  ['testing', Testing],
  ['worker', Worker],
  ['listeners', Listeners],
  ['deliveries', Deliveries],
  ['events', EventLog],
  ['schedules', Schedules],
  ['hook', AttachedHook],
  ['defined', DefinedHook],
  ['interactive', InteractiveHook],
  ['builder', ListenerBuilder],
  ['tasks', Tasks],
  ['definedTask', DefinedTask],
  ['taskResult', Result],
  ['httpTask', everything.HttpTask],
];

/** Methods that take no arguments and end the attachment. */
const ENDING = ['hooks.detach'];

describe('a public method', () => {
  it.each(DOORS)(
    'The method %s refuses bad values with an error of the package',
    async (_, call) => {
      expect(await foreignErrors(call)).toEqual([]);
    },
  );

  it('Each public method is called with bad values', () => {
    const called = new Set(DOORS.map(([name]) => name.split(' ')[0]?.replace(',', '')));
    const public_ = OBJECTS.flatMap(([object, type]) =>
      methodsOf(type).map((name) => `${object}.${name}`),
    );
    expect(public_.filter((name) => !called.has(name) && !ENDING.includes(name))).toEqual([]);
  });
});
