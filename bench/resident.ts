const LOOK_EVERY_MS = 20;
export const BYTES_A_MEGABYTE = 1_048_576;

/** Watches the resident memory of this process. `stop()` returns its greatest growth in MB. */
export function watchResident(): { stop(): number } {
  const atStart = process.memoryUsage.rss();
  let most = atStart;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return (most - atStart) / BYTES_A_MEGABYTE;
    },
  };
}
