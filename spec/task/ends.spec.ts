import { RemoteHttpError } from '../../lib';
import { RETRY_DEFAULTS } from '../../lib/options/delivery-defaults';
import type { TakenTask } from '../../lib/store/tasks';
import { TaskEnds } from '../../lib/task/ends';
import { failure, type TaskOutcome } from '../../lib/task/outcome';

const TASK = { id: 'a', token: '1', retries: 1, retried: 0 } as TakenTask;
const SUCCESS: TaskOutcome = { kind: 'success', value: 7 };
const transient = failure(new RemoteHttpError(503, ''), { isTransient: true, afterMs: 100 });
const NEVER = new AbortController().signal;

function newEnds(end = jest.fn().mockResolvedValue(true)) {
  const tasks = { end, retry: jest.fn(), release: jest.fn() };
  const [functions, waits] = [{ forget: jest.fn() }, { ended: jest.fn() }];
  const retry = { ...RETRY_DEFAULTS, retryDelayMs: 10, jitter: 0 };
  const ends = new TaskEnds({ store: { tasks } as never, functions, waits }, retry, 1);
  return { ends, tasks, functions, waits };
}

describe('TaskEnds', () => {
  it('A result is stored, and then reported', async () => {
    const { ends, tasks, functions, waits } = newEnds();
    expect(await ends.store(TASK, SUCCESS, NEVER)).toBeNull();
    expect(tasks.end).toHaveBeenCalledWith(TASK, { status: 'success', retval: 7 });
    expect(functions.forget).toHaveBeenCalledWith('a');
    expect(waits.ended).toHaveBeenCalledWith('a', SUCCESS);
  });

  it('A result of a task that another process has taken is not reported', async () => {
    const { ends, functions, waits } = newEnds(jest.fn().mockResolvedValue(false));
    await ends.store(TASK, SUCCESS, NEVER);
    expect(functions.forget).not.toHaveBeenCalled();
    expect(waits.ended).not.toHaveBeenCalled();
  });

  it('A transient failure is retried as long as there are retries', async () => {
    const { ends, tasks } = newEnds();
    expect(await ends.store(TASK, transient, NEVER)).toBe(100);
    expect(tasks.retry).toHaveBeenCalledWith(TASK, 100);
    expect(tasks.end).not.toHaveBeenCalled();
    const last = { ...TASK, retried: 1 };
    expect(await ends.store(last, transient, NEVER)).toBeNull();
    expect(tasks.end).toHaveBeenCalledWith(last, expect.objectContaining({ status: 'failure' }));
  });

  it('A task that was broken off is given back', async () => {
    const { ends, tasks } = newEnds();
    await ends.store(TASK, { kind: 'stopped' }, NEVER);
    expect(tasks.release).toHaveBeenCalledWith([TASK]);
  });

  it('A database that fails for some time does not lose a result', async () => {
    const end = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(true);
    const { ends, waits } = newEnds(end);
    await ends.store(TASK, SUCCESS, NEVER);
    expect(end).toHaveBeenCalledTimes(2);
    expect(waits.ended).toHaveBeenCalledTimes(1);
  });

  it('A database that fails for longer is given up, sooner while the process stops', async () => {
    const end = jest.fn().mockRejectedValue(new Error('away'));
    await expect(newEnds(end).ends.store(TASK, SUCCESS, NEVER)).rejects.toThrow('away');
    expect(end).toHaveBeenCalledTimes(6);
    const stopped = AbortSignal.abort();
    await expect(newEnds(end).ends.store(TASK, SUCCESS, stopped)).rejects.toThrow('away');
    expect(end).toHaveBeenCalledTimes(7);
  });

  it('A value that the database refuses is a failure', async () => {
    const refusal = Object.assign(new Error('no'), { code: '22P05' });
    const end = jest.fn().mockRejectedValueOnce(refusal).mockResolvedValue(true);
    const { ends, waits } = newEnds(end);
    await ends.store(TASK, SUCCESS, NEVER);
    expect(end).toHaveBeenLastCalledWith(TASK, expect.objectContaining({ status: 'failure' }));
    expect(waits.ended).toHaveBeenCalledWith(
      'a',
      failure(expect.objectContaining({ code: 'INVALID_RESPONSE' })),
    );
  });
});
