// One of each kind that answers: a handler, a veto, an interactive call, a schedule and a remote task.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DataSource } from 'typeorm';
import {
  BackgroundResponse,
  HookRejectedError,
  InteractiveResponse,
  type ModelHooks,
  ScheduledExecutionResponse,
  taskWebhook,
} from 'typeorm-model-hooks';
import { Country } from './entities';

/** What one of them gave, beside what it has to give. */
export interface Answer {
  readonly kind: string;
  readonly got: string;
  readonly expected: string;
}

interface World {
  readonly dataSource: DataSource;
  readonly hooks: ModelHooks;
}

export async function answers(
  dataSource: DataSource,
  hooks: ModelHooks,
): Promise<readonly Answer[]> {
  const world = { dataSource, hooks };
  const kinds = { handler, veto, call, schedule, task };
  const given: Answer[] = [];
  for (const [kind, give] of Object.entries(kinds)) {
    const [got, expected] = await give(world);
    given.push({ kind, got, expected });
  }
  return given;
}

type Given = Promise<readonly [got: string, expected: string]>;

/** A function that gets the events of a listener in place of a URL. */
async function handler({ dataSource, hooks }: World): Given {
  const renamed: string[] = [];
  const target = hooks.handler('renamed', ({ data, previous }) => {
    renamed.push(`${previous?.name} → ${data.name}`);
    return BackgroundResponse.done();
  });
  const { id } = await hooks.for(Country).listener(target).on('update').save();
  await dataSource.manager.update(Country, { code: 'NOR' }, { name: 'Norge' });
  await hooks.idle();
  const { items } = await hooks.deliveries.find({ listener: id });
  return [`${renamed} ${items.map(({ status }) => status)}`, 'Norway → Norge done'];
}

/** It is asked before a row is written, and may reject the write. */
async function veto({ dataSource, hooks }: World): Given {
  const end = hooks
    .for(Country)
    .interactive('remove', ({ data }) =>
      data.region === 'Europe'
        ? InteractiveResponse.fail(403, null, { message: `${data.name} stays` })
        : InteractiveResponse.done(),
    );
  const country = await dataSource.manager.findOneByOrFail(Country, { code: 'ISL' });
  const rejection = await dataSource.manager.remove(country).catch((error: unknown) => error);
  end();
  const { httpStatus, body } = rejection as HookRejectedError;
  const isThere = await dataSource.manager.existsBy(Country, { code: 'ISL' });
  return [
    `${httpStatus} ${JSON.stringify(body)} ${isThere}`,
    '403 {"message":"Iceland stays"} true',
  ];
}

/** The caller waits for the answer of the one listener. */
async function call({ hooks }: World): Given {
  const density = hooks.interactive('density', { provides: ['people', 'area'] });
  const target = hooks.handler('density', ({ data }) =>
    InteractiveResponse.done(200, null, Math.round(Number(data.people) / Number(data.area))),
  );
  await density.listener(target).save();
  const { status, body } = await density.call({ people: 9_000_000, area: 450_000 });
  return [`${status} ${body}`, 'success 20'];
}

/** It fires an event at certain times; `at` fires the same event once more, now. */
async function schedule({ hooks }: World): Given {
  const reports: string[] = [];
  const yearly = { cron: '@yearly', data: { report: 'countries' } };
  await hooks.schedule('report', yearly, ({ data }) => {
    reports.push(`${data.report}`);
    return ScheduledExecutionResponse.done();
  });
  await hooks.at(new Date(), 'report', { report: 'capitals' });
  await hooks.idle();
  return [`${reports}`, 'capitals'];
}

/** A function behind a URL; this one is served by the same process. */
async function task({ hooks }: World): Given {
  const multiply = taskWebhook(({ x, y }) => Number(x) * Number(y));
  const server = createServer(multiply.node).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const product = await hooks.tasks.get<number>(`http://127.0.0.1:${port}/`, { x: 6, y: 7 });
    return [`${await product.get()}`, '42'];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
