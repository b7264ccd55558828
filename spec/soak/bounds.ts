import { DELIVERY_DEFAULTS } from '../../lib/options/delivery-defaults';
import { HOPELESS_ENDPOINTS, LASTING } from './endpoints';
import { ATTACH, POOL_SIZE } from './form';
import type { Gauge } from './observed-process';
import type { TableSample } from './tables';

/** What was measured, compared with its bound. */
export interface Measure {
  readonly name: string;
  readonly value: string;
  /** Null if it is within its bound, or has none. */
  readonly fault: string | null;
}

export interface Measured {
  readonly gauges: readonly Gauge[];
  readonly tables: readonly TableSample[];
  /** Open connections to the database. */
  readonly connections: readonly number[];
}

/** The most endpoints that deliveries wait for at a time: replaced ones are soon disabled. */
const ENDPOINTS = LASTING.length + 2 * HOPELESS_ENDPOINTS.length;
const MB = 2 ** 20;
const MAX_GROWTH_MB = 40;
/** The heap is given back to the system late. */
const MAX_RESIDENT_GROWTH_MB = 100;
/** Connections that are being closed while others are opened in their place. */
const CLOSING = 2;
/** Sockets that come and go. */
const MAX_MORE_SOCKETS = 32;
/** Pruning begins within a minute after rows are old. The rest is for what disturbs it. */
const PRUNED_WITHIN_S = 100;
/** Turns that have been due for ten seconds are merged, those of the future are not. */
const MAX_TURNS_PER_ENDPOINT = 50;

export function measuresOf(measured: Measured): readonly Measure[] {
  const { gauges, tables, connections } = measured;
  const memory = gauges.map(({ memoryBytes }) => memoryBytes / MB);
  const resident = gauges.map(({ residentBytes }) => residentBytes / MB);
  const sockets = gauges.map((gauge) => gauge.sockets);
  const ages = tables.map(({ oldestMs }) => oldestMs / 1_000);
  const turns = tables.map(({ rows }) => rows.turn ?? 0);
  const maxSockets = POOL_SIZE + ENDPOINTS * DELIVERY_DEFAULTS.maxConcurrencyPerOrigin;
  return [
    growth('memory in MB', memory, MAX_GROWTH_MB),
    growth('resident memory in MB', resident, MAX_RESIDENT_GROWTH_MB),
    growth('sockets', sockets, MAX_MORE_SOCKETS),
    most('most sockets', sockets, maxSockets),
    most('database connections', connections, POOL_SIZE + CLOSING),
    most('age of ended rows in s', ages, ATTACH.retention.eventsMs / 1_000 + PRUNED_WITHIN_S),
    most('turns', turns, ENDPOINTS * MAX_TURNS_PER_ENDPOINT),
  ];
}

/** The second fifth is compared with the last one, because caches fill in the first. */
function growth(name: string, values: readonly number[], limit: number): Measure {
  const fifth = Math.max(1, Math.floor(values.length / 5));
  const before = median(values.slice(fifth, 2 * fifth));
  const after = median(values.slice(-fifth));
  const value = `${Math.round(before)} → ${Math.round(after)}, at most ${Math.round(Math.max(...values))}`;
  const isWithin = after - before <= limit;
  return { name, value, fault: isWithin ? null : `${name} grew by more than ${limit}: ${value}.` };
}

function most(name: string, values: readonly number[], limit: number): Measure {
  const highest = Math.max(...values);
  const value = `${Math.round(highest)} of ${limit} at most`;
  // Without a value, nothing is within its bound.
  const isWithin = values.length > 0 && highest <= limit;
  return { name, value, fault: isWithin ? null : `${name} passed its bound: ${value}.` };
}

/** NaN without a value, so that it is within no bound. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
