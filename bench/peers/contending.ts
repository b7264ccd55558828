import { setTimeout as sleep } from 'node:timers/promises';
import { customer } from '../customers';
import type { Save } from '../latency';
import { cpuMs, nowMs } from '../numbers';
import { byHand } from './by-hand';
import type { Done, Order, Task } from './contender';
import { type Carried, ours } from './ours';

const ARRAY = 100;
const AT_A_TIME = 8;

/** Runs in the process of a contender. */
export async function contend(text: string): Promise<void> {
  const order: Order = JSON.parse(text);
  const carried = await (order.kind.startsWith('by hand') ? byHand(order) : ours(order));
  process.on('message', async (task: Task) => process.send?.(await run(carried, task)));
  process.on('disconnect', async () => {
    await carried.stop();
    process.exit();
  });
  process.send?.('ready');
}

async function run(carried: Carried, task: Task): Promise<Done> {
  const cpuAtStart = cpuMs() + (await carried.cpuMs());
  const startedAt = nowMs();
  const saves = await worked(carried, task);
  const seconds = (nowMs() - startedAt) / 1_000;
  return { seconds, cpuMs: cpuMs() + (await carried.cpuMs()) - cpuAtStart, saves };
}

async function worked(carried: Carried, task: Task): Promise<readonly Save[]> {
  const { entity, dataSource } = carried;
  const repository = dataSource.getRepository(entity);
  const one = async (n: number): Promise<Save> => {
    const row = customer(entity, n);
    const calledMs = nowMs();
    await repository.save(row);
    return { name: row.name, calledMs, resolvedMs: nowMs() };
  };
  switch (task.task) {
    case 'arrays': {
      carried.expect(task.events);
      for (let n = 0; n < task.events; n += ARRAY)
        await repository.save(Array.from({ length: ARRAY }, (_, m) => customer(entity, n + m)));
      await carried.ended();
      return [];
    }
    case 'singles': {
      carried.expect(task.events);
      let next = 0;
      const line = async () => {
        while (next < task.events) await one(next++);
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, line));
      await carried.ended();
      return [];
    }
    case 'saves': {
      carried.expect(task.events);
      const saves: Save[] = [];
      for (let n = 0; n < task.events; n += 1) saves.push(await one(n));
      await carried.ended();
      return saves;
    }
    case 'paced': {
      carried.expect(task.perSecond * task.seconds);
      const begun: Promise<Save>[] = [];
      const startedAt = nowMs();
      for (let n = 0; n < task.perSecond * task.seconds; n += 1) {
        await sleep(Math.max(startedAt + (n * 1_000) / task.perSecond - nowMs(), 0));
        begun.push(one(n));
      }
      const saves = await Promise.all(begun);
      await carried.ended();
      return saves;
    }
  }
}
