import { differing, type Told, type Truth } from './truth';

/** The events of each row, in their order, by a text that names hook and row. */
export type Chains = Readonly<Record<string, readonly Told[]>>;

export function chainsOf(truths: readonly Truth[], told: readonly Told[]): Chains {
  const chains: Record<string, Told[]> = {};
  for (const event of told) {
    const row = nameOf(truths, event);
    chains[row] = [...(chains[row] ?? []), event];
  }
  return chains;
}

function nameOf(truths: readonly Truth[], { hook, data }: Told): string {
  const identity = truths.find((truth) => truth.hook === hook)?.identity ?? ['id'];
  return [hook, ...identity.map((path) => `${path}=${JSON.stringify(data[path])}`)].join(' ');
}

/**
 * The chains with the events of each row made as few as they may be: an insert takes the values of the updates that follow it, and
 * updates in a row are one. Subscribers may tell several writes of one row in one `save()` so.
 */
export function shortest(chains: Chains): Chains {
  const merged = Object.entries(chains).map(([row, events]) => [row, merge(events)] as const);
  return Object.fromEntries(merged.filter(([, events]) => events.length > 0));
}

function merge(events: readonly Told[]): readonly Told[] {
  const merged: Told[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (last && event.operation === 'update' && isOpen(last))
      merged[merged.length - 1] = both(last, event);
    else merged.push(event);
  }
  return merged.filter(({ operation, changed }) => operation !== 'update' || changed.length > 0);
}

function isOpen({ operation }: Told): boolean {
  return operation === 'insert' || operation === 'update';
}

function both(first: Told, { data }: Told): Told {
  const { previous, changed } = first;
  return { ...first, data, changed: previous ? differing(data, previous) : changed };
}

/** The events whose `previous` is not the `data` of the event before, as texts. */
export function gaps(chains: Chains): readonly string[] {
  return Object.entries(chains).flatMap(([row, events]) =>
    events.slice(1).flatMap((event, n) => {
      const before = events[n];
      if (!before || event.previous === null) return [];
      const paths = differing(event.previous, before.data);
      return paths.length === 0 ? [] : [`${row}: ${event.operation} (${paths.join(', ')})`];
    }),
  );
}
