import { Hono } from 'hono';
import { DIGESTS } from '../../options/listener';
import { DELIVERY_STATUSES, ENDED_STATUSES } from '../../store/deliveries';
import type { Variables } from '../api/api';
import { defined } from '../api/defined';
import type { ResolvedAdminOptions } from '../options';
import type { Problem } from '../problem';
import { Check } from './check';
import { DeliveryList } from './delivery-list';
import { DeliveryPage } from './delivery-page';
import { Events } from './events';
import { type FormValues, headersIn, textIn, textsIn } from './form-values';
import { Layout, Note } from './layout';
import { listenerPages } from './listener-pages';
import { Overview } from './overview';
import { Replay } from './replay';
import { doneIn, formOf, type PageContext, queryOf, reasonsOf, shellOf, timeIn } from './shell';
import { checkSignature } from './signature-check';

const LISTED = 50;
const LATEST = 5;
/** Deliveries that one step of a replay sends again. */
const REPLAYED = 1_000;

/** The web page. Each route works without JavaScript. */
export function page(options: ResolvedAdminOptions): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  app.get('/', (context) => overview(context, options));
  app.get('/events', (context) =>
    context.html(
      <Events shell={shellOf(options, context)} hooks={context.get('desk').catalogue} />,
    ),
  );
  app.route('/listeners', listenerPages(options));
  app.get('/deliveries', (context) => deliveries(context, options));
  app.post('/deliveries/retry', (context) => retrySelected(context, options));
  app.get('/deliveries/:id', (context) => delivery(context, options));
  app.post('/deliveries/:id/retry', async (context) => {
    const id = context.req.param('id');
    await context.get('desk').retry(id);
    return context.redirect(`${options.basePath}/deliveries/${id}?done=retried`, 303);
  });
  app.get('/replay', (context) => {
    const values = queryOf(context, ['listener', 'status']);
    return context.html(<Replay shell={shellOf(options, context)} values={values} />);
  });
  app.post('/replay', (context) => replay(context, options));
  app.get('/check', (context) =>
    context.html(<Check shell={shellOf(options, context)} values={{}} />),
  );
  app.post('/check', (context) => check(context, options));
  return app;
}

/** An error as a page. */
export function pageProblem(problem: Problem, options: ResolvedAdminOptions): Response {
  const shell = shellOf(options);
  const html = (
    <Layout shell={shell} title={shell.t.errorTitle}>
      <Note isWrong>{problem.message}</Note>
      <p>
        <a href={`${options.basePath}/`}>{shell.t.back}</a>
      </p>
    </Layout>
  );
  return new Response(`<!doctype html>${html}`, {
    status: problem.status,
    headers: { ...problem.facts.headers, 'content-type': 'text/html; charset=utf-8' },
  });
}

async function overview(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const desk = context.get('desk');
  const history = await desk.history();
  const backlog = await desk.backlog();
  const { items } = await desk.deliveries({ status: 'failed', limit: LATEST });
  return context.html(
    <Overview
      shell={shellOf(options, context)}
      backlog={backlog}
      history={history}
      failures={items}
    />,
  );
}

async function deliveries(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const query = queryOf(context, ['status', 'event', 'listener', 'since', 'until']);
  const shell = shellOf(options, context);
  const shown = { shell, query, done: doneIn(context, shell.t) };
  try {
    const { items, nextCursor } = await context.get('desk').deliveries(
      defined({
        status: DELIVERY_STATUSES.find((status) => status === query.status),
        event: query.event,
        listener: query.listener,
        since: timeIn(query.since),
        until: timeIn(query.until),
        cursor: context.req.query('cursor'),
        limit: LISTED,
      }),
    );
    return context.html(<DeliveryList {...shown} deliveries={items} nextCursor={nextCursor} />);
  } catch (error) {
    const wrong = reasonsOf(error).join(' · ');
    return context.html(
      <DeliveryList {...shown} deliveries={[]} nextCursor={null} wrong={wrong} />,
      422,
    );
  }
}

async function retrySelected(
  context: PageContext,
  options: ResolvedAdminOptions,
): Promise<Response> {
  const desk = context.get('desk');
  const ids = textsIn(await formOf(context), 'id').slice(0, LISTED);
  for (const id of ids) await desk.retry(id);
  const done = ids.length > 0 ? '?done=retried' : '';
  return context.redirect(`${options.basePath}/deliveries${done}`, 303);
}

async function delivery(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const desk = context.get('desk');
  const id = context.req.param('id') ?? '';
  const shell = shellOf(options, context);
  const found = await desk.delivery(id);
  const request = await desk.request(id);
  return context.html(
    <DeliveryPage
      shell={shell}
      delivery={found}
      request={request}
      done={doneIn(context, shell.t)}
    />,
  );
}

async function replay(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const values = await formOf(context);
  const shell = shellOf(options, context);
  const text = (name: string) => textIn(values, name) || undefined;
  try {
    const { count, cursor } = await context.get('desk').replay(
      defined({
        listener: text('listener'),
        status: ENDED_STATUSES.find((status) => status === text('status')),
        since: timeIn(text('since')),
        until: timeIn(text('until')),
        cursor: text('cursor'),
        newId: text('newId') === 'on',
        limit: REPLAYED,
      }),
    );
    const progress = { count: countIn(values) + count, cursor };
    return context.html(<Replay shell={shell} values={values} progress={progress} />);
  } catch (error) {
    const wrong = reasonsOf(error).join(' · ');
    return context.html(<Replay shell={shell} values={values} wrong={wrong} />, 422);
  }
}

/** What the steps before have sent again. */
function countIn(values: FormValues): number {
  const count = Number(textIn(values, 'count'));
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

async function check(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const values = await formOf(context);
  const headers = Object.entries(headersIn(textIn(values, 'headers')));
  const digest = DIGESTS.find((one) => one === textIn(values, 'digest')) ?? 'sha256';
  const question = {
    // Browsers send the lines of a text with CRLF.
    body: textIn(values, 'body').replaceAll('\r\n', '\n'),
    secret: textIn(values, 'secret').trim(),
    headers: Object.fromEntries(
      headers.map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    digest,
  };
  // The button on the page of a delivery brings no secret yet.
  const answer = question.secret === '' ? undefined : checkSignature(question);
  return context.html(<Check shell={shellOf(options, context)} values={values} answer={answer} />);
}
