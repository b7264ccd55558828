import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  BackgroundResponse,
  type HookEvent,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} from '../../../lib';
import {
  getModelHooksToken,
  HookHandler,
  InjectModelHooks,
  type ModelHooksAttachOptions,
  ModelHooksModule,
} from '../../../lib/nestjs';
import { specOptions } from '../../support/application/application';
import { Note, note } from '../../support/entities/note';
import { modelHooks, NestFlow, typeOrm } from '../../support/nest/nest-flow';
import { startReceiver } from '../../support/receivers/receiver';

@Injectable()
class Notes {
  constructor(
    readonly hooks: ModelHooks,
    @InjectModelHooks() readonly same: ModelHooks,
  ) {}
}

@Injectable()
class Audit {
  readonly titles: unknown[] = [];

  @HookHandler('audit')
  record({ data }: HookEvent) {
    this.titles.push(data.title);
    return BackgroundResponse.done();
  }
}

const flow = new NestFlow();
afterEach(() => flow.stop());

describe('ModelHooksModule', () => {
  it('The hooks are injected by their class and by the decorator', async () => {
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [Notes] });
    const { hooks, same } = app.get(Notes);
    expect(hooks).toBeInstanceOf(ModelHooks);
    expect(same).toBe(hooks);
    expect(hooks).toBe(app.get(getModelHooksToken()));
    expect(hooks.get('note').name).toBe('note');
  });

  it('Events of a write are delivered to URLs and to decorated methods', async () => {
    const url = await flow.database();
    const receiver = await startReceiver();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [Audit] });
    const hooks = app.get(ModelHooks);
    await hooks.for(Note).listener(receiver.url).save();
    await hooks.for(Note).listener('handler:audit').save();
    await app.get(DataSource).getRepository(Note).save(note('a'));
    await hooks.idle();
    expect(receiver.received.map(({ body }) => body)).toEqual([{ title: 'a' }]);
    expect(app.get(Audit).titles).toEqual(['a']);
    await receiver.close();
  });

  it('Each DataSource has its hooks and its handlers', async () => {
    @Injectable()
    class Both {
      readonly seen: string[] = [];
      constructor(
        readonly first: ModelHooks,
        @InjectModelHooks('shop') readonly second: ModelHooks,
      ) {}

      @HookHandler('audit')
      ofFirst({ data }: HookEvent) {
        this.seen.push(`first ${data.title}`);
        return BackgroundResponse.done();
      }

      @HookHandler('audit', { dataSource: 'shop', timeoutMs: 1_000 })
      ofSecond({ data }: HookEvent) {
        this.seen.push(`second ${data.title}`);
        return BackgroundResponse.done();
      }
    }
    const urls = [await flow.database(), await flow.database()] as const;
    const app = await flow.start({
      imports: [
        typeOrm(urls[0]),
        typeOrm(urls[1], 'shop'),
        modelHooks(),
        modelHooks({ dataSource: 'shop' }),
      ],
      providers: [Both],
    });
    const { first, second, seen } = app.get(Both);
    expect(second).not.toBe(first);
    for (const [hooks, token] of [
      [first, DataSource],
      [second, 'shopDataSource'],
    ] as const) {
      await hooks.for(Note).listener('handler:audit').save();
      await app
        .get<DataSource>(token)
        .getRepository(Note)
        .save(note(`of ${String(token === DataSource)}`));
      await hooks.idle();
    }
    expect(seen).toEqual(['first of true', 'second of false']);
  });

  it('Options come from other providers, and the DataSource from a module of the application', async () => {
    @Module({
      providers: [
        {
          provide: DataSource,
          useFactory: async () =>
            new DataSource({
              type: 'postgres',
              url: await flow.database(),
              entities: [Note, ...modelHookEntities],
              migrations: [...modelHookMigrations],
              migrationsRun: true,
            }).initialize(),
        },
        { provide: 'WORK', useValue: false },
      ],
      exports: [DataSource, 'WORK'],
    })
    class DatabaseModule {
      constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

      async onApplicationShutdown() {
        await this.dataSource.destroy();
      }
    }
    const app = await flow.start({
      imports: [
        ModelHooksModule.forRootAsync({
          imports: [DatabaseModule],
          inject: ['WORK'],
          useFactory: async (work: boolean) => specOptions({ work }),
        }),
      ],
    });
    const hooks = app.get(ModelHooks);
    await expect(ModelHooks.attach(app.get(DataSource), { work: true })).rejects.toThrow(/`work`/);
    await expect(ModelHooks.attach(app.get(DataSource), { work: false })).resolves.toBe(hooks);
  });

  it('Hooks of a module that is not global are seen by those that import it only', async () => {
    const url = await flow.database();
    const compiling = flow.compile({
      imports: [{ module: class {}, imports: [typeOrm(url), modelHooks({ isGlobal: false })] }],
      providers: [Notes],
    } as never);
    await expect(compiling).rejects.toThrow(/ModelHooks/);
  });

  it('A test puts another object in the place of the hooks, and no database is attached', async () => {
    const fake = { for: () => 'fake' };
    const app = await flow.start(
      {
        imports: [
          { module: class {}, global: true, providers: [FAKE], exports: [DataSource] },
          modelHooks(),
        ],
        providers: [Notes, Audit],
      } as never,
      (builder) => builder.overrideProvider(ModelHooks).useValue(fake),
    );
    expect(app.get(Notes).hooks).toBe(fake);
  });

  it('A method is looked up at each call, so that a spy is called', async () => {
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [Audit] });
    const spy = jest.spyOn(app.get(Audit), 'record').mockReturnValue(BackgroundResponse.skip());
    const hooks = app.get(ModelHooks);
    await hooks.for(Note).listener('handler:audit').save();
    await app.get(DataSource).getRepository(Note).save(note('a'));
    await hooks.idle();
    expect(spy).toHaveBeenCalledTimes(1);
    expect((await hooks.deliveries.find({})).items.map(({ status }) => status)).toEqual([
      'skipped',
    ]);
  });

  it.each([{}, { logger: undefined }])(
    'Without a logger, as in %j, warnings go to that of Nest',
    async (options) => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const url = await flow.database();
      const module = ModelHooksModule.forRootAsync({
        useFactory: () => ({ ...specOptions(), ...options }) as ModelHooksAttachOptions,
      });
      const hooks = (await flow.start({ imports: [typeOrm(url), module] })).get(ModelHooks);
      for (let n = 0; n < 2; n += 1) hooks.handler('audit', () => BackgroundResponse.done());
      expect(warn.mock.calls).toMatchObject([[expect.stringContaining('audit')]]);
      warn.mockRestore();
    },
  );

  it('A wrong option rejects the start and names the option', async () => {
    const url = await flow.database();
    expect(() => ModelHooksModule.forRoot({ dataSource: '' })).toThrow(/`dataSource`/);
    expect(() => ModelHooksModule.forRootAsync({} as never)).toThrow(/`useFactory`/);
    const wrong = { sweepMs: -1, detachDeadlineMs: 1 };
    await expect(
      flow.start({ imports: [typeOrm(url), ModelHooksModule.forRoot(wrong)] }),
    ).rejects.toThrow(/`sweepMs`/);
    const late = ModelHooksModule.forRoot({ detachDeadlineMs: -1 });
    await expect(flow.start({ imports: [typeOrm(url), late] })).rejects.toThrow(
      /`detachDeadlineMs`/,
    );
  });
});

const FAKE = { provide: DataSource, useValue: {} };
