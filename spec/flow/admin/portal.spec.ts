import { adminApp } from '../../../lib/admin';
import { AdminFlow, type ListenerAnswer } from '../../support/application/admin-flow';

const KEY = 'a key that is long enough to sign links with';
const portal = { key: KEY, url: 'http://admin.test/hooks' };

let flow: AdminFlow;
beforeAll(async () => {
  flow = await AdminFlow.startAdmin({ basePath: '/hooks', portal });
});
afterAll(() => flow.stop());

/** The path of a link, as a browser would request it. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Opens a link, and gives the cookie as a browser sends it back. */
async function opened(url: string): Promise<string> {
  const answer = await flow.as(null).get(pathOf(url));
  expect(answer).toMatchObject({ status: 303 });
  expect(answer.headers.get('location')).toBe('/hooks/');
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return cookie;
}

describe('portalUrl()', () => {
  it('A link opens the page for its owner, and no other', async () => {
    const cookie = await opened(flow.app.portalUrl('acme'));
    const page = await flow.as(null).get('/hooks/', { cookie });
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Portal of acme') });
    const body = { hook: 'parcel', url: 'http://127.0.0.1:9/portal' };
    const answer = await flow.as(null).json('POST', '/hooks/api/listeners', body, { cookie });
    expect(answer).toMatchObject({ status: 201, json: { owner: 'acme' } });
    const { id } = answer.json as ListenerAnswer;
    const other = await opened(flow.app.portalUrl('other'));
    expect((await flow.as(null).get(`/hooks/api/listeners/${id}`, { cookie: other })).status).toBe(
      404,
    );
  });

  it('An operator with an open portal sees what the owner sees', async () => {
    const cookie = await opened(flow.app.portalUrl('acme'));
    const page = await flow.as('operator').get('/hooks/', { cookie });
    expect(page.text).toContain('Portal of acme');
    const left = await flow.as('operator').get('/hooks/portal/leave', { cookie });
    expect(left.headers.get('set-cookie')).toMatch(/=; .*Max-Age=0/);
  });

  it.each<{ what: string; changed: (url: string) => string }>([
    { what: 'is cut', changed: (url) => url.slice(0, -1) },
    { what: 'is empty', changed: (url) => url.replace(/token=.*/, 'token=') },
    { what: 'has no signature', changed: (url) => url.replace(/(token=[^.]*).*/, '$1') },
    {
      what: 'names another owner',
      changed: (url) => {
        const [, text = '', signature = ''] = /token=(.*)\.(.*)$/.exec(url) ?? [];
        const said = JSON.parse(Buffer.from(text, 'base64url').toString());
        const forged = Buffer.from(JSON.stringify({ ...said, owner: 'rich' })).toString(
          'base64url',
        );
        return `${portal.url}/portal?token=${forged}.${signature}`;
      },
    },
  ])('A link that $what opens nothing', async ({ changed }) => {
    const answer = await flow.as(null).get(pathOf(changed(flow.app.portalUrl('acme'))));
    expect(answer).toMatchObject({ status: 401 });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('A link that has expired opens nothing', async () => {
    const url = flow.app.portalUrl('acme', { expiresInMs: 1_000 });
    const cookie = await opened(url);
    const later = Date.now() + 1_001;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    const answers = [
      await flow.as(null).get(pathOf(url)),
      await flow.as(null).get('/hooks/', { cookie }),
    ];
    clock.mockRestore();
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('A link of another key opens nothing, and a link is no cookie', async () => {
    const other = flow.appWith({
      portal: { ...portal, key: KEY.toUpperCase() },
      basePath: '/hooks',
    });
    expect(await flow.as(null).get(pathOf(other.portalUrl('acme')))).toMatchObject({ status: 401 });
    const [, token] = flow.app.portalUrl('acme').split('token=');
    const cookie = `model_hooks_portal=${token}`;
    expect(await flow.as(null).get('/hooks/', { cookie })).toMatchObject({ status: 401 });
  });

  it('The cookie is kept from scripts and from other sites', async () => {
    const answer = await flow.as(null).get(pathOf(flow.app.portalUrl('acme')));
    expect(answer.headers.get('set-cookie')).toMatch(
      /; Path=\/hooks; Max-Age=3600; HttpOnly; SameSite=Lax$/,
    );
  });

  it('A portal in frames names them, and its cookie works in them', async () => {
    const framed = {
      key: KEY,
      url: 'https://hooks.example',
      frameAncestors: ['https://app.example'],
    };
    const app = flow.appWith({ portal: framed });
    const answer = await flow.as(null, app).get(pathOf(app.portalUrl('acme')));
    expect(answer.headers.get('set-cookie')).toMatch(/SameSite=None; Partitioned; Secure$/);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain('frame-ancestors https://app.example');
    expect(answer.headers.get('x-frame-options')).toBeNull();
  });

  it('Without the option `portal`, there are no links', () => {
    const app = flow.appWith({});
    expect(() => app.portalUrl('acme')).toThrow(expect.objectContaining({ option: 'portal' }));
  });
});

describe('what owners may do', () => {
  it('Each right that is withheld is refused with 403, in the API and on the page', async () => {
    const none = { create: false, edit: false, retry: false, test: false, secrets: false };
    const app = flow.appWith({ owners: none });
    const operator = flow.as('operator', app);
    const made = await operator.json('POST', '/api/listeners', {
      hook: 'parcel',
      url: 'http://127.0.0.1:9/rights',
      owner: 'acme',
    });
    const { id } = made.json as ListenerAnswer;
    const etag = made.headers.get('etag') ?? '';
    const owner = flow.as('acme', app);
    const own = `/api/listeners/${id}`;
    const body = { hook: 'parcel', url: 'http://127.0.0.1:9/more' };
    const tried = [
      await owner.json('POST', '/api/listeners', body),
      await owner.json('PATCH', own, {}, { 'if-match': etag }),
      await owner.json('DELETE', own, undefined, { 'if-match': etag }),
      await owner.json('POST', `${own}/pause`, { reason: 'x' }),
      await owner.json('POST', `${own}/resume`),
      await owner.json('POST', `${own}/test`),
      await owner.json('POST', `${own}/rotate-secret`),
      await owner.json('POST', '/api/replay', {}),
      await owner.json('POST', `/api/deliveries/${id}/retry`),
      await owner.form(`/listeners/${id}/pause`, { reason: 'x' }),
    ];
    expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 403));
    const page = await owner.get(`/listeners/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('<form');
  });

  it('A new listener has no secret in the answer where owners may see none', async () => {
    const app = flow.appWith({ owners: { secrets: false } });
    const body = { hook: 'parcel', url: 'http://127.0.0.1:9/secretless' };
    const answer = await flow.as('acme', app).json('POST', '/api/listeners', body);
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.json).not.toHaveProperty('secret');
  });

  it('Details of attempts are for operators', async () => {
    const listener = await flow.hooks
      .get('parcel')
      .listener({ url: 'http://127.0.0.1:9/detail', owner: 'acme', delivery: { retries: 0 } })
      .save();
    await flow.saveParcel();
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    await flow.query('UPDATE model_hook_attempt SET detail = $1', [
      'connect ECONNREFUSED 10.1.2.3',
    ]);
    await flow.query(
      `INSERT INTO model_hook_attempt (delivery_id, number, outcome, duration_ms, attempted_at, detail)
       VALUES ($1, 7, 'failed', 1, now(), 'connect 10.1.2.3')`,
      [items[0]?.id],
    );
    for (const path of [`/api/deliveries/${items[0]?.id}`, `/deliveries/${items[0]?.id}`]) {
      const [shown, hidden] = [
        await flow.as('operator').get(`/hooks${path}`),
        await flow.as('acme').get(`/hooks${path}`),
      ];
      expect([shown.status, hidden.status]).toEqual([200, 200]);
      expect(shown.text).toContain('10.1.2.3');
      expect(hidden.text).not.toContain('10.1.2.3');
    }
  });
});

describe('adminApp()', () => {
  it.each<{ what: string; options: object; option: string }>([
    { what: 'no `authenticate`', options: {}, option: 'authenticate' },
    {
      what: 'an `authenticate` that is no function',
      options: { authenticate: 'yes' },
      option: 'authenticate',
    },
    { what: 'a short key', options: { portal: { ...portal, key: 'short' } }, option: 'portal.key' },
    { what: 'a portal without a URL', options: { portal: { key: KEY } }, option: 'portal.url' },
    {
      what: 'a frame that ends the policy',
      options: { portal: { ...portal, frameAncestors: ['x; script-src *'] } },
      option: 'portal.frameAncestors',
    },
    {
      what: 'a theme that ends its rule',
      options: { theme: { '--accent': 'red} body{' } },
      option: 'theme',
    },
    { what: 'a path without a slash', options: { basePath: 'hooks' }, option: 'basePath' },
    { what: 'an unknown right', options: { owners: { fly: true } }, option: 'owners.fly' },
    { what: 'an unknown text', options: { wording: { nothing: 'x' } }, option: 'wording' },
  ])('An app with $what is refused', ({ options, option }) => {
    const given = option === 'authenticate' ? options : { authenticate: () => null, ...options };
    expect(() => adminApp(flow.hooks, given as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    );
  });

  it('Theme and wording change the page', async () => {
    const app = flow.appWith({
      theme: { '--accent': '#0a7' },
      wording: { listeners: 'Abonnenten', language: 'de' },
    });
    expect((await flow.as(null, app).get('/assets/theme.css')).text).toContain('--accent: #0a7;');
    const page = await flow.as('operator', app).get('/listeners');
    expect(page.text).toContain('Abonnenten');
    expect(page.text).toContain('<html lang="de">');
  });
});
