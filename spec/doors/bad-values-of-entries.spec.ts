import { Test } from '@nestjs/testing';
import { ModelHooks } from '../../lib';
import {
  getModelHooksToken,
  HookHandler,
  HookSchedule,
  InjectModelHooks,
  ModelHooksHealthIndicator,
  ModelHooksModule,
  VerifyWebhook,
} from '../../lib/nestjs';
import { ModelHooksAdminModule } from '../../lib/nestjs/admin';
import { splitOptions } from '../../lib/nestjs/options';
import { captureEvents, signedRequest, type TestReceiver, testReceiver } from '../../lib/testing';
import { TestReceiver as Receiver } from '../../lib/testing/test-receiver';
import { type Application, startApplication } from '../support/application/application';
import { Note } from '../support/entities/note';
import { SECRET } from '../support/receivers/signed';
import { doors, foreignErrors, methodsOf, type NamedDoor } from '../support/values/doors';

let application: Application;
let receiver: TestReceiver;
let health: ModelHooksHealthIndicator;

beforeAll(async () => {
  application = await startApplication({ entities: [Note], attach: { work: false } });
  receiver = await testReceiver();
  const nest = await Test.createTestingModule({
    providers: [
      ModelHooksHealthIndicator,
      { provide: ModelHooks, useFactory: () => application.hooks },
    ],
  }).compile();
  health = nest.get(ModelHooksHealthIndicator);
});
afterAll(async () => {
  await receiver.close();
  await application.stop();
});

const PLACE = ['dataSource', 'isGlobal', 'imports'] as const;
const REPLY = ['status', 'body', 'headers', 'delayMs', 'typo'];
const VERIFY = ['secret', 'secretFrom', 'toleranceMs', 'now', 'typo'];
const SIGNED = [
  'event body at format contentType digest signature signingKeys deliveryId listenerId attempt',
  'previousSecret headers isTest typo',
]
  .join(' ')
  .split(' ');
const EVENT = [
  'id hook name operation ref sender headers occurredAt dueAt data previous changed context typo',
]
  .join(' ')
  .split(' ');
const HEALTH = ['dataSource', 'maxEventAgeMs', 'maxEvents', 'maxDeliveries', 'timeoutMs', 'typo'];
const capturing = (options: object) => captureEvents(application.dataSource, () => 1, options);

/** The places of options: everything that is no object of options is refused there. */
const OPTIONS: readonly (readonly [string, readonly string[], (bad: never) => unknown])[] = [
  ['captureEvents', ['others', 'typo'], (bad) => capturing(bad)],
  ['signedRequest', SIGNED, (bad) => signedRequest(bad)],
  [
    'testReceiver',
    ['secret', 'now', 'typo'],
    async (bad) => {
      const started = await testReceiver(bad);
      await started.close();
    },
  ],
  ['receiver.reply', REPLY, (bad) => receiver.reply(bad)],
  ['receiver.waitFor', ['timeoutMs', 'typo'], (bad) => receiver.waitFor(0, bad)],
  ['ModelHooksModule.forRoot', [...PLACE], (bad) => ModelHooksModule.forRoot(bad)],
  [
    'ModelHooksModule.forRootAsync',
    [...PLACE, 'useFactory', 'inject', 'typo'],
    (bad) => ModelHooksModule.forRootAsync(bad),
  ],
  ['useFactory of ModelHooksModule', ['detachDeadlineMs'], (bad) => splitOptions(bad)],
  ['HookHandler', ['dataSource'], (bad) => HookHandler('audit', bad)],
  ['HookSchedule', ['dataSource'], (bad) => HookSchedule('nightly', bad)],
  ['VerifyWebhook', VERIFY, (bad) => VerifyWebhook(bad)],
  ['ModelHooksAdminModule.forRoot', ['path'], (bad) => ModelHooksAdminModule.forRoot(bad)],
  [
    'ModelHooksAdminModule.forRootAsync',
    ['path', 'dataSource', 'useFactory', 'inject', 'imports', 'typo'],
    (bad) => ModelHooksAdminModule.forRootAsync(bad),
  ],
  ['ModelHooksHealthIndicator.check', HEALTH, (bad) => health.check('webhooks', bad)],
];

const DOORS: readonly NamedDoor[] = [
  ...OPTIONS.flatMap(([method, members, call]) => doors(method, 'options', members, call)),
  ...doors('captureEvents', 'dataSource', [], (bad) => captureEvents(bad, () => 1)),
  ...doors('captureEvents', 'fn', [], (bad) =>
    // What the block throws is not an error of an option.
    captureEvents(application.dataSource, typeof bad === 'function' ? () => 1 : bad),
  ),
  ...SIGNED.map(
    (name): NamedDoor => [
      `signedRequest options.${name} beside secret`,
      (bad) => signedRequest({ secret: SECRET, [name]: bad }),
    ],
  ),
  ...EVENT.map(
    (name): NamedDoor => [
      `signedRequest event.${name}`,
      (bad) => signedRequest({ secret: SECRET, event: { [name]: bad } }),
    ],
  ),
  ...doors('signedRequest', 'signingKeys', ['k1'], (bad) =>
    signedRequest({ secret: SECRET, signature: 'both', signingKeys: bad }),
  ),
  ...doors('receiver.accept', 'secret', [], (bad) => receiver.accept(bad)),
  ...doors('receiver.waitFor', 'count', [], (bad) => receiver.waitFor(bad, { timeoutMs: 0 })),
  ['receiver.clear', () => receiver.clear()],
  ...PLACE.map(
    (name): NamedDoor => [
      `ModelHooksModule.forRootAsync options.${name} beside useFactory`,
      (bad) => ModelHooksModule.forRootAsync({ useFactory: () => ({}), [name]: bad }),
    ],
  ),
  ...doors('HookHandler', 'name', [], (bad) => HookHandler(bad)),
  ...doors('HookSchedule', 'name', [], (bad) => HookSchedule(bad, { cron: '@daily' })),
  ...doors('InjectModelHooks', 'dataSource', [], (bad) => InjectModelHooks(bad)),
  ...doors('getModelHooksToken', 'dataSource', [], (bad) => getModelHooksToken(bad)),
  ...VERIFY.map(
    (name): NamedDoor => [
      `VerifyWebhook options.${name} beside secret`,
      (bad) => VerifyWebhook({ secret: SECRET, [name]: bad }),
    ],
  ),
  ...doors('ModelHooksHealthIndicator.check', 'key', [], (bad) => health.check(bad)),
];

/** None of them is an object of options, and none is left out. */
const NO_OPTIONS: readonly unknown[] = [null, [], ['a'], Number.NaN, 7, 'text', true, () => 'a'];

/** Methods that take no arguments and end the receiver. */
const ENDING = ['receiver.close'];

describe('a public function of the other entries', () => {
  it.each(DOORS)(
    'The function %s refuses bad values with an error of the package',
    async (_, call) => {
      expect(await foreignErrors(call)).toEqual([]);
    },
  );

  it.each(OPTIONS)('The function %s refuses what is no object of options', async (_, __, call) => {
    for (const bad of NO_OPTIONS) {
      const calling = async () => call(bad as never);
      await expect(calling()).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'options' });
    }
  });

  it('Each method of a test receiver is called with bad values', () => {
    const called = DOORS.map(([name]) => name.split(' ')[0]);
    const methods = methodsOf(Receiver).map((name) => `receiver.${name}`);
    expect(methods.filter((name) => !called.includes(name) && !ENDING.includes(name))).toEqual([]);
  });
});
