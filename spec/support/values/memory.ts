/** How many bytes the memory of this process grows by at most while something goes on. */
export async function memoryGrowth(work: () => Promise<void>): Promise<number> {
  const before = used();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, used());
  }, 5);
  await work().finally(() => clearInterval(watch));
  return peak - before;
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
