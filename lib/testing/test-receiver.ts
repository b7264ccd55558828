import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type Server,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_TIMER_MS } from '../base/deadline';
import { toJson } from '../base/json';
import { TestTimeoutError } from '../errors/testing-errors';
import { newSecret } from '../listener/saved/normal';
import { checkArgument, checkedOptions } from '../options/checked';
import {
  ANYTHING,
  FUNCTION,
  isOptions,
  numberFrom,
  type Rule,
  type Shape,
  wholeNumberFrom,
} from '../options/rules';
import { verify } from '../receiver/verify';
import { secretProblem } from '../signing/secret';
import { unusable } from '../signing/signature';
import { type ReceivedRequest, receivedRequest } from './requests';

/** The options of `testReceiver()`. */
export interface TestReceiverOptions {
  /** The secrets of its listeners, one or several. @defaultValue `whsec_` and 32 random bytes in base64 */
  readonly secret?: string | readonly string[];
  /** The clock by which requests are verified, in milliseconds since 1970. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** How a test receiver answers a verified request. */
export interface TestReplyOptions {
  /** @defaultValue `200` */
  readonly status?: number;
  /** A text as it is, any other value as JSON. @defaultValue none */
  readonly body?: unknown;
  /** @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer takes, in milliseconds. @defaultValue `0` */
  readonly delayMs?: number;
}

/** The options of `waitFor()` of a receiver. */
export interface WaitForOptions {
  /** How long to wait, in milliseconds. @defaultValue `10000` */
  readonly timeoutMs?: number;
}

export const TEST_REPLY_DEFAULTS = { status: 200, delayMs: 0 } as const satisfies TestReplyOptions;
export const WAIT_FOR_DEFAULTS = { timeoutMs: 10_000 } as const satisfies Required<WaitForOptions>;

const RECEIVER_SHAPE: Shape<TestReceiverOptions> = { secret: ANYTHING, now: FUNCTION };
const RESPONSE_HEADERS: Rule = {
  accepts: (value) => isOptions(value) && Object.entries(value).every(isHeader),
  expected: 'an object of texts by header name, as HTTP permits them',
};
const REPLY_SHAPE: Shape<TestReplyOptions> = {
  status: wholeNumberFrom(200, 599),
  body: ANYTHING,
  headers: RESPONSE_HEADERS,
  delayMs: numberFrom(0, LONGEST_TIMER_MS),
};
const WAIT_FOR_SHAPE: Shape<WaitForOptions> = {
  timeoutMs: numberFrom(0, LONGEST_TIMER_MS),
};
const COUNT = wholeNumberFrom(0);

const REFUSED_STATUS = 401;

/**
 * A real HTTP server on a free port of this machine, which verifies and keeps what it receives. Close it at the end of the test. To reach
 * it, the application under test attaches with `recipients: 'development'`.
 */
export class TestReceiver {
  /** Where it listens: `http://127.0.0.1:<port>`. Any path below it is answered alike. */
  readonly url: string;
  /** Its secret, or the first one. Give it to the listener. */
  readonly secret: string;
  readonly #requests: ReceivedRequest[] = [];
  readonly #replies: TestReplyOptions[] = [];
  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #closing = new AbortController();
  #reply: TestReplyOptions = {};
  #secrets: readonly string[];

  private constructor(
    private readonly server: Server,
    secrets: readonly string[],
    now: TestReceiverOptions['now'],
  ) {
    this.#secrets = secrets;
    this.secret = secrets[0] ?? '';
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = now ? { now } : {};
    server.on('request', (incoming, response) => {
      receivedRequest(incoming, (headers, body) =>
        verify<unknown>(headers, body, this.#secrets, options),
      )
        .then((request) => this.#answer(request, response))
        .catch(() => response.destroy());
    });
  }

  /** Throws `OPTION_INVALID`. */
  static async start(given: TestReceiverOptions): Promise<TestReceiver> {
    const { secret, now } = checkedOptions(given, RECEIVER_SHAPE);
    const secrets = checkedSecrets(secret ?? newSecret());
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestReceiver(server, secrets, now);
  }

  /** The verified requests, in the order of their arrival. */
  get requests(): readonly ReceivedRequest[] {
    return this.#requests.filter(({ refusal }) => refusal === null);
  }

  /** The requests whose signature is not valid; they got the status 401. */
  get refused(): readonly ReceivedRequest[] {
    return this.#requests.filter(({ refusal }) => refusal !== null);
  }

  /** The bodies of the verified requests. A repeated delivery is in it once, and the events of a batch one by one. */
  get events(): readonly unknown[] {
    return [...new Map(this.requests.flatMap(bodiesById)).values()];
  }

  /** Accepts the secret of one more listener. Throws `OPTION_INVALID`. */
  accept(secret: string): void {
    this.#secrets = [...this.#secrets, ...checkedSecrets(secret)];
  }

  /**
   * Says how to answer. One reply is for all requests from now on; of several, each is for one request, and the last one for all further
   * ones. Throws `OPTION_INVALID`.
   */
  reply(...replies: readonly [TestReplyOptions, ...TestReplyOptions[]]): void {
    const checked = replies.map((one) => checkedOptions(one, REPLY_SHAPE));
    this.#reply = checked.pop() ?? {};
    this.#replies.splice(0, this.#replies.length, ...checked);
  }

  /** Resolves with the verified requests when there are this many or more. Rejects with `TEST_TIMEOUT`, which says what came instead. */
  async waitFor(count: number, given: WaitForOptions = {}): Promise<readonly ReceivedRequest[]> {
    checkArgument('count', count, COUNT);
    const { timeoutMs } = { ...WAIT_FOR_DEFAULTS, ...checkedOptions(given, WAIT_FOR_SHAPE) };
    const signal = AbortSignal.any([
      // Node.js refuses fractions.
      AbortSignal.timeout(Math.ceil(timeoutMs)),
      this.#closing.signal,
    ]);
    while (this.requests.length < count) {
      const isNext = await once(this.#arrivals, 'request', { signal }).catch(() => false);
      if (!isNext) throw new TestTimeoutError(count, this.requests.length, this.#reasons);
    }
    return this.requests;
  }

  /** Forgets what it has received, and all replies. */
  clear(): void {
    this.#requests.length = 0;
    this.#replies.length = 0;
    this.#reply = {};
  }

  /** Ends the server and its connections. A second call does nothing. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Closes it at the end of the block of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #reasons(): readonly string[] {
    return this.refused.map(({ refusal }) => refusal?.reason ?? '');
  }

  async #answer(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    this.#requests.push(request);
    this.#arrivals.emit('request');
    if (request.refusal !== null) {
      response.writeHead(REFUSED_STATUS).end();
      return;
    }
    const reply = this.#replies.shift() ?? this.#reply;
    const { status, delayMs, headers = {}, body } = { ...TEST_REPLY_DEFAULTS, ...reply };
    if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#closing.signal });
    const isText = body === undefined || typeof body === 'string';
    const type: Record<string, string> = isText ? {} : { 'content-type': 'application/json' };
    response.writeHead(status, { ...type, ...headers });
    response.end(isText ? body : JSON.stringify(toJson(body)));
  }
}

/**
 * Starts a receiver for a test.
 *
 * @example
 * const receiver = await testReceiver();
 * await hooks.for(Person).listener({ url: receiver.url, secret: receiver.secret }).save();
 * receiver.reply({ status: 503 }, { status: 200 });
 * await dataSource.getRepository(Person).save({ name: 'Joe' });
 * await hooks.testing.deliver({ retries: true });
 * console.log(receiver.requests.length, receiver.events);
 * await receiver.close();
 */
export function testReceiver(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  return TestReceiver.start(options);
}

function isHeader([name, value]: readonly [string, unknown]): boolean {
  if (typeof value !== 'string') return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Throws `OPTION_INVALID`. */
function checkedSecrets(given: string | readonly string[]): readonly string[] {
  const secrets: readonly unknown[] = [given].flat();
  if (secrets.length === 0) throw unusable(undefined);
  return secrets.map((one) => {
    if (typeof one !== 'string' || secretProblem(one) !== null) throw unusable(one);
    return one;
  });
}

/** The bodies of a batch, or the only one, by the id of the delivery. A repeat may come in another batch. */
function bodiesById({ headers, body, verified }: ReceivedRequest): (readonly [string, unknown])[] {
  const id = verified?.id ?? '';
  if (headers['hook-batch'] === undefined || !Array.isArray(body)) return [[id, body]];
  const ids = String(headers['hook-deliveries'] ?? '').split(',');
  return body.map((one: unknown, index) => [ids[index] || `${id} ${index}`, one]);
}
