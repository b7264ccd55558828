import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import * as errors from '../lib';
import { PORTAL_DEFAULTS } from '../lib/admin/access/portal';
import { ADMIN_DEFAULTS, FRAME_DEFAULTS, OWNER_RIGHTS } from '../lib/admin/options';
import { HISTORY_DEFAULTS } from '../lib/attach/history';
import { IDLE_DEFAULTS } from '../lib/attach/idle';
import { ATTACH_DEFAULTS } from '../lib/attach/options';
import { DELIVER_DEFAULTS } from '../lib/attach/testing';
import { RUN_ONCE_DEFAULTS } from '../lib/attach/work-options';
import { monotonicMs } from '../lib/base/clock';
import { VERSION } from '../lib/base/version';
import { HANDLER_DEFAULTS } from '../lib/delivery/handler/handlers';
import { EVENT_PAGE_DEFAULTS } from '../lib/delivery/log/event-log';
import { REPLAY_DEFAULTS } from '../lib/delivery/log/replay';
import { DISPATCHER_DEFAULTS } from '../lib/dispatch/dispatcher';
import { BUFFER_DEFAULTS } from '../lib/dispatch/event-buffer';
import { RETENTION_DEFAULTS } from '../lib/dispatch/pruning';
import { INTERACTIVE_DEFAULTS } from '../lib/hook/options';
import { VETO_DEFAULTS } from '../lib/interactive/veto/veto';
import { SAVE_DEFAULTS } from '../lib/listener/declared/builder';
import { LISTENER_PAGE_DEFAULTS } from '../lib/listener/saved/where';
import { ROTATE_DEFAULTS } from '../lib/listener/secrets/rotation';
import { CONSOLE_LOGGER } from '../lib/logging/logger';
import { HEALTH_DEFAULTS } from '../lib/nestjs/health-indicator';
import { PLACE_DEFAULTS } from '../lib/nestjs/options';
import { BULK_DEFAULTS } from '../lib/options/bulk';
import {
  ATTEMPT_DEFAULTS,
  DELIVERY_DEFAULTS,
  LIMIT_DEFAULTS,
  RETRY_DEFAULTS,
} from '../lib/options/delivery-defaults';
import { JWKS_DEFAULTS } from '../lib/receiver/jwks';
import { MEMORY_STORE_DEFAULTS } from '../lib/receiver/memory-store';
import { VERIFY_DEFAULTS } from '../lib/receiver/verify';
import { ONCE_DEFAULTS } from '../lib/receiver/verify-once';
import { RECIPIENT_DEFAULTS } from '../lib/recipient/policy';
import { SCHEDULE_DEFAULTS } from '../lib/schedule/options';
import { TASK_DEFINE_DEFAULTS } from '../lib/task/definitions';
import { GATEWAY_DEFAULTS } from '../lib/task/gateway';
import { TASK_CALL_DEFAULTS, TASK_DEFAULTS } from '../lib/task/options';
import { TASK_GET_DEFAULTS } from '../lib/task/result';
import { TASK_WEBHOOK_DEFAULTS } from '../lib/task/webhook';
import { TELEMETRY_DEFAULTS } from '../lib/telemetry/options';
import { CAPTURE_EVENTS_DEFAULTS } from '../lib/testing/capture-events';
import { SIGNED_REQUEST_DEFAULTS } from '../lib/testing/signed-request';
import { TEST_REPLY_DEFAULTS, WAIT_FOR_DEFAULTS } from '../lib/testing/test-receiver';

const { ERROR_CODES } = errors;

const ROOT = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function source(path: string): ts.SourceFile {
  return ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
}

/** What the docstrings of an interface state as defaults, by option, as it is written. */
function documented(path: string, name: string): Readonly<Record<string, string>> {
  const declared = source(path).statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (!declared) throw new Error(`${path} declares no interface ${name}.`);
  return Object.fromEntries(
    declared.members.flatMap((member) => {
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'defaultValue');
      const text = ts.getTextOfJSDocComment(tag?.comment);
      return member.name && text ? [[member.name.getText(), text] as const] : [];
    }),
  );
}

/** A literal as docstrings write it. */
function written(value: unknown): string {
  const quoted = JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ');
  return `\`${quoted}\``;
}

/** Stands for a default that is that of another option. */
const LIKE_LEASE = Symbol('the value of leaseMs');
const BY_ROLE = Symbol('what depends on what a process does');
const NONE = Symbol('no value');
const NOW = Symbol('the time of the call');
const RANDOM_ID = Symbol('an id that is made');

/** What is no literal. */
const WORDED: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [CONSOLE_LOGGER, 'warnings and errors to `console`'],
  [Date.now, '`Date.now`'],
  [monotonicMs, '`performance.now`'],
  [JWKS_DEFAULTS.fetch, 'the global `fetch`'],
  [NONE, 'none'],
  [NOW, 'now'],
  [RANDOM_ID, 'a random one'],
  [Number.POSITIVE_INFINITY, '`Infinity`'],
  [OWNER_RIGHTS, 'everything that concerns their own listeners'],
  [LIKE_LEASE, 'the value of `leaseMs`'],
  [BY_ROLE, 'a process that only captures notifies, and one that `hooks.work()` runs in listens'],
]);

function writtenDefaults(defaults: object): Readonly<Record<string, string>> {
  const entries = Object.entries(defaults);
  return Object.fromEntries(
    entries.map(([option, value]) => [option, WORDED.get(value) ?? written(value)]),
  );
}

/** The defaults that one interface adds to those of the one it extends. */
function without(defaults: object, inherited: object): object {
  return Object.fromEntries(Object.entries(defaults).filter(([option]) => !(option in inherited)));
}

const { onCaptureError, capture, truncate, installTriggers, ...ATTACH_OWN } = ATTACH_DEFAULTS;

describe('the docstrings', () => {
  it.each([
    { path: 'lib/options/delivery.ts', name: 'RecipientOptions', defaults: RECIPIENT_DEFAULTS },
    { path: 'lib/options/delivery.ts', name: 'RetryOptions', defaults: RETRY_DEFAULTS },
    {
      path: 'lib/options/delivery.ts',
      name: 'AttemptOptions',
      defaults: without(ATTEMPT_DEFAULTS, RETRY_DEFAULTS),
    },
    {
      path: 'lib/options/delivery.ts',
      name: 'DeliveryOptions',
      defaults: without(DELIVERY_DEFAULTS, ATTEMPT_DEFAULTS),
    },
    {
      path: 'lib/options/delivery.ts',
      name: 'DeliveryLimitOptions',
      defaults: LIMIT_DEFAULTS,
    },
    { path: 'lib/admin/options.ts', name: 'AdminOptions', defaults: ADMIN_DEFAULTS },
    { path: 'lib/admin/options.ts', name: 'OwnerRights', defaults: OWNER_RIGHTS },
    { path: 'lib/admin/options.ts', name: 'PortalOptions', defaults: FRAME_DEFAULTS },
    { path: 'lib/admin/access/portal.ts', name: 'PortalLinkOptions', defaults: PORTAL_DEFAULTS },
    { path: 'lib/listener/declared/builder.ts', name: 'SaveOptions', defaults: SAVE_DEFAULTS },
    { path: 'lib/options/bulk.ts', name: 'BulkOptions', defaults: BULK_DEFAULTS },
    { path: 'lib/delivery/log/replay.ts', name: 'ReplayOptions', defaults: REPLAY_DEFAULTS },
    { path: 'lib/delivery/log/event-log.ts', name: 'EventWhere', defaults: EVENT_PAGE_DEFAULTS },
    { path: 'lib/dispatch/pruning.ts', name: 'RetentionOptions', defaults: RETENTION_DEFAULTS },
    {
      path: 'lib/attach/options.ts',
      name: 'AttachOptions',
      defaults: { ...ATTACH_OWN, statementTimeoutMs: LIKE_LEASE, notify: BY_ROLE },
    },
    { path: 'lib/telemetry/options.ts', name: 'TelemetryOptions', defaults: TELEMETRY_DEFAULTS },
    { path: 'lib/dispatch/dispatcher.ts', name: 'Dispatcher', defaults: DISPATCHER_DEFAULTS },
    { path: 'lib/dispatch/event-buffer.ts', name: 'BufferOptions', defaults: BUFFER_DEFAULTS },
    { path: 'lib/listener/secrets/rotation.ts', name: 'RotateOptions', defaults: ROTATE_DEFAULTS },
    { path: 'lib/schedule/options.ts', name: 'ScheduleOptions', defaults: SCHEDULE_DEFAULTS },
    {
      path: 'lib/hook/options.ts',
      name: 'InteractiveHookOptions',
      defaults: INTERACTIVE_DEFAULTS,
    },
    { path: 'lib/interactive/veto/veto.ts', name: 'VetoOptions', defaults: VETO_DEFAULTS },
    { path: 'lib/attach/history.ts', name: 'HistoryOptions', defaults: HISTORY_DEFAULTS },
    { path: 'lib/attach/idle.ts', name: 'IdleOptions', defaults: IDLE_DEFAULTS },
    {
      path: 'lib/attach/work-options.ts',
      name: 'RunOnceOptions',
      defaults: RUN_ONCE_DEFAULTS,
    },
    {
      path: 'lib/delivery/handler/handlers.ts',
      name: 'HandlerOptions',
      defaults: HANDLER_DEFAULTS,
    },
    {
      path: 'lib/listener/saved/where.ts',
      name: 'ListenerPageOptions',
      defaults: LISTENER_PAGE_DEFAULTS,
    },
    { path: 'lib/nestjs/options.ts', name: 'ModelHooksPlaceOptions', defaults: PLACE_DEFAULTS },
    {
      path: 'lib/nestjs/health-indicator.ts',
      name: 'ModelHooksHealthOptions',
      defaults: HEALTH_DEFAULTS,
    },
    { path: 'lib/receiver/verify.ts', name: 'VerifyOptions', defaults: VERIFY_DEFAULTS },
    { path: 'lib/receiver/verify-once.ts', name: 'OnceOptions', defaults: ONCE_DEFAULTS },
    {
      path: 'lib/receiver/memory-store.ts',
      name: 'MemoryStoreOptions',
      defaults: MEMORY_STORE_DEFAULTS,
    },
    { path: 'lib/receiver/jwks.ts', name: 'JwksOptions', defaults: JWKS_DEFAULTS },
    { path: 'lib/attach/testing.ts', name: 'DeliverOptions', defaults: DELIVER_DEFAULTS },
    {
      path: 'lib/testing/capture-events.ts',
      name: 'CaptureEventsOptions',
      defaults: CAPTURE_EVENTS_DEFAULTS,
    },
    {
      path: 'lib/testing/signed-request.ts',
      name: 'SignedRequestOptions',
      defaults: {
        ...SIGNED_REQUEST_DEFAULTS,
        at: NOW,
        signingKeys: NONE,
        deliveryId: RANDOM_ID,
        listenerId: RANDOM_ID,
        previousSecret: NONE,
        headers: NONE,
      },
    },
    {
      path: 'lib/testing/test-receiver.ts',
      name: 'TestReplyOptions',
      defaults: { ...TEST_REPLY_DEFAULTS, body: NONE, headers: NONE },
    },
    {
      path: 'lib/testing/test-receiver.ts',
      name: 'WaitForOptions',
      defaults: WAIT_FOR_DEFAULTS,
    },
    { path: 'lib/capture/capture.ts', name: 'CaptureOptions', defaults: { onCaptureError } },
    { path: 'lib/task/options.ts', name: 'TaskOptions', defaults: TASK_DEFAULTS },
    { path: 'lib/task/options.ts', name: 'TaskCallOptions', defaults: TASK_CALL_DEFAULTS },
    { path: 'lib/task/result.ts', name: 'TaskGetOptions', defaults: TASK_GET_DEFAULTS },
    {
      path: 'lib/task/definitions.ts',
      name: 'TaskDefineOptions',
      defaults: TASK_DEFINE_DEFAULTS,
    },
    { path: 'lib/task/gateway.ts', name: 'GatewayOptions', defaults: GATEWAY_DEFAULTS },
    { path: 'lib/task/webhook.ts', name: 'TaskWebhookOptions', defaults: TASK_WEBHOOK_DEFAULTS },
    {
      path: 'lib/capture/triggers/options.ts',
      name: 'TriggerOptions',
      defaults: { capture, truncate, installTriggers },
    },
  ])('The docstrings of $name state the defaults of the constant', ({ path, name, defaults }) => {
    expect(documented(path, name)).toEqual(writtenDefaults(defaults));
  });
});

describe('VERSION', () => {
  it('VERSION equals the version in package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { readonly version: string };
    expect(VERSION).toBe(version);
  });
});

describe('ERROR_CODES', () => {
  const files = readdirSync(join(ROOT, 'lib/errors')).map((name) => `errors/${name}`);
  const classes = files.flatMap((path) =>
    source(`lib/${path}`).statements.filter(ts.isClassDeclaration),
  );
  const codes = classes.flatMap(({ members }) =>
    members.flatMap((member) =>
      ts.isPropertyDeclaration(member) && member.name.getText() === 'code' && member.initializer
        ? [member.initializer.getText().replaceAll("'", '')]
        : [],
    ),
  );

  it('Each error class has one code, which is in ERROR_CODES', () => {
    const concrete = Object.values(errors).filter(
      (exported) =>
        typeof exported === 'function' && exported.prototype instanceof errors.ModelHookError,
    );
    expect(codes).toHaveLength(concrete.length);
    expect(new Set(codes).size).toBe(codes.length);
    expect([...codes].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('All errors are declared in lib/errors', () => {
    const all = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
    const declaring = all.filter(
      (path) => path.endsWith('.ts') && /extends ModelHookError/.test(read(join('lib', path))),
    );
    expect(declaring.filter((path) => !files.includes(path))).toEqual([]);
    expect(declaring).not.toEqual([]);
  });

  it('The table of docs/errors.md equals ERROR_CODES', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z][A-Z_]+)` \| (.*) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, text]) => [code, text]))).toEqual(ERROR_CODES);
    expect(rows).toHaveLength(Object.keys(ERROR_CODES).length);
  });
});

describe('ModelHookError', () => {
  it('An error has the name of its class, its code, its facts and its cause', () => {
    const cause = new Error('why');
    const error = new errors.CaptureFailedError('person', 'it threw', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'CaptureFailedError',
      code: 'HOOK_CAPTURE_FAILED',
      hook: 'person',
      cause,
    });
  });
});
