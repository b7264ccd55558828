import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Wakeable } from '../delivery/chunk/wakeup';
import type { DeliveryEngine } from '../dispatch/engine';
import { noticeOf } from '../dispatch/notices';
import type { Notifier } from '../dispatch/notifier';
import type { NotificationReader } from '../store/listening';
import type { TaskEngine } from '../task/engine';

/** Wakes the engine of this process, and notifies other processes of what it leaves to them. */
export class NotifyingWakeup implements Wakeable {
  constructor(
    private readonly engine: Wakeable,
    private readonly notifier: Pick<Notifier, 'committed' | 'recorded'>,
    /** Whether other processes should plan the events of this one too. */
    private readonly isForAll: boolean,
  ) {}

  committed(): void {
    this.engine.committed();
    if (this.isForAll) this.notifier.committed();
  }

  due(afterMs: number): void {
    this.engine.due(afterMs);
  }

  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    this.engine.recorded(records, lost);
    this.notifier.recorded(records);
  }
}

/** The engines of this process, as a notification wakes them. */
export interface NotifiedEngines {
  readonly engine: Pick<DeliveryEngine, 'committed' | 'left'> | undefined;
  readonly taskEngine: Pick<TaskEngine, 'wake'> | undefined;
}

/** Wakes the engines of a process that listens. */
export class Notified implements NotificationReader {
  constructor(
    readonly channel: string,
    private readonly engines: NotifiedEngines,
  ) {}

  received(payload: string): void {
    const { engine, taskEngine } = this.engines;
    const notice = noticeOf(payload);
    if (notice?.kind === 'events') engine?.committed();
    if (notice?.kind === 'due') engine?.left(notice.afterMs);
    if (notice?.kind === 'tasks') taskEngine?.wake();
  }

  connected(): void {
    const { engine, taskEngine } = this.engines;
    engine?.left(0);
    taskEngine?.wake();
  }
}
