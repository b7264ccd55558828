import { callGuarded } from '../base/calling';
import { loggable } from './loggable';
import type { Logger } from './logger';

const guarded = new WeakMap<Logger, Logger>();

/**
 * The same logger, but a call of it never throws and never leaves a rejected promise. The first failure is written to `console`. Always the
 * same object for one logger.
 */
export function guardedLogger(logger: Logger): Logger {
  const known = guarded.get(logger) ?? new GuardedLogger(logger);
  guarded.set(logger, known);
  guarded.set(known, known);
  return known;
}

class GuardedLogger implements Logger {
  #hasFailed = false;

  constructor(private readonly logger: Logger) {}

  debug(message: string, facts?: Readonly<Record<string, unknown>>): void {
    this.#log('debug', message, facts);
  }

  info(message: string, facts?: Readonly<Record<string, unknown>>): void {
    this.#log('info', message, facts);
  }

  warn(message: string, facts?: Readonly<Record<string, unknown>>): void {
    this.#log('warn', message, facts);
  }

  error(message: string, facts?: Readonly<Record<string, unknown>>): void {
    this.#log('error', message, facts);
  }

  #log(
    level: keyof Logger,
    message: string,
    facts: Readonly<Record<string, unknown>> | undefined,
  ): void {
    callGuarded(
      () => (facts ? this.logger[level](message, facts) : this.logger[level](message)),
      (error) => this.#failed(message, error),
    );
  }

  #failed(message: string, error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    callGuarded(
      () =>
        console.error('[typeorm-model-hooks] The logger failed.', {
          message,
          error: loggable(error),
        }),
      () => undefined,
    );
  }
}
