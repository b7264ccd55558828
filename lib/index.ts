/**
 * Declares hooks, saves listeners and delivers events.
 *
 * @module typeorm-model-hooks
 */

export {
  AddAttemptDetail1766000000000,
  AddBatch1766600000000,
  AddBuffers1766500000000,
  AddCoalescing1766900000001,
  AddContext1766700000000,
  AddEventFields1766100000000,
  AddEventSource1766200000000,
  AddHeads1765900000000,
  AddMatchingKeys1764600000000,
  AddRawPrevious1765800000000,
  AddSchedules1766300000000,
  AddSelection1766900000000,
  AddSignatureKind1766800000000,
  AddTasks1766400000000,
  AddTrust1765200000000,
  CreateModelHookTables1764000000000,
  modelHookMigrations,
} from '../migrations';
export type {
  AttachedHook,
  DefinedHook,
  HookField,
  HookSample,
  SendOptions,
} from './attach/attached-hook';
export type { DetachOptions } from './attach/detach';
export type { HistoryBucket, HistoryOptions, HookHistory } from './attach/history';
export type { IdleOptions } from './attach/idle';
export type { InteractiveHook } from './attach/interactive-hook';
export type { AttachOptions } from './attach/options';
export type { RunOnceResult } from './attach/run-once';
export type { Backlog, HookStats, Stats, Waiting } from './attach/stats';
export type { DeliverOptions, DeliverResult, Testing } from './attach/testing';
export type { RunOnceOptions, WorkerStopOptions, WorkOptions } from './attach/work-options';
export type { Worker } from './attach/worker';
export type { JsonRecord, JsonValue } from './base/json';
export { VERSION } from './base/version';
export type { CaptureOptions } from './capture/capture';
export type { TriggerOptions } from './capture/triggers/options';
export type { TriggerSql, TriggerStatus, Triggers } from './capture/triggers/triggers';
export { contextHook, contextMiddleware } from './context-middleware';
export type { Chunk } from './delivery/chunk/chunk';
export type { Outcome } from './delivery/chunk/outcome';
export { BackgroundResponse } from './delivery/handler/background-response';
export type {
  HandlerAnswer,
  HandlerContext,
  HandlerFunction,
  HandlerOptions,
} from './delivery/handler/handlers';
export { InteractiveResponse } from './delivery/handler/interactive-response';
export { ScheduledExecutionResponse } from './delivery/handler/scheduled-response';
export type {
  Deliveries,
  DeliveryPage,
  DeliveryWhere,
  OwnerWhere,
} from './delivery/log/deliveries';
export type {
  Attempt,
  Delivery,
  DeliveryWithAttempts,
  ShownRequest,
} from './delivery/log/delivery';
export type { EventLog, EventPage, EventWhere } from './delivery/log/event-log';
export type { PruneOptions } from './delivery/log/prune';
export type { ReplayOptions } from './delivery/log/replay';
export type { JsonSchema } from './delivery/request/body-schema';
export type { Dispatcher, Engine } from './dispatch/dispatcher';
export type { BufferOptions, EventBuffer } from './dispatch/event-buffer';
export type { RetentionOptions } from './dispatch/pruning';
export type { Diagnosis, Finding, FindingCode, FindingLevel } from './doctor/finding';
export * from './errors/attach-errors';
export * from './errors/capture-errors';
export { ERROR_CODES, type ErrorCode, type VerificationReason } from './errors/codes';
export * from './errors/delivery-errors';
export * from './errors/hook-errors';
export * from './errors/interactive-errors';
export * from './errors/listener-errors';
export * from './errors/model-hook-error';
export * from './errors/nest-errors';
export * from './errors/option-errors';
export * from './errors/receiver-errors';
export * from './errors/recipient-errors';
export * from './errors/schedule-errors';
export * from './errors/task-errors';
export * from './errors/testing-errors';
export * from './errors/vault-errors';
export type { ConfigClass } from './hook/config-class';
export type { EventContext, HookEvent } from './hook/event';
export type { AnyFilter, ConditionOn, FilterOf, WithContextFilter } from './hook/filter';
export { ModelHook } from './hook/model-hook';
export type { Operation } from './hook/operation';
export type {
  CaptureKind,
  CoalesceScope,
  DefinedHookOptions,
  HookRow,
  InteractiveHookOptions,
  ModelHookOptions,
  Resolve,
  Targets,
  TruncateAction,
} from './hook/options';
export type { FieldPath } from './hook/paths';
export type { InteractiveAnswer } from './interactive/answer';
export type { CallResult } from './interactive/call/calls';
export type { CallOptions } from './interactive/call/options';
export type { VetoEvent } from './interactive/veto/question';
export type { VetoFunction, VetoOptions } from './interactive/veto/veto';
export type { ListenerBuilder, SaveOptions } from './listener/declared/builder';
export type { Listener } from './listener/declared/listener';
export type { TestResult } from './listener/declared/test-result';
export type { Listeners } from './listener/listeners';
export type { Explanation, Reason } from './listener/matching/audience';
export type { Check } from './listener/matching/checks';
export type { ListenerChanges } from './listener/saved/changes';
export type { SaveManyOptions } from './listener/saved/saving';
export type {
  ListenerPage,
  ListenerPageOptions,
  ListenerWhere,
} from './listener/saved/where';
export type { RotateOptions } from './listener/secrets/rotation';
export type { StaleListener } from './listener/stale';
export type { Logger } from './logging/logger';
export type { DeliveryReport, ReportName, Reports } from './logging/reports';
export type { FieldKind } from './match/field-kind';
export {
  allOf,
  any,
  anyOf,
  becomes,
  between,
  type Condition,
  changed,
  contains,
  endsWith,
  gt,
  gte,
  is,
  isFalse,
  isNull,
  isTrue,
  like,
  lt,
  lte,
  type Matcher,
  not,
  type Operator,
  oneOf,
  type StoredMatcher,
  startsWith,
  was,
} from './match/matcher';
export type { StoredCondition } from './match/operand';
export type {
  ComparableWith,
  Judged,
  Ordered,
  OrderedValue,
  Plain,
  PlainValue,
} from './match/values';
export { ModelHooks } from './model-hooks';
export type { BatchOptions } from './options/batch';
export type { BodyFormat } from './options/body-format';
export type { BackfillOptions, BulkOptions, BulkResult } from './options/bulk';
export type {
  AttemptOptions,
  CertificateAuthorities,
  DeliveryLimitOptions,
  DeliveryOptions,
  ListenerDeliveryOptions,
  ListenerRecipientOptions,
  RecipientOptions,
  RecipientValidator,
  RetryOptions,
} from './options/delivery';
export { HandlerRef } from './options/handler-ref';
export {
  type HeaderValue,
  type SecretValue,
  type ShownHeaderValue,
  secret,
} from './options/header-value';
export type {
  ContentType,
  Digest,
  ListenerOptions,
  ListenerTarget,
  SignatureKind,
} from './options/listener';
export {
  blockCidrNetwork,
  blockInternalIps,
  ensurePort,
  ensureProtocol,
} from './recipient/validators';
export type { AtOptions, CatchUp, ScheduleOptions } from './schedule/options';
export type { Schedule, ScheduledEvent, ScheduleHandler } from './schedule/schedule';
export type { ScheduledOnce, Schedules, ScheduleWhere } from './schedule/schedules';
export { generateSigningKey, type SigningKeyPair } from './signing/key-pair';
export type { PublicJwk, SigningKeys } from './signing/key-ring';
export type { DeliveryStatus } from './store/deliveries';
export { modelHookEntities } from './store/entities';
export type { TaskStatus } from './store/tasks';
export type { TaskArgs, TaskValue } from './task/args';
export type { TaskContext, TaskDefineOptions, TaskFunction } from './task/definitions';
export type { Gateway, GatewayOptions } from './task/gateway';
export { HttpTask } from './task/http-task';
export type {
  TaskCallOptions,
  TaskMethod,
  TaskOptions,
  TaskReply,
} from './task/options';
export type { TaskGetOptions, TaskResult } from './task/result';
export type { DefinedTask, TaskApplyOptions, Tasks } from './task/tasks';
export {
  type ServedFunction,
  type TaskRequestContext,
  type TaskWebhook,
  type TaskWebhookOptions,
  taskWebhook,
} from './task/webhook';
export type { TelemetryOptions } from './telemetry/options';
export type { EncryptionKeys } from './vault/encryption-keys';
