import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { OptionInvalidError } from '../../errors/option-errors';
import type { Verified } from '../../receiver/verified';

/**
 * A request that `@VerifyWebhook()` has let through: what `verify()` returns. `body` also has the values of a form by name, or the text
 * of another content type.
 */
export type ReceivedEvent<Body = unknown> = Verified<string | null, Body>;

const received = new WeakMap<object, ReceivedEvent>();

/** Remembers what a request brought. */
export function keepReceived(request: object, event: ReceivedEvent): void {
  received.set(request, event);
}

/**
 * Gives a parameter of a method with `@VerifyWebhook()` what was verified, as a `ReceivedEvent`.
 *
 * @example
 * class WebhooksController {
 *   receive(@WebhookEvent() { id, event, body }: ReceivedEvent<{ name: string }>) {
 *     console.log(id, event, body.name);
 *   }
 * }
 */
export const WebhookEvent: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => {
    const event = received.get(context.switchToHttp().getRequest<object>());
    if (event) return event;
    throw new OptionInvalidError('WebhookEvent', 'beside @VerifyWebhook(), on its method or class');
  },
);
