import { expectTypeOf } from 'expect-type';
import type {
  ModelHooks,
  RunOnceOptions,
  RunOnceResult,
  WorkerStopOptions,
  WorkOptions,
} from '../../lib';
import { Worker } from '../../lib/attach/worker';

describe('the types of workers', () => {
  it('Wrong options and a wrong use do not compile', () => {
    const wrong = (hooks: ModelHooks, worker: Worker) => {
      // @ts-expect-error a text is no number
      void hooks.work({ concurrency: '8' });
      // @ts-expect-error the option does not exist
      void hooks.work({ workers: 8 });
      // @ts-expect-error the unit is missing
      void hooks.runOnce({ deadline: 5_000 });
      // @ts-expect-error a number is no object of options
      void worker.stop(5_000);
      // @ts-expect-error only `stop()` ends it
      worker.isRunning = false;
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('The methods have the promised shapes', () => {
    expectTypeOf<ModelHooks['work']>().parameter(0).toEqualTypeOf<WorkOptions | undefined>();
    expectTypeOf<ModelHooks['work']>().returns.resolves.toEqualTypeOf<Worker>();
    expectTypeOf<ModelHooks['runOnce']>().parameter(0).toEqualTypeOf<RunOnceOptions | undefined>();
    expectTypeOf<ModelHooks['runOnce']>().returns.resolves.toEqualTypeOf<RunOnceResult>();
    expectTypeOf<Worker['stop']>().parameter(0).toEqualTypeOf<WorkerStopOptions | undefined>();
    expectTypeOf<RunOnceResult>().toEqualTypeOf<{
      readonly planned: number;
      readonly delivered: number;
      readonly left: number;
    }>();
    expect(Worker.prototype.stop).toBeInstanceOf(Function);
  });
});
