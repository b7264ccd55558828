export {
  AddMatchingKeys1764600000000,
  AddTrust1765200000000,
  CreateModelHookTables1764000000000,
  modelHookMigrations,
} from '../migrations';
export type { CaptureOptions } from './capture/capture';
export type { Chunk } from './delivery/chunk';
export type { Deliveries, DeliveryPage, DeliveryWhere } from './delivery/deliveries';
export type { Attempt, Delivery, DeliveryWithAttempts } from './delivery/delivery';
export type {
  AttemptOptions,
  CertificateAuthorities,
  DeliveryOptions,
  ListenerDeliveryOptions,
  ListenerRecipientOptions,
  RecipientOptions,
  RecipientValidator,
  RetryOptions,
} from './delivery/options';
export type { DeliveryStatus, Outcome } from './delivery/outcome';
export * from './delivery-errors';
export type { Dispatcher, Engine } from './dispatch/dispatcher';
export type { AttachOptions } from './dispatch/options';
export type { RetentionOptions } from './dispatch/pruning';
export type { Stats, Waiting } from './dispatch/stats';
export type { EncryptionKeys } from './encryption-keys';
export { modelHookEntities } from './entities';
export { ERROR_CODES, type ErrorCode, type VerificationReason } from './error-codes';
export * from './errors';
export type { HookEvent } from './hook/event';
export type { AnyFilter, ConditionOn, FilterOf } from './hook/filter';
export { ModelHook } from './hook/model-hook';
export type { Operation } from './hook/operation';
export type {
  BodyFormat,
  DefinedHookOptions,
  HookRow,
  ModelHookOptions,
  Resolve,
  Targets,
} from './hook/options';
export type { FieldPath } from './hook/paths';
export type { JsonRecord, JsonValue } from './json';
export type { AttachedHook, DefinedHook, SendOptions } from './listener/attached-hook';
export type { Explanation, Reason } from './listener/audience';
export type { ListenerBuilder, SaveOptions } from './listener/builder';
export type { ListenerChanges } from './listener/changes';
export type { Check } from './listener/checks';
export {
  type HeaderValue,
  type SecretValue,
  type ShownHeaderValue,
  secret,
} from './listener/header-value';
export type { ContentType, Digest, Listener, ListenerOptions } from './listener/listener';
export type { Listeners, ListenerWhere, SaveManyOptions } from './listener/listeners';
export {
  blockCidrNetwork,
  blockInternalIps,
  ensurePort,
  ensureProtocol,
} from './listener/recipient-validators';
export type { RotateOptions } from './listener/rotation';
export type { TestResult } from './listener/test-result';
export type { Logger } from './logger';
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
  type Judged,
  like,
  lt,
  lte,
  type Matcher,
  not,
  type Operator,
  type Ordered,
  oneOf,
  type Plain,
  type StoredMatcher,
  startsWith,
  was,
} from './match/matcher';
export type { StoredCondition } from './match/operand';
export { ModelHooks } from './model-hooks';
export type { DeliveryReport, ReportName, Reports } from './reports';
export { VERSION } from './version';
