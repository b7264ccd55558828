import type { Telemetry } from '../../telemetry/telemetry';
import type { Reply } from './reply';
import type { PreparedRequest, Transport } from './transport';

/** Carries requests inside a client span each, whose headers they have. */
export class TracedTransport implements Transport {
  constructor(
    private readonly transport: Transport & { close?(): Promise<void> },
    private readonly telemetry: Pick<Telemetry, 'within'>,
  ) {}

  carry(request: PreparedRequest, options: { readonly signal: AbortSignal }): Promise<Reply> {
    const { method, headers, hook, about } = request;
    const facts = {
      name: method,
      hook: hook.name,
      kind: 'client',
      attributes: attributesOf(request),
      traces: about?.traces ?? [],
    } as const;
    return this.telemetry.within(facts, async (span) => {
      const traced = { ...request, headers: { ...headers, ...span.headers } };
      const reply = await this.transport.carry(traced, options);
      if (reply.kind === 'answered') {
        span.set({ 'http.response.status_code': reply.httpStatus });
        if (reply.httpStatus >= 400) span.fail(String(reply.httpStatus));
      } else if (reply.kind === 'refused') span.fail('refused');
      else span.fail(reply.timedOut ? 'timeout' : 'unanswered');
      return reply;
    });
  }

  async close(): Promise<void> {
    await this.transport.close?.();
  }
}

/**
 * By the semantic conventions of HTTP clients. The query of a URL may hold a secret, and so may what comes before its host.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
function attributesOf({ method, target, about }: PreparedRequest) {
  const { protocol, hostname, port, origin, pathname } = target.url;
  return {
    'http.request.method': method,
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'url.full': origin + pathname,
    ...(about && {
      ...(about.attempt > 1 && { 'http.request.resend_count': about.attempt - 1 }),
      'model_hooks.event': about.event,
      'model_hooks.delivery.id': about.deliveryId,
      'model_hooks.listener.id': about.listenerId,
      'model_hooks.attempt': about.attempt,
      ...(about.events > 1 && { 'model_hooks.batch.size': about.events }),
    }),
  };
}
