/** The greatest growth of the memory of this process during some work, in bytes. */
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
