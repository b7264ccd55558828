import { Hono } from 'hono';
import type { Variables } from '../api/api';
import { defined } from '../api/defined';
import type { Desk } from '../desk';
import { ListenerInput, ListenerPatch } from '../listener-input';
import { etagOf } from '../listener-json';
import type { ResolvedAdminOptions } from '../options';
import { Problem, schemaProblem } from '../problem';
import { type FormValues, inputOf, textIn, valuesOf } from './form-values';
import { ListenerForm, type ListenerFormProps } from './listener-form';
import { ListenerList } from './listener-list';
import { ListenerPage, type ListenerPageProps } from './listener-page';
import { Preview, type Previewed } from './preview';
import { type Done, doneIn, formOf, type PageContext, queryOf, reasonsOf, shellOf } from './shell';

/** Events that a preview judges. */
const PREVIEWED = 20;
const LISTED = 50;
const LATEST = 10;

/** The pages about listeners, below `/listeners`. */
export function listenerPages(options: ResolvedAdminOptions): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  const own = `${options.basePath}/listeners`;
  const toListener = (context: PageContext, done: Done) =>
    context.redirect(`${own}/${context.req.param('id')}?done=${done}`, 303);

  app.get('/', (context) => list(context, options));
  app.get('/new', (context) => {
    const hook = context.req.query('hook') ?? '';
    return context.html(form(context, options, { values: { hook }, stored: null }));
  });
  app.post('/', (context) => create(context, options));
  app.post('/preview', (context) => preview(context, options));
  app.get('/:id', async (context) => context.html(await listenerPage(context, options, {})));
  app.get('/:id/edit', (context) => edit(context, options));
  app.post('/:id', (context) => save(context, options));
  app.post('/:id/test', async (context) => {
    const tested = await deskOf(context).test(context.req.param('id'));
    return context.html(await listenerPage(context, options, { tested }));
  });
  app.post('/:id/rotate-secret', (context) => rotate(context, options));
  app.post('/:id/pause', async (context) => {
    const reason = textIn(await formOf(context), 'reason').trim();
    if (reason === '') throw new Problem(422, options.wording.pauseReason);
    await deskOf(context).pause(context.req.param('id'), reason);
    return toListener(context, 'paused');
  });
  app.post('/:id/resume', async (context) => {
    await deskOf(context).resume(context.req.param('id'));
    return toListener(context, 'resumed');
  });
  app.post('/:id/remove', async (context) => {
    const etag = textIn(await formOf(context), 'etag');
    await deskOf(context).remove(context.req.param('id'), etag);
    return context.redirect(`${own}?done=removed`, 303);
  });
  return app;
}

function deskOf(context: PageContext): Desk {
  return context.get('desk');
}

async function list(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const desk = deskOf(context);
  const query = queryOf(context, ['hook', 'active', 'url', 'owner']);
  const { hook, active, url, owner } = query;
  const cursor = context.req.query('cursor');
  const where = defined({
    hook,
    owner,
    target: url,
    active: active === undefined ? undefined : active === 'true',
  });
  const page = await desk.listeners(where, defined({ limit: LISTED, cursor }));
  const shell = shellOf(options, context);
  return context.html(
    <ListenerList
      shell={shell}
      listeners={page.items}
      hooks={desk.catalogue}
      nextCursor={page.nextCursor}
      query={query}
      done={doneIn(context, shell.t)}
    />,
  );
}

type FormParts = Pick<ListenerFormProps, 'values' | 'stored' | 'wrong' | 'previewed'>;

function form(context: PageContext, options: ResolvedAdminOptions, parts: FormParts) {
  const name = textIn(parts.values, 'hook');
  return (
    <ListenerForm
      shell={shellOf(options, context)}
      hook={name === '' ? undefined : hookOf(context, name)}
      {...parts}
    />
  );
}

/** Throws a problem with the status 404 for a hook that this principal can have no listener of. */
function hookOf(context: PageContext, name: string) {
  const hook = deskOf(context).catalogue.find((one) => one.name === name);
  if (!hook) throw new Problem(404, `There is no hook "${name}".`);
  return hook;
}

function inputIn(context: PageContext, values: FormValues): Record<string, unknown> {
  const name = textIn(values, 'hook');
  return inputOf(values, name === '' ? [] : hookOf(context, name).fields);
}

function newListener(context: PageContext, values: FormValues): ListenerInput {
  const { success, data, error } = ListenerInput.safeParse(inputIn(context, values));
  if (success) return data;
  throw schemaProblem(422, error);
}

async function create(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const values = await formOf(context);
  try {
    const listener = await deskOf(context).create(newListener(context, values));
    const { t } = shellOf(options);
    const secret = listener.secret && { says: t.secretOnce, text: listener.secret };
    const parts = { done: t.doneCreated, ...(secret && { secret }) };
    return context.html(await listenerPage(context, options, parts, listener.id), 201);
  } catch (error) {
    const parts = { values, stored: null, wrong: reasonsOf(error) };
    return context.html(form(context, options, parts), 422);
  }
}

/** The script asks for the preview alone; without it, the form is shown again with the preview. */
async function preview(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const values = await formOf(context);
  const previewed = await judged(context, values);
  if (context.req.header('x-fragment') === 'preview')
    return context.html(<Preview t={options.wording} previewed={previewed} />);
  const id = textIn(values, 'id');
  const stored = id === '' ? null : { id, etag: textIn(values, 'etag') };
  return context.html(form(context, options, { values, stored, previewed }));
}

/** A preview needs no URL yet. */
async function judged(context: PageContext, values: FormValues): Promise<Previewed> {
  const url = textIn(values, 'url').trim() || 'https://example.com/';
  try {
    const input = newListener(context, { ...values, url, headers: '' });
    return { wrong: [], judged: await deskOf(context).preview(input, PREVIEWED) };
  } catch (error) {
    return { wrong: reasonsOf(error), judged: [] };
  }
}

async function edit(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const listener = await deskOf(context).listener(context.req.param('id') ?? '');
  const fields = listener.hook === null ? [] : hookOf(context, listener.hook).fields;
  const stored = { id: listener.id, etag: etagOf(listener) };
  return context.html(form(context, options, { values: valuesOf(listener, fields), stored }));
}

async function save(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const values = await formOf(context);
  const id = context.req.param('id') ?? '';
  const etag = textIn(values, 'etag');
  try {
    const { success, data, error } = ListenerPatch.safeParse(inputIn(context, values));
    if (!success) throw schemaProblem(422, error);
    await deskOf(context).edit(id, data, etag);
    return context.redirect(`${options.basePath}/listeners/${id}?done=saved`, 303);
  } catch (error) {
    const parts = { values, stored: { id, etag }, wrong: reasonsOf(error) };
    return context.html(form(context, options, parts), 422);
  }
}

const HOUR_MS = 3_600_000;

async function rotate(context: PageContext, options: ResolvedAdminOptions): Promise<Response> {
  const hours = Number(textIn(await formOf(context), 'graceHours') || '0');
  const graceMs = Math.round(hours * HOUR_MS);
  const { secret = '' } = await deskOf(context).rotateSecret(context.req.param('id') ?? '', {
    graceMs,
  });
  const says = options.wording.secretRotated;
  return context.html(await listenerPage(context, options, { secret: { says, text: secret } }));
}

async function listenerPage(
  context: PageContext,
  options: ResolvedAdminOptions,
  parts: Partial<ListenerPageProps>,
  id = context.req.param('id') ?? '',
) {
  const desk = deskOf(context);
  const listener = await desk.listener(id);
  const { items } = await desk.deliveries({ listener: id, limit: LATEST });
  const shell = shellOf(options, context);
  return (
    <ListenerPage
      shell={shell}
      listener={listener}
      deliveries={items}
      done={doneIn(context, shell.t)}
      {...parts}
    />
  );
}
