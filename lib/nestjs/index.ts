/**
 * Attaches hooks in NestJS, with handlers and schedules as methods of providers.
 *
 * @module typeorm-model-hooks/nestjs
 */

export {
  type ContextOfRequest,
  type ContextRequest,
  ModelHooksContextInterceptor,
} from './context-interceptor';
export {
  HookHandler,
  type HookHandlerOptions,
  HookSchedule,
  type HookScheduleOptions,
  type TypedMethodDecorator,
} from './handlers/decorators';
export {
  type ModelHooksHealth,
  ModelHooksHealthIndicator,
  type ModelHooksHealthOptions,
} from './health-indicator';
export { InjectModelHooks } from './inject-model-hooks';
export { ModelHooksModule } from './model-hooks-module';
export type {
  ModelHooksAttachOptions,
  ModelHooksModuleAsyncOptions,
  ModelHooksModuleOptions,
  ModelHooksPlaceOptions,
} from './options';
export {
  type ReceivedEvent,
  VerifyWebhook,
  type VerifyWebhookOptions,
  WebhookEvent,
  type WebhookRequest,
  type WebhookSecret,
  type WebhookSecrets,
} from './receiver';
export { getModelHooksToken } from './tokens';
