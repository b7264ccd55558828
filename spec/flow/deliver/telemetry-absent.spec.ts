import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createDatabase } from '../../support/application/database';
import { BuiltProject } from '../../support/processes/built-package';

/** As if the package were not installed anywhere. */
const HIDE = `
const Module = require('node:module');
const { _resolveFilename: resolve } = Module;
Module._resolveFilename = function (request, ...others) {
  if (!request.startsWith('@opentelemetry/')) return resolve.call(this, request, ...others);
  throw Object.assign(new Error('Cannot find module ' + request), { code: 'MODULE_NOT_FOUND' });
};
`;

const PROGRAM = `
const { DataSource, EntitySchema } = require('typeorm');
const { BackgroundResponse, ModelHooks, modelHookEntities, modelHookMigrations } = require('typeorm-model-hooks');

async function main() {
  const dataSource = new DataSource({
    type: 'postgres', url: process.env.URL, entities: modelHookEntities, migrations: modelHookMigrations,
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  const hooks = await ModelHooks.attach(dataSource, { telemetry: TELEMETRY });
  const handled = [];
  const handler = hooks.handler('audit', (event) => {
    handled.push(event.data.total);
    return BackgroundResponse.done();
  });
  const order = hooks.define('order', { provides: ['total'] });
  await order.listener(handler).save();
  await order.send({ total: 5 });
  await hooks.idle();
  const { items } = await hooks.deliveries.find();
  const loaded = Object.keys(require.cache).filter((path) => path.includes('opentelemetry'));
  console.log(JSON.stringify({ handled, statuses: items.map(({ status }) => status), loaded }));
  await dataSource.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

describe('Telemetry without @opentelemetry/api', () => {
  let project: BuiltProject;
  beforeAll(() => {
    project = new BuiltProject(['typeorm', 'pg', 'reflect-metadata']);
    project.write('hide.cjs', HIDE);
  });
  afterAll(() => project.remove());

  it.each(['undefined', 'true', '{ traceparent: true }'])(
    'An application sends with `telemetry: %s` where the API is not installed, and nothing of it is loaded',
    async (telemetry) => {
      const database = await createDatabase();
      project.write('program.cjs', PROGRAM.replace('TELEMETRY', telemetry));
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--preserve-symlinks-main', '-r', './hide.cjs', 'program.cjs'],
        { cwd: project.path, env: { ...process.env, URL: database.url } },
      ).finally(() => database.drop());
      expect(JSON.parse(stdout)).toEqual({ handled: [5], statuses: ['done'], loaded: [] });
    },
  );
});
