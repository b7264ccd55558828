import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  BackgroundResponse,
  type HookEvent,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} from '../../../lib';
import { HookHandler } from '../../../lib/nestjs';
import { Note, note } from '../../support/entities/note';
import { modelHooks, NestFlow, typeOrm } from '../../support/nest/nest-flow';
import { startReceiver } from '../../support/receivers/receiver';

const flow = new NestFlow();
afterEach(() => flow.stop());

/** `TypeOrmModule` whose applications share a DataSource, as a hot reload may have it. */
function sharedTypeOrm(dataSource: DataSource) {
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ type: 'postgres' as const, retryAttempts: 1 }),
    dataSourceFactory: async () => dataSource,
  });
}

function newDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [Note, ...modelHookEntities],
    migrations: [...modelHookMigrations],
    migrationsRun: true,
    synchronize: true,
  });
}

/** Two generations of one provider, as two versions of its code. */
function generations() {
  const calls: string[] = [];
  const generation = (name: string) => {
    @Injectable()
    class Audit {
      @HookHandler('audit')
      record({ data }: HookEvent) {
        calls.push(`${name} ${data.title}`);
        return BackgroundResponse.done();
      }
    }
    return Audit;
  };
  return { calls, first: generation('first'), second: generation('second') };
}

describe('the life of a Nest application', () => {
  it('Handlers are registered before this process works', async () => {
    const states: string[] = [];
    @Injectable()
    class Late implements OnModuleInit, OnApplicationBootstrap {
      constructor(private readonly hooks: ModelHooks) {}

      async onModuleInit() {
        await this.hooks.for(Note).listener('handler:late').save();
        await dataSourceOf().getRepository(Note).save(note('early'));
        // What this process does not work on, idle() does not wait for.
        await this.hooks.idle();
        const { events } = await this.hooks.stats();
        states.push(`${events.waiting} waits`);
      }

      onApplicationBootstrap() {
        states.push('bootstrap');
      }

      @HookHandler('late')
      take({ data }: HookEvent) {
        states.push(String(data.title));
        return BackgroundResponse.done();
      }
    }
    const url = await flow.database();
    const compiled = await flow.compile({
      imports: [typeOrm(url), modelHooks()],
      providers: [Late],
    });
    const dataSourceOf = () => compiled.get(DataSource);
    await compiled.init();
    await compiled.get(ModelHooks).idle();
    expect(states[0]).toBe('1 waits');
    expect([...states].sort()).toEqual(['1 waits', 'bootstrap', 'early']);
  });

  it('Closing waits for the requests in flight, and then destroys the DataSource', async () => {
    const answers: (() => void)[] = [];
    const receiver = await startReceiver((_request, response) => {
      answers.push(() => response.end());
    });
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks()] });
    const hooks = app.get(ModelHooks);
    const dataSource = app.get(DataSource);
    await hooks
      .for(Note)
      .listener({ url: receiver.url, delivery: { timeoutMs: 30_000 } })
      .save();
    await dataSource.getRepository(Note).save([note('a'), note('b')]);
    await receiver.waitFor(2);
    const outcomes: string[] = [];
    hooks.on('outcome', ({ status }) => outcomes.push(status));
    const closing = app.close();
    for (const answer of answers) answer();
    await closing;
    expect(outcomes).toEqual(['done', 'done']);
    expect(dataSource.isInitialized).toBe(false);
    await receiver.close();
  });

  it('A request that is cut off at the deadline is tried again by the next application', async () => {
    let isHanging = true;
    const receiver = await startReceiver((_request, response) => {
      if (!isHanging) response.end();
    });
    const url = await flow.database();
    const first = await flow.start({
      imports: [typeOrm(url), modelHooks({ detachDeadlineMs: 0 })],
    });
    const hooks = first.get(ModelHooks);
    await hooks
      .for(Note)
      .listener({ url: receiver.url, delivery: { timeoutMs: 30_000, retryDelayMs: 100 } })
      .save();
    await first.get(DataSource).getRepository(Note).save(note('a'));
    await receiver.waitFor(1);
    await first.close();
    isHanging = false;
    const second = await flow.start({ imports: [typeOrm(url), modelHooks({ sweepMs: 100 })] });
    await receiver.waitFor(2);
    const after = second.get(ModelHooks);
    await after.idle();
    const { items } = await after.deliveries.find({});
    expect(items.map(({ status }) => status)).toEqual(['done']);
    await receiver.close();
  });

  it('A hot reload on a new DataSource delivers each event once, to the new code', async () => {
    const url = await flow.database();
    const { calls, first, second } = generations();
    const before = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [first] });
    await before.get(ModelHooks).for(Note).listener('handler:audit').save();
    await before.close();
    const after = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [second] });
    await after.get(DataSource).getRepository(Note).save(note('a'));
    await after.get(ModelHooks).idle();
    expect(calls).toEqual(['second a']);
  });

  it('A hot reload on the same DataSource attaches once, and warns of no handler', async () => {
    const dataSource = newDataSource(await flow.database());
    const { calls, first, second } = generations();
    const warnings: string[] = [];
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: string) => void warnings.push(message),
      error: (message: string) => void warnings.push(message),
    };
    const imports = () => [sharedTypeOrm(dataSource), modelHooks({ logger })];
    const before = await flow.start({ imports: imports(), providers: [first] });
    const hooks = before.get(ModelHooks);
    await hooks.for(Note).listener('handler:audit').save();
    await dataSource.getRepository(Note).save(note('a'));
    await hooks.idle();
    await before.close();
    const after = await flow.start({ imports: imports(), providers: [second] });
    expect(after.get(ModelHooks)).toBe(hooks);
    await dataSource.getRepository(Note).save(note('b'));
    await hooks.idle();
    expect(calls).toEqual(['first a', 'second b']);
    expect(warnings).toEqual([]);
  });

  it('An application that closes late does not stop the one that has taken over', async () => {
    const dataSource = await newDataSource(await flow.database()).initialize();
    const holder = { provide: DataSource, useValue: dataSource };
    const database = () => ({
      module: class {},
      global: true,
      providers: [holder],
      exports: [DataSource],
    });
    const { calls, first, second } = generations();
    const before = await flow.start({
      imports: [database(), modelHooks()] as never,
      providers: [first],
    });
    const after = await flow.start({
      imports: [database(), modelHooks()] as never,
      providers: [second],
    });
    await before.close();
    const hooks = after.get(ModelHooks);
    await hooks.for(Note).listener('handler:audit').save();
    await dataSource.getRepository(Note).save(note('a'));
    await hooks.idle();
    expect(calls).toEqual(['second a']);
    await after.close();
    await dataSource.destroy();
  });
});
