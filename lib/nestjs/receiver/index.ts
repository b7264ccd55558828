/**
 * Verifies requests in NestJS, without TypeORM.
 *
 * @module typeorm-model-hooks/nestjs/receiver
 */

export {
  VerifyWebhook,
  type VerifyWebhookOptions,
  type WebhookRequest,
  type WebhookSecret,
  type WebhookSecrets,
} from './verify-webhook';
export { type ReceivedEvent, WebhookEvent } from './webhook-event';
