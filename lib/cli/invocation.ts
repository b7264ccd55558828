import type { ExitCode } from './exit-codes';
import type { Terminal } from './terminal';

/** One call of the command line: where it prints, and how it ends. */
export interface Invocation {
  readonly terminal: Terminal;
  /** Set by the command. */
  code: ExitCode;
}
