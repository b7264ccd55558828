import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as api from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { WorkMetrics } from '../../lib/cli/work-metrics';
import { Metrics } from '../../lib/telemetry/metrics';
import { MeasuredMetrics } from '../support/telemetry';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly definition?: string }[];
  };
}

const dashboard = JSON.parse(
  readFileSync(join(__dirname, '../../docs/grafana/model-hooks.json'), 'utf8'),
) as Dashboard;
const { panels } = dashboard;
const definitions = dashboard.templating.list.map(({ definition = '' }) => definition);
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...definitions,
];

/** The names and labels that one of all metrics has, as a program that exports them to Prometheus shows them. */
async function exported(): Promise<string> {
  const measured = new MeasuredMetrics();
  const metrics = new Metrics(api);
  metrics.captured({ hook: 'person', operation: 'insert', count: 1 });
  metrics.outcome({ hook: 'person', status: 'done' });
  metrics.attempt({ hook: 'person', status: 'done' }, 1);
  metrics.begin('person')();
  metrics.observeOldest(() => Promise.resolve(1), { 'db.namespace': 'postgres|public' });
  const text = new PrometheusSerializer().serialize(await measured.collected());
  await measured.stop();
  return text;
}

/** The same of the worker of the command line. */
function ofWorker(): Promise<string> {
  const stats = { waiting: 1, oldestAt: new Date(0) };
  return new WorkMetrics({
    hooks: { on: () => () => undefined },
    worker: { inFlight: 1, isRunning: true },
    progress: {
      isHealthy: true,
      stats: { at: new Date(1), events: stats, deliveries: stats, foreign: {}, rates: {} },
    },
  }).text();
}

/** Exporters append the unit to a name, or do not; the queries match both. */
const UNIT = '(_seconds)?';
const words = new Set(
  queries.flatMap((query) => query.replaceAll(UNIT, '').match(/model_hooks_\w+/g) ?? []),
);
const namesOf = (text: string) => text.match(/^model_hooks_\w+/gm) ?? [];
const labelsOf = (text: string) => text.match(/\w+(?==")/g) ?? [];

describe('docs/grafana/model-hooks.json', () => {
  it('The dashboard names each metric that is exported, and no other', async () => {
    const texts = [await exported(), await ofWorker()];
    const names = new Set(texts.flatMap(namesOf));
    const known = new Set<unknown>([...names, ...texts.flatMap(labelsOf)]);
    expect([...words].filter((word) => !known.has(word))).toEqual([]);
    // Of a histogram, the buckets are shown.
    const shown = (name: string) => words.has(name.replace(/_(sum|count)$/, '_bucket'));
    expect([...names].filter((name) => !shown(name))).toEqual([]);
  });

  it('Each label of the dashboard is exported', async () => {
    const text = `${await exported()}${await ofWorker()}`;
    const labels = new Set(labelsOf(text));
    const named = queries.flatMap((query) => query.match(/\w+(?==~?")|(?<=by \()[\w, ]+/g) ?? []);
    const used = named.flatMap((list) => list.split(', ')).filter((one) => one !== '__name__');
    // Prometheus adds `instance`.
    expect(used.filter((label) => !labels.has(label) && label !== 'instance')).toEqual([]);
  });

  it('Each panel has its own id and place, and the data source is a variable', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'hook']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
    const sources = panels.flatMap(({ type, datasource }) =>
      type === 'row' ? [] : [datasource?.uid],
    );
    expect(new Set(sources)).toEqual(new Set([`$\{datasource}`]));
  });
});
