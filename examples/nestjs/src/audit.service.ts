import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  BackgroundResponse,
  type HookEvent,
  ModelHooks,
  type ScheduledEvent,
  ScheduledExecutionResponse,
} from 'typeorm-model-hooks';
import { HookHandler, HookSchedule } from 'typeorm-model-hooks/nestjs';
import { Order } from './order';

@Injectable()
export class AuditService implements OnApplicationBootstrap {
  readonly entries: string[] = [];

  constructor(private readonly hooks: ModelHooks) {}

  /** A listener that is stored already stays as it is. */
  async onApplicationBootstrap(): Promise<void> {
    await this.hooks.for(Order).listener('handler:audit').save();
  }

  @HookHandler('audit', { timeoutMs: 10_000 })
  record({ name, data }: HookEvent) {
    this.entries.push(`${name} ${data.product}`);
    return BackgroundResponse.done();
  }

  @HookSchedule('daily-report', { cron: '@daily' })
  report({ dueAt }: ScheduledEvent) {
    this.entries.push(`report of ${dueAt.toISOString()}`);
    return ScheduledExecutionResponse.done();
  }
}
