import { HttpTask, RemoteExecuteError, secret, type TaskResult } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { answering } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

let flow: Flow;
let server: Receiver;
beforeAll(async () => {
  flow = await Flow.start();
});
beforeEach(async () => {
  server = await startReceiver(answering({ body: { status: 'success', retval: { url: 'u' } } }));
});
afterEach(() => server.close());
afterAll(() => flow.stop());

interface Size {
  readonly image: number;
  readonly width: number;
}

describe('HttpTask', () => {
  it('A class with a URL is called by GET', async () => {
    class Resize extends HttpTask<Size, { url: string }> {
      readonly url = `${server.url}/resize`;
    }
    const task = await new Resize(flow.hooks).call({ image: 7, width: 200 });
    expect((await task.get()).url).toBe('u');
    expect(server.received.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/resize?image=7&width=200'],
    ]);
  });

  it('The method, the headers and the other options of a class are those of its calls', async () => {
    class Resize extends HttpTask<Size> {
      readonly url = server.url;
      override readonly method = 'POST';
      override readonly headers = { Authorization: secret('Bearer abc'), 'X-A': 'b' };
      override readonly timeoutMs = 1_000;
      override readonly retries = 2;
      override readonly resultTtlMs = 60_000;
    }
    const task = await new Resize(flow.hooks.tasks).call({ image: 7, width: 200 });
    await task.get();
    const [{ method, headers, raw }] = server.received as [(typeof server.received)[0]];
    expect([method, `${raw}`]).toEqual(['POST', 'image=7&width=200']);
    expect(headers).toMatchObject({ authorization: 'Bearer abc', 'x-a': 'b' });
    const [row] = await flow.query('SELECT * FROM model_hook_task WHERE id = $1', [task.id]);
    expect(row).toMatchObject({ timeout_ms: 1_000, retries: 2, result_ttl_ms: 60_000 });
  });

  it('The methods of a class are called with the class as `this`', async () => {
    const seen: unknown[] = [];
    class Length extends HttpTask<object, number> {
      readonly url = server.url;
      readonly own = 'own';
      override parse(text: string): number {
        if (this.own !== 'own') throw new Error('not mine');
        if (seen.length > 0) throw new RemoteExecuteError('the second one');
        return text.length;
      }
      override onSuccess(value: number, { id }: TaskResult<number>): void {
        seen.push([this.own, value, id]);
      }
      override onFailure(error: Error): void {
        seen.push([this.own, error.message]);
      }
    }
    const length = new Length(flow.hooks);
    const task = await length.call({});
    expect(await task.get()).toBe(41);
    await until('the first is called', () => seen.length === 1);
    await expect((await length.call({})).get()).rejects.toThrow('the second one');
    await until('the second is called', () => seen.length === 2);
    expect(seen).toEqual([
      ['own', 41, task.id],
      ['own', 'the second one'],
    ]);
  });

  it('The options of one call replace those of the class', async () => {
    class Resize extends HttpTask {
      readonly url = server.url;
      override readonly headers = { 'x-a': 'class' };
    }
    const task = await new Resize(flow.hooks).call({}, { headers: { 'x-a': 'call' } });
    await task.get();
    expect(server.received[0]?.headers['x-a']).toBe('call');
  });

  it.each([undefined, null, {}, { tasks: {} }])('A task is not made with %p', (hooks) => {
    class Resize extends HttpTask {
      readonly url = server.url;
    }
    expect(() => new Resize(hooks as never)).toThrow(/`hooks`/);
  });
});
