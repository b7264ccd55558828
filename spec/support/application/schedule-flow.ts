import type { Application } from './application';
import { Flow, type FlowOptions } from './flow';
import { until } from './waiting';

/** A flow of schedules: reads the events that they fired, and makes them due. */
export class ScheduleFlow extends Flow {
  private constructor(application: Application, options: FlowOptions) {
    super(application, options);
  }

  static override async start(options: FlowOptions = {}): Promise<ScheduleFlow> {
    return new ScheduleFlow(await Flow.start(options), options);
  }

  /** The due times of the events of a schedule, in order. */
  async dueTimes(name: string): Promise<readonly Date[]> {
    const rows = await this.query<{ due_at: Date }>(
      'SELECT due_at FROM model_hook_event WHERE event = $1 ORDER BY due_at',
      [`schedule.${name}`],
    );
    return rows.map(({ due_at }) => due_at);
  }

  async untilFired(name: string, count: number): Promise<readonly Date[]> {
    await until(
      `${name} has fired ${count} times`,
      async () => (await this.dueTimes(name)).length >= count,
    );
    return this.dueTimes(name);
  }

  /** Moves the next due time of a schedule, by seconds from now. Resolves with it. */
  async due(name: string, inSeconds: number): Promise<Date> {
    const [row] = await this.query<{ next_due_at: Date }>(
      `WITH moved AS (
         UPDATE model_hook_schedule SET next_due_at = date_trunc('milliseconds', now() + $2 * interval '1 second')
         WHERE name = $1 RETURNING next_due_at
       ) SELECT next_due_at FROM moved`,
      [name, inSeconds],
    );
    return (row as { next_due_at: Date }).next_due_at;
  }
}
