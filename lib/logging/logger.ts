/** Receives the log messages of the package. They contain no field values, no secrets and no bodies. */
export interface Logger {
  /** What happened in detail. */
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What happened as it should. */
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What went wrong and is tried again, or can be put right. */
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What failed. */
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

const PREFIX = '[typeorm-model-hooks]';

/** Writes warnings and errors to `console`. Other messages are dropped. */
export const CONSOLE_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, facts) => console.warn(PREFIX, message, ...(facts ? [facts] : [])),
  error: (message, facts) => console.error(PREFIX, message, ...(facts ? [facts] : [])),
};
