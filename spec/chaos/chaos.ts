import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { ModelHooks } from '../../lib';
import type { ShutdownMode } from '../../scripts/embedded-server.mjs';
import { newDataSource } from '../support/application/application';
import { type Random, randomFrom } from '../support/values/random';
import { Crew, type Reported } from './crew';
import { HandledEntry, LedgerEntry, Parcel } from './entities';
import { type Findings, findings, leftovers, type SavedWish } from './findings';
import type { Form } from './forms';
import { Inbox } from './inbox';
import { WISHES } from './listeners';
import { OwnPostgres } from './own-postgres';
import { until } from './until';

export interface Report extends Findings {
  readonly server: string;
  readonly reported: Reported;
  readonly kills: number;
  readonly freezes: number;
  readonly restarts: readonly ShutdownMode[];
  readonly writingMs: number;
  /** Time from the end of writing until nothing was left to do. */
  readonly settlingMs: number;
}

const WORKERS = 3;
/** The part of the deadline that is kept for the work after the waiting. */
const RESERVE_MS = 30_000;
/** Average number of kills for each freeze. */
const KILLS_PER_FREEZE = 2;
const END_PATIENCE_MS = 10_000;

/** Starts processes that write and deliver, and disturbs them and their database. This process supervises them and receives their requests. */
export class Chaos {
  readonly #random: Random;
  readonly #inbox: Inbox;
  readonly #restarts: ShutdownMode[] = [];
  readonly #waitsUntil: number;
  #postgres: OwnPostgres | undefined;
  #crew: Crew | undefined;

  constructor(
    private readonly form: Form,
    seed: number,
  ) {
    this.#random = randomFrom(seed);
    this.#inbox = new Inbox(seed);
    this.#waitsUntil = Date.now() + form.deadlineMs - RESERVE_MS;
  }

  async run(): Promise<Report> {
    const postgres = await OwnPostgres.start();
    this.#postgres = postgres;
    const dataSource = await migrated(postgres.url);
    const wishes = await this.#listen(dataSource);
    const { url, server } = postgres;
    const startedAt = Date.now();
    const crew = new Crew({ url, size: WORKERS, pauseMs: this.form.pauseMs }, this.#random);
    this.#crew = crew;
    await this.#disturb(postgres, crew);
    const restingAt = Date.now();
    await this.#settle(dataSource, crew);
    const settledAt = Date.now();
    await crew.end(END_PATIENCE_MS);
    const found = await findings(dataSource, wishes, this.#inbox.receipts);
    await dataSource.destroy();
    return {
      ...found,
      broken: [...this.#shortfalls(crew, found), ...crew.faults, ...found.broken],
      server,
      reported: crew.reported,
      kills: crew.kills,
      freezes: crew.freezes,
      restarts: this.#restarts,
      writingMs: restingAt - startedAt,
      settlingMs: settledAt - restingAt,
    };
  }

  /** Stops everything that was started. It can be called at any time. */
  async close(): Promise<void> {
    await this.#crew?.killAll();
    await this.#inbox.close();
    await this.#postgres?.stop();
  }

  async #listen(dataSource: DataSource): Promise<readonly SavedWish[]> {
    const delivery = { recipients: 'development' } as const;
    const hooks = await ModelHooks.attach(dataSource, { work: false, delivery });
    const saved: SavedWish[] = [];
    for (const wish of WISHES) {
      const { id } = await wish.save(hooks, await this.#inbox.open(wish));
      saved.push({ wish, listenerId: id });
    }
    return saved;
  }

  /** Kills, freezes and restarts until enough events are committed and enough workers are killed. */
  async #disturb(postgres: OwnPostgres, crew: Crew): Promise<void> {
    const { events, kills, killEveryMs } = this.form;
    let isOver = false;
    const again = async (everyMs: number, strike: () => Promise<void>) => {
      while (!isOver) {
        await sleep(this.#random() * 2 * everyMs);
        if (!isOver) await strike();
      }
    };
    const striking = [
      again(killEveryMs, () => crew.killAny()),
      again(KILLS_PER_FREEZE * killEveryMs, () => crew.freezeAny()),
    ];
    try {
      await this.#restartTwice(postgres, crew);
      const isEnough = () => crew.reported.committed >= events && crew.kills >= kills;
      await until(isEnough, this.#waitsUntil);
    } finally {
      isOver = true;
    }
    await Promise.all(striking);
  }

  /** Restarts PostgreSQL in the second and in the third quarter of the writing: once cleanly and once like a crash. */
  async #restartTwice(postgres: OwnPostgres, crew: Crew): Promise<void> {
    const modes: readonly ShutdownMode[] =
      this.#random() < 0.5 ? ['fast', 'immediate'] : ['immediate', 'fast'];
    for (const [n, mode] of modes.entries()) {
      const share = (n + 1 + this.#random()) / 4;
      await until(() => crew.reported.committed >= share * this.form.events, this.#waitsUntil);
      await postgres.restart(mode);
      this.#restarts.push(mode);
    }
  }

  /** Waits until no worker writes and nothing is left to do. */
  async #settle(dataSource: DataSource, crew: Crew): Promise<void> {
    const resting = crew.rest(this.#waitsUntil);
    // Only the other workers can finish what this one leaves.
    await crew.killAny();
    await resting;
    const isSettled = async () =>
      Object.values(await leftovers(dataSource)).every((count) => count === 0);
    await until(isSettled, this.#waitsUntil);
  }

  #shortfalls({ kills }: Crew, { committed }: Findings): readonly string[] {
    const { form } = this;
    if (committed >= form.events && kills >= form.kills) return [];
    return [
      `Only ${committed} of ${form.events} events were committed in time, with ${kills} kills.`,
    ];
  }
}

/** A DataSource of the supervisor, with all tables. */
export async function migrated(url: string): Promise<DataSource> {
  const dataSource = newDataSource(url, { entities: [Parcel, LedgerEntry, HandledEntry] });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  return dataSource;
}
