import { createServer } from 'node:net';
import { specOptions } from '../support/application/application';
import { Flow } from '../support/application/flow';
import { until } from '../support/application/waiting';
import type { BuiltProject } from '../support/processes/built-package';
import { WorkerChild, workerProject } from '../support/processes/worker-child';

/** A line of the text format of Prometheus: a name, labels and a number. */
const SAMPLE = /^[a-z_:]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[\d.e+-]+|\+Inf)$/;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let project: BuiltProject;
let flow: Flow;

beforeAll(async () => {
  project = workerProject();
  flow = await Flow.start({ attach: { work: false } });
});
afterAll(async () => {
  await flow.stop();
  project.remove();
});

describe('model-hooks work', () => {
  it('The health and the metrics of a worker are served, without secrets and payloads', async () => {
    const { receiver } = await flow.listen(undefined, { secret: SECRET });
    const worker = await WorkerChild.start({
      project,
      url: flow.url,
      attach: specOptions({ sweepMs: 200 }),
      args: ['--http', '0'],
    });
    const url = worker.first.url ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await textOf(`${url}/healthz`)).toEqual([200, 'ok\n']);
    await flow.savePeople(3, 'Canary');
    await receiver.waitFor(3);
    await until('the outcomes are counted', async () =>
      (await textOf(`${url}/metrics`))[1].includes('model_hooks_outcomes_total{status="done"} 3'),
    );
    await until('a line of progress is printed', () => worker.out.includes('"state":"working"'));
    const [status, metrics] = await textOf(`${url}/metrics`);
    expect(status).toBe(200);
    const samples = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.filter((line) => !SAMPLE.test(line))).toEqual([]);
    for (const name of NAMES) expect(metrics).toContain(`# TYPE model_hooks_${name}`);
    expect(metrics).toContain('model_hooks_attempt_duration_seconds_count 3');
    expect(metrics).toMatch(/^model_hooks_deliveries_waiting 0$/m);
    expect((await textOf(`${url}/elsewhere`))[0]).toBe(404);
    expect((await textOf(`${url}/metrics`, 'POST'))[0]).toBe(405);
    worker.signal('SIGTERM');
    expect(await worker.ended()).toBe(0);
    const lines = worker.out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).state)).toEqual(
      expect.arrayContaining(['started', 'working', 'stopped']),
    );
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ outcomes: { done: 3 }, inFlight: 0 });
    for (const text of [metrics, worker.out, worker.error]) {
      expect(text).not.toContain('Canary');
      expect(text).not.toContain(SECRET.slice('whsec_'.length));
    }
  });

  it('A worker is unhealthy some time after its database was lost', async () => {
    const lost = await Flow.start({ attach: { work: false } });
    const worker = await WorkerChild.start({
      project,
      url: lost.url,
      attach: specOptions({ statementTimeoutMs: 500 }),
      args: ['--http', '0', '--deadline', '0'],
    });
    await lost.stop();
    await until('it says so', () => worker.out.includes('database does not answer'));
    await until('it is unhealthy', async () => {
      const [status] = await textOf(`${worker.first.url}/healthz`);
      return status === 503;
    });
    await worker.kill();
  });

  it.each([
    [['--concurrency', '0'], 2, 'must be a whole number of at least 1'],
    [['--concurrency', 'many'], 2, 'must be a whole number of at least 1'],
    [['--http', '65536'], 2, 'must be a whole number from 0 to 65535'],
    [['--deadline', '-1'], 2, 'must be a whole number of at least 0'],
    [['--help'], 0, '--http <PORT>'],
  ])('The arguments %j end with the exit code %d', async (args, code, text) => {
    const child = new WorkerChild({ project, url: flow.url, attach: specOptions(), args });
    expect(await child.ended()).toBe(code);
    expect(child.out + child.error).toContain(text);
  });

  it('A port that is in use is a failure', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until('it listens', () => server.listening);
    const { port } = server.address() as { readonly port: number };
    const args = ['--http', String(port)];
    const child = new WorkerChild({ project, url: flow.url, attach: specOptions(), args });
    expect(await child.ended()).toBe(1);
    expect(child.error).toContain('EADDRINUSE');
    server.close();
  });

  it('A disabled dispatcher is a failure that is explained', async () => {
    const attach = specOptions({ dispatcher: 'disabled' });
    const child = new WorkerChild({ project, url: flow.url, attach });
    expect(await child.ended()).toBe(1);
    expect(child.error).toContain('OPTION_INVALID: The option `dispatcher` must be another one');
  });
});

const NAMES = [
  'outcomes_total counter',
  'attempt_duration_seconds histogram',
  'in_flight gauge',
  'events_waiting gauge',
  'deliveries_waiting gauge',
  'oldest_timestamp_seconds gauge',
];

async function textOf(url: string, method = 'GET'): Promise<readonly [number, string]> {
  const response = await fetch(url, { method });
  return [response.status, await response.text()];
}
