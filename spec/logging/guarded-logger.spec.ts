import { guardedLogger } from '../../lib/logging/guarded-logger';
import type { Logger } from '../../lib/logging/logger';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function loggerThat(log: (...given: unknown[]) => unknown): Logger {
  return { debug: log, info: log, warn: log, error: log };
}

afterEach(() => jest.restoreAllMocks());

describe('guardedLogger', () => {
  it('Messages reach the logger as they are, as calls of its methods', () => {
    class Collecting {
      readonly seen: unknown[] = [];
      debug = (...given: unknown[]) => this.note('debug', ...given);
      info = (...given: unknown[]) => this.note('info', ...given);
      warn(...given: unknown[]) {
        this.note('warn', ...given);
      }
      error(...given: unknown[]) {
        this.note('error', ...given);
      }
      note(...given: unknown[]) {
        this.seen.push(given);
      }
    }
    const logger = new Collecting();
    for (const level of LEVELS) guardedLogger(logger)[level]('text', { n: 1 });
    guardedLogger(logger).warn('alone');
    expect(logger.seen).toEqual([
      ...LEVELS.map((level) => [level, 'text', { n: 1 }]),
      ['warn', 'alone'],
    ]);
  });

  it('One logger has one guard, so that a second attach finds the same options', () => {
    const logger = loggerThat(() => undefined);
    expect(guardedLogger(logger)).toBe(guardedLogger(logger));
    expect(guardedLogger(guardedLogger(logger))).toBe(guardedLogger(logger));
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('canary');
      },
    ],
    [
      'throws what is no error',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('canary'))],
  ])('A logger that %s is written to the console once, without its message', async (_, log) => {
    const written = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const logger = guardedLogger(loggerThat(log));
    for (const level of LEVELS) logger[level]('text');
    await new Promise(setImmediate);
    expect(written).toHaveBeenCalledTimes(1);
    expect(written.mock.calls[0]?.[0]).toContain('The logger failed');
    expect(JSON.stringify(written.mock.calls)).not.toContain('canary');
  });

  it('Nothing is thrown if the console fails too', () => {
    jest.spyOn(console, 'error').mockImplementation(() => {
      throw new RangeError('EPIPE');
    });
    const logger = guardedLogger(loggerThat(() => console.error('again')));
    expect(() => logger.error('text')).not.toThrow();
  });
});
