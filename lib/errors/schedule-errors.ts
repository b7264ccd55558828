import { quoted } from '../base/quoted';
import { ModelHookError } from './model-hook-error';

/** No schedule of that name is stored. */
export class ScheduleNotFoundError extends ModelHookError {
  readonly code = 'SCHEDULE_NOT_FOUND';
  constructor(readonly schedule: string) {
    super(`No schedule ${quoted(schedule)} is stored; hooks.schedules.find() lists them.`);
  }
}
