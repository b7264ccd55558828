/** Where a command prints. */
export interface Terminal {
  /** Whether a person reads it. */
  readonly isInteractive: boolean;
  /** Characters of a line. */
  readonly width: number;
  /** Where a progress bar is drawn. Null if no person would see it. */
  readonly progress: NodeJS.WriteStream | null;
  print(text: string): void;
  printError(text: string): void;
}

const DEFAULT_WIDTH = 100;

/**
 * The terminal of this process. What the application prints by `console` goes to the standard error, so that the standard output holds
 * the result only.
 */
export function processTerminal(): Terminal & { flushed(): Promise<void> } {
  const { stdout, stderr } = process;
  for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error;
  return {
    isInteractive: stdout.isTTY === true,
    width: stdout.columns ?? DEFAULT_WIDTH,
    progress: stderr.isTTY === true ? stderr : null,
    print: (text) => void stdout.write(`${text}\n`),
    printError: (text) => void stderr.write(`${text}\n`),
    flushed: async () => {
      await Promise.all([stdout, stderr].map(written));
    },
  };
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
