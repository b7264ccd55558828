import { Controller, Get } from '@nestjs/common';
import { ModelHooks } from '../../../lib';
import { ModelHooksAdminModule } from '../../../lib/nestjs/admin';
import {
  modelHooks,
  NestFlow,
  originOf,
  type Platform,
  typeOrm,
} from '../../support/nest/nest-flow';

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return ['a'];
  }
}

const authenticate = (request: Request) =>
  request.headers.get('x-who') === 'operator' ? ({ role: 'operator' } as const) : null;

const flow = new NestFlow();
afterAll(() => flow.stop());

describe.each<Platform>(['express', 'fastify'])('ModelHooksAdminModule on %s', (platform) => {
  let origin: string;
  let hooks: ModelHooks;
  beforeAll(async () => {
    const url = await flow.database();
    const app = await flow.listen(
      {
        imports: [
          typeOrm(url),
          modelHooks(),
          ModelHooksAdminModule.forRoot({ path: '/hooks', authenticate }),
          ModelHooksAdminModule.forRootAsync({
            path: '/async/hooks',
            imports: [{ module: class Who {}, providers: [WHO], exports: ['WHO'] }],
            inject: ['WHO'],
            useFactory: async (who: typeof authenticate) => ({ authenticate: who }),
          }),
        ],
        controllers: [NotesController],
      },
      { platform, prefix: 'api' },
    );
    origin = originOf(app);
    hooks = app.get(ModelHooks);
  });

  const send = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, {
      redirect: 'manual',
      ...init,
      headers: { 'x-who': 'operator', ...(init.headers as Record<string, string>) },
    });

  it('The page and the API answer beside the routes of the application, without its prefix', async () => {
    for (const path of ['/hooks', '/hooks/', '/hooks/listeners', '/async/hooks/']) {
      const answer = await send(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(await answer.text()).toContain('</html>');
    }
    expect(await (await send('/api/notes')).json()).toEqual(['a']);
    expect((await send('/api/hooks')).status).toBe(404);
    expect((await send('/other')).status).toBe(404);
  });

  it('JSON and forms are taken although the application parses bodies', async () => {
    const body = JSON.stringify({
      hook: 'note',
      url: 'http://127.0.0.1:9/',
      match: { title: 'a' },
    });
    const headers = { 'content-type': 'application/json' };
    const created = await send('/hooks/api/listeners', { method: 'POST', headers, body });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin };
    const paused = await send(`/hooks/listeners/${id}/pause`, {
      method: 'POST',
      headers: form,
      body: 'reason=a+break',
    });
    expect(paused.status).toBe(303);
    expect((await hooks.listeners.get(id))?.inactiveReason).toBe('a break');
  });

  it('A stranger is refused', async () => {
    expect((await fetch(`${origin}/hooks/api/listeners`)).status).toBe(401);
  });
});

describe('ModelHooksAdminModule', () => {
  it.each([undefined, '', '/', 'hooks', '/hooks/', '/:id', '/a*'])(
    'The path %p is refused',
    (path) => {
      expect(() => ModelHooksAdminModule.forRoot({ path, authenticate } as never)).toThrow(
        /`path`/,
      );
    },
  );
});

const WHO = { provide: 'WHO', useValue: authenticate };
