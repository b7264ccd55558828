import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Post,
  UseGuards,
} from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { defer, firstValueFrom, type Observable, of } from 'rxjs';
import { DataSource } from 'typeorm';
import { ModelHooks } from '../../../lib';
import {
  ModelHooksContextInterceptor,
  ModelHooksModule,
  type ModelHooksModuleOptions,
} from '../../../lib/nestjs';
import { specOptions } from '../../support/application/application';
import { Meeting } from '../../support/application/meeting';
import { type Note, note } from '../../support/entities/note';
import {
  modelHooks,
  NestFlow,
  originOf,
  type Platform,
  typeOrm,
} from '../../support/nest/nest-flow';

/** A request after the guard. */
interface WithUser {
  readonly headers: Readonly<Record<string, unknown>>;
  user?: string;
}

@Injectable()
class Users implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<WithUser>();
    request.user = `user ${request.headers['x-user']}`;
    return true;
  }
}

const two = new Meeting(2);

@Controller('notes')
@UseGuards(Users)
class NotesController {
  constructor(
    @Inject(DataSource) private readonly first: DataSource,
    @Inject('shopDataSource') private readonly shop: DataSource,
  ) {}

  @Post()
  async save(@Body() { title }: { title: string }): Promise<void> {
    for (const dataSource of [this.first, this.shop])
      await dataSource.transaction((manager) => manager.save(note(title)));
  }

  @Post('together')
  async together(@Body() { title }: { title: string }): Promise<void> {
    await two.arrive();
    await this.first.manager.save(note(`${title} 1`));
    await two.arrive();
    await this.first.manager.save(note(`${title} 2`));
  }

  @Post('observed')
  observed(): Observable<Note> {
    return defer(() => this.first.manager.save(note('observed')));
  }

  @Post('failing')
  async failing(): Promise<void> {
    await this.first.manager.save(note('failing'));
    throw new ForbiddenException('of the handler');
  }
}

class Texts {
  of(text: unknown): string {
    return String(text);
  }
}

const flow = new NestFlow();
afterAll(() => flow.stop());

const start = async (platform: Platform, options: ModelHooksModuleOptions) => {
  const app = await flow.listen(
    {
      imports: [
        typeOrm(await flow.database()),
        typeOrm(await flow.database(), 'shop'),
        modelHooks({ work: false, ...options }),
        ModelHooksModule.forRootAsync({
          dataSource: 'shop',
          imports: [{ module: class TextsModule {}, providers: [Texts], exports: [Texts] }],
          inject: [Texts],
          useFactory: (texts: Texts) => ({
            ...specOptions({ work: false }),
            context: ({ headers }) => ({ shop: texts.of(headers['x-user']) }),
          }),
        }),
      ],
      controllers: [NotesController],
    },
    { platform },
  );
  const post = (path: string, user: string, title = 'a') =>
    fetch(`${originOf(app)}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ title }),
    });
  return { post, contexts: (token: unknown = DataSource) => contextsOf(app.get(token as string)) };
};

/** The context of each stored event by the title of its note, since the last call. */
async function contextsOf(dataSource: DataSource): Promise<Readonly<Record<string, unknown>>> {
  const rows: { title: string; context: unknown }[] = await dataSource.query(
    `DELETE FROM model_hook_event RETURNING data->>'title' AS title, context`,
  );
  const [events] = rows as unknown as [typeof rows];
  return Object.fromEntries(events.map(({ title, context }) => [title, context]));
}

describe.each<Platform>(['express', 'fastify'])('The option `context` on %s', (platform) => {
  let app: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    app = await start(platform, {
      context: async ({ headers, user }: WithUser) => {
        await Promise.resolve();
        if (headers['x-user'] === 'refused') throw new ForbiddenException('of the option');
        if (headers['x-user'] === 'wrong') return { actor: new Map() };
        return headers['x-user'] === 'nobody' ? null : { actor: user };
      },
    });
  });

  it('Each DataSource gets its own context, after the guards', async () => {
    expect((await app.post('notes', 'joe')).status).toBe(201);
    expect(await app.contexts()).toEqual({ a: { actor: 'user joe' } });
    expect(await app.contexts('shopDataSource')).toEqual({ a: { shop: 'joe' } });
  });

  it('Two requests at a time do not mix', async () => {
    await Promise.all([
      app.post('notes/together', 'a', 'of a'),
      app.post('notes/together', 'b', 'of b'),
    ]);
    const [a, b] = [{ actor: 'user a' }, { actor: 'user b' }];
    expect(await app.contexts()).toEqual({ 'of a 1': a, 'of a 2': a, 'of b 1': b, 'of b 2': b });
  });

  it('What an observable writes has the context', async () => {
    expect((await app.post('notes/observed', 'joe')).status).toBe(201);
    expect(await app.contexts()).toEqual({ observed: { actor: 'user joe' } });
  });

  it('Errors of handlers, and of the option, are the answers', async () => {
    const failed = await app.post('notes/failing', 'joe');
    expect(await failed.json()).toMatchObject({ statusCode: 403, message: 'of the handler' });
    expect(await app.contexts()).toEqual({ failing: { actor: 'user joe' } });
    const refused = await app.post('notes', 'refused');
    expect(await refused.json()).toMatchObject({ statusCode: 403, message: 'of the option' });
    expect((await app.post('notes', 'wrong')).status).toBe(500);
    expect(await app.contexts()).toEqual({});
  });

  it('Null is no context', async () => {
    expect((await app.post('notes', 'nobody')).status).toBe(201);
    expect(await app.contexts()).toEqual({ a: null });
  });
});

describe('ModelHooksContextInterceptor', () => {
  const seen: unknown[] = [];
  const hooks = {
    withContext: <T>(context: unknown, fn: () => T): T => {
      seen.push(context);
      return fn();
    },
  };
  const next: CallHandler = { handle: () => of('handled') };

  it('What is not HTTP passes through', async () => {
    const interceptor = new ModelHooksContextInterceptor(hooks, () => ({ actor: 'a' }));
    for (const type of ['rpc', 'ws', 'graphql', 'http']) {
      const execution = new ExecutionContextHost([{}]);
      execution.setType(type);
      const answer = await interceptor.intercept(execution, next);
      expect(await firstValueFrom(answer)).toBe('handled');
    }
    expect(seen).toEqual([{ actor: 'a' }]);
  });

  it('What is no attachment and no function is refused', () => {
    expect(() => new ModelHooksContextInterceptor({} as never, () => null)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'hooks' }),
    );
    expect(() => new ModelHooksContextInterceptor(hooks, 'actor' as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'context' }),
    );
  });

  it('An option `context` that is no function stops the start', async () => {
    const url = await flow.database();
    await expect(
      flow.start({ imports: [typeOrm(url), modelHooks({ context: {} as never })] }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'context' });
  });

  it('Hooks that a test put in their place need no context', async () => {
    const url = await flow.database();
    const app = await flow.start(
      { imports: [typeOrm(url), modelHooks({ context: () => ({ actor: 'a' }) })] },
      (builder) => builder.overrideProvider(ModelHooks).useValue({}),
    );
    expect(app.get(ModelHooks)).toEqual({});
  });
});
