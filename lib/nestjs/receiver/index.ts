export {
  VerifyWebhook,
  type VerifyWebhookOptions,
  type WebhookRequest,
  type WebhookSecret,
  type WebhookSecrets,
} from './verify-webhook';
export { type ReceivedEvent, WebhookEvent } from './webhook-event';
