import { Controller, Inject, Injectable, type ModuleMetadata, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { DataSource } from 'typeorm';
import {
  BackgroundResponse,
  type HookEvent,
  ModelHookError,
  ModelHooks,
  type ScheduledEvent,
  ScheduledExecutionResponse,
} from '../../../lib';
import { HookHandler, HookSchedule } from '../../../lib/nestjs';
import { Note, note } from '../../support/entities/note';
import { modelHooks, NestFlow, typeOrm } from '../../support/nest/nest-flow';

const flow = new NestFlow();
afterEach(() => flow.stop());

const done = BackgroundResponse.done;

/** The error that the start of an application with these providers rejects with. */
async function refusal(metadata: ModuleMetadata): Promise<ModelHookError> {
  const url = await flow.database();
  const { imports = [], ...others } = metadata;
  return flow
    .start({ imports: [typeOrm(url), modelHooks(), ...imports], ...others })
    .then(() => Promise.reject(new Error('It started.')))
    .catch((error: unknown) => error as ModelHookError);
}

describe('HookHandler', () => {
  @Injectable()
  class Plain {
    @HookHandler('plain')
    take() {
      return done();
    }
  }

  it('Handlers of controllers, factories, subclasses and aliases are registered once', async () => {
    const seen: string[] = [];
    class Base {
      @HookHandler('inherited')
      inherited() {
        seen.push('inherited');
        return done();
      }
    }
    class Derived extends Base {}
    @Controller()
    class Page {
      @HookHandler('of controller')
      @HookHandler('of controller too')
      take({ name }: HookEvent) {
        seen.push(name);
        return done();
      }
    }
    const url = await flow.database();
    const app = await flow.start({
      imports: [typeOrm(url), modelHooks()],
      controllers: [Page],
      providers: [
        { provide: 'FACTORY', useFactory: () => new Derived() },
        { provide: 'ALIAS', useExisting: 'FACTORY' },
      ],
    });
    const hooks = app.get(ModelHooks);
    for (const name of ['inherited', 'of controller', 'of controller too'])
      await hooks.for(Note).listener(`handler:${name}`).save();
    await app.get(DataSource).getRepository(Note).save(note('a'));
    await hooks.idle();
    expect(seen.sort()).toEqual(['inherited', 'note.created', 'note.created']);
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('A handler of a provider that is %s is refused', async (word, scope) => {
    @Injectable({ scope })
    class Scoped {
      @HookHandler('audit')
      record() {
        return done();
      }
    }
    const error = await refusal({ providers: [Scoped] });
    expect(error).toMatchObject({ code: 'HANDLER_REFUSED', method: 'Scoped.record' });
    expect(error.message).toContain(`its provider is ${word}`);
  });

  it('A handler of a provider or controller that needs a request is refused', async () => {
    @Injectable()
    class Needing {
      constructor(@Inject(REQUEST) readonly request: unknown) {}

      @HookHandler('audit')
      record() {
        return done();
      }
    }
    expect(await refusal({ providers: [Needing] })).toMatchObject({ method: 'Needing.record' });
    @Controller({ scope: Scope.REQUEST })
    class Page {
      @HookHandler('audit')
      record() {
        return done();
      }
    }
    expect(await refusal({ controllers: [Page] })).toMatchObject({ method: 'Page.record' });
  });

  it('A name that two methods have is refused, and both are named', async () => {
    @Injectable()
    class Second {
      @HookHandler('plain')
      other() {
        return done();
      }
    }
    const error = await refusal({ providers: [Plain, Second] });
    expect(error).toMatchObject({ code: 'HANDLER_REFUSED' });
    expect(error.message).toContain('Plain.take');
    expect(error.message).toContain('Second.other');
  });

  it('A provider that two modules provide is refused', async () => {
    const another = { module: class Another {}, providers: [Plain] };
    const error = await refusal({ imports: [another], providers: [Plain] });
    expect(error.message).toContain('one module, which exports it');
  });

  it('A DataSource without a module is refused, with the nearest name', async () => {
    @Injectable()
    class Lost {
      @HookHandler('audit', { dataSource: 'defualt' })
      record() {
        return done();
      }
    }
    const error = await refusal({ providers: [Lost] });
    expect(error).toMatchObject({ code: 'HANDLER_REFUSED', method: 'Lost.record' });
    expect(error.message).toContain('Did you mean "default"?');
  });

  it('Two modules for one DataSource are refused', async () => {
    const error = await refusal({ imports: [modelHooks({ sweepMs: 5_000, work: true })] });
    expect(error).toMatchObject({ code: 'OPTION_INVALID', option: 'dataSource' });
  });

  it('A name or an option that hooks.handler refuses is refused, with the method', async () => {
    @Injectable()
    class Wrong {
      @HookHandler('audit', { timeoutMs: -1 })
      record() {
        return done();
      }
    }
    const error = await refusal({ providers: [Wrong] });
    expect(error).toMatchObject({ code: 'HANDLER_REFUSED', method: 'Wrong.record' });
    expect(error.cause).toMatchObject({ code: 'OPTION_INVALID', option: 'timeoutMs' });
  });

  it('A static method is refused where it is decorated', () => {
    expect(() => {
      // biome-ignore lint/complexity/noStaticOnlyClass: It is what is refused.
      class Static {
        @HookHandler('audit')
        static record() {
          return done();
        }
      }
      return Static;
    }).toThrow(/Static\.record cannot be a handler: it is static/);
  });

  it.each<[string, string | symbol, PropertyDescriptor | undefined]>([
    ['property', 'record', undefined],
    ['accessor', 'record', { get: () => done }],
    ['method whose name is a symbol', Symbol('record'), { value: done }],
  ])('A %s is refused where it is decorated', (_what, key, descriptor) => {
    class Plain {}
    for (const decorator of [HookHandler('audit'), HookSchedule('often', { everyMs: 1_000 })])
      expect(() => decorator(Plain.prototype, key, descriptor as never)).toThrow(
        `Plain.${String(key)} cannot be a handler: `,
      );
  });

  it('The decorator accepts only methods that hooks.handler accepts', () => {
    class Typed {
      @HookHandler('fine')
      async fine({ data }: HookEvent) {
        return data.title ? done() : BackgroundResponse.skip();
      }

      // @ts-expect-error The method returns no answer.
      @HookHandler('wrong')
      wrong(_event: HookEvent) {
        return 'done';
      }
    }
    expect(new Typed().fine).toBeInstanceOf(Function);
  });
});

describe('HookSchedule', () => {
  it('A schedule is stored at the start, and its method gets the event of each due time', async () => {
    const fired: string[] = [];
    @Injectable()
    class Reports {
      @HookSchedule('often', { everyMs: 100, data: { report: 'sales' }, timeoutMs: 5_000 })
      often({ name, data, dueAt }: ScheduledEvent) {
        if (dueAt instanceof Date) fired.push(`${name} ${data.report}`);
        return ScheduledExecutionResponse.done();
      }
    }
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks()], providers: [Reports] });
    const hooks = app.get(ModelHooks);
    expect(await hooks.schedules.get('often')).toMatchObject({ everyMs: 100, enabled: true });
    const first = new Promise((resolve) => {
      hooks.on('outcome', resolve);
    });
    await first;
    expect(fired[0]).toBe('schedule.often sales');
  });

  it('A schedule that hooks.schedule refuses is refused, with the method', async () => {
    @Injectable()
    class Reports {
      @HookSchedule('odd', { cron: 'never' })
      odd() {
        return ScheduledExecutionResponse.done();
      }
    }
    const error = await refusal({ providers: [Reports] });
    expect(error).toMatchObject({ code: 'HANDLER_REFUSED', method: 'Reports.odd' });
    expect(error.cause).toMatchObject({ option: 'cron' });
  });
});
