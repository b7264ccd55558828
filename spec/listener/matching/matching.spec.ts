import { DataSource } from 'typeorm';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { HookEvent } from '../../../lib/hook/event';
import type { WantedEvents } from '../../../lib/listener/declared/listener';
import { wants } from '../../../lib/listener/matching/checks';

const catalog = new HookCatalog(new DataSource({ type: 'postgres' })).load();
catalog.define('person', { provides: ['name', 'address'] });

function listener(values: Partial<WantedEvents> = {}): WantedEvents {
  const anything = {
    hook: 'person',
    operations: null,
    pattern: null,
    owner: null,
    select: null,
    match: [],
  };
  return { ...anything, ...values };
}

function event(values: Partial<HookEvent> = {}): HookEvent {
  return {
    id: 'e',
    hook: 'person',
    name: 'person.created',
    operation: 'insert',
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(0),
    data: { name: 'Joe', address: null },
    previous: null,
    changed: ['name', 'address'],
    ...values,
  };
}

const named = { field: 'name', operator: 'is', operand: 'Joe' } as const;
const pattern = (text: string) => ({ hook: null, pattern: text });

describe('wants', () => {
  it.each<{ name: string; of?: Partial<WantedEvents>; told?: Partial<HookEvent>; answer: boolean }>(
    [
      { name: 'any event of its hook', answer: true },
      { name: 'an event of another hook', told: { hook: 'order' }, answer: false },
      { name: 'an operation it named', of: { operations: ['update', 'insert'] }, answer: true },
      { name: 'an operation it did not name', of: { operations: ['update'] }, answer: false },
      {
        name: 'an event without operation, though it named some',
        of: { operations: ['insert'] },
        told: { operation: null },
        answer: false,
      },
      { name: 'its exact event', of: pattern('person.created'), answer: true },
      { name: 'another event', of: pattern('person.updated'), answer: false },
      { name: 'everything', of: pattern('*'), answer: true },
      { name: 'what begins so', of: pattern('person.*'), answer: true },
      { name: 'what ends so', of: pattern('*.created'), answer: true },
      { name: 'what begins otherwise', of: pattern('per.*'), answer: false },
      {
        name: 'an event of its owner',
        of: { owner: 'acme' },
        told: { sender: 'acme' },
        answer: true,
      },
      { name: 'one of another', of: { owner: 'acme' }, told: { sender: 'Acme' }, answer: false },
      { name: 'one of nobody', of: { owner: 'acme' }, answer: false },
      { name: 'one of somebody, without owner', told: { sender: 'acme' }, answer: true },
      { name: 'what it matches', of: { match: [named] }, answer: true },
      {
        name: 'what it does not',
        of: { match: [named] },
        told: { data: { name: 'Jo' } },
        answer: false,
      },
      { name: 'an absent field', of: { match: [named] }, told: { data: {} }, answer: false },
      {
        name: 'what only one condition matches',
        of: { match: [named, { field: 'address', operator: 'is', operand: 'Rome' }] },
        answer: false,
      },
      {
        name: 'a field that is no longer provided, even by any()',
        of: { match: [{ field: 'secret', operator: 'any', operand: null }] },
        told: { data: { secret: 'x' } },
        answer: false,
      },
      {
        name: 'a filtered event of an unknown hook',
        of: { ...pattern('*'), match: [named] },
        told: { hook: 'gone' },
        answer: false,
      },
    ],
  )('The result of wants() is $answer for $name', ({ of, told, answer }) => {
    expect(wants(listener(of), event(told), catalog)).toBe(answer);
  });
});
