import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** One more delivery has arrived. */
  advance(): void;
  stop(): void;
}

const LINES = 5;

/** Shows a bar on a terminal, and five lines in a file or a pipe. */
export function startProgress(total: number): Progress {
  return process.stdout.isTTY ? bar(total) : lines(total);
}

function bar(total: number): Progress {
  const single = new SingleBar(
    { format: 'Delivering {bar} {value} of {total}', hideCursor: true },
    Presets.shades_classic,
  );
  single.start(total, 0);
  return { advance: () => single.increment(), stop: () => single.stop() };
}

function lines(total: number): Progress {
  const step = Math.ceil(total / LINES);
  let count = 0;
  return {
    advance: () => {
      count += 1;
      if (count % step === 0 || count === total) console.log(`Delivered ${count} of ${total}`);
    },
    stop: () => {},
  };
}
