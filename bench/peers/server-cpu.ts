import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of a tick of `/proc/<pid>/stat`. */
const TICK_MS = 10;

/** Processor time of all processes named `postgres` on this machine, those that have ended included, in milliseconds. */
export function serverCpuMs(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

function cpuMsOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (!text.includes('(postgres)')) return 0;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // utime, stime, and those of children that have ended.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
  } catch {
    // The process has ended.
    return 0;
  }
}
