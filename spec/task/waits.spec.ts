import { StatementTimeoutError } from '../../lib';
import type { OpenTransaction } from '../../lib/task/link';
import { TaskWaits } from '../../lib/task/waits';

const row = (id: string, status: string, more: object = {}) =>
  ({ id, lane: '', status, retval: null, error: null, ...more }) as never;
const FOR_LONG = { timeoutMs: 60_000, transaction: null };

/** Waits whose database answers with these rows, or fails, in this order; the last answer is for all further looks. */
function newWaits(...answers: (readonly never[] | Error)[]) {
  const asked: (readonly string[])[] = [];
  const states = async (ids: readonly string[]) => {
    const answer = answers[Math.min(asked.push(ids), answers.length) - 1] ?? [];
    if (answer instanceof Error) throw answer;
    return [...answer];
  };
  const reporter = { processId: null };
  return { waits: new TaskWaits({ tasks: { states } } as never, reporter), asked };
}

describe('TaskWaits', () => {
  it('A wait ends when the task has ended in the database', async () => {
    const { waits, asked } = newWaits(
      [row('a', 'pending')],
      [row('a', 'pending')],
      [row('a', 'success', { retval: 7 })],
    );
    expect(await waits.outcome('a', FOR_LONG)).toEqual({ kind: 'success', value: 7 });
    expect(asked).toHaveLength(3);
  });

  it('A wait ends when the task has ended in this process', async () => {
    const { waits } = newWaits([row('a', 'pending')]);
    const both = [waits.outcome('a', FOR_LONG), waits.outcome('a', FOR_LONG)];
    waits.ended('b', { kind: 'success', value: 1 });
    waits.ended('a', { kind: 'success', value: 2 });
    expect(await Promise.all(both)).toEqual([
      { kind: 'success', value: 2 },
      { kind: 'success', value: 2 },
    ]);
  });

  it('Many tasks are looked for by one statement', async () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => `t${n}`);
    const { waits, asked } = newWaits(ids.map((id) => row(id, 'success')));
    await Promise.all(ids.map((id) => waits.outcome(id, FOR_LONG)));
    expect(asked).toEqual([ids]);
  });

  it('A database that cannot be reached is asked again', async () => {
    const lost = Object.assign(new Error('lost'), { code: 'ECONNRESET' });
    const { waits } = newWaits(lost, new StatementTimeoutError(1), [row('a', 'success')]);
    expect(await waits.outcome('a', FOR_LONG)).toMatchObject({ kind: 'success' });
  });

  it('Any other error of the database ends the wait', async () => {
    const { waits } = newWaits(new Error('denied'));
    await expect(waits.outcome('a', FOR_LONG)).rejects.toThrow('denied');
  });

  it('A task that does not exist is not found, unless its transaction is open', async () => {
    const { waits } = newWaits([]);
    await expect(waits.outcome('a', FOR_LONG)).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    let looks = 0;
    const transaction = {
      get isOpen() {
        looks += 1;
        return looks < 3;
      },
    } as OpenTransaction;
    const { waits: others, asked } = newWaits([]);
    const outcome = others.outcome('a', { timeoutMs: 60_000, transaction });
    await expect(outcome).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(asked).toHaveLength(3);
  });

  it('The database is asked once more at the time limit', async () => {
    const { waits, asked } = newWaits([row('a', 'success')]);
    const none = { timeoutMs: 0, transaction: null };
    expect(await waits.outcome('a', none)).toMatchObject({ kind: 'success' });
    const { waits: others } = newWaits([row('a', 'pending')]);
    await expect(others.outcome('a', none)).rejects.toMatchObject({ code: 'TASK_TIMEOUT' });
    expect(asked.length).toBeGreaterThan(0);
  });

  it('Closing ends the waits in the background, or all', async () => {
    const { waits } = newWaits([row('a', 'pending')]);
    const background = waits.outcome('a', { ...FOR_LONG, isBackground: true });
    const awaited = waits.outcome('a', FOR_LONG);
    waits.close(new Error('detached'), 'background');
    await expect(background).rejects.toThrow('detached');
    waits.close(new Error('destroyed'));
    await expect(awaited).rejects.toThrow('destroyed');
  });
});
