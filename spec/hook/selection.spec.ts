import fc from 'fast-check';
import type { JsonRecord } from '../../lib/base/json';
import type { HookEvent } from '../../lib/hook/event';
import { concerns, isSelected, selectedEvent } from '../../lib/hook/selection';

const PATHS = ['name', 'names', 'home', 'home.city', 'home.zip', 'tags.id', 'author.id'] as const;
const path = fc.constantFrom(...PATHS);
const selection = fc.array(path, { minLength: 1 });
const values = fc.dictionary(path, fc.integer());

function event(values: Partial<HookEvent> = {}): HookEvent {
  return {
    id: 'e',
    hook: 'person',
    name: 'person.updated',
    operation: 'update',
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(0),
    data: {},
    previous: null,
    changed: [],
    ...values,
  };
}

describe('isSelected', () => {
  it.each([
    ['name', ['name'], true],
    ['names', ['name'], false],
    ['home.city', ['home'], true],
    ['home', ['home.city'], false],
    ['homes.city', ['home'], false],
    ['name', [], false],
    ['name', null, true],
  ] as const)('The field %s with the selection %j: %s', (field, selected, answer) => {
    expect(isSelected(selected, field)).toBe(answer);
  });
});

describe('concerns', () => {
  it('An update concerns a selection if it changed a selected field', () => {
    const update = event({ changed: ['home.city'] });
    expect([['home'], ['home.city'], ['name'], null].map((one) => concerns(one, update))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('An update that seems to change nothing concerns those who get all fields', () => {
    expect([null, ['name']].map((one) => concerns(one, event()))).toEqual([true, false]);
  });

  it.each(['insert', 'remove', 'softRemove', 'recover', null] as const)(
    'An event of the operation %s concerns each selection',
    (operation) => {
      expect(concerns(['other'], event({ operation }))).toBe(true);
    },
  );
});

describe('selectedEvent', () => {
  it('A selected event has the selected fields in `data`, `previous` and `changed`, and no others', () => {
    fc.assert(
      fc.property(selection, values, values, (selected, data, previous) => {
        const changed = Object.keys(data).filter((one) => data[one] !== previous[one]);
        const whole = event({ data, previous, changed });
        const keep = (all: JsonRecord) =>
          Object.fromEntries(Object.entries(all).filter(([one]) => isSelected(selected, one)));
        expect(selectedEvent(selected, whole)).toEqual({
          ...whole,
          data: keep(data),
          previous: keep(previous),
          changed: changed.filter((one) => isSelected(selected, one)),
        });
      }),
    );
  });

  it('An event without a selection stays as it is', () => {
    const whole = event({ data: { name: 'Joe' } });
    expect(selectedEvent(null, whole)).toBe(whole);
  });

  it('A path inside the nested data of a schedule is selected', () => {
    const data = { report: { kind: 'sales', rows: [1] }, other: { kind: 1 }, plain: 1 };
    const whole = event({ operation: null, data, changed: Object.keys(data) });
    expect(selectedEvent(['report.kind', 'plain.x'], whole)).toMatchObject({
      data: { report: { kind: 'sales' } },
      changed: ['report'],
    });
  });

  it('A JSON column is selected as a whole', () => {
    const whole = event({ data: { meta: { a: 1, b: 2 } }, changed: ['meta'] });
    expect(selectedEvent(['meta.a'], whole).data).toEqual({});
    expect(selectedEvent(['meta'], whole).data).toEqual({ meta: { a: 1, b: 2 } });
  });

  it('A field with the name `__proto__` is kept as a field', () => {
    const data = JSON.parse('{"__proto__":{"a":1},"name":"Joe"}') as JsonRecord;
    const { data: selected } = selectedEvent(['__proto__'], event({ data }));
    expect(JSON.stringify(selected)).toBe('{"__proto__":{"a":1}}');
  });
});
