import { expectTypeOf } from 'expect-type';
import { HttpTask, type JsonValue, type TaskResult, type Tasks, taskWebhook } from '../../lib';

// Checked by the compiler, never run.
declare const tasks: Tasks;
const URL_ = 'https://example.com/task';

interface Size {
  readonly image: number;
  readonly width?: number;
}

class Resize extends HttpTask<Size, { url: string }> {
  readonly url = URL_;
  override readonly method = 'POST';
  override parse(text: string): { url: string } {
    return { url: text };
  }
  override onSuccess({ url }: { url: string }): void {
    expectTypeOf(url).toEqualTypeOf<string>();
  }
}

const calls = (): void => {
  expectTypeOf(tasks.get(URL_)).resolves.toEqualTypeOf<TaskResult<JsonValue>>();
  expectTypeOf(tasks.get<number>(URL_)).resolves.toEqualTypeOf<TaskResult<number>>();
  expectTypeOf(tasks.post(URL_, {}, { parse: (text) => text.length })).resolves.toEqualTypeOf<
    TaskResult<number>
  >();
  expectTypeOf(tasks.call({ url: URL_, parse: async () => ['a'] })).resolves.toEqualTypeOf<
    TaskResult<string[]>
  >();
  expectTypeOf<TaskResult<number>['get']>().returns.resolves.toEqualTypeOf<number>();
  expectTypeOf<TaskResult<number>['status']>().returns.resolves.toEqualTypeOf<
    'pending' | 'success' | 'failure'
  >();
  expectTypeOf(tasks.result<string>('id')).resolves.toEqualTypeOf<TaskResult<string> | null>();
  void tasks.get<number>(URL_, {}, { onSuccess: (n) => n.toFixed(), onFailure: (e) => e.message });
};

const args = (): void => {
  const at = new Date();
  void tasks.get(URL_, {
    a: 1,
    b: 'x',
    c: null,
    d: undefined,
    e: true,
    f: 1n,
    g: at,
    h: [at, { i: 1 }],
  });
  // @ts-expect-error A function is no argument.
  void tasks.get(URL_, { a: () => 1 });
  // @ts-expect-error A symbol is no argument.
  void tasks.get(URL_, { a: Symbol('a') });
  // @ts-expect-error The arguments have names.
  void tasks.get(URL_, 'a=1');
  // @ts-expect-error There is no such method.
  void tasks.call({ url: URL_, method: 'PUT' });
  // @ts-expect-error A call needs a URL.
  void tasks.call({ args: {} });
  // @ts-expect-error There is no such option.
  void tasks.get(URL_, {}, { timeout: 1 });
  // @ts-expect-error The name of a parse function is `parse`, and it gets a text.
  void tasks.get(URL_, {}, { parse: (text: number) => text });
};

const classes = (): void => {
  expectTypeOf(new Resize(tasks).call({ image: 1 })).resolves.toEqualTypeOf<
    TaskResult<{ url: string }>
  >();
  void new Resize({ tasks }).call({ image: 1, width: 2 });
  // @ts-expect-error The argument `image` is missing.
  void new Resize(tasks).call({ width: 2 });
  // @ts-expect-error The argument `width` is a number.
  void new Resize(tasks).call({ image: 1, width: '2' });
  // @ts-expect-error A task needs a URL.
  void class Nowhere extends HttpTask {};
  // @ts-expect-error A task is called with `hooks` or `hooks.tasks`.
  void new Resize({});
};

const servers = (): void => {
  void taskWebhook(({ x }) => {
    expectTypeOf(x).toEqualTypeOf<string | undefined>();
  });
  // @ts-expect-error A gateway needs `authenticate`.
  void tasks.gateway({ basePath: '/' });
  void tasks.define('a', ({ x = '' }, { signal, taskId, attempt }) => {
    expectTypeOf(x).toEqualTypeOf<string>();
    expectTypeOf({ signal, taskId, attempt }).toEqualTypeOf<{
      signal: AbortSignal;
      taskId: string;
      attempt: number;
    }>();
  });
};

describe('the types of tasks', () => {
  it.each([
    ['calls', calls],
    ['arguments', args],
    ['classes', classes],
    ['servers', servers],
  ])('The compiler checks the types of %s', (_what, check) => {
    expect(check).toBeInstanceOf(Function);
  });
});
