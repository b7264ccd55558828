import { DataSource } from 'typeorm';
import { EventDecoder } from '../../../lib/capture/outbox/event-decoder';
import { hasUnknownChange } from '../../../lib/capture/outbox/event-row';
import { HookCatalog } from '../../../lib/hook/catalog';
import { ANY_SHAPE, type EventRow, LEFT_SHAPE } from '../../../lib/store/events';

const LEASE_MS = 1_000;
const PATIENCE_MS = 20 * LEASE_MS;

const dataSource = new DataSource({ type: 'postgres' });
const catalog = new HookCatalog(dataSource).load();
const { shape: SHAPE } = catalog.define('order', { provides: ['city', 'status'] });
const decoder = new EventDecoder(dataSource, catalog, { leaseMs: LEASE_MS });

function row(values: Partial<EventRow> = {}): EventRow {
  return {
    id: '00000000-0000-7000-8000-000000000001',
    hook: 'order',
    event: 'order',
    operation: null,
    ref: null,
    sender: null,
    headers: null,
    data: { city: 'Rome', status: 'paid' },
    previous: null,
    raw_previous: false,
    targets: null,
    occurred_at: new Date(0),
    row_id: null,
    sequence: null,
    shape: SHAPE,
    due_at: null,
    context: null,
    trace: null,
    age_ms: 0,
    ...values,
  };
}

const FURTHER = { city: 'Rome', status: 'paid', weight: 7 };

describe('Hook.shape', () => {
  it('The shape depends on the names of the fields, not on their order', () => {
    const shapes = [['a', 'b'], ['b', 'a'], ['a'], ['a', 'b', 'c'], ['a,b']].map(
      (provides, n) => catalog.define(`shaped${n}`, { provides }).shape,
    );
    expect(shapes[1]).toBe(shapes[0]);
    expect(new Set(shapes).size).toBe(4);
    expect(shapes.every((shape) => /^[0-9a-f]{16}$/.test(shape))).toBe(true);
  });
});

describe('EventDecoder.decode', () => {
  it.each([
    { what: 'with the fields of the hook', values: {}, kind: 'readable', unknown: [] },
    {
      what: 'of any shape with fewer fields',
      values: { shape: ANY_SHAPE, data: {} },
      kind: 'readable',
      unknown: [],
    },
    {
      what: 'of any shape with a further field',
      values: { shape: ANY_SHAPE, data: FURTHER },
      kind: 'foreign',
    },
    { what: 'of another shape', values: { shape: 'other' }, kind: 'foreign' },
    { what: 'that was left', values: { shape: LEFT_SHAPE }, kind: 'readable', unknown: [] },
    { what: 'of another hook', values: { hook: 'gone', age_ms: PATIENCE_MS }, kind: 'foreign' },
    {
      what: 'of another shape, 20 leases old',
      values: { shape: 'other', age_ms: PATIENCE_MS },
      kind: 'readable',
      unknown: [],
    },
    {
      what: 'with a further field, 20 leases old',
      values: { shape: ANY_SHAPE, data: FURTHER, age_ms: PATIENCE_MS },
      kind: 'readable',
      unknown: ['weight'],
    },
  ])('An event $what is $kind', ({ values, kind, unknown }) => {
    const decoded = decoder.decode(row(values));
    expect(decoded.kind).toBe(kind);
    if (decoded.kind === 'readable') expect([...decoded.unknownFields]).toEqual(unknown);
  });
});

describe('hasUnknownChange', () => {
  const UNKNOWN = new Set(['weight']);
  it.each([
    { what: 'a changed one', previous: { weight: 6 }, fields: UNKNOWN, answer: true },
    { what: 'an unchanged one', previous: { weight: 7 }, fields: UNKNOWN, answer: false },
    {
      what: 'a known field that changed',
      previous: { city: 'Oslo' },
      fields: UNKNOWN,
      answer: false,
    },
    {
      what: 'no unknown fields',
      previous: { weight: 6 },
      fields: new Set<string>(),
      answer: false,
    },
    { what: 'no previous values', previous: null, fields: UNKNOWN, answer: false },
  ])('The answer for $what is $answer', ({ previous, fields, answer }) => {
    expect(hasUnknownChange({ data: FURTHER, previous }, fields)).toBe(answer);
  });
});
