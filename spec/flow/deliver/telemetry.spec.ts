import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type AttachOptions, BackgroundResponse } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Person, person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
});
afterAll(() => {
  trace.disable();
  context.disable();
});

let flow: Flow;
beforeEach(() => exporter.reset());
afterEach(() => flow.stop());

/** Saves Joe in a span of the application, and returns the ids of that span. */
function saveInSpan() {
  return trace.getTracer('application').startActiveSpan('request', async (span) => {
    await flow.dataSource.manager.save(person());
    span.end();
    return span.spanContext();
  });
}

const spansOf = (kind: SpanKind) =>
  exporter.getFinishedSpans().filter((span) => span.kind === kind);

describe.each<[string, AttachOptions]>([
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
])('Telemetry with capture by %s', (_, capture) => {
  it('A delivery is a client span of a new trace that links to the span of the write, and its headers name it', async () => {
    flow = await Flow.start({ attach: capture });
    const { receiver, listener } = await flow.listen();
    const { traceId, spanId } = await saveInSpan();
    await flow.hooks.idle();
    const [span] = spansOf(SpanKind.CLIENT);
    expect(span?.links.map((link) => link.context)).toMatchObject([{ traceId, spanId }]);
    expect(span?.parentSpanContext).toBeUndefined();
    const own = span?.spanContext();
    expect(own?.traceId).not.toBe(traceId);
    expect(receiver.received[0]?.headers.traceparent).toBe(`00-${own?.traceId}-${own?.spanId}-01`);
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'url.full': `${receiver.url}/hook`,
      'model_hooks.hook': 'person',
      'model_hooks.event': 'person.created',
      'model_hooks.listener.id': listener.id,
      'model_hooks.attempt': 1,
    });
  });

  it('A redelivery by another attachment links to the same span', async () => {
    flow = await Flow.start({ attach: { ...capture, work: false } });
    const { receiver, listener } = await flow.listen(answering({ status: 503 }, { status: 200 }));
    const { spanId } = await saveInSpan();
    const first = await flow.beside(capture);
    await first.hooks.idle();
    await first.hooks.detach();
    await flow.makeDue(await flow.deliveryOf(listener.id));
    const second = await flow.beside({ ...capture, sweepMs: 50 });
    await second.hooks.idle();
    expect(receiver.received).toHaveLength(2);
    const spans = spansOf(SpanKind.CLIENT);
    expect(spans.map(({ links }) => links[0]?.context.spanId)).toEqual([spanId, spanId]);
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['503', undefined]);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2);
  });
});

describe('The option telemetry', () => {
  it('A handler runs in the span of its delivery', async () => {
    flow = await Flow.start();
    const active: unknown[] = [];
    const handler = flow.hooks.handler('audit', () => {
      active.push(trace.getActiveSpan()?.spanContext().spanId);
      return BackgroundResponse.done();
    });
    await flow.hooks.for(Person).listener(handler).save();
    await saveInSpan();
    await flow.hooks.idle();
    const [span] = spansOf(SpanKind.CONSUMER);
    expect(span?.name).toBe('process audit');
    expect(active).toEqual([span?.spanContext().spanId]);
  });

  it('A request of an interactive hook links to the span of the call, which is stored with it', async () => {
    flow = await Flow.start();
    const { receiver } = await flow.listen(answering({ body: { status: 'success' } }));
    const quote = flow.hooks.interactive('quote', { provides: ['amount'] });
    await quote.listener(`${receiver.url}/quote`).save();
    const { traceId, spanId } = await trace
      .getTracer('application')
      .startActiveSpan('request', async (span) => {
        await quote.call({ amount: 1 });
        span.end();
        return span.spanContext();
      });
    const [span] = spansOf(SpanKind.CLIENT);
    expect(span?.links.map((link) => link.context)).toMatchObject([{ traceId, spanId }]);
    const rows = await flow.query<{ trace: unknown }>('SELECT trace FROM model_hook_event');
    expect(rows).toEqual([{ trace: { traceparent: `00-${traceId}-${spanId}-01` } }]);
  });

  it('Requests have no header of a span with `traceparent: false`', async () => {
    flow = await Flow.start({ attach: { telemetry: { traceparent: false } } });
    const { receiver } = await flow.listen();
    await saveInSpan();
    await flow.hooks.idle();
    expect(receiver.received[0]?.headers).not.toHaveProperty('traceparent');
    expect(spansOf(SpanKind.CLIENT)).toHaveLength(1);
  });

  it('No span is made or stored with `false`', async () => {
    flow = await Flow.start({ attach: { telemetry: false } });
    await flow.listen();
    await saveInSpan();
    await flow.hooks.idle();
    expect(spansOf(SpanKind.CLIENT)).toEqual([]);
    const rows = await flow.query<{ trace: unknown }>('SELECT trace FROM model_hook_event');
    expect(rows).toEqual([{ trace: null }]);
  });

  it('A listener cannot name a trace itself', async () => {
    flow = await Flow.start();
    const headers = { traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` };
    await expect(flow.listen(undefined, { headers })).rejects.toMatchObject({
      code: 'LISTENER_INVALID',
    });
  });
});
