import { EXIT } from './exit-codes';
import type { Invocation } from './invocation';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The signals by which a person or a supervisor stops a command. The second one ends the process at once. */
export class StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  #resolve: () => void = () => undefined;
  #isStopping = false;

  constructor(private readonly invocation: Pick<Invocation, 'terminal'>) {
    this.first = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#received);
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#received);
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    if (this.#isStopping) process.exit(EXIT.failed);
    this.#isStopping = true;
    this.invocation.terminal.printError(`${signal}: stopping. A second signal ends at once.`);
    this.#resolve();
  };
}
